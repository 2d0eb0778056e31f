"""Marks on views: which pages are open to everyone. All others need a full sign-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["is_public", "public"]

_View = TypeVar("_View", bound=Callable[..., Any])
_MARK = "lamsach_public"


def public(view: _View) -> _View:
    """Open a view to visitors who have not signed in; without this mark no view is."""
    setattr(view, _MARK, True)
    return view


def is_public(view: Callable[..., Any]) -> bool:
    """Whether a view bears the mark."""
    return bool(getattr(view, _MARK, False))
