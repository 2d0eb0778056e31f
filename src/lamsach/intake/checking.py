"""Checking rows: each against its columns, against itself and against the rows before it.

A pure reading of the file: it asks nobody about anybody, so that a dry run tells a clerk nothing
that the file and the catalogues do not. The whole file is checked; no row stops it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from lamsach.files.workbooks import Row, plain_text
from lamsach.identity.births import parse_birth
from lamsach.identity.names import normalize_name
from lamsach.identity.personal_ids import conflicts, read_personal_id
from lamsach.intake.columns import DOSE_COLUMNS, Draft
from lamsach.intake.known import Known
from lamsach.intake.layout import Layout
from lamsach.intake.problems import Finding, WrongError
from lamsach.registry.entries import PersonEntry

__all__ = ["NUMBERS_OF_ONE", "Checked", "Checker", "TypedDose", "is_whole_birth"]

#: One name and one full birth date with more numbers than this are guesses, not people.
NUMBERS_OF_ONE: Final = 3
_DOSE: Final = ("dose_number", "vaccine", "vaccinated_on")
_ABOUT_DOSES: Final = {column.identifier for column in DOSE_COLUMNS}
#: A record without a number goes in and is cleansed later (2262/BYT-CNTT): a dose left out of the
#: record altogether is worse.
_NEVER_COMPULSORY: Final = {"personal_id", "campaign"}
_FIELDS: Final = {"vaccine_code": "vaccine", "residence": "commune"}


@dataclass(frozen=True, slots=True)
class TypedDose:
    """A dose as the row gives it."""

    campaign: int
    vaccine_code: str
    vaccinated_on: date
    dose_number: int
    lot: str
    facility: int | None
    supervising_clinician: str
    presence: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A row after its check: what is wrong, what is noted, and what would go in."""

    row: Row
    problems: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    person: PersonEntry | None
    dose: TypedDose | None

    @property
    def is_good(self) -> bool:
        """Whether the row goes in."""
        return not self.problems


def is_whole_birth(text: str) -> bool:
    """Whether a birth says the day and is no placeholder for one.

    >>> is_whole_birth("1963-05-04"), is_whole_birth("1963"), is_whole_birth("1963-01-01")
    (True, False, False)
    """
    birth = parse_birth(text)
    return birth.precision == "full" and not birth.placeholder


class Checker:
    """Checks the rows of one sheet, in order."""

    def __init__(self, known: Known, layout: Layout) -> None:
        self._known, self._layout = known, layout
        self._seen: set[int] = set()
        self._number: dict[int, int] = {}
        self._numbers: dict[int, set[int]] = {}

    def check(self, rows: Iterable[Row]) -> Iterator[Checked]:
        """Each row, checked; rows above the headings are no rows."""
        for row in rows:
            if row.number > self._layout.row:
                yield self._check(row)

    def _check(self, row: Row) -> Checked:
        draft, problems = Draft(), []
        for index, column in self._layout.columns:
            text = plain_text(row.cells[index]) if index < len(row.cells) else ""
            if not text:
                continue
            try:
                if len(text) > column.longest:
                    raise WrongError("too_long")
                column.assign(draft, column.clean(text, draft, self._known))
            except WrongError as wrong:
                problems.append(Finding(column.identifier, wrong.code))
        if not (draft.person or draft.dose or draft.place or problems):
            return Checked(row, (Finding("", "nothing"),), (), None, None)
        remarks: list[Finding] = []
        bad = {one.column for one in problems}
        problems += self._missing(draft, bad)
        problems += self._residence(draft)
        problems += self._times(draft)
        problems += self._numbers_vary(draft)
        if problems:
            return Checked(row, tuple(problems), (), None, None)
        person, dose = _entry(draft), self._dose(draft)
        remarks += _remarks(person, dose)
        mark = hash((person_key(person), dose))
        if mark in self._seen:
            remarks.append(Finding("", "repeated"))
        self._seen.add(mark)
        return Checked(row, (), tuple(remarks), person, dose)

    def _missing(self, draft: Draft, bad: set[str]) -> Iterator[Finding]:
        campaign = draft.campaign or self._known.campaign
        given = {**draft.person, **draft.place, **draft.dose}
        wanted = ["full_name"]
        named = {_FIELDS.get(name, name) for name in campaign.compulsory} - _NEVER_COMPULSORY
        if any(name != "campaign" for name in draft.dose) or bad & set(_DOSE):
            wanted += _DOSE
        else:
            named -= _ABOUT_DOSES
        wanted += sorted(named - set(wanted))
        for name in wanted:
            if name not in bad and not given.get(name):
                yield Finding(name, "missing")

    def _residence(self, draft: Draft) -> Iterator[Finding]:
        if not draft.place:
            return
        part = draft.place.get
        try:
            code = self._known.communes.code_of(
                part("province", ""), part("district", ""), part("commune", "")
            )
        except WrongError as wrong:
            yield Finding("commune", wrong.code)
        else:
            draft.person["residence"] = self._known.units.get(code)

    def _times(self, draft: Draft) -> Iterator[Finding]:
        day = draft.dose.get("vaccinated_on")
        if day is None:
            return
        if day.isoformat() < draft.person.get("birth_date", ""):
            yield Finding("vaccinated_on", "day_before_birth")
        campaign = draft.campaign or self._known.campaign
        if day < campaign.opened_on or (campaign.closed_on and day >= campaign.closed_on):
            yield Finding("vaccinated_on", "day_outside_campaign")

    def _numbers_vary(self, draft: Draft) -> Iterator[Finding]:
        number, birth = draft.person.get("personal_id"), draft.person.get("birth_date", "")
        if not number or not is_whole_birth(birth):
            return
        who = hash((normalize_name(draft.person.get("full_name", "")), birth))
        this = hash(number)
        first = self._number.setdefault(who, this)
        if first == this:
            return
        others = self._numbers.setdefault(who, {first})
        if this not in others and len(others) >= NUMBERS_OF_ONE:
            yield Finding("personal_id", "numbers_vary")
        else:
            others.add(this)

    def _dose(self, draft: Draft) -> TypedDose | None:
        value = draft.dose.get
        if value("vaccine") is None:
            return None
        return TypedDose(
            campaign=(draft.campaign or self._known.campaign).id,
            vaccine_code=value("vaccine", ""),
            vaccinated_on=draft.dose["vaccinated_on"],
            dose_number=draft.dose["dose_number"],
            lot=value("lot", ""),
            facility=value("facility"),
            supervising_clinician=value("supervising_clinician", ""),
            presence=value("presence", "none"),
        )


def person_key(person: PersonEntry) -> tuple[Any, ...]:
    """Everything that was typed about a person, in one writing: equal for equal rows."""
    return (
        normalize_name(person.full_name),
        *(person.birth_date, person.sex, person.personal_id, person.nationality),
        *(person.passport_number.upper(), person.phone, person.insurance_number.upper()),
        *(person.residence, normalize_name(person.hamlet), normalize_name(person.address)),
        *(normalize_name(person.guardian_name), person.guardian_personal_id),
    )


def _entry(draft: Draft) -> PersonEntry:
    return PersonEntry(**draft.person)


def _remarks(person: PersonEntry, dose: TypedDose | None) -> Iterator[Finding]:
    if person.nationality == "VN":
        reading = read_personal_id(person.personal_id)
        birth = parse_birth(person.birth_date)
        if reading.id_status == "missing":
            yield Finding("personal_id", "id_missing")
        elif reading.id_status == "malformed":
            yield Finding("personal_id", "id_malformed")
        elif set(conflicts(reading.digits, sex=person.sex, birth_year=birth.year)) - {"province"}:
            yield Finding("personal_id", "number_contradicts")
        if not person.birth_date:
            yield Finding("birth_date", "birth_missing")
        if not person.sex:
            yield Finding("sex", "sex_missing")
    if person.residence is None:
        yield Finding("commune", "no_residence")
    if dose is None:
        yield Finding("", "no_dose")
    elif not dose.lot:
        yield Finding("lot", "lot_missing")
