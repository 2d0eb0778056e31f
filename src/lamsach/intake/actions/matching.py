"""Whose record a typed person is: one the office typed so before, one it may know of, or a new one.

A record entered elsewhere is only found by its exact number, name and full date of birth: the rule
of the presented person (threats.md). Everything else is a new person; that two records may be one
human being is found out later and by others. Statements do not grow with the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest
from typing import Any

from django.conf import settings
from django.db import connections

from lamsach.identity.names import normalize_name
from lamsach.intake.checking import NUMBERS_OF_ONE, is_whole_birth, person_key
from lamsach.intake.models import TypedPerson
from lamsach.ledger.actions import Action
from lamsach.places.models import Office
from lamsach.registry import keys
from lamsach.registry.entries import PersonEntry

__all__ = ["Typed", "match_people", "remember_people"]

_BYTES = 16


@dataclass(slots=True)
class Typed:
    """One distinct person of a part of a file, on the way to a record."""

    entry: PersonEntry
    typed: bytes
    name_and_birth: bytes
    number: bytes | None
    name_key: str
    person: int | None = None
    is_guess: bool = False
    same_as: Typed | None = field(default=None, repr=False)

    @property
    def record(self) -> int | None:
        """The record's key; None while it is to be made."""
        return self.same_as.record if self.same_as else self.person


def _sealed(*parts: object) -> bytes:
    text = "\x1f".join(str(part) for part in parts)
    return digest(settings.FIELD_KEY, f"intake\x1f{text}".encode(), sha256)[:_BYTES]


def match_people(act: Action, office: Office, entries: Iterable[PersonEntry]) -> list[Typed]:
    """The entries in their order, each with its record as far as there is one.

    Equal entries share one `Typed`. Those that are the same person by other evidence within this
    part point to the first (`same_as`).
    """
    distinct: dict[bytes, Typed] = {}
    order = []
    for entry in entries:
        typed = _sealed("typed", *person_key(entry))
        if typed not in distinct:
            name = normalize_name(entry.full_name)
            distinct[typed] = Typed(
                entry=entry,
                typed=typed,
                name_and_birth=_sealed("name", name, entry.birth_date),
                number=_sealed("number", entry.personal_id) if entry.personal_id else None,
                name_key=keys.name_key(entry.full_name),
            )
        order.append(distinct[typed])
    rest = _typed_before(act, office, list(distinct.values()))
    _mark_guesses(office, rest)
    rest = _by_number(act, office, [one for one in rest if not one.is_guess])
    rest = _by_contact(act, office, rest)
    _join(rest, _number_key)
    _join([one for one in rest if one.same_as is None], _contact_key)
    return order


def _typed_before(act: Action, office: Office, all_of_them: list[Typed]) -> list[Typed]:
    rows = TypedPerson.objects.using(act.using).filter(
        office=office, typed__in=[one.typed for one in all_of_them]
    )
    known = {bytes(typed): person for typed, person in rows.values_list("typed", "person_id")}
    for one in all_of_them:
        one.person = known.get(one.typed)
    return [one for one in all_of_them if one.person is None]


def _mark_guesses(office: Office, rest: list[Typed]) -> None:
    """One name and full birth with ever more numbers, over all files of an office: a guess."""
    asked = [one for one in rest if one.number and is_whole_birth(one.entry.birth_date)]
    numbers: dict[bytes, set[bytes]] = defaultdict(set)
    rows = TypedPerson.objects.filter(
        office=office,
        name_and_birth__in={one.name_and_birth for one in asked},
        number__isnull=False,
    )
    for name_and_birth, number in rows.values_list("name_and_birth", "number"):
        if number is not None:
            numbers[bytes(name_and_birth)].add(bytes(number))
    for one in asked:
        known = numbers[one.name_and_birth]
        if one.number not in known and len(known) >= NUMBERS_OF_ONE:
            one.is_guess = True
        elif one.number:
            known.add(one.number)


_BY_NUMBER = """
    select p.id, p.personal_id, p.birth_date, p.name_key, p.entered_by_id = %s
    from unnest(%s::text[], %s::text[]) as asked(number, birth)
    join registry_person p on p.personal_id = asked.number and p.birth_date = asked.birth
    where p.personal_id <> ''
    order by p.id
"""


def _by_number(act: Action, office: Office, rest: list[Typed]) -> list[Typed]:
    asked = [one for one in rest if one.entry.personal_id and one.entry.birth_date]
    found: dict[tuple[str, ...], int] = {}
    for person, number, birth, name, ours in _rows(
        act,
        _BY_NUMBER,
        office.pk,
        [one.entry.personal_id for one in asked],
        [one.entry.birth_date for one in asked],
    ):
        if ours or is_whole_birth(birth):
            found.setdefault((number, birth, name), person)
    for one in asked:
        one.person = found.get((one.entry.personal_id, one.entry.birth_date, one.name_key))
    return [one for one in rest if one.person is None]


_BY_CONTACT = """
    select p.id, p.name_key, p.birth_date, p.sex, p.phone, p.insurance_number, p.passport_number
    from unnest(%s::text[], %s::text[]) as asked(name, birth)
    join registry_person p on p.name_key = asked.name and p.birth_date = asked.birth
    where p.entered_by_id = %s
    order by p.id
"""


def _by_contact(act: Action, office: Office, rest: list[Typed]) -> list[Typed]:
    """Of those without a number, the office's own records with the same telephone or card."""
    asked = [one for one in rest if _contact_key(one)]
    found: dict[tuple[str, ...], int] = {}
    for person, *words in _rows(
        act,
        _BY_CONTACT,
        [one.name_key for one in asked],
        [one.entry.birth_date for one in asked],
        office.pk,
    ):
        for key in _contacts(*words):
            found.setdefault(key, person)
    for one in asked:
        known = (found.get(key) for key in _contact_key(one))
        one.person = next((person for person in known if person is not None), None)
    return [one for one in rest if one.person is None]


def _contacts(
    name: str, birth: str, sex: str, phone: str, insurance: str, passport: str
) -> list[tuple[str, ...]]:
    kinds = {"phone": phone, "insurance": insurance, "passport": passport}
    return [(kind, value, name, birth, sex) for kind, value in kinds.items() if value]


def _contact_key(one: Typed) -> list[tuple[str, ...]]:
    entry = one.entry
    if entry.personal_id or not entry.birth_date:
        return []
    return _contacts(
        one.name_key,
        entry.birth_date,
        entry.sex,
        entry.phone,
        entry.insurance_number,
        entry.passport_number,
    )


def _number_key(one: Typed) -> list[tuple[str, ...]]:
    entry = one.entry
    if not (entry.personal_id and entry.birth_date):
        return []
    return [(entry.personal_id, entry.birth_date, one.name_key)]


def _join(rest: Sequence[Typed], key: Callable[[Typed], list[tuple[str, ...]]]) -> None:
    """Let later ones of a part that are the same person point to the first."""
    first: dict[tuple[str, ...], Typed] = {}
    for one in rest:
        known = next((first[word] for word in key(one) if word in first), None)
        if known is not None:
            one.same_as = known
        for word in key(one):
            first.setdefault(word, known or one)


def _rows(act: Action, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connections[act.using].cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def remember_people(act: Action, office: Office, people: Iterable[Typed]) -> None:
    """Keep whose record each typed person is, for the next file."""
    rows = {
        one.typed: TypedPerson(
            office=office,
            typed=one.typed,
            name_and_birth=one.name_and_birth,
            number=one.number,
            person_id=one.record,
        )
        for one in people
        if one.record is not None
    }
    TypedPerson.objects.using(act.using).bulk_create(rows.values(), ignore_conflicts=True)
