"""Writing workbooks: text cells only, escaped so that no spreadsheet takes one for a formula.

In constant memory, to a file that is deleted when it has been read. A hidden sheet can say what
the workbook belongs to, so that it is recognised when it comes back. What stands in the cells is
the business of the rooms above.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import xlsxwriter
from xlsxwriter.workbook import Format
from xlsxwriter.worksheet import Worksheet

from lamsach.files.workbooks import RISKY

__all__ = ["IDENTITY", "SheetToWrite", "escaped", "identity_of", "workbook_bytes"]

#: The hidden sheet's name; its rows are pairs of a word and what it says.
IDENTITY: Final = "lamsach"
_LONGEST: Final = 32_767


@dataclass(frozen=True, slots=True)
class SheetToWrite:
    """One sheet: headings in bold (if any), rows of text, column widths in characters.

    `choices` gives, by column number, the values that Excel offers for its cells; `wrapped` are
    columns whose text may take several lines; `hidden` ones are not shown.
    """

    name: str
    headings: Sequence[str] = ()
    rows: Iterable[Sequence[str]] = ()
    widths: Sequence[int] = ()
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)
    wrapped: Sequence[int] = ()
    hidden: Sequence[int] = ()


def escaped(cell: str) -> str:
    """A cell with an apostrophe before what a spreadsheet would take for a formula.

    >>> escaped("=1+1"), escaped("+84912345678"), escaped("Nguyễn")
    ("'=1+1", "'+84912345678", 'Nguyễn')
    """
    return "'" + cell if cell.startswith(RISKY) else cell


def workbook_bytes(
    sheets: Iterable[SheetToWrite], *, identity: Mapping[str, str] | None = None
) -> bytes:
    """A workbook of these sheets, in this order, with its identity on a hidden sheet."""
    out = io.BytesIO()
    settings = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, settings) as book:
        text = book.add_format({"num_format": "@"})
        wrapped = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        bold = book.add_format({"bold": True, "bg_color": "#DDE8F3", "text_wrap": True})
        for one in sheets:
            _write_sheet(book.add_worksheet(one.name), one, text, wrapped, bold)
        if identity is not None:
            sheet = book.add_worksheet(IDENTITY)
            sheet.hide()
            for number, (word, value) in enumerate(identity.items()):
                sheet.write_string(number, 0, word)
                sheet.write_string(number, 1, escaped(value))
    return out.getvalue()


def _write_sheet(
    sheet: Worksheet, one: SheetToWrite, text: Format, wrapped: Format, bold: Format
) -> None:
    for column in range(max(len(one.headings), len(one.widths))):
        width = one.widths[column] if column < len(one.widths) else 16
        options = {"hidden": True} if column in one.hidden else {}
        sheet.set_column(column, column, width, wrapped if column in one.wrapped else text, options)
    for column, values in one.choices.items():
        source = {"validate": "list", "source": list(values), "error_type": "warning"}
        sheet.data_validation(1, column, 200_000, column, source)
    if one.headings:
        for column, heading in enumerate(one.headings):
            sheet.write_string(0, column, escaped(heading), bold)
        sheet.freeze_panes(1, 0)
    for number, row in enumerate(one.rows, start=1 if one.headings else 0):
        for column, cell in enumerate(row):
            if cell:
                style = wrapped if column in one.wrapped else text
                sheet.write_string(number, column, escaped(cell)[:_LONGEST], style)


def identity_of(rows: Iterable[Sequence[str]]) -> dict[str, str]:
    """What a hidden sheet says, from its rows.

    >>> identity_of([["batch", "12ab"], [], ["office"]])
    {'batch': '12ab'}
    """
    return {row[0]: row[1] for row in rows if len(row) >= 2 and row[0]}
