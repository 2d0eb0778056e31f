"""One gate for all steps of a list: who may, from which state, and the row that tells of it.

Every action goes through `take_step` (or `standing_in` for what changes no state): the list's row
is locked first, so that two officers cannot take two steps at once, and the table decides.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.refusals import ConflictError
from lamsach.accounts.scope import scope_of
from lamsach.cleansing.models import CleansingEntry, CleansingList, ListState, ListStep
from lamsach.cleansing.workflow import STEPS, Step
from lamsach.clock import now
from lamsach.ledger.actions import Action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office
from lamsach.registry.standing import refresh_standing

__all__ = ["locked", "refresh_people", "standing_in", "take_step"]


def locked(act: Action, cleansing_list: CleansingList) -> CleansingList:
    """The list as it is now, locked until the action ends."""
    return (
        CleansingList.objects.using(act.using)
        .select_for_update(of=("self",), no_key=True)
        .select_related("station", "police", "hamlet_group", "commune", "campaign")
        .get(pk=cleansing_list.pk)
    )


def standing_in(officer: Officer, fresh: CleansingList, name: str) -> tuple[Step, Office]:
    """The step from where the list stands, and the office in which the officer takes it.

    Raises `PermissionDenied` when the officer never could, `ConflictError` when not now. An officer
    of another office is told the former even if the state forbids it too.
    """
    grants = scope_of(officer).grants

    def office_for(step: Step) -> Office | None:
        office: Office | None = getattr(fresh, step.side)
        if office is None:
            return None
        may = any(one.office_id == office.pk and one.role in step.roles for one in grants)
        return office if may else None

    step = STEPS.get((ListState(fresh.state), name))
    if step is not None:
        office = office_for(step)
        if office is None:
            raise PermissionDenied
        return step, office
    if not any(office_for(one) for (_state, known), one in STEPS.items() if known == name):
        raise PermissionDenied
    raise ConflictError(_("The list does not stand where this step can be taken."))


def take_step(
    act: Action,
    *,
    officer: Officer,
    fresh: CleansingList,
    name: str,
    verb: Verb,
    note: str = "",
    facts: dict[str, int | str] | None = None,
) -> Office:
    """Move a locked list on and tell of it; the caller's own changes to it are saved too.

    Returns the office in which the step was taken.
    """
    step, office = standing_in(officer, fresh, name)
    before = fresh.state
    moment = now()
    fresh.state, fresh.state_since = step.leads_to, moment
    fresh.save(using=act.using)
    ListStep.objects.using(act.using).create(
        list=fresh,
        action=name,
        before=before,
        after=step.leads_to,
        officer=officer,
        office=office,
        at=moment,
        note=note,
    )
    act.record(
        verb,
        actor=actor_of(officer),
        office=str(office.public_id),
        subject=("cleansing_list", fresh.public_id),
        facts={"step": name, "from": before, "to": step.leads_to.value, **(facts or {})},
    )
    return office


def refresh_people(act: Action, fresh: CleansingList) -> None:
    """Project the standing of all people on a list anew: who acts next has changed."""
    people = CleansingEntry.objects.using(act.using).filter(list=fresh)
    refresh_standing(people.values_list("person_id", flat=True), using=act.using)
