"""Loading offices from a table: a plan first, with every bad row; then all good rows at once.

An office is known by its kind and code (the few kinds without codes by their name). One that is
there already is changed where the row says otherwise; the same table again changes nothing.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from lamsach.administration.actions.offices import CODELESS, add_territory
from lamsach.administration.actions.standing import look_at_residents
from lamsach.administration.queries import USUALLY_ABOVE, not_over, units_of
from lamsach.administration.reading import read_text
from lamsach.administration.sheets import Problem, SheetRow, choice_of, day_in, sentence_of
from lamsach.administration.territories import unit_codes
from lamsach.clock import today
from lamsach.ledger.actions import Actor, action
from lamsach.places.actions import NewOffice, change_office, open_offices
from lamsach.places.keys import search_key
from lamsach.places.models import Office, OfficeKind, Territory, Unit
from lamsach.places.queries import catalogue_on

__all__ = ["OfficesPlan", "apply_offices", "plan_offices"]

#: Kind and code; for kinds without codes, the name's key instead.
Key = tuple[str, str]


@dataclass(slots=True)
class _Planned:
    row: int
    key: Key
    name: str
    code: str
    above: Key | None
    units: list[Unit]
    opened_on: date
    there: Office | None


@dataclass(slots=True)
class OfficesPlan:
    """What a table would do: rows that open, rows that change, rows as they are, and bad ones."""

    opening: list[_Planned] = field(default_factory=list)
    changing: list[_Planned] = field(default_factory=list)
    same: int = 0
    problems: list[Problem] = field(default_factory=list)


class _BadRowError(Exception):
    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(column)
        self.column, self.sentence = column, sentence


def plan_offices(rows: Iterable[SheetRow]) -> OfficesPlan:
    """Check a table. Reads the offices and units once, whatever the number of rows."""
    plan, planned = OfficesPlan(), dict[Key, _Planned]()
    known = {_key(one.kind, one.code, one.name): one for one in Office.objects.all()}
    units = {name: _Units(name) for name in ("2022", "2025")}
    for row in rows:
        try:
            one = _read(row, units, known)
            if one.key in planned:
                said = _("This office stands in row %(row)d already; delete one of the rows.")
                raise _BadRowError("code", said % {"row": planned[one.key].row})
            planned[one.key] = one
        except _BadRowError as bad:
            plan.problems.append(Problem(row.number, bad.column, bad.sentence))
    _find_above(rows_of=planned, known=known, plan=plan)
    held = defaultdict(set)
    for office, unit in Territory.objects.filter(not_over(today())).values_list("office", "unit"):
        held[office].add(unit)
    for one in planned.values():
        if one.there is None:
            plan.opening.append(one)
        elif _differs(one, one.there, known) or {u.pk for u in one.units} - held[one.there.pk]:
            plan.changing.append(one)
        else:
            plan.same += 1
    plan.problems.sort(key=lambda one: (one.row, one.column))
    return plan


def _key(kind: str, code: str, name: str) -> Key:
    return kind, code or f"={search_key(name)}"


class _Units:
    """The units of a catalogue, read once they are asked for."""

    def __init__(self, catalogue: str) -> None:
        self._catalogue = catalogue
        self._known: dict[str, Unit] = {}

    def named(self, text: str) -> list[Unit]:
        codes = unit_codes(text, self._catalogue)
        if not self._known:
            self._known = units_of(self._catalogue)
        return [self._known[code] for code in codes]


@lru_cache(maxsize=256)
def _kind(text: str) -> str:
    return choice_of(text, OfficeKind.choices)


def _read(row: SheetRow, units: dict[str, _Units], known: dict[Key, Office]) -> _Planned:
    kind, code = _kind(row["kind"]), row["code"]
    if not kind:
        raise _BadRowError("kind", _("No kind of office is called so; copy one from the page."))
    if not code and kind not in CODELESS:
        raise _BadRowError("code", _("Write the office's code: files name offices by it."))
    try:
        name = read_text(row["name"])
    except ValidationError as error:
        raise _BadRowError("name", sentence_of(error)) from error
    catalogue = row["catalogue"] or catalogue_on(today())
    if catalogue not in units:
        raise _BadRowError("catalogue", _("Write 2022 or 2025."))
    try:
        found = units[catalogue].named(row["territory"])
    except ValidationError as error:
        raise _BadRowError("territory", sentence_of(error)) from error
    day = day_in(row["opened_on"])
    if day is None:
        raise _BadRowError("opened_on", _("Write the day as day/month/year."))
    key = _key(kind, code, name)
    there = known.get(key)
    if there is not None and there.closed_on is not None:
        raise _BadRowError("code", _("This office is closed; a new one needs a code of its own."))
    above = _above(row, kind)
    opened_on = date.fromisoformat(day) if day else today()
    return _Planned(row.number, key, name, code, above, found, opened_on, there)


def _above(row: SheetRow, kind: str) -> Key | None:
    """The office above as it is written: with its kind, or "" where the code alone has to say."""
    if not row["above_code"]:
        return None
    above_kind = _kind(row["above_kind"]) if row["above_kind"] else ""
    if row["above_kind"] and not above_kind:
        raise _BadRowError(
            "above_kind", _("No kind of office is called so; copy one from the page.")
        )
    return above_kind, row["above_code"]


def _find_above(
    *, rows_of: dict[Key, _Planned], known: dict[Key, Office], plan: OfficesPlan
) -> None:
    """Say which office is above each; a row whose office above is not there does not go in.

    A code that several kinds share means the kind that usually stands above one of this kind.
    """
    there = {key: one for key, one in known.items() if one.closed_on is None}
    called: dict[str, set[Key]] = defaultdict(set)
    names = {key: one.name for key, one in there.items()}
    names |= {key: one.name for key, one in rows_of.items()}
    for key, name in names.items():
        called[key[1]].add(key)
        if key[0] in CODELESS:
            called[f"={search_key(name)}"].add(key)
    for key, one in list(rows_of.items()):
        if one.above is None:
            continue
        kind, code = one.above
        usual = USUALLY_ABOVE.get(OfficeKind(key[0]), tuple(OfficeKind))
        kinds = [kind] if kind else [other.value for other in usual]
        possible = called.get(code) or called.get(f"={search_key(code)}") or set()
        found = [upper for wanted in kinds for upper in possible if upper[0] == wanted]
        found = [upper for upper in found if upper != key]
        if found and (kind or key[0] in USUALLY_ABOVE or len(found) == 1):
            one.above = found[0]
            continue
        said = _(
            "No open office that can stand above this one has the code %(code)s; load it too,"
            " correct the code, or write its kind beside it."
        )
        plan.problems.append(Problem(one.row, "above_code", said % {"code": code}))
        del rows_of[key]
    _drop_hanging(rows_of, known, plan)


def _drop_hanging(
    rows_of: dict[Key, _Planned], known: dict[Key, Office], plan: OfficesPlan
) -> None:
    """Leave out rows whose office above hangs itself in the air, or comes round to them."""
    firm = {key for key, one in rows_of.items() if one.there is not None} | set(known)
    waiting = {key: one for key, one in rows_of.items() if key not in firm}
    while waiting:
        settled = [key for key, one in waiting.items() if one.above is None or one.above in firm]
        if not settled:
            break
        for key in settled:
            firm.add(key)
            del waiting[key]
    for key, one in waiting.items():
        said = _("The office above is in a row that cannot be taken; correct that row first.")
        plan.problems.append(Problem(one.row, "above_code", said))
        del rows_of[key]


def _differs(one: _Planned, there: Office, known: dict[Key, Office]) -> bool:
    if one.name != there.name:
        return True
    above = known.get(one.above) if one.above else None
    return one.above is not None and there.above_id != (above.pk if above else None)


def apply_offices(plan: OfficesPlan, *, by: Actor) -> None:
    """Do what was planned: a constant number of statements for the offices of one level.

    Offices that are there get what the row says of name, office above and further units; nothing
    is taken from them.
    """
    job = f"offices/{uuid.uuid4()}"
    with action() as act:
        made = {
            _key(one.kind, one.code, one.name): one
            for one in Office.objects.select_for_update(of=["self"]).filter(closed_on=None)
        }
        for level in _levels(plan.opening, set(made)):
            rows = [
                NewOffice(
                    kind=one.key[0],
                    name=one.name,
                    opened_on=one.opened_on,
                    territory=tuple(one.units),
                    code=one.code,
                    above=made[one.above] if one.above else None,
                )
                for one in level
            ]
            opened = open_offices(rows=rows, actor=by, job=job)
            made |= {one.key: office for one, office in zip(level, opened, strict=True)}
        for one in plan.changing:
            office = made[one.key]
            above = made[one.above] if one.above else office.above
            change_office(office=office, name=one.name, above=above, actor=by)
            if one.units:
                add_territory(office=office, units=one.units, by=by)
        look_at_residents(act, (unit for one in plan.opening for unit in one.units), by=by)


def _levels(rows: list[_Planned], firm: set[Key]) -> Iterator[list[_Planned]]:
    """The rows so that each one's office above is there, or comes with an earlier level."""
    waiting = rows
    while waiting:
        level = [one for one in waiting if one.above is None or one.above in firm]
        firm |= {one.key for one in level}
        waiting = [one for one in waiting if one.key not in firm]
        yield level
