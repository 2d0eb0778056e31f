"""The fields that a correction may change: how each is read, checked, stored and written out.

A correction's `changes` hold texts; this room turns a record's value into such a text and reads a
text as typed. A residence is `catalogue/code`, a facility its office's public identifier; whether
they exist is for `actions` to look up. It knows no officer and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lamsach.clock import today
from lamsach.identity.births import parse_birth
from lamsach.identity.sexes import parse_sex
from lamsach.registry import keys
from lamsach.registry.models import Dose, Person, Presence

__all__ = ["DOSE_FIELDS", "FOUR", "PERSON_FIELDS", "WITHDRAWN", "Field", "read_changes", "texts_of"]

#: A change of one of these is another question to the register: the person's version rises.
#: (The nationality decides whether the register is asked at all, 1908/BYT-CNTT.)
FOUR: Final = frozenset({"full_name", "birth_date", "sex", "personal_id", "nationality"})
WITHDRAWN: Final = "withdrawn"

_UNIT: Final = re.compile(r"(2022|2025)/\d{2,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name for people, the column it is kept in, and how a text is read."""

    label: str | Promise
    column: str
    read: Callable[[str], str]


def _name(text: str) -> str:
    if not (name := keys.clean(text)):
        raise ValidationError(_("Enter the person's full name."))
    return name


def _birth(text: str) -> str:
    birth = parse_birth(keys.clean(text))
    if birth.precision == "unknown" or (birth.year or 0) > today().year:
        raise ValidationError(_("Write the date of birth as day/month/year, or the year alone."))
    return str(birth)


def _sex(text: str) -> str:
    if not (sex := parse_sex(text)):
        raise ValidationError(_("Choose male or female."))
    return sex


def _number(text: str) -> str:
    number, status = keys.read_number(text)
    if status == "malformed":
        raise ValidationError(_("A personal number has 12 digits (an old identity card's 9)."))
    return number


def _nationality(text: str) -> str:
    if not (code := keys.read_nationality(text)):
        raise ValidationError(_("Write the nationality as a code of two or three letters."))
    return code


def _unit(text: str) -> str:
    if text and not _UNIT.fullmatch(text):
        raise ValidationError(_("Choose a commune from the catalogue."))
    return text


def _day(text: str) -> str:
    birth = parse_birth(keys.clean(text))
    if birth.precision != "full" or str(birth) > today().isoformat():
        raise ValidationError(_("Write the day of the dose as day/month/year, not in the future."))
    return str(birth)


def _count(text: str) -> str:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:3]) <= 20):
        raise ValidationError(_("A dose has a number from 1 to 20."))
    return str(int(text))


def _product(text: str) -> str:
    if not (code := keys.clean(text)):
        raise ValidationError(_("Choose the vaccine."))
    return code


def _office(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise ValidationError(_("Choose the facility that gave the dose.")) from error


def _presence(text: str) -> str:
    if text not in Presence.values:
        raise ValidationError(_("Say how the identity was checked."))
    return text


def _yes(text: str) -> str:
    if text != "yes":
        raise ValidationError(_("A dose that was withdrawn stays withdrawn."))
    return text


PERSON_FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "full_name": Field(_("Full name"), "full_name", _name),
        "birth_date": Field(_("Date of birth"), "birth_date", _birth),
        "sex": Field(_("Sex"), "sex", _sex),
        "personal_id": Field(_("Personal number"), "personal_id", _number),
        "nationality": Field(_("Nationality"), "nationality", _nationality),
        "passport_number": Field(_("Travel document"), "passport_number", keys.clean),
        "travel_name": Field(_("Name in the travel document"), "travel_name", keys.clean),
        "guardian_name": Field(_("Guardian"), "guardian_name", keys.clean),
        "guardian_personal_id": Field(_("Guardian's number"), "guardian_personal_id", _number),
        "phone": Field(_("Telephone"), "phone", keys.clean),
        "email": Field(_("E-mail"), "email", keys.clean),
        "insurance_number": Field(_("Insurance number"), "insurance_number", keys.clean),
        "residence": Field(_("Residence"), "residence_id", _unit),
        "hamlet": Field(_("Hamlet"), "hamlet", keys.clean),
        "address": Field(_("Address"), "address", keys.clean),
    }
)

DOSE_FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "vaccine_code": Field(_("Vaccine"), "vaccine_code", _product),
        "lot": Field(_("Lot"), "lot", keys.clean),
        "vaccinated_on": Field(_("Day of the dose"), "vaccinated_on", _day),
        "dose_number": Field(_("Number in the series"), "dose_number", _count),
        "facility": Field(_("Given at"), "facility_id", _office),
        "supervising_clinician": Field(_("Clinician"), "supervising_clinician", keys.clean),
        "presence": Field(_("Identity check"), "presence", _presence),
        WITHDRAWN: Field(_("Withdrawn"), "withdrawn_at", _yes),
    }
)


def texts_of(record: Person | Dose) -> dict[str, str]:
    """A record's correctable fields as texts (its residence and facility must be loaded)."""
    if isinstance(record, Person):
        texts = {name: str(getattr(record, name)) for name in PERSON_FIELDS if name != "residence"}
        unit = record.residence
        return texts | {"residence": f"{unit.catalogue}/{unit.code}" if unit else ""}
    texts = {
        name: _text(getattr(record, name))
        for name in DOSE_FIELDS
        if name not in ("facility", WITHDRAWN)
    }
    return texts | {
        "facility": str(record.facility.public_id),
        WITHDRAWN: "yes" if record.withdrawn_at else "",
    }


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def read_changes(record: Person | Dose, changes: Mapping[str, str]) -> dict[str, list[str]]:
    """What a correction keeps: each field that would change, with its old and new text.

    Raises `ValidationError` with a sentence for each field that cannot be read, or one for the
    whole when nothing would change.
    """
    fields = PERSON_FIELDS if isinstance(record, Person) else DOSE_FIELDS
    old, read, wrong = texts_of(record), {}, {}
    for name, text in changes.items():
        if name not in fields:
            raise ValueError(f"{name} is no field that a correction changes")
        try:
            read[name] = fields[name].read(text) if text != old[name] else text
        except ValidationError as error:
            wrong[name] = error
    if wrong:
        raise ValidationError(wrong)
    kept = {name: [old[name], new] for name, new in read.items() if new != old[name]}
    if not kept:
        raise ValidationError(_("Nothing would change: the record says this already."))
    return kept
