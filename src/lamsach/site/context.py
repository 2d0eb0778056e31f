"""What every page's frame needs: the navigation of the officer who is here."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from lamsach.accounts.desk import navigation_for
from lamsach.accounts.models import Officer

__all__ = ["frame"]


def frame(request: HttpRequest) -> dict[str, Any]:
    """`navigation`: the entries for this officer's roles, read only when a page shows them."""
    return {"navigation": SimpleLazyObject(lambda: _navigation(request))}


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    officer = request.user
    if not isinstance(officer, Officer):
        return []
    links = [{"label": one.label(), "url": reverse(one.address)} for one in navigation_for(officer)]
    # The entry with the longest address that this page lies under is the one we are in.
    under = [one["url"] for one in links if request.path.startswith(one["url"])]
    here = max(under, key=len, default=None)
    return [{**one, "current": one["url"] == here} for one in links]
