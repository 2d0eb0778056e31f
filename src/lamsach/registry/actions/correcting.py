"""Corrections (chỉnh sửa): asked for by one officer, decided by another, done in one transaction.

Approving checks the old values once more, changes the records, raises their versions, makes their
keys anew, runs what the floors above have registered and projects the people's standing; all of it
or nothing. The number of statements does not depend on how many corrections are decided together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.refusals import ConflictError
from lamsach.accounts.scope import Scope, scope_of
from lamsach.clock import now
from lamsach.ledger.actions import Action, action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office
from lamsach.registry import keys
from lamsach.registry.actions.changing import apply_changes, offices_named, units_named
from lamsach.registry.consequences import apply_consequences
from lamsach.registry.fields import read_changes
from lamsach.registry.models import Correction, CorrectionState, Dose, Person
from lamsach.registry.queries.conditions import (
    full_doses_condition,
    people_condition,
    presented_condition,
)
from lamsach.registry.standing import refresh_standing
from lamsach.registry.workflow import CORRECTION_STEPS, Step

__all__ = [
    "CorrectionRequest",
    "StaleCorrectionError",
    "approve_corrections",
    "refuse_correction",
    "request_correction",
    "request_corrections",
    "withdraw_correction",
]


@dataclass(frozen=True, slots=True)
class CorrectionRequest:
    """One change that is asked for; `source` names what asked for it (kind, identifier)."""

    person: Person
    changes: Mapping[str, str]
    grounds: str
    dose: Dose | None = None
    source: tuple[str, str] = ("", "")


def request_correction(
    *,
    officer: Officer,
    office: Office,
    person: Person,
    changes: Mapping[str, str],
    grounds: str,
    dose: Dose | None = None,
    source: tuple[str, str] = ("", ""),
) -> Correction:
    """Ask for a change to a person, or to one of their doses.

    Raises as `request_corrections` does.
    """
    with action() as act:
        request = CorrectionRequest(person, changes, grounds, dose, source)
        return request_corrections(act, officer=officer, office=office, rows=[request])[0]


def request_corrections(
    act: Action, *, officer: Officer, office: Office, rows: Sequence[CorrectionRequest]
) -> list[Correction]:
    """Ask for many changes at once; one that its source asked for before is returned, not repeated.

    Raises `PermissionDenied` when the officer's post in that office does not reach a record,
    `ValidationError` (by field) for values that cannot be, `ConflictError` for a withdrawn dose.
    """
    step = CORRECTION_STEPS["", "request"]
    scope = _scope_in(officer, office, step)
    people, doses = _records(act.using, scope, officer, rows)
    known = _known(act.using, rows)
    made: dict[int, Correction] = {}
    for place, row in enumerate(rows):
        if _source(row) in known:
            continue
        if not keys.clean(row.grounds):
            raise ValidationError({"grounds": _("Say what shows that the change is right.")})
        dose = doses[row.dose.pk] if row.dose else None
        if dose and dose.withdrawn_at:
            raise ConflictError(_("This dose was withdrawn; it cannot be changed any more."))
        record = dose or people[row.person.pk]
        made[place] = Correction(
            person=people[row.person.pk],
            dose=dose,
            changes=read_changes(record, row.changes),
            grounds=keys.clean(row.grounds),
            source_kind=row.source[0],
            source_id=row.source[1],
            requested_by=officer,
            requested_from=office,
            requested_at=now(),
        )
    _check_named(act.using, list(made.values()))
    Correction.objects.using(act.using).bulk_create(made.values())
    for one in made.values():
        _record(act, Verb.CORRECTION_REQUEST, one, officer, office, whole=True)
    refresh_standing({one.person_id for one in made.values()}, using=act.using)
    return [made.get(place) or known[_source(row)] for place, row in enumerate(rows)]


def approve_corrections(
    *, officer: Officer, office: Office, corrections: Iterable[Correction]
) -> list[Correction]:
    """Approve changes and carry them out with all their consequences, or change nothing.

    Raises `PermissionDenied` when the officer asked for one of them or does not reach its record,
    and `StaleCorrectionError` when one was decided already or the record has changed since.
    """
    try:
        with action() as act:
            step = CORRECTION_STEPS[CorrectionState.REQUESTED, "approve"]
            decided = _decide(act, step, officer, office, corrections)
            stale = apply_changes(act.using, decided)
            if stale:
                raise StaleCorrectionError(stale)
            apply_consequences(act, decided)
            for one in decided:
                _record(act, Verb.CORRECTION_APPROVE, one, officer, office)
            refresh_standing({one.person_id for one in decided}, using=act.using)
            return decided
    except IntegrityError as error:
        if _is_same_dose(error):
            raise ConflictError(
                _("The person has the same dose already. Withdraw one of the two instead.")
            ) from error
        raise


def refuse_correction(
    *, officer: Officer, office: Office, correction: Correction, reason: str
) -> Correction:
    """Refuse a change, with the reason for whoever asked. Raises as `approve_corrections` does."""
    if not keys.clean(reason):
        raise ValidationError({"reason": _("Say why the change is refused.")})
    with action() as act:
        step = CORRECTION_STEPS[CorrectionState.REQUESTED, "refuse"]
        (one,) = _decide(act, step, officer, office, [correction], refusal=keys.clean(reason))
        _record(act, Verb.CORRECTION_REFUSE, one, officer, office)
        refresh_standing([one.person_id], using=act.using)
        return one


def withdraw_correction(*, officer: Officer, correction: Correction) -> Correction:
    """Take a request back that nobody has decided yet: only who asked may."""
    with action() as act:
        step = CORRECTION_STEPS[CorrectionState.REQUESTED, "withdraw"]
        (one,) = _locked(act.using, [correction])
        if one.requested_by_id != officer.pk:
            raise PermissionDenied
        one.state, one.decided_at = step.leads_to, now()
        one.save(update_fields=["state", "decided_at"])
        _record(act, Verb.CORRECTION_WITHDRAW, one, officer, one.requested_from)
        refresh_standing([one.person_id], using=act.using)
        return one


class StaleCorrectionError(ConflictError):
    """Corrections that cannot be approved any more: decided, or their record has changed."""

    def __init__(self, corrections: Sequence[Correction]) -> None:
        super().__init__(
            _("The record has changed since this was asked for. Refuse it, and ask anew.")
        )
        self.corrections = tuple(corrections)


def _scope_in(officer: Officer, office: Office, step: Step) -> Scope:
    """What the officer's posts in this office open for this step."""
    scope = scope_of(officer)
    grants = tuple(
        one for one in scope.grants if one.office_id == office.pk and one.role in step.roles
    )
    if not grants:
        raise PermissionDenied
    return Scope(scope.actor, scope.day, grants)


def _records(
    using: str, scope: Scope, officer: Officer, rows: Sequence[CorrectionRequest]
) -> tuple[dict[int, Person], dict[int, Dose]]:
    """The people and doses as they are now, all of them open for this; else `PermissionDenied`."""
    asked = {row.person.pk for row in rows}
    allowed = people_condition(scope) | presented_condition(officer)
    people = Person.objects.using(using).filter(allowed, pk__in=asked).select_related("residence")
    found = {one.pk: one for one in people}
    wanted = {row.dose.pk: row.person.pk for row in rows if row.dose}
    doses = {
        one.pk: one
        for one in Dose.objects.using(using)
        .filter(full_doses_condition(scope), pk__in=wanted)
        .select_related("facility")
    }
    whose = {pk: one.person_id for pk, one in doses.items()}
    if set(found) != asked or whose != wanted:
        raise PermissionDenied
    return found, doses


_Source = tuple[str, str, int, int | None]


def _source(row: CorrectionRequest) -> _Source:
    return (*row.source, row.person.pk, row.dose.pk if row.dose else None)


def _known(using: str, rows: Sequence[CorrectionRequest]) -> dict[_Source, Correction]:
    sources = {row.source for row in rows if row.source[1]}
    if not sources:
        return {}
    before = Correction.objects.using(using).filter(
        source_kind__in={kind for kind, _one in sources},
        source_id__in={one for _kind, one in sources},
    )
    return {(one.source_kind, one.source_id, one.person_id, one.dose_id): one for one in before}


def _check_named(using: str, corrections: Sequence[Correction]) -> None:
    """Whether the communes and facilities that are named exist."""
    units, offices = units_named(using, corrections), offices_named(using, corrections)
    for one in corrections:
        new = {name: text for name, (_old, text) in one.changes.items()}
        if new.get("residence") and new["residence"] not in units:
            raise ValidationError({"residence": _("Choose a commune from the catalogue.")})
        if "facility" in new and new["facility"] not in offices:
            raise ValidationError({"facility": _("Choose the facility that gave the dose.")})


def _locked(using: str, corrections: Iterable[Correction]) -> list[Correction]:
    """The corrections as they are now, locked, all of them waiting."""
    asked = {one.pk for one in corrections}
    found = list(
        Correction.objects.using(using)
        .select_for_update(of=("self",))
        .select_related("requested_by", "requested_from")
        .filter(pk__in=asked)
        .order_by("pk")
    )
    late = [one for one in found if one.state != CorrectionState.REQUESTED]
    if late or len(found) != len(asked):
        raise StaleCorrectionError(late)
    return found


def _decide(
    act: Action,
    step: Step,
    officer: Officer,
    office: Office,
    corrections: Iterable[Correction],
    *,
    refusal: str = "",
) -> list[Correction]:
    """Lock the corrections and write the decision, when this officer may decide all of them."""
    scope = _scope_in(officer, office, step)
    found = _locked(act.using, corrections)
    people = {one.person_id for one in found}
    doses = {one.dose_id for one in found if one.dose_id}
    reached = Person.objects.using(act.using).filter(people_condition(scope), pk__in=people)
    fully = Dose.objects.using(act.using).filter(full_doses_condition(scope), pk__in=doses)
    if reached.count() != len(people) or fully.count() != len(doses):
        raise PermissionDenied
    if any(one.requested_by_id == officer.pk for one in found):
        raise PermissionDenied
    decision = {
        "state": step.leads_to,
        "decided_by": officer,
        "decided_from": office,
        "decided_at": now(),
        "refusal": refusal,
    }
    Correction.objects.using(act.using).filter(pk__in=[one.pk for one in found]).update(**decision)
    for one in found:
        for name, value in decision.items():
            setattr(one, name, value)
    return found


def _record(
    act: Action,
    verb: Verb,
    correction: Correction,
    officer: Officer,
    office: Office,
    *,
    whole: bool = False,
) -> None:
    facts: dict[str, Any] = {
        "correction": str(correction.public_id),
        "fields": sorted(correction.changes),
    }
    if correction.dose:
        facts["dose"] = str(correction.dose.public_id)
    if correction.source_id:
        facts["source"] = f"{correction.source_kind}:{correction.source_id}"
    act.record(
        verb,
        actor=actor_of(officer),
        office=str(office.public_id),
        subject=("person", correction.person.public_id),
        facts=facts,
        content={"changes": correction.changes, "grounds": correction.grounds} if whole else None,
    )


def _is_same_dose(error: IntegrityError) -> bool:
    cause = error.__cause__
    return isinstance(cause, psycopg.Error) and cause.diag.constraint_name == "dose_once"
