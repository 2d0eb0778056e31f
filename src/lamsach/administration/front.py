"""Administration's part of the desk: what is missing before others can work, and the navigation."""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lamsach.accounts.desk import Card, DeskCard, NavigationLink, Urgency
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import Scope
from lamsach.administration import queries
from lamsach.places.models import OfficeKind

__all__ = ["CARDS", "LINKS"]


def _ministry(_officer: Officer, _scope: Scope) -> Card | None:
    if queries.is_ministry_staffed():
        return None
    office = queries.first_office_of(OfficeKind.MINISTRY)
    if office is None:
        address = f"{reverse('administration:office_new')}?kind={OfficeKind.MINISTRY.value}"
        return Card(
            sentence=_("The ministry's office is not open yet: begin with it."),
            count=None,
            url=address,
            urgency=Urgency.TODAY,
            action=_("Open an office"),
        )
    return Card(
        sentence=_("Nobody is at the ministry yet, so that no campaign can be opened."),
        count=None,
        url=f"{reverse('administration:officer_new')}?office={office.public_id}",
        urgency=Urgency.TODAY,
        action=_("New account"),
    )


def _postless(officer: Officer, _scope: Scope) -> Card | None:
    found = queries.find_officers(officer, state="postless")
    count = len(found.rows)
    if not count:
        return None
    return Card(
        sentence=ngettext("account has no post.", "accounts have no post.", count),
        count=count,
        url=f"{reverse('administration:officers')}?state=postless",
        urgency=Urgency.QUIET,
    )


def _campaign(_officer: Officer, _scope: Scope) -> Card | None:
    if queries.is_campaign_open():
        return None
    return Card(
        sentence=_("No campaign is open: no dose can be entered."),
        count=None,
        url=reverse("administration:campaign_new"),
        urgency=Urgency.TODAY,
        action=_("Open a campaign"),
    )


_MINISTRY: Final = (Role.MINISTRY,)
_ADMINISTRATOR: Final = (Role.ADMINISTRATOR,)

CARDS: Final = (
    DeskCard("administration-ministry", 10, _ADMINISTRATOR, _ministry),
    DeskCard("administration-campaign", 10, _MINISTRY, _campaign),
    DeskCard("administration-postless", 95, _ADMINISTRATOR, _postless),
)
LINKS: Final = (
    NavigationLink(
        "officers", 10, _ADMINISTRATOR, "administration:officers", lambda: _("Accounts")
    ),
    NavigationLink("offices", 20, _ADMINISTRATOR, "administration:offices", lambda: _("Offices")),
    NavigationLink("campaigns", 60, _MINISTRY, "administration:campaigns", lambda: _("Campaigns")),
)
