"""Sending a list on, calling it back, closing it: the steps that move it and decide nothing."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.cleansing.actions.steps import locked, refresh_people, take_step
from lamsach.cleansing.models import CleansingEntry, CleansingList, CleansingTerms
from lamsach.clock import VIETNAM, now, today
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office, OfficeKind
from lamsach.places.queries import offices_for
from lamsach.registry.models import Campaign

__all__ = [
    "call_back",
    "close_list",
    "discard_list",
    "due_moment",
    "hand_back",
    "return_for_completion",
    "send_to_hamlet",
    "send_to_police",
    "set_terms",
]

#: Where no campaign says otherwise: the days the police have (8938/BYT-DP gives 2 before a session;
#: 2262/BYT-CNTT only a last day for all).
USUAL_DAYS: Final = 7


def set_terms(
    *, officer: Officer | None, campaign: Campaign, days: int, last_day: date | None, by: Actor
) -> CleansingTerms:
    """Say how long the police have in a campaign: the ministry or the system does."""
    if officer is not None and not scope_of(officer).may(Role.MINISTRY):
        raise PermissionDenied
    with action() as act:
        terms, _made = CleansingTerms.objects.using(act.using).update_or_create(
            campaign=campaign, defaults={"days": days, "last_day": last_day}
        )
        act.record(
            Verb.LIST_TERMS,
            actor=by,
            subject=("campaign", campaign.code),
            facts={"days": days, "last_day": last_day.isoformat() if last_day else ""},
        )
    return terms


def due_moment(campaign: Campaign, sent: datetime) -> datetime:
    """When a list that is sent to the police now must be back."""
    terms = CleansingTerms.objects.filter(campaign=campaign).first()
    due = sent + timedelta(days=terms.days if terms else USUAL_DAYS)
    if terms and terms.last_day:
        last = datetime.combine(terms.last_day, time(23, 59), VIETNAM)
        if sent < last:
            due = min(due, last)
    return due


def _responsible(cleansing_list: CleansingList, kind: OfficeKind, chosen: Office | None) -> Office:
    """The office of a kind that a list goes to; the station chooses where there are several."""
    there = list(offices_for(cleansing_list.commune, kind, today()))
    if chosen is not None and chosen in there:
        return chosen
    if chosen is None and len(there) == 1:
        return there[0]
    if there:
        raise ValidationError(_("Choose which of the offices the list goes to."))
    raise ValidationError(
        _("No such office is responsible for this commune; ask your administrator to enter it.")
    )


def send_to_hamlet(
    *, officer: Officer, cleansing_list: CleansingList, hamlet_group: Office | None = None
) -> None:
    """Send a draft to the hamlet's task group (tổ Đề án 06 thôn/ấp)."""
    with action() as act:
        fresh = locked(act, cleansing_list)
        fresh.hamlet_group = _responsible(fresh, OfficeKind.HAMLET_GROUP, hamlet_group)
        take_step(act, officer=officer, fresh=fresh, name="send_to_hamlet", verb=Verb.LIST_SEND)
        refresh_people(act, fresh)


def hand_back(*, officer: Officer, cleansing_list: CleansingList, note: str = "") -> None:
    """The hamlet group gives the list back to the station."""
    _back(officer, cleansing_list, "hand_back", note)


def call_back(*, officer: Officer, cleansing_list: CleansingList) -> None:
    """The station takes the list back from the hamlet group."""
    _back(officer, cleansing_list, "call_back", "")


def _back(officer: Officer, cleansing_list: CleansingList, name: str, note: str) -> None:
    with action() as act:
        fresh = locked(act, cleansing_list)
        verb = Verb.LIST_RETURN
        take_step(act, officer=officer, fresh=fresh, name=name, verb=verb, note=note)
        refresh_people(act, fresh)


def send_to_police(
    *, officer: Officer, cleansing_list: CleansingList, police: Office | None = None
) -> None:
    """Send a list to the commune police; from now on it is due."""
    with action() as act:
        fresh = locked(act, cleansing_list)
        fresh.police = _responsible(fresh, OfficeKind.COMMUNE_POLICE, police)
        fresh.due_at = due_moment(fresh.campaign, now())
        take_step(act, officer=officer, fresh=fresh, name="send_to_police", verb=Verb.LIST_SEND)
        refresh_people(act, fresh)


def return_for_completion(*, officer: Officer, cleansing_list: CleansingList, note: str) -> None:
    """The police give the list back, saying what is missing; their decisions stay."""
    if not note.strip():
        raise ValidationError(_("Say what is to be completed."))
    with action() as act:
        fresh = locked(act, cleansing_list)
        fresh.due_at = None
        take_step(
            act,
            officer=officer,
            fresh=fresh,
            name="return_for_completion",
            verb=Verb.LIST_RETURN,
            note=note.strip(),
        )
        refresh_people(act, fresh)


def discard_list(*, officer: Officer, cleansing_list: CleansingList) -> None:
    """Undo a draft: its people are free for another list."""
    _end(officer, cleansing_list, "discard")


def close_list(*, officer: Officer, cleansing_list: CleansingList) -> None:
    """Close a list that was applied."""
    _end(officer, cleansing_list, "close")


def _end(officer: Officer, cleansing_list: CleansingList, name: str) -> None:
    with action() as act:
        fresh = locked(act, cleansing_list)
        take_step(act, officer=officer, fresh=fresh, name=name, verb=Verb.LIST_CLOSE)
        CleansingEntry.objects.using(act.using).filter(list=fresh, is_open=True).update(
            is_open=False
        )
        refresh_people(act, fresh)
