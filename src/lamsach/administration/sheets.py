"""Tables of offices and officers: reading them from a workbook or CSV, and what a row is refused.

One form for both: a row is texts by column, known by its number in the file. What the columns mean
is for `actions`; the guard before workbooks is `files`'.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from lamsach.clock import today
from lamsach.files.errors import FileRefusedError
from lamsach.files.workbooks import opened_workbook, plain_text
from lamsach.identity.births import parse_birth
from lamsach.intake.columns import heading_key
from lamsach.places.keys import search_key

__all__ = [
    "OFFICERS",
    "OFFICES",
    "Column",
    "Problem",
    "SheetRow",
    "choice_of",
    "day_in",
    "read_table",
    "sentence_of",
]

_HEADING_ROWS: Final = 10
_XLSX: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its identifier, which is a heading too, and its headings in both languages."""

    identifier: str
    vi: str
    en: str
    compulsory: bool = False

    def headings(self) -> set[str]:
        """Everything it may be called."""
        return {heading_key(one) for one in (self.identifier, self.vi, self.en)}


OFFICES: Final = (
    Column("kind", "Loại đơn vị", "Kind", compulsory=True),
    Column("code", "Mã đơn vị", "Code"),
    Column("name", "Tên đơn vị", "Name", compulsory=True),
    Column("above_code", "Mã cấp trên", "Code of the office above"),
    Column("above_kind", "Loại cấp trên", "Kind of the office above"),
    Column("territory", "Địa bàn", "Responsible for"),
    Column("catalogue", "Danh mục hành chính", "Units as of"),
    Column("opened_on", "Ngày mở", "First day"),
)
OFFICERS: Final = (
    Column("username", "Tài khoản", "Account", compulsory=True),
    Column("full_name", "Họ và tên", "Full name", compulsory=True),
    Column("role", "Vai trò", "Role", compulsory=True),
    Column("office_code", "Mã đơn vị", "Code of the office"),
    Column("office_kind", "Loại đơn vị", "Kind of the office"),
    Column("since", "Ngày đầu", "First day"),
    Column("last_day", "Ngày cuối", "Last day"),
)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that is not empty: its number in the file, its texts by column."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row does not go in, and what to do: a sentence, beside its column."""

    row: int
    column: str
    sentence: str


def read_table(content: bytes, columns: Sequence[Column]) -> list[SheetRow]:
    """The rows of a file's first sheet, or of a CSV file (UTF-8; comma, semicolon or tab).

    Raises `ValidationError` for a file that cannot be read or has not the compulsory columns.
    """
    try:
        lines = _workbook(content) if content.startswith(_XLSX) else _csv(content)
        return list(_rows(lines, columns))
    except FileRefusedError as error:
        raise ValidationError(str(error.sentence)) from error


def _workbook(content: bytes) -> Iterator[tuple[int, list[str]]]:
    with opened_workbook(content) as book:
        for sheet in book.sheets:
            if sheet.visible:
                for row in sheet.rows:
                    yield row.number, [plain_text(cell) for cell in row.cells]
                return


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(
            _("This is neither a workbook (.xlsx) nor CSV in UTF-8; save it as one of them.")
        ) from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), 1):
            yield number, [plain_text(cell) for cell in cells]
    except csv.Error as error:
        raise ValidationError(_("This is no CSV file; save the table as .xlsx instead.")) from error


def _rows(lines: Iterable[tuple[int, list[str]]], columns: Sequence[Column]) -> Iterator[SheetRow]:
    places: dict[int, str] = {}
    for number, cells in lines:
        if not places:
            found = _layout(cells, columns)
            if all(one.identifier in found.values() for one in columns if one.compulsory):
                places = found
            elif number >= _HEADING_ROWS:
                break
            continue
        told = {name: cells[place] for place, name in places.items() if place < len(cells)}
        if any(told.values()):
            yield SheetRow(number, told)
    if not places:
        wanted = ", ".join(one.vi for one in columns if one.compulsory)
        raise ValidationError(
            _("No row has the headings %(headings)s. Write them into the first row.")
            % {"headings": wanted}
        )


def _layout(cells: list[str], columns: Sequence[Column]) -> dict[int, str]:
    by_heading = {key: one.identifier for one in columns for key in one.headings()}
    found: dict[int, str] = {}
    for place, cell in enumerate(cells):
        name = by_heading.get(heading_key(cell))
        if name is not None and name not in found.values():
            found[place] = name
    return found


def choice_of(text: str, choices: Iterable[tuple[str, str | Promise]]) -> str:
    """The value that a text means: itself, or its name in either language; "" for none.

    >>> choice_of("Trạm y tế xã", [("station", "Trạm Y tế xã")]), choice_of("x", [])
    ('station', '')
    """
    key, given = search_key(text), list(choices)
    if text in {value for value, _label in given}:
        return text
    for language in ("vi", "en"):
        with translation.override(language):
            for value, label in given:
                if search_key(str(label)) == key:
                    return value
    return ""


def day_in(text: str) -> str | None:
    """A day as ISO text; "" for none given, None for what is no day.

    >>> day_in("19/04/2022"), day_in(""), day_in("2022")
    ('2022-04-19', '', None)
    """
    if not text:
        return ""
    day = parse_birth(text)
    return (
        str(day) if day.precision == "full" and abs((day.year or 0) - today().year) < 100 else None
    )


def sentence_of(error: ValidationError) -> str:
    """An error's sentences as one."""
    return " ".join(error.messages)
