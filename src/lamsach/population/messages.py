"""What passes the register's door: questions, replies, proposals, confirmed fields.

Plain values, the same whether the register's side is in this process or behind a network. This
room knows no table and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import UUID

__all__ = [
    "PURPOSES",
    "BulkResult",
    "Candidate",
    "ConfirmedFields",
    "Kind",
    "Overview",
    "Proposal",
    "Question",
    "QuestionError",
    "Reply",
    "Version",
]

Kind = Literal["right", "wrong", "not_checkable", "refused"]

#: What a question may be asked for.
PURPOSES: Final = ("entry", "correction", "campaign")


class QuestionError(ValueError):
    """A question that no officer's typing can cause: the program that asks is wrong."""


@dataclass(frozen=True, slots=True)
class Question:
    """One record's four fields as they stand there, under its opaque reference.

    The residence (codes of the register's catalogue) and the telephone number serve proposals
    only; they never change an answer.
    """

    reference: str
    full_name: str
    birth_date: str
    sex: str
    personal_id: str
    province_code: str = ""
    district_code: str = ""
    commune_code: str = ""
    phone: str = ""

    @property
    def four_fields(self) -> dict[str, str]:
        """The fields that an answer is about."""
        return {
            "birth_date": self.birth_date,
            "full_name": self.full_name,
            "personal_id": self.personal_id,
            "sex": self.sex,
        }


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. With `right` come the signed identity statement and the salt that opens it.

    `ground` is the law by which the register answered; a refusal has none. `refused` says that the
    register does not answer for now: whoever asked must see it as "not checked yet", never the
    word. Asked again under another job, it may be answered.
    """

    reference: str
    kind: Kind
    statement: bytes | None = None
    signature: bytes | None = None
    salt: bytes | None = None
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A register person whom a record may be, for a police officer's screen alone.

    `key` names this candidate of this proposal in forms and in `confirm`; it says nothing.
    `number_is_new`: confirming tells the health side a number that the record does not resemble;
    such a one is looked at alone, never in a block.
    """

    key: str
    full_name: str
    birth_date: str
    sex: str
    personal_id: str
    previous_id: str
    province_code: str
    district_code: str
    commune_code: str
    probability: float
    differences: tuple[str, ...]
    number_is_new: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the engine believes of a record: `correctable`, `ambiguous` or `unmatched`.

    `candidates`: those who live where the asking post is responsible, best first; `elsewhere`: how
    many live elsewhere, of whom nothing is shown but the best one's commune. `best` is the one
    proposed (correctable ones have it, unless it lives elsewhere). `household` is the same for
    records of one telephone number whose proposals live in one commune; empty when not known.
    """

    reference: str
    status: Literal["correctable", "ambiguous", "unmatched"]
    candidates: tuple[Candidate, ...]
    rivals: int
    household: str
    elsewhere: int
    elsewhere_commune: str
    register_version: str
    best_is_here: bool

    @property
    def best(self) -> Candidate | None:
        """The candidate that is proposed."""
        return self.candidates[0] if self.status == "correctable" and self.best_is_here else None


@dataclass(frozen=True, slots=True)
class Overview:
    """Of a proposal what a list needs to be ordered and counted; no field of anybody's."""

    reference: str
    status: Literal["correctable", "ambiguous", "unmatched"]
    rivals: int
    household: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class ConfirmedFields:
    """The four fields of the register person whom an officer has confirmed a record to be."""

    reference: str
    full_name: str
    birth_date: str
    sex: str
    personal_id: str
    register_version: str


@dataclass(frozen=True, slots=True)
class Version:
    """Which register was asked: its name in statements, whom it holds, whose unit codes."""

    name: str
    people: int
    catalogue: str


@dataclass(frozen=True, slots=True)
class BulkResult:
    """How many questions of a run were answered how, and by which law.

    The answers are in the file asked for.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    ground: str = ""


def checked_reference(reference: str) -> UUID:
    """The UUID that an opaque reference is. Raises `QuestionError` for anything else."""
    try:
        return UUID(reference)
    except (ValueError, AttributeError, TypeError) as error:
        raise QuestionError("the reference of a question is no UUID") from error
