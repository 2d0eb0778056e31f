"""Who asks, and on what terms: checked at the door, for one question as for a million."""

from __future__ import annotations

from dataclasses import dataclass

from lamsach.ledger.actions import Actor
from lamsach.population.messages import PURPOSES, QuestionError

__all__ = ["Who", "actor_of"]


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks, for which office, for what, under which job of the health side."""

    actor: str
    office: str
    purpose: str
    job: str

    def __post_init__(self) -> None:
        if self.purpose not in PURPOSES:
            raise QuestionError(f"{self.purpose!r} is no purpose to ask the register for")
        if not self.job:
            raise QuestionError("a question needs the job that asks it")
        actor_of(self.actor)


def actor_of(text: str) -> Actor:
    """The ledger's actor of `officer:<id>` or `system:<why>`; raises `QuestionError`."""
    kind, _, identifier = text.partition(":")
    if kind not in ("officer", "system") or not identifier:
        raise QuestionError("an actor is written officer:<id> or system:<why>")
    return Actor(kind, identifier)
