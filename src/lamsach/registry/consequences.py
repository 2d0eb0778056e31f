"""Consequences: what an approved correction sets in motion on the floors above.

The registry does not import those floors: they register here, in their `apps.py`, what has to
happen, and `actions` runs it in order inside the correction's own transaction. Each works on all
corrections of the act at once, with a constant number of statements. `lamsach manage consequences`
lists who listens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from lamsach.ledger.actions import Action
from lamsach.registry.models import Correction

__all__ = ["Consequence", "apply_consequences", "consequences", "register_consequence"]

_REGISTERED: Final[dict[str, Consequence]] = {}


@dataclass(frozen=True, slots=True)
class Consequence:
    """One listener: its name, its place in the order, what it does, and that in a sentence."""

    name: str
    order: int
    apply: Callable[[Action, Sequence[Correction]], None]
    says: str


def register_consequence(consequence: Consequence) -> None:
    """Have a consequence run after each approved correction; once a name and once an order.

    Raises ValueError when another one has the name or the place.
    """
    for known in _REGISTERED.values():
        same = known.name == consequence.name
        if (same and known != consequence) or (not same and known.order == consequence.order):
            raise ValueError(f"{consequence.name}: {known.name} has this name or place already")
    _REGISTERED[consequence.name] = consequence


def consequences() -> tuple[Consequence, ...]:
    """All that are registered, in the order in which they run."""
    return tuple(sorted(_REGISTERED.values(), key=lambda one: one.order))


def apply_consequences(act: Action, corrections: Sequence[Correction]) -> None:
    """Run all consequences of approved corrections, inside the action that approved them."""
    if corrections:
        for consequence in consequences():
            consequence.apply(act, corrections)
