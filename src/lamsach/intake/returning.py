"""The workbooks that intake hands out: the template, and what is returned with reasons and fixes.

A returned workbook has the sheets, columns and order of the one that came, its bad rows alone, and
two columns more. It speaks Vietnamese, whatever language the page was in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Final

from django.utils import translation
from django.utils.translation import gettext

from lamsach.files.errors import FileRefusedError
from lamsach.files.workbook_writing import IDENTITY, SheetToWrite, identity_of, workbook_bytes
from lamsach.files.workbooks import Row, Sheet, Workbook
from lamsach.intake.checking import Checked, Checker
from lamsach.intake.columns import COLUMNS, PresenceColumn
from lamsach.intake.known import Known
from lamsach.intake.layout import FIX, LINES_OF_TITLE, REASON, Layout, layout_in
from lamsach.intake.problems import PROBLEMS
from lamsach.intake.vaccines import vaccine_names
from lamsach.registry.models import Campaign

__all__ = ["CheckedFile", "checked_rows", "returned_workbook", "template_workbook"]

_DATA: Final = "Mũi tiêm"
_GUIDE: Final = "Hướng dẫn"
_OTHER_ROWS: Final = 1000
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
_WIDTHS: Final = {column.vi: column.width for column in COLUMNS}


class CheckedFile:
    """What was learned of a workbook while its rows went by."""

    def __init__(self) -> None:
        self.identity: dict[str, str] = {}
        self.layout: Layout | None = None


def checked_rows(book: Workbook, known: Known, file: CheckedFile) -> Iterator[Checked]:
    """The data sheet's rows, checked; other sheets are passed over.

    Raises `FileRefusedError` when no sheet has the headings.
    """
    for sheet in book.sheets:
        if sheet.name == IDENTITY:
            file.identity = identity_of(row.cells for row in sheet.rows)
            continue
        if file.layout is None:
            rows, file.layout = _begin(sheet)
            if file.layout is not None:
                yield from Checker(known, file.layout).check(rows)
    if file.layout is None:
        raise FileRefusedError("no_headings")


def _begin(sheet: Sheet) -> tuple[Iterator[Row], Layout | None]:
    first = list(islice(sheet.rows, LINES_OF_TITLE))
    return chain(first, sheet.rows), layout_in(first)


def returned_workbook(
    book: Workbook,
    known: Known,
    file: CheckedFile,
    *,
    each: Callable[[Checked], None],
    identity: dict[str, str],
) -> bytes:
    """Check a workbook and return it with its bad rows alone; `each` sees every row.

    The rows pass once and in constant memory, whether there are ten or 200,000.
    """
    with translation.override("vi"):
        content = workbook_bytes(_sheets(book, known, file, each), identity=identity)
    if file.layout is None:
        raise FileRefusedError("no_headings")
    return content


def _sheets(
    book: Workbook, known: Known, file: CheckedFile, each: Callable[[Checked], None]
) -> Iterator[SheetToWrite]:
    taken = {IDENTITY.lower()}
    for sheet in book.sheets:
        if sheet.name == IDENTITY:
            file.identity = identity_of(row.cells for row in sheet.rows)
            continue
        name = _name(sheet.name, taken)
        rows, layout = (sheet.rows, None) if file.layout else _begin(sheet)
        if layout is None:
            yield SheetToWrite(name, rows=_as_they_stand(rows), widths=[24, 60])
            continue
        file.layout = layout
        headings = [*layout.headings, REASON, FIX]
        yield SheetToWrite(
            name,
            headings=headings,
            rows=_bad_rows(Checker(known, layout).check(rows), layout, each),
            widths=[*(_WIDTHS.get(one, 16) for one in layout.headings), 44, 60],
            wrapped=[len(headings) - 2, len(headings) - 1],
        )


def _as_they_stand(rows: Iterable[Row]) -> Iterator[list[str]]:
    """Another sheet's rows, each in its place."""
    number = 1
    for row in islice(rows, _OTHER_ROWS):
        while number < min(row.number, _OTHER_ROWS):
            yield []
            number += 1
        yield row.cells
        number += 1


def _bad_rows(
    rows: Iterable[Checked], layout: Layout, each: Callable[[Checked], None]
) -> Iterator[list[str]]:
    for checked in rows:
        each(checked)
        if not checked.is_good:
            yield [*layout.cells_kept(checked.row.cells), *_said(checked)]


_HEADING: Final = {column.identifier: column.vi for column in COLUMNS}


def _said(checked: Checked) -> tuple[str, str]:
    reasons, fixes = [], []
    for one in checked.problems:
        heading = _HEADING.get(one.column, "")
        before = f"{heading}: " if heading else ""
        reasons.append(f"{before}{PROBLEMS[one.code].reason}.")
        fixes.append(f"{before}{PROBLEMS[one.code].fix}")
    return "\n".join(reasons), "\n".join(fixes)


def _name(name: str, taken: set[str]) -> str:
    """A sheet's name as it came, or the nearest that may be written."""
    clean = _NOT_IN_NAMES.sub(" ", name).strip("' ")[:28] or gettext("Sheet")
    tried, number = clean, 1
    while tried.lower() in taken:
        number += 1
        tried = f"{clean} {number}"
    taken.add(tried.lower())
    return tried


def template_workbook(campaign: Campaign) -> bytes:
    """The workbook to fill in for a campaign: headings, lists to choose from, instructions."""
    headings = [column.vi for column in COLUMNS]
    place = {column.identifier: number for number, column in enumerate(COLUMNS)}
    vaccines = list(vaccine_names(campaign.vaccines).values())
    choices = {
        place["sex"]: ["Nam", "Nữ"],
        place["presence"]: list(PresenceColumn.choices),
    }
    if vaccines and len(",".join(vaccines)) < 250:  # what Excel takes in a list
        choices[place["vaccine"]] = vaccines
    data = SheetToWrite(
        _DATA, headings=headings, widths=[column.width for column in COLUMNS], choices=choices
    )
    guide = SheetToWrite(
        _GUIDE,
        headings=["Cột", "Cách ghi", "Bắt buộc", "Ví dụ", "English", "Mã cột"],
        rows=_guide(campaign, vaccines),
        widths=[26, 60, 16, 20, 26, 22],
        wrapped=[1],
    )
    return workbook_bytes([data, guide], identity={"template": campaign.code})


def _guide(campaign: Campaign, vaccines: list[str]) -> Iterator[list[str]]:
    yield [f"Mỗi dòng một mũi tiêm của chiến dịch “{campaign.name}” ({campaign.code})."]
    yield ["Người có hai mũi thì ghi hai dòng. Ô là công thức thì lấy giá trị đã tính."]
    for column in COLUMNS:
        about = column.about
        if column.identifier == "vaccine":
            about = "Một trong: " + ", ".join(vaccines) + "."
        yield [
            column.vi,
            about,
            _wanted(column.identifier, campaign),
            column.example,
            column.en,
            column.identifier,
        ]


def _wanted(identifier: str, campaign: Campaign) -> str:
    if identifier == "full_name" or identifier in campaign.compulsory_fields:
        return "Bắt buộc"
    if identifier in ("dose_number", "vaccine", "vaccinated_on"):
        return "Khi có mũi tiêm"
    return ""
