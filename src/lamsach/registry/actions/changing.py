"""Applying approved changes to people and doses: old values checked, versions raised, keys made.

Works on all corrections of one decision at once: each table is locked and written by one
statement. It does not ask who decides; `correcting` has done so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from lamsach.clock import now
from lamsach.places.models import Office, Unit
from lamsach.registry import keys
from lamsach.registry.actions.rows import update_rows
from lamsach.registry.fields import FOUR, WITHDRAWN, texts_of
from lamsach.registry.models import Correction, Dose, Person

__all__ = ["apply_changes", "offices_named", "units_named"]

_PERSON: Final = {
    "full_name": "text",
    "birth_date": "text",
    "sex": "text",
    "personal_id": "text",
    "nationality": "text",
    "passport_number": "text",
    "travel_name": "text",
    "guardian_name": "text",
    "guardian_personal_id": "text",
    "phone": "text",
    "email": "text",
    "insurance_number": "text",
    "residence_id": "bigint",
    "hamlet": "text",
    "address": "text",
    "name_key": "text",
    "id_status": "text",
    "version": "integer",
}
_DOSE: Final = {
    "vaccine_code": "text",
    "lot": "text",
    "vaccinated_on": "date",
    "dose_number": "smallint",
    "facility_id": "bigint",
    "supervising_clinician": "text",
    "presence": "text",
    "withdrawn_at": "timestamptz",
    "version": "integer",
}


def units_named(using: str, corrections: Sequence[Correction]) -> dict[str, Unit]:
    """The units that corrections move people to, by `catalogue/code`."""
    named = _new_texts(corrections, "residence")
    codes = {text.partition("/")[2] for text in named}
    found = Unit.objects.using(using).filter(code__in=codes) if codes else ()
    return {text: unit for unit in found if (text := f"{unit.catalogue}/{unit.code}") in named}


def offices_named(using: str, corrections: Sequence[Correction]) -> dict[str, Office]:
    """The facilities that corrections say doses were given at, by public identifier."""
    named = {UUID(text) for text in _new_texts(corrections, "facility")}
    found = Office.objects.using(using).filter(public_id__in=named) if named else ()
    return {str(office.public_id): office for office in found}


def _new_texts(corrections: Sequence[Correction], field: str) -> set[str]:
    return {one.changes[field][1] for one in corrections if field in one.changes} - {""}


def apply_changes(using: str, corrections: Sequence[Correction]) -> list[Correction]:
    """Change the records; the corrections whose old values no longer hold, if there are any.

    In that case nothing has been written. The corrections' `person` and `dose` are the changed
    records afterwards.
    """
    people = {
        one.pk: one
        for one in Person.objects.using(using)
        .select_for_update(of=("self",), no_key=True)
        .select_related("residence")
        .filter(pk__in={one.person_id for one in corrections})
        .order_by("pk")
    }
    doses = {
        one.pk: one
        for one in Dose.objects.using(using)
        .select_for_update(of=("self",), no_key=True)
        .select_related("facility")
        .filter(pk__in={one.dose_id for one in corrections if one.dose_id})
        .order_by("pk")
    }
    units, offices = units_named(using, corrections), offices_named(using, corrections)
    stale = []
    for one in sorted(corrections, key=lambda one: one.pk):
        one.person = people[one.person_id]
        one.dose = doses[one.dose_id] if one.dose_id else None
        record = one.dose or one.person
        texts = texts_of(record)
        changed_since = any(texts[name] != old for name, (old, _new) in one.changes.items())
        if changed_since or (one.dose and one.dose.withdrawn_at):
            stale.append(one)
        elif one.dose:
            _change_dose(one.dose, one, offices)
        else:
            _change_person(one.person, one, units)
    if not stale:
        _write(using, people, doses, corrections)
    return stale


def _change_person(person: Person, correction: Correction, units: dict[str, Unit]) -> None:
    for name, (_old, new) in correction.changes.items():
        if name == "residence":
            person.residence = units[new] if new else None
        else:
            setattr(person, name, new)
    person.name_key = keys.name_key(person.full_name)
    person.id_status = keys.read_number(person.personal_id)[1]
    if FOUR & set(correction.changes):
        person.version += 1


def _change_dose(dose: Dose, correction: Correction, offices: dict[str, Office]) -> None:
    for name, (_old, new) in correction.changes.items():
        match name:
            case "facility":
                dose.facility = offices[new]
            case "vaccinated_on":
                dose.vaccinated_on = date.fromisoformat(new)
            case "dose_number":
                dose.dose_number = int(new)
            case _ if name == WITHDRAWN:
                dose.withdrawn_at = now()
            case _:
                setattr(dose, name, new)
    dose.version += 1


def _write(
    using: str,
    people: dict[int, Person],
    doses: dict[int, Dose],
    corrections: Sequence[Correction],
) -> None:
    touched = {one.person_id for one in corrections if not one.dose_id}
    if touched:
        rows = [_row(people[pk], _PERSON) for pk in sorted(touched)]
        update_rows(using, "registry_person", _PERSON, rows)
    if doses:
        rows = [_row(one, _DOSE) for one in doses.values()]
        update_rows(using, "registry_dose", _DOSE, rows)


def _row(record: Person | Dose, columns: dict[str, str]) -> dict[str, object]:
    return {"id": record.pk, **{name: getattr(record, name) for name in columns}}
