"""The gate: what an officer's posts open on a day, in the terms in which queries ask.

`scope_of(officer)` is asked once a request; the floors above turn it into conditions on their own
tables with `units_within` and `offices_with`. It opens nothing by default: without a valid post
there is nothing to see.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from lamsach.accounts.models import Officer, Post
from lamsach.accounts.roles import VIEWS, Role, View
from lamsach.clock import today
from lamsach.places.models import Coverage, Office
from lamsach.places.queries import covered_units

__all__ = ["Grant", "Scope", "scope_of", "within"]


@dataclass(frozen=True, slots=True)
class Grant:
    """One post: what it lets see, in which office."""

    role: Role
    view: View
    office_id: int
    office_public_id: str


@dataclass(frozen=True, slots=True)
class Scope:
    """All that an officer's posts open on a day."""

    actor: str
    day: date
    grants: tuple[Grant, ...]

    def has(self, *views: View) -> bool:
        """Whether any post gives one of these views."""
        return any(grant.view in views for grant in self.grants)

    def may(self, *roles: Role) -> bool:
        """Whether the officer has one of these roles."""
        return any(grant.role in roles for grant in self.grants)

    def office_ids(self, *views: View) -> frozenset[int]:
        """The offices whose posts give one of these views."""
        return frozenset(grant.office_id for grant in self.grants if grant.view in views)

    def units(self, *views: View) -> QuerySet[Coverage, int]:
        """The units (for `__in`) that the territories of such posts cover, today's and former."""
        return covered_units(Office.objects.filter(id__in=self.office_ids(*views)), self.day)


def scope_of(officer: Officer, *, on: date | None = None) -> Scope:
    """What an officer's posts open on a day (today unless given).

    Posts outside their period, in a closed office or of an account that is shut open nothing.
    """
    day = on or today()
    grants: list[Grant] = []
    if officer.is_active:
        posts = (
            Post.objects.filter(officer=officer, period__contains=day, office__opened_on__lte=day)
            .filter(Q(office__closed_on=None) | Q(office__closed_on__gt=day))
            .select_related("office")
            .order_by("id")
        )
        for post in posts:
            role = Role(post.role)
            grants.append(Grant(role, VIEWS[role], post.office_id, str(post.office.public_id)))
    return Scope(f"officer:{officer.public_id}", day, tuple(grants))


def within(scope: Scope, *, views: Collection[View], unit: str = "", office: str = "") -> Q:
    """The condition on a table that lets through what posts with these views cover.

    `unit` and `office` name its columns for a unit (by territory) and an office (by the post's
    own); a row passes when either does. Nothing passes without a post.

    Example: `Person.objects.filter(within(scope, views=[View.RESIDENTS], unit="residence"))`
    """
    if not unit and not office:
        raise ValueError("name a column for the unit or for the office")
    condition = Q(pk__in=[])
    if not scope.has(*views):
        return condition
    if unit:
        condition |= Q(**{f"{unit}__in": scope.units(*views)})
    if office:
        condition |= Q(**{f"{office}__in": scope.office_ids(*views)})
    return condition
