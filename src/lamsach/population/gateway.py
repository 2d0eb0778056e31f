"""The register's one door: all that the health side may ask, and nothing else.

The health side hears right, wrong or not checkable, with the register's signed statement; police
officers' posts see proposals; a register person's fields leave when an officer confirms them. All
calls are safe to repeat. Other floors import this room (and `messages`, `statements` to verify)
and never the tables behind it. Call it outside transactions: in production it is a network call.

>>> from lamsach.population import gateway
>>> replies = gateway.ask(
...     [gateway.Question(reference, "Nguyễn Văn An", "1963-05-04", "M", "079063012345")],
...     actor="officer:…", office="…", purpose="entry", job="…",
... )  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from lamsach.population import asking, bulk, keys, proposing, remote
from lamsach.population.messages import (
    PURPOSES,
    BulkResult,
    Candidate,
    ConfirmedFields,
    Kind,
    Overview,
    Proposal,
    Question,
    QuestionError,
    Reply,
    Version,
)

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
    "ask",
    "ask_in_bulk",
    "confirm",
    "identity_keys",
    "overview",
    "proposals",
    "register_version",
]


def ask(
    questions: Sequence[Question], *, actor: str, office: str, purpose: str, job: str
) -> list[Reply]:
    """Ask whether records' four fields are right; replies in the order of the questions.

    `actor`: who caused the question, as the ledger writes them (`officer:<id>`, `system:<why>`);
    `office`: the public id of theirs; `purpose`: one of PURPOSES; `job`: the health side's job,
    which with a record's reference makes asking twice one question. At most 1,000 at a time; what
    is more goes by `ask_in_bulk`. Raises `QuestionError` for what only a program can do wrong (an
    unknown purpose, no job, one reference twice). A record that has other fields than when its job
    first asked is refused: the correction asks under a job of its own.
    """
    here = remote.ask if _is_remote() else asking.ask
    return here(questions, actor=actor, office=office, purpose=purpose, job=job)


def ask_in_bulk(
    persons: Path, answers: Path, *, actor: str, office: str, purpose: str, job: str
) -> BulkResult:
    """Ask about all records of a Parquet file; the answers are written to another.

    `persons` has the columns of the contract's PERSONS; `person_id` is the opaque reference. A
    column `office` (the public id of the office that entered the record) may be added, so that
    one office's guesses are not another's. `answers` gets one row a record: `reference` (string),
    `answer` (right, wrong, not_checkable, exempt, refused), `statement`, `signature`, `salt`
    (binary, null unless right); readable by its owner only. Officers' daily budgets do not hold
    here, so a run is asked for by the system at night or by an officer who may start one. A run
    that was broken off goes on when it is asked for again with the same file and job.
    """
    here = remote.ask_in_bulk if _is_remote() else bulk.ask_in_bulk
    return here(persons, answers, actor=actor, office=office, purpose=purpose, job=job)


def proposals(
    references: Sequence[str], *, officer: str, office: str, units: Sequence[str]
) -> Mapping[str, Proposal]:
    """What the engine proposes for records, for a police post; by reference.

    `officer`: as the ledger writes them (`officer:<id>`); `office`: the post's public id; `units`:
    the codes (of `register_version().catalogue`) of all units that the post covers; of a register
    person who lives elsewhere nothing is shown. Reading is logged on the register's side.
    A reference of which nothing is known is left out. At most 200 at a time. Keep, cache and log
    nothing of it.
    """
    here = remote.proposals if _is_remote() else proposing.proposals
    return here(references, officer=officer, office=office, units=units)


def overview(
    references: Sequence[str], *, officer: str, office: str, units: Sequence[str]
) -> Mapping[str, Overview]:
    """Of many records' proposals what a list is ordered and counted by; no personal data."""
    here = remote.overview if _is_remote() else proposing.overview
    return here(references, officer=officer, office=office, units=units)


def confirm(
    reference: str, candidate: str, *, officer: str, office: str, units: Sequence[str]
) -> ConfirmedFields:
    """The fields of the candidate (its `key`) whom a police officer confirms a record to be.

    Raises LookupError when the record's proposal has no such candidate (any more), or it lives
    where the post is not responsible.
    """
    here = remote.confirm if _is_remote() else proposing.confirm
    return here(reference, candidate, officer=officer, office=office, units=units)


def register_version() -> Version:
    """Which register answers at present."""
    return remote.register_version() if _is_remote() else asking.register_version()


def identity_keys() -> list[Ed25519PublicKey]:
    """The public keys with which `statements.verify` believes the register, present and former."""
    if _is_remote():
        return [keys.read_public(pem) for pem in remote.identity_keys_pem()]
    return keys.identity_keys()


def _is_remote() -> bool:
    """Whether the register's side is another process, named by REGISTER_GATEWAY_URL."""
    return bool(settings.REGISTER_GATEWAY_URL)
