"""Who wants to know of answers: upper floors register here what follows when answers have come.

Each is called inside the action that writes the answers, with the people they are about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from lamsach.ledger.actions import Action

__all__ = ["after_answers", "register_after_answers"]

_Follows = Callable[[Action, Sequence[int]], None]
_REGISTERED: Final[list[_Follows]] = []


def register_after_answers(function: _Follows) -> None:
    """Have `function(act, people)` run after answers; once for each function."""
    if function not in _REGISTERED:
        _REGISTERED.append(function)


def after_answers(act: Action, people: Sequence[int]) -> None:
    """Run all that is registered, in the order of registration."""
    for function in _REGISTERED:
        function(act, people)
