"""What a list was asked for, kept in the session under a token: no name stands in an address.

The entrance of all pages of this application, too: who may not administer gets no further.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, QueryDict

from lamsach.accounts.models import Officer
from lamsach.administration.queries import may_administer, may_run_campaigns

__all__ = ["administrator_of", "asked_before", "keep_asked", "ministry_of", "posted", "uuid_in"]

_KEPT: Final = 5
_SLOT: Final = "administration_searches"


def administrator_of(request: HttpRequest) -> Officer:
    """Who is here. Raises `PermissionDenied` for everyone but administrators."""
    viewer = request.user
    if not isinstance(viewer, Officer) or not may_administer(viewer):
        raise PermissionDenied
    return viewer


def ministry_of(request: HttpRequest) -> Officer:
    """Who is here. Raises `PermissionDenied` for everyone but the ministry's officers."""
    viewer = request.user
    if not isinstance(viewer, Officer) or not may_run_campaigns(viewer):
        raise PermissionDenied
    return viewer


def keep_asked(request: HttpRequest, asked: Mapping[str, str]) -> str:
    """Keep what was asked for; the token under which it is found."""
    token = secrets.token_urlsafe(9)
    kept = {**request.session.get(_SLOT, {}), token: dict(asked)}
    request.session[_SLOT] = dict(list(kept.items())[-_KEPT:])
    return token


def asked_before(request: HttpRequest, token: str) -> dict[str, str]:
    """What was asked for under a token; nothing when it is forgotten."""
    return dict(request.session.get(_SLOT, {}).get(token, {}))


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with; None when it was not sent."""
    return request.POST if request.method == "POST" else None


def uuid_in(text: str) -> UUID | None:
    """An identifier; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None
