"""The dose statement: what a facility says about one dose, in canonical JSON (RFC 8785).

It names the person by an opaque reference, so that a corrected name needs no new signature; who
the reference is, the register says in its own statement. Pure: knows no database and no key.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from lamsach.esign.canonical import Json, canonical, parse
from lamsach.esign.errors import ESignError

__all__ = [
    "KIND",
    "PURPOSE",
    "DoseFacts",
    "counts_of",
    "dose_statement",
    "read_statement",
    "summary_of",
]

KIND: Final = "lamsach.dose.1"
PURPOSE: Final = "Cơ sở xác nhận các mũi tiêm trong lô này (5772/QĐ-BYT, bước 2)"
_FIELDS: Final = frozenset(
    {"country", "date", "dose", "facility", "kind", "lot", "number", "person"}
    | {"presence", "product", "version"}
)
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DoseFacts:
    """One version of a dose, as it is to be signed. `facility` is (public id, name)."""

    dose_id: int
    dose: UUID
    version: int
    person: UUID
    product: str
    lot: str
    vaccinated_on: date
    number: int
    facility: UUID
    facility_name: str
    country: str
    presence: str
    entered_at: datetime
    again: bool


def dose_statement(facts: DoseFacts) -> bytes:
    """The bytes that stand for a dose in a batch.

    Text is signed letter by letter, so it is normalised (NFC) first.
    """
    return canonical(
        {
            "kind": KIND,
            "dose": str(facts.dose),
            "version": facts.version,
            "person": str(facts.person),
            "product": facts.product,
            "lot": _nfc(facts.lot),
            "date": facts.vaccinated_on.isoformat(),
            "number": facts.number,
            "facility": {"id": str(facts.facility), "name": _nfc(facts.facility_name)},
            "country": facts.country,
            "presence": facts.presence,
        }
    )


def read_statement(statement: bytes) -> dict[str, Any]:
    """A statement read back; ValueError when the bytes are none.

    >>> read_statement(b"{}")
    Traceback (most recent call last):
    ValueError: this is not a statement of the kind lamsach.dose.1
    """
    try:
        value = parse(statement)
    except ESignError as error:
        raise ValueError(f"this is not a statement of the kind {KIND}") from error
    if not isinstance(value, dict) or value.get("kind") != KIND or value.keys() != _FIELDS:
        raise ValueError(f"this is not a statement of the kind {KIND}")
    return value


def counts_of(doses: Iterable[DoseFacts], *, at: datetime) -> dict[str, Json]:
    """What the signer is shown of a batch before the PIN: counts, and what is new."""
    vaccines: Counter[str] = Counter()
    days: Counter[str] = Counter()
    presence: Counter[str] = Counter()
    new = again = 0
    for one in doses:
        vaccines[one.product] += 1
        days[one.vaccinated_on.isoformat()] += 1
        presence[one.presence] += 1
        new += one.entered_at > at - _A_DAY
        again += one.again
    return {
        "vaccines": dict(vaccines.most_common()),
        "days": dict(sorted(days.items())),
        "presence": dict(presence.most_common()),
        "new": new,
        "again": again,
    }


def summary_of(doses: Sequence[DoseFacts]) -> dict[str, Json]:
    """What the signed manifest says of its doses: how many of each product, from when to when."""
    return {
        "products": dict(sorted(Counter(one.product for one in doses).items())),
        "from": min(one.vaccinated_on for one in doses).isoformat(),
        "to": max(one.vaccinated_on for one in doses).isoformat(),
    }


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
