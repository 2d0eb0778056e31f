"""What the pages share: whose list this is, and answers that leave nothing behind."""

from __future__ import annotations

import uuid
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.cleansing.models import CleansingList, ListState
from lamsach.cleansing.queries import list_for
from lamsach.places.models import Office

__all__ = ["found_list", "is_in", "police_list", "unkept", "viewer_of"]

_ROLES = (Role.STATION, Role.HAMLET_GROUP, Role.COMMUNE_POLICE, Role.CHAIR)
_Answer = TypeVar("_Answer", HttpResponse, StreamingHttpResponse)


def viewer_of(request: HttpRequest) -> Officer:
    """The officer, if lists are any of their business."""
    viewer = request.user
    if not isinstance(viewer, Officer) or not scope_of(viewer).may(*_ROLES):
        raise PermissionDenied
    return viewer


def found_list(viewer: Officer, public_id: uuid.UUID) -> CleansingList:
    """The list, if the viewer may see it."""
    found = list_for(viewer, public_id)
    if found is None:
        raise Http404
    return found


def is_in(viewer: Officer, office: Office | None, role: Role) -> bool:
    """Whether the viewer has a role in an office."""
    grants = scope_of(viewer).grants
    return office is not None and any(
        one.office_id == office.pk and one.role == role for one in grants
    )


def police_list(request: HttpRequest, public_id: uuid.UUID) -> tuple[Officer, CleansingList]:
    """A list that is with the viewer's own police post; nobody else sees the register's side."""
    viewer = viewer_of(request)
    found = found_list(viewer, public_id)
    if not is_in(viewer, found.police, Role.COMMUNE_POLICE):
        raise Http404
    if found.state != ListState.POLICE_CHECK:
        raise Http404
    return viewer, found


def unkept(response: _Answer) -> _Answer:
    """An answer that no cache and no history gets to keep.

    The site's own policy keeps addresses from other sites; a stricter one would send forms without
    their origin, and these are refused.
    """
    response.headers["Cache-Control"] = "no-store"
    return response
