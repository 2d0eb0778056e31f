"""Panels: what upper floors add to a person's page: the register's answers, signatures, passports.

An app registers a panel in its `apps.py`; the page asks each for its context and renders its
template with it. A panel sees the person whom the viewer may see; what else it shows is for its own
queries to decide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from lamsach.accounts.models import Officer
from lamsach.registry.models import Person

__all__ = ["Panel", "panels", "register_panel"]

_REGISTERED: Final[dict[str, Panel]] = {}


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of the page: its place in the order, its template, and where its context comes from.

    `context(viewer, person)` returns None when there is nothing to show.
    """

    name: str
    order: int
    template: str
    context: Callable[[Officer, Person], dict[str, Any] | None]


def register_panel(panel: Panel) -> None:
    """Add a panel; once a name. Raises ValueError when another one has the name."""
    if _REGISTERED.setdefault(panel.name, panel) != panel:
        raise ValueError(f"{panel.name}: another panel has this name already")


def panels() -> tuple[Panel, ...]:
    """All panels, in their order."""
    return tuple(sorted(_REGISTERED.values(), key=lambda one: (one.order, one.name)))
