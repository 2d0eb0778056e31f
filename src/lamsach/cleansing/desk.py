"""What cleansing puts on officers' desks: lists to make, to review, to check, to apply."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from lamsach.accounts.desk import Card, DeskCard, NavigationLink, Urgency
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import Scope
from lamsach.cleansing import queries
from lamsach.cleansing.models import CleansingList, ListState
from lamsach.clock import now

__all__ = ["CARDS", "LINKS"]

_MOST: Final = 100


def _in_state(officer: Officer, state: ListState) -> QuerySet[CleansingList]:
    return queries.lists_for(officer).filter(state=state).order_by("due_at", "id")


def _first(lists: QuerySet[CleansingList], sentence: str, button: str) -> Card | None:
    first = lists.first()
    if first is None:
        return None
    urgency = Urgency.TODAY
    if first.due_at and first.state == ListState.POLICE_CHECK:
        left = first.due_at - now()
        urgency = Urgency.LATE if left < timedelta(0) else Urgency.TODAY
    return Card(
        sentence=sentence,
        count=lists[:_MOST].count(),
        url=reverse("cleansing:list", args=[first.public_id]),
        urgency=urgency,
        action=button,
    )


def _police(officer: Officer, _scope: Scope) -> Card | None:
    lists = _in_state(officer, ListState.POLICE_CHECK)
    return _first(lists, _("cleansing lists wait for your check."), _("Open the first due"))


def _returned(officer: Officer, _scope: Scope) -> Card | None:
    lists = _in_state(officer, ListState.RETURNED)
    return _first(lists, _("cleansing lists came back from the police."), _("Apply the first"))


def _hamlet(officer: Officer, _scope: Scope) -> Card | None:
    lists = _in_state(officer, ListState.HAMLET_REVIEW)
    return _first(lists, _("cleansing lists wait for your hamlet's review."), _("Open the first"))


def _to_make(officer: Officer, _scope: Scope) -> Card | None:
    count = 0
    for station in queries.stations_of(officer):
        count += sum(queries.waiting_people(station).values())
    if not count:
        return None
    return Card(
        sentence=_("residents have wrong data and are on no list yet."),
        count=count,
        url=reverse("cleansing:index"),
        urgency=Urgency.OPEN,
        action=_("Make the list"),
    )


CARDS: Final = (
    DeskCard("cleansing-police", 10, {Role.COMMUNE_POLICE}, _police),
    DeskCard("cleansing-returned", 12, {Role.STATION}, _returned),
    DeskCard("cleansing-hamlet", 14, {Role.HAMLET_GROUP}, _hamlet),
    DeskCard("cleansing-make", 30, {Role.STATION}, _to_make),
)

LINKS: Final = (
    NavigationLink(
        "cleansing",
        40,
        {Role.STATION, Role.HAMLET_GROUP, Role.COMMUNE_POLICE, Role.CHAIR},
        "cleansing:index",
        lambda: _("Cleansing lists"),
    ),
)
