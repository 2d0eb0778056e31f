"""The desk: what the home page tells an officer to do now, a card for each kind of work.

Floors above register cards in their `apps.py`; each says for which roles it is and, asked with the
officer and their scope, gives a sentence, a number and where to go, or nothing. The most urgent
comes first. This room knows of no work itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import Scope, scope_of

__all__ = [
    "Card",
    "DeskCard",
    "NavigationLink",
    "Urgency",
    "cards_for",
    "navigation_for",
    "register_card",
    "register_link",
]


class Urgency(IntEnum):
    """How soon something must be done."""

    LATE = 3
    TODAY = 2
    OPEN = 1
    QUIET = 0


@dataclass(frozen=True, slots=True)
class Card:
    """One thing to do: a whole sentence, how many of it (None: no number), and the page for it.

    `url` is a path of this site; `action` is what its button says.
    """

    sentence: str
    count: int | None
    url: str
    urgency: Urgency = Urgency.OPEN
    action: str = ""


@dataclass(frozen=True, slots=True)
class DeskCard:
    """Where a card comes from: its name, its place among equals, its roles, its content."""

    name: str
    order: int
    roles: Collection[Role]
    content: Callable[[Officer, Scope], Card | None]


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """An entry of the main navigation: for some roles, to a named address without arguments.

    `label` gives the words in the language of the moment.
    """

    name: str
    order: int
    roles: Collection[Role]
    address: str
    label: Callable[[], str]


_CARDS: Final[dict[str, DeskCard]] = {}
_LINKS: Final[dict[str, NavigationLink]] = {}


def register_card(card: DeskCard) -> None:
    """Add a card; once a name. Raises ValueError when another one has the name."""
    if _CARDS.setdefault(card.name, card) != card:
        raise ValueError(f"{card.name}: another card has this name already")


def register_link(link: NavigationLink) -> None:
    """Add an entry of the navigation; once a name. Raises ValueError for a second one."""
    if _LINKS.setdefault(link.name, link) != link:
        raise ValueError(f"{link.name}: another link has this name already")


def cards_for(officer: Officer) -> list[Card]:
    """What this officer should do now, the most urgent first."""
    scope = scope_of(officer)
    mine = [one for one in _CARDS.values() if scope.may(*one.roles)]
    mine.sort(key=lambda one: (one.order, one.name))
    cards = [card for one in mine if (card := one.content(officer, scope)) is not None]
    return sorted(cards, key=lambda card: -card.urgency)


def navigation_for(officer: Officer) -> list[NavigationLink]:
    """The entries of the navigation that this officer's roles have, in order."""
    scope = scope_of(officer)
    mine = [one for one in _LINKS.values() if scope.may(*one.roles)]
    return sorted(mine, key=lambda one: (one.order, one.name))
