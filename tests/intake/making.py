"""Making workbooks of rows and reading returned ones, for the tests of intake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lamsach.files.workbook_writing import SheetToWrite, workbook_bytes
from lamsach.files.workbooks import opened_workbook
from lamsach.intake.columns import COLUMNS

HEADINGS = {column.identifier: column.vi for column in COLUMNS}
BAO = {
    "full_name": "Nguyễn Văn Bảo",
    "birth_date": "04/05/1963",
    "sex": "Nam",
    "personal_id": "070063001234",
    "province": "Bình Phước",
    "district": "Đồng Xoài",
    "commune": "Tân Phú",
    "hamlet": "Ấp 3",
    "phone": "0912345678",
    "dose_number": "1",
    "vaccine": "AstraZeneca",
    "lot": "AB123",
    "vaccinated_on": "19/04/2022",
    "presence": "Quét thẻ CCCD",
}
HOA = {
    "full_name": "Trần Thị Hoà",
    "birth_date": "1971",
    "sex": "Nữ",
    "commune": "25195",
    "dose_number": "2",
    "vaccine": "vero cell",
    "lot": "202107B",
    "vaccinated_on": "2022-03-01",
}


def workbook(
    rows: Sequence[Mapping[str, str]],
    *,
    columns: Sequence[str] = tuple(HEADINGS),
    name: str = "Mũi tiêm",
    before: Sequence[Sequence[str]] = (),
    identity: Mapping[str, str] | None = None,
) -> bytes:
    """A workbook whose rows are given by column identifier (or by heading, for others)."""
    lines = [
        *before,
        [HEADINGS.get(one, one) for one in columns],
        *([row.get(one, "") for one in columns] for row in rows),
    ]
    return workbook_bytes([SheetToWrite(name, rows=lines)], identity=identity)


def sheets(content: bytes) -> dict[str, list[list[str]]]:
    """All sheets of a workbook, row by row."""
    with opened_workbook(content) as book:
        return {sheet.name: [row.cells for row in sheet.rows] for sheet in book.sheets}
