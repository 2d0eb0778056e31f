"""Reading accounts: an officer's own posts; for administrators, the accounts.

Administrators see accounts, never persons; everyone else sees only their own. Whom an identity
provider names is looked up before there is a viewer.
"""

from __future__ import annotations

from django.db.models import QuerySet

from lamsach.accounts.actions import identity_digest
from lamsach.accounts.models import Officer, Post
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.clock import today

__all__ = ["officer_of_identity", "officers_for", "posts_of"]


def posts_of(viewer: Officer) -> QuerySet[Post]:
    """The viewer's own posts that are valid today."""
    mine = Post.objects.filter(officer=viewer, period__contains=today())
    return mine.select_related("office").order_by("office__name", "role")


def officers_for(viewer: Officer) -> QuerySet[Officer]:
    """The accounts that the viewer may see: all for an administrator, else one's own."""
    if scope_of(viewer).may(Role.ADMINISTRATOR):
        return Officer.objects.order_by("username")
    return Officer.objects.filter(pk=viewer.pk)


def officer_of_identity(issuer: str, subject: str) -> Officer | None:
    """The officer to whom an administrator has bound a provider's account; None for all others."""
    bound = {"identities__issuer": issuer, "identities__digest": identity_digest(issuer, subject)}
    return Officer.objects.filter(**bound).first()
