"""The way of a cleansing list (2262/BYT-CNTT), as a frozen table; a test draws it into the docs.

`(state, action) → (next state, roles, side)`: the officer must have one of the roles in the list's
own office of that side. What is not in the table is refused with 409 and changes nothing.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from lamsach.accounts.roles import Role
from lamsach.cleansing.models import ListState

__all__ = ["STEPS", "Side", "Step", "drawn"]

Side = Literal["station", "hamlet_group", "police"]


class Step(NamedTuple):
    """Where a step leads, who may take it, and in which of the list's offices."""

    leads_to: ListState
    roles: frozenset[Role]
    side: Side


def _station(leads_to: ListState) -> Step:
    return Step(leads_to, frozenset({Role.STATION}), "station")


def _hamlet(leads_to: ListState) -> Step:
    return Step(leads_to, frozenset({Role.HAMLET_GROUP}), "hamlet_group")


def _police(leads_to: ListState) -> Step:
    return Step(leads_to, frozenset({Role.COMMUNE_POLICE}), "police")


_S: Final = ListState

STEPS: Final = MappingProxyType(
    {
        (_S.DRAFT, "suggest"): _station(_S.DRAFT),
        (_S.DRAFT, "send_to_hamlet"): _station(_S.HAMLET_REVIEW),
        (_S.DRAFT, "send_to_police"): _station(_S.POLICE_CHECK),
        (_S.DRAFT, "discard"): _station(_S.CLOSED),
        (_S.HAMLET_REVIEW, "suggest"): _hamlet(_S.HAMLET_REVIEW),
        (_S.HAMLET_REVIEW, "hand_back"): _hamlet(_S.DRAFT),
        (_S.HAMLET_REVIEW, "call_back"): _station(_S.DRAFT),
        (_S.HAMLET_REVIEW, "send_to_police"): _station(_S.POLICE_CHECK),
        (_S.POLICE_CHECK, "decide"): _police(_S.POLICE_CHECK),
        (_S.POLICE_CHECK, "return_for_completion"): _police(_S.DRAFT),
        (_S.POLICE_CHECK, "sign_and_return"): _police(_S.RETURNED),
        (_S.RETURNED, "apply"): _station(_S.RETURNED),
        (_S.RETURNED, "finish_applying"): _station(_S.APPLIED),
        (_S.APPLIED, "close"): _station(_S.CLOSED),
    }
)


def drawn() -> str:
    """The table in Mermaid's words, for the docs.

    >>> drawn().splitlines()[0]
    'stateDiagram-v2'
    """
    lines = ["stateDiagram-v2", "    [*] --> draft: make_list (station)"]
    for (state, name), step in STEPS.items():
        roles = ", ".join(sorted(role.value for role in step.roles))
        lines.append(f"    {state.value} --> {step.leads_to.value}: {name} ({roles})")
    lines.append("    closed --> [*]")
    return "\n".join(lines) + "\n"
