"""How events are chained: each one's digest covers its row and the digest before it.

Digests are keyed with a secret that the database's keepers do not have, so that nobody can write a
chain anew; content is salted, because a bare digest of an ID number is guessed in minutes. This
room computes; it reads and writes nothing.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from lamsach.esign.canonical import Json, canonical
from lamsach.esign.merkle import SALT_BYTES

__all__ = ["ROOT_SHARD", "Row", "beginning", "content_digest", "link", "new_salt", "shard_name"]

OFFICE_SHARDS: Final = 64
ROOT_SHARD: Final = "root"  # tells which other shards were opened


@dataclass(frozen=True, slots=True)
class Row:
    """All that an event says, as its digest covers it."""

    number: int
    at: datetime
    verb: str
    actor: str
    on_behalf_of: str
    office: str
    purpose: str
    subject_kind: str
    subject_id: str
    facts: Mapping[str, Json]
    content_digest: bytes | None


def shard_name(office: str) -> str:
    """The shard of an office's events: one of a fixed number, the same for ever.

    >>> shard_name("tram-y-te-1") == shard_name("tram-y-te-1")
    True
    """
    place = int.from_bytes(sha256(office.encode()).digest()[:4], "big") % OFFICE_SHARDS
    return f"office/{place:02}"


def beginning(shard: str, key: bytes) -> bytes:
    """What stands before a shard's first event, so that a chain belongs to its shard alone."""
    return hmac.digest(key, b"lamsach ledger shard\n" + shard.encode(), sha256)


def link(previous: bytes, row: Row, key: bytes) -> bytes:
    """The digest of an event that follows `previous`."""
    said: dict[str, Json] = {
        "actor": row.actor,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "content": row.content_digest.hex() if row.content_digest is not None else None,
        "facts": row.facts,
        "number": row.number,
        "office": row.office,
        "on_behalf_of": row.on_behalf_of,
        "purpose": row.purpose,
        "subject": [row.subject_kind, row.subject_id],
        "verb": row.verb,
    }
    return hmac.digest(key, previous + canonical(said), sha256)


def new_salt() -> bytes:
    """128 random bits."""
    return secrets.token_bytes(SALT_BYTES)


def content_digest(content: Mapping[str, Json], salt: bytes) -> bytes:
    """The salted digest of an event's content."""
    return sha256(salt + canonical(content)).digest()
