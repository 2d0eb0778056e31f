"""Which people upper floors open to views that do not go by territory: by lists, by batches.

`register_visibility(View.SENT_LISTS, condition)`, called in an app's `apps.py`: the condition takes
the viewer's scope and returns what to filter people by (`Q` over `Person`). Views by residence and
by doses are the registry's own (`queries.conditions`); a view that nobody registered opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db.models import Q

from lamsach.accounts.roles import View
from lamsach.accounts.scope import Scope

__all__ = ["OPENABLE", "register_visibility", "registered"]

Condition = Callable[[Scope], Q]

#: The views that upper floors may open; all others are decided here, or open nobody.
OPENABLE: Final = frozenset(
    {View.SHARED_LISTS, View.SENT_LISTS, View.PROPOSALS_BELOW, View.LISTS_AND_BATCHES}
)

_REGISTERED: Final[dict[View, list[Condition]]] = {}


def register_visibility(view: View, condition: Callable[[Scope], Q]) -> None:
    """Open people to a view; once a condition. Raises ValueError for a view that lists do not open.

    The condition itself must keep to the offices that the scope has for the view:
    `scope.office_ids(view)`.
    """
    if view not in OPENABLE:
        raise ValueError(f"{view} does not go by lists")
    known = _REGISTERED.setdefault(view, [])
    if condition not in known:
        known.append(condition)


def registered(scope: Scope) -> list[Q]:
    """The conditions of those views that the scope has."""
    return [
        condition(scope)
        for view, conditions in _REGISTERED.items()
        if scope.has(view)
        for condition in conditions
    ]
