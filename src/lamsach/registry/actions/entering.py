"""Entering people and doses, any number of them with a constant number of statements.

Each record's entry is an event of its own in the ledger, with a salted digest of what was entered,
so that one record's content can be forgotten without the others'.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.scope import scope_of
from lamsach.clock import now, today
from lamsach.ledger.actions import Action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office
from lamsach.registry import keys
from lamsach.registry.actions.rows import insert_rows
from lamsach.registry.entries import DoseEntry, PersonEntry
from lamsach.registry.models import Person, Presence
from lamsach.registry.standing import refresh_standing
from lamsach.registry.workflow import MAY_ENTER

__all__ = ["enter_doses", "enter_people"]

_PERSON = {
    "public_id": "uuid",
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
}
_DOSE = {
    "public_id": "uuid",
    "person_id": "bigint",
    "campaign_id": "bigint",
    "vaccine_code": "text",
    "lot": "text",
    "vaccinated_on": "date",
    "dose_number": "smallint",
    "facility_id": "bigint",
    "country": "text",
    "supervising_clinician": "text",
    "presence": "text",
}


def enter_people(
    act: Action,
    *,
    officer: Officer,
    office: Office,
    rows: Sequence[PersonEntry],
    job: str = "",
) -> list[int]:
    """Enter people; their keys, in the order of the rows.

    `job` names a bulk job, whose events have a chain of their own. Raises `PermissionDenied` when
    the officer enters nothing in that office and `ValidationError` for a name that is empty or a
    nationality that is no country.
    """
    _may_enter(officer, office)
    read = [_person_values(row) for row in rows]
    if not read:
        return []
    made = insert_rows(
        act.using,
        "registry_person",
        _PERSON,
        read,
        {"entered_by_id": office.pk, "entered_at": now(), "version": 1},
        made={"reference": "gen_random_uuid()"},
    )
    people = [made[row.public_id] for row in rows]
    for values in read:
        act.record(
            Verb.PERSON_ENTER,
            actor=actor_of(officer),
            office=str(office.public_id),
            subject=("person", values["public_id"]),
            content={name: str(value or "") for name, value in values.items()},
            job=job,
        )
    refresh_standing(people, using=act.using)
    return people


def _person_values(row: PersonEntry) -> dict[str, object]:
    four = keys.read_four_fields(
        full_name=row.full_name,
        birth_date=row.birth_date,
        sex=row.sex,
        personal_id=row.personal_id,
    )
    nationality = keys.read_nationality(row.nationality)
    if not four.full_name:
        raise ValidationError({"full_name": _("Enter the person's full name.")})
    if not nationality:
        raise ValidationError(
            {"nationality": _("Write the nationality as a code of two or three letters.")}
        )
    return {
        "public_id": row.public_id,
        "full_name": four.full_name,
        "birth_date": four.birth_date,
        "sex": four.sex,
        "personal_id": four.personal_id,
        "nationality": nationality,
        "residence_id": row.residence,
        "name_key": four.name_key,
        "id_status": four.id_status,
        **{
            name: keys.clean(getattr(row, name))
            for name in (
                "passport_number",
                "travel_name",
                "guardian_name",
                "guardian_personal_id",
                "phone",
                "email",
                "insurance_number",
                "hamlet",
                "address",
            )
        },
    }


def enter_doses(
    act: Action,
    *,
    officer: Officer,
    office: Office,
    rows: Sequence[DoseEntry],
    job: str = "",
) -> list[int | None]:
    """Enter doses; their keys in the order of the rows, None for a dose that is there already.

    Raises `PermissionDenied` when the officer enters nothing in that office and `ValidationError`
    for a day that has not come, a number that is none, or a person who is not there.
    """
    _may_enter(officer, office)
    read = [_dose_values(row, office) for row in rows]
    if not read:
        return []
    people = _people(act.using, {row.person for row in rows})
    made = insert_rows(
        act.using,
        "registry_dose",
        _DOSE,
        read,
        {"entered_by_id": office.pk, "entered_at": now(), "version": 1},
        otherwise="on conflict (person_id, campaign_id, vaccinated_on, vaccine_code)"
        " where withdrawn_at is null do nothing",
    )
    for row, values in zip(rows, read, strict=True):
        if row.public_id not in made:
            continue
        act.record(
            Verb.DOSE_ENTER,
            actor=actor_of(officer),
            office=str(office.public_id),
            subject=("dose", values["public_id"]),
            facts={"person": people[row.person]},
            content={name: str(value) for name, value in values.items() if name != "person_id"},
            job=job,
        )
    refresh_standing(people, using=act.using)
    return [made.get(row.public_id) for row in rows]


def _dose_values(row: DoseEntry, office: Office) -> dict[str, object]:
    if row.vaccinated_on > today():
        raise ValidationError({"vaccinated_on": _("The day of the dose has not come yet.")})
    if not 1 <= row.dose_number <= 20:
        raise ValidationError({"dose_number": _("A dose has a number from 1 to 20.")})
    if row.presence not in Presence.values:
        raise ValidationError({"presence": _("Say how the identity was checked.")})
    return {
        "public_id": row.public_id,
        "person_id": row.person,
        "campaign_id": row.campaign,
        "vaccine_code": keys.clean(row.vaccine_code),
        "lot": keys.clean(row.lot),
        "vaccinated_on": row.vaccinated_on,
        "dose_number": row.dose_number,
        "facility_id": row.facility or office.pk,
        "country": row.country,
        "supervising_clinician": keys.clean(row.supervising_clinician),
        "presence": row.presence,
    }


def _people(using: str, identifiers: set[int]) -> dict[int, str]:
    rows = Person.objects.using(using).filter(pk__in=identifiers)
    found = {pk: str(public) for pk, public in rows.values_list("pk", "public_id")}
    if len(found) < len(identifiers):
        raise ValidationError({"person": _("Enter the person before their doses.")})
    return found


def _may_enter(officer: Officer, office: Office) -> None:
    scope = scope_of(officer)
    if not any(one.office_id == office.pk and one.role in MAY_ENTER for one in scope.grants):
        raise PermissionDenied
