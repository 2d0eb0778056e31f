"""Reading for administrators and the ministry: accounts, offices, campaigns; never a person.

Whoever is no administrator finds no other account here and, of campaigns, whoever is not of the
ministry finds none. What an installation still lacks (`is_…`) is nobody's and takes no viewer.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from lamsach.accounts.models import Post
from lamsach.accounts.roles import Role
from lamsach.clock import today
from lamsach.places.models import Office
from lamsach.registry.models import Campaign

__all__ = ["is_campaign_open", "is_ministry_staffed", "is_staffed", "open_offices"]


def open_offices() -> QuerySet[Office]:
    """The offices that are open today."""
    day = today()
    return Office.objects.filter(Q(closed_on=None) | Q(closed_on__gt=day), opened_on__lte=day)


def _is_held(role: Role) -> bool:
    return Post.objects.filter(
        role=role,
        period__contains=today(),
        officer__is_active=True,
        office__in=open_offices(),
    ).exists()


def is_staffed() -> bool:
    """Whether anybody can administer the installation."""
    return _is_held(Role.ADMINISTRATOR)


def is_ministry_staffed() -> bool:
    """Whether anybody is at the ministry."""
    return _is_held(Role.MINISTRY)


def is_campaign_open() -> bool:
    """Whether doses can be entered for any campaign, today or later."""
    return Campaign.objects.filter(Q(closed_on=None) | Q(closed_on__gt=today())).exists()
