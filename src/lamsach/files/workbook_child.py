"""A program of its own that opens one workbook and tells its cells, a line of JSON for each row.

It is run with nothing but the standard library and the reader of Excel files: no settings, no
database, no secrets, and limits on memory and time that end it when a file is hostile. It reads
the file that standard input is. First a line about all sheets, then for each of them its rows; row
numbers are Excel's own. It must not import lamsach.

Cells come as text: numbers without a needless ".0", dates as YYYY-MM-DD, a formula as the value
that Excel last computed.
"""

from __future__ import annotations

import datetime
import json
import resource
import sys
from typing import Any

import python_calamine as calamine

_MEMORY = 1536 * 1024 * 1024
_SECONDS = 120
_HANDED_OVER = "/proc/self/fd/0"  # not read into memory: the reader takes of it what it needs


def text_of(cell: Any) -> str:
    """A cell as text; an error value of Excel comes as nothing."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ")
    return str(cell)


def main() -> None:
    for limit, value in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    workbook = calamine.CalamineWorkbook.from_path(_HANDED_OVER)
    out = sys.stdout
    sheets: list[dict[str, Any]] = [
        {"name": sheet.name, "visible": sheet.visible == calamine.SheetVisibleEnum.Visible}
        for sheet in workbook.sheets_metadata
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    print(json.dumps({"sheets": sheets}), file=out)
    for one in sheets:
        sheet = workbook.get_sheet_by_name(one["name"])
        first_column = sheet.start[1] if sheet.start else 0
        columns = first_column + sheet.width
        told = {"sheet": one["name"], "rows": sheet.total_height + 1, "columns": columns}
        print(json.dumps(told), file=out, flush=True)
        before = [""] * first_column
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = [text_of(cell) for cell in row]
            if any(cells):
                print(json.dumps([number, before + cells], ensure_ascii=False), file=out)
    print(json.dumps({"end": True}), file=out)


if __name__ == "__main__":
    main()
