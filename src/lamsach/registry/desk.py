"""What the registry puts on officers' desks: corrections to decide, people who wait for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lamsach.accounts.desk import Card, DeskCard, NavigationLink, Urgency
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import Scope
from lamsach.clock import now
from lamsach.registry import queries
from lamsach.registry.models import CorrectionState
from lamsach.registry.workflow import CORRECTION_STEPS

__all__ = ["CARDS", "LINKS"]

#: A correction that waits longer is late (9458/BYT-CNTT: 48 hours from receipt to result).
_LATE_AFTER: Final = timedelta(hours=48)
_MOST: Final = 1000  # what a card counts to

_OF_PEOPLE: Final = (
    Role.FACILITY_CLERK, Role.FACILITY_HEAD, Role.STATION, Role.COMMUNE_POLICE, Role.DISTRICT,
    Role.CDC, Role.DEPARTMENT, Role.COMMITTEE, Role.MINISTRY, Role.POLICE_ABOVE,
    Role.HAMLET_GROUP, Role.CHAIR,
)  # fmt: skip
_WORKING: Final = (
    Role.FACILITY_CLERK, Role.FACILITY_HEAD, Role.STATION, Role.COMMUNE_POLICE, Role.DISTRICT,
    Role.CDC, Role.DEPARTMENT,
)  # fmt: skip


def _corrections(officer: Officer, _scope: Scope) -> Card | None:
    waiting = queries.decidable_for(officer)
    count = waiting[:_MOST].count()
    oldest = waiting.first()
    if oldest is None:
        return None
    late = now() - oldest.requested_at > _LATE_AFTER
    return Card(
        sentence=ngettext(
            "correction waits for your decision.", "corrections wait for your decision.", count
        ),
        count=count,
        url=reverse("registry:correction", args=[oldest.public_id]),
        urgency=Urgency.LATE if late else Urgency.TODAY,
        action=_("Open the oldest"),
    )


def _waiting(officer: Officer, _scope: Scope) -> Card | None:
    count = queries.waiting_for(officer).order_by()[:_MOST].count()
    if not count:
        return None
    return Card(
        sentence=ngettext(
            "person's passport waits for your office.",
            "people's passports wait for your office.",
            count,
        ),
        count=count,
        url=reverse("registry:waiting"),
        urgency=Urgency.OPEN,
        action=_("Open the list"),
    )


_DECIDE: Final = CORRECTION_STEPS[CorrectionState.REQUESTED, "approve"].roles

CARDS: Final = (
    DeskCard("corrections", 20, _DECIDE, _corrections),
    DeskCard("waiting", 90, _WORKING, _waiting),
)

LINKS: Final = (
    NavigationLink("find", 10, _OF_PEOPLE, "registry:search", lambda: _("Find")),
    NavigationLink("waiting", 20, _WORKING, "registry:waiting", lambda: _("Waiting for us")),
    NavigationLink("corrections", 30, _WORKING, "registry:corrections", lambda: _("Corrections")),
)
