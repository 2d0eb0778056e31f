"""What floors above do when doses have been signed; they register here, in their `apps.py`.

Run inside the action that stores the signature, with the people whose doses were signed. This room
knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from lamsach.ledger.actions import Action

__all__ = ["register_after_signing", "run_after_signing"]

AfterSigning = Callable[[Action, Sequence[int]], None]

_REGISTERED: Final[list[AfterSigning]] = []


def register_after_signing(hook: AfterSigning) -> None:
    """Have a function run after each signed batch; registering it twice changes nothing."""
    if hook not in _REGISTERED:
        _REGISTERED.append(hook)


def run_after_signing(act: Action, people: Sequence[int]) -> None:
    """Run all that are registered, in the order in which they came."""
    for hook in _REGISTERED:
        hook(act, people)
