"""The list as a workbook (2262/BYT-CNTT: lists travel as Excel files), out and in again.

Out: one row an entry, with empty columns for what is found. In: the rows are known by a hidden
identifier; the hamlet group's and the station's become suggestions, the police's become decisions,
each marked as brought by a file. A row that cannot be taken is named with its reason; the others go
in. Nothing of the register is ever on such a sheet.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from lamsach.accounts.models import Officer
from lamsach.cleansing import queries
from lamsach.cleansing.actions import Judgement, decide_entries, suggest
from lamsach.cleansing.actions.deciding import (
    BRINGS_CHANGES,
    check_judgement,
    check_suggestion,
)
from lamsach.cleansing.marking import shown_birth
from lamsach.cleansing.models import (
    CleansingEntry,
    CleansingList,
    DecisionKind,
    ListState,
    LookedAt,
)
from lamsach.clock import VIETNAM, now
from lamsach.files.errors import FileRefusedError
from lamsach.files.workbook_writing import IDENTITY, SheetToWrite, identity_of, workbook_bytes
from lamsach.files.workbooks import Row, Workbook, opened_workbook, plain_text
from lamsach.identity.names import normalize_name
from lamsach.places.queries import unit

__all__ = ["import_workbook", "list_workbook", "masked"]

_SHEET: Final = "Danh sách"
_ENTRY: Final = "Mã dòng"
_RESULT: Final = "Kết quả"
_NOTE: Final = "Ghi chú"
_FOUND: Final = {
    "full_name": "Họ tên đúng",
    "birth_date": "Ngày sinh đúng",
    "sex": "Giới tính đúng",
    "personal_id": "Số định danh đúng",
}
_COMMUNE: Final = "Mã xã nơi cư trú"
_COUNTRY: Final = "Quốc tịch"
_HEADINGS: Final = (
    *("STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD/CMND", "Thôn/Ấp", "Địa chỉ"),
    *("Loại sai", *_FOUND.values(), _RESULT, _COMMUNE, _COUNTRY, _NOTE, _ENTRY),
)
_WIDTHS: Final = (6, 26, 12, 10, 18, 16, 26, 24, 26, 14, 12, 18, 26, 16, 14, 30, 4)
_OBSTACLES: Final = {
    "id_missing": "Không có số CCCD/CMND",
    "id_malformed": "Sai định dạng số CCCD/CMND",
    "wrong": "Sai thông tin cá nhân cơ bản",
}
_BY_FILE: Final = tuple(
    kind
    for kind in DecisionKind
    if kind not in (DecisionKind.CONFIRMED_PROPOSAL, DecisionKind.DUPLICATE_OF)
)


def masked(number: str) -> str:
    """A number of which the first and last three digits show.

    >>> masked("070063001234"), masked("12345")
    ('070••••••234', '•••••')
    """
    return (
        number[:3] + "•" * (len(number) - 6) + number[-3:]
        if len(number) > 6
        else ("•" * len(number))
    )


def list_workbook(viewer: Officer, cleansing_list: CleansingList, *, whole: bool) -> bytes:
    """The list as a workbook for one officer, who is named on it."""
    with translation.override("vi"):
        kinds = [str(kind.label) for kind in _BY_FILE]
        rows = [_cells(one, whole=whole) for one in queries.entries_of(cleansing_list)]
        moment = now().astimezone(VIETNAM)
        cover = SheetToWrite(
            "Bìa",
            rows=[
                [f"Danh sách làm sạch, {cleansing_list.commune.name}"],
                [f"Người nhận: {viewer.full_name}, {moment:%H:%M %d/%m/%Y}"],
                ["Chỉ dùng để đối chiếu; không chuyển tiếp, xóa sau khi trả lại."],
                ["Kết quả, chọn một trong:"],
                *([kind] for kind in kinds),
            ],
            widths=[70],
        )
    data = SheetToWrite(
        _SHEET,
        headings=_HEADINGS,
        rows=rows,
        widths=_WIDTHS,
        choices={_HEADINGS.index(_FOUND["sex"]): ["Nam", "Nữ"]},
        hidden=[len(_HEADINGS) - 1],
    )
    return workbook_bytes([data, cover], identity={"list": str(cleansing_list.public_id)})


def _cells(entry: CleansingEntry, *, whole: bool) -> list[str]:
    person, decision = entry.person, entry.decision
    found: Mapping[str, str] = decision.changes if decision else entry.suggestion
    note = decision.note if decision else entry.suggestion_note
    sexes = {"M": "Nam", "F": "Nữ"}
    return [
        str(entry.position),
        person.full_name,
        shown_birth(person.birth_date),
        sexes.get(person.sex, ""),
        person.personal_id if whole else masked(person.personal_id),
        person.hamlet,
        person.address,
        _OBSTACLES.get(entry.obstacle, entry.obstacle),
        found.get("full_name", ""),
        shown_birth(found.get("birth_date", "")),
        sexes.get(found.get("sex", ""), ""),
        found.get("personal_id", ""),
        str(decision.get_kind_display()) if decision else "",
        decision.commune.code if decision and decision.commune else "",
        found.get("nationality", ""),
        note,
        str(entry.public_id),
    ]


_Wrong = list[tuple[int, str]]


def import_workbook(
    viewer: Officer, cleansing_list: CleansingList, content: bytes
) -> tuple[int, _Wrong]:
    """Take a list's workbook in: how many rows said something, and which were not taken and why.

    Raises `FileRefusedError` for what is no such workbook, `PermissionDenied` and `ConflictError`
    as the actions do.
    """
    with opened_workbook(content) as book:
        rows, list_id = _rows(book)
    if list_id != str(cleansing_list.public_id):
        raise FileRefusedError("other_list")
    if cleansing_list.state == ListState.POLICE_CHECK:
        return _decide(viewer, cleansing_list, rows)
    return _suggest(viewer, cleansing_list, rows)


def _rows(book: Workbook) -> tuple[list[tuple[int, dict[str, str]]], str]:
    """The rows of the data sheet by heading, and the list they belong to."""
    found: list[tuple[int, dict[str, str]]] = []
    list_id, seen = "", False
    for sheet in book.sheets:
        if sheet.name == IDENTITY:
            list_id = identity_of(row.cells for row in sheet.rows).get("list", "")
            continue
        first = next(sheet.rows, None)
        if first is not None and not seen and _ENTRY in first.cells:
            seen = True
            found = [
                (row.number, dict(zip(first.cells, map(plain_text, row.cells), strict=False)))
                for row in _some(sheet.rows)
            ]
    if not seen:
        raise FileRefusedError("no_headings")
    return found, list_id


def _some(rows: Iterator[Row]) -> Iterator[Row]:
    for count, row in enumerate(rows):
        if count >= 20_000:
            raise FileRefusedError("too_many_rows")
        yield row


def _entry(cells: Mapping[str, str], known: Mapping[uuid.UUID, CleansingEntry]) -> CleansingEntry:
    """The entry a row is about, by its hidden identifier."""
    try:
        return known[uuid.UUID(cells.get(_ENTRY, ""))]
    except (ValueError, KeyError) as error:
        raise ValidationError(
            _("The row's identifier is lost: download the list again and copy what you found.")
        ) from error


def _suggest(
    viewer: Officer, found: CleansingList, rows: list[tuple[int, dict[str, str]]]
) -> tuple[int, _Wrong]:
    known = {one.public_id: one for one in queries.entries_of(found)}
    suggestions: dict[uuid.UUID, tuple[dict[str, str], str]] = {}
    wrong: _Wrong = []
    for number, cells in rows:
        values = {
            name: cells.get(heading, "")
            for name, heading in _FOUND.items()
            if cells.get(heading, "")
        }
        note = cells.get(_NOTE, "")[:500]
        if not values and not note:
            continue
        try:
            entry = _entry(cells, known)
            check_suggestion(values, entry.person)
            suggestions[entry.public_id] = (values, note)
        except ValidationError as error:
            wrong.append((number, _words(error)))
    if suggestions:
        suggest(officer=viewer, cleansing_list=found, suggestions=suggestions)
    return len(suggestions), wrong


def _decide(
    viewer: Officer, found: CleansingList, rows: list[tuple[int, dict[str, str]]]
) -> tuple[int, _Wrong]:
    with translation.override("vi"):
        kinds = {normalize_name(str(kind.label)): kind for kind in _BY_FILE}
    kinds |= {kind.value: kind for kind in _BY_FILE}
    known = {one.public_id: one for one in queries.entries_of(found)}
    judgements: dict[uuid.UUID, Judgement] = {}
    wrong: _Wrong = []
    for number, cells in rows:
        result = normalize_name(cells.get(_RESULT, ""))
        if not result:
            continue
        try:
            entry = _entry(cells, known)
            if _is_unchanged(entry, cells):
                continue  # it left with this decision
            judgement = _judgement(found, cells, kinds.get(result))
            check_judgement(judgement, entry.person, found)
            judgements[entry.public_id] = judgement
        except ValidationError as error:
            wrong.append((number, _words(error)))
    if judgements:
        decide_entries(
            officer=viewer,
            cleansing_list=found,
            judgements=list(judgements.values()),
            looked_at=LookedAt.FILE,
        )
    return len(judgements), wrong


def _is_unchanged(entry: CleansingEntry, cells: Mapping[str, str]) -> bool:
    """Whether the columns to fill in say what they said when the list left."""
    if entry.decision is None:
        return False
    left = dict(zip(_HEADINGS, _cells(entry, whole=True), strict=True))
    filled = (*_FOUND.values(), _RESULT, _COMMUNE, _COUNTRY, _NOTE)
    return all(cells.get(heading, "") == left[heading] for heading in filled)


def _judgement(
    found: CleansingList, cells: Mapping[str, str], kind: DecisionKind | None
) -> Judgement:
    if kind is None:
        raise ValidationError(_("The result is none of those on the cover sheet."))
    brought = {**{name: cells.get(heading, "") for name, heading in _FOUND.items()},
               "nationality": cells.get(_COUNTRY, "")}  # fmt: skip
    fields = BRINGS_CHANGES.get(kind, frozenset())
    return Judgement(
        entry=uuid.UUID(cells[_ENTRY]),
        kind=kind,
        changes={name: text for name, text in brought.items() if text and name in fields},
        commune=unit(cells.get(_COMMUNE, "").zfill(5), found.commune.catalogue)
        if kind == DecisionKind.NOT_RESIDENT
        else None,
        note=cells.get(_NOTE, "")[:500],
    )


def _words(error: ValidationError) -> str:
    return " ".join(dict.fromkeys(chain(map(str, error.messages))))
