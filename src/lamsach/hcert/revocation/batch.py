"""A revocation batch, as members of the EU gateway exchange it (B2B).

Up to 1,000 hashes of one kind, one signing key and one day of expiry; immutable once published. A
suspension is a batch that expires earlier. This room reads and writes one batch.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509

from lamsach.hcert.revocation.cms import open_cms
from lamsach.hcert.revocation.hashes import (
    HASH_LENGTH,
    HashType,
    RevocationError,
    format_kid,
    parse_kid,
)

__all__ = ["MOST_ENTRIES", "Batch", "format_time", "parse_time", "read_batches"]

MOST_ENTRIES: Final = 1000
_MAX_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Hashes that are revoked until `expires`; `kid` None stands for any key.

    >>> until = datetime(2023, 1, 1, tzinfo=UTC)
    >>> batch = Batch("VN", until, None, HashType.UCI, (bytes(16),))
    >>> Batch.from_json(batch.as_json()) == batch
    True
    """

    country: str
    expires: datetime
    kid: bytes | None
    hash_type: HashType
    entries: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if len(self.entries) > MOST_ENTRIES:
            raise RevocationError(f"a batch holds at most {MOST_ENTRIES} entries: split it")
        if any(len(entry) != HASH_LENGTH for entry in self.entries):
            raise RevocationError("an entry of a batch is the first 128 bits of a SHA-256 hash")
        if self.expires.tzinfo is None:
            raise RevocationError("the expiry of a batch needs its offset from UTC")

    def as_json(self) -> dict[str, Any]:
        """The gateway's form."""
        return {
            "country": self.country,
            "expires": format_time(self.expires),
            "kid": format_kid(self.kid),
            "hashType": self.hash_type.value,
            "entries": [{"hash": base64.b64encode(entry).decode()} for entry in self.entries],
        }

    @classmethod
    def from_json(cls, document: Any) -> Batch:
        """A batch from its JSON; raises RevocationError that names the field."""
        if not isinstance(document, Mapping):
            raise RevocationError("a batch is a JSON object with country, expires, kid and entries")
        country, kid = document.get("country"), document.get("kid")
        if not isinstance(country, str):
            raise RevocationError("country of a batch is missing or no text")
        if not isinstance(kid, str):
            raise RevocationError("kid of a batch is missing: write UNKNOWN_KID for any key")
        try:
            hash_type = HashType(str(document.get("hashType")))
        except ValueError:
            raise RevocationError(f"hashType of a batch is none of {', '.join(HashType)}") from None
        entries = document.get("entries")
        if not isinstance(entries, list):
            raise RevocationError("entries of a batch is missing or no list")
        return cls(
            country=country,
            expires=parse_time(document.get("expires"), "expires of a batch"),
            kid=parse_kid(kid),
            hash_type=hash_type,
            entries=tuple(_entry(entry) for entry in entries),
        )


def _entry(entry: Any) -> bytes:
    text = entry.get("hash") if isinstance(entry, Mapping) else None
    try:
        # Some senders forget to cut the hash; its first 128 bits are what counts.
        decoded = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        decoded = b""
    # Any other length, hexadecimal text for one, would name nothing and be missed by nobody.
    if len(decoded) not in (HASH_LENGTH, hashlib.sha256().digest_size):
        raise RevocationError('an entry of a batch has the form {"hash": 24 characters of base64}')
    return decoded[:HASH_LENGTH]


def parse_time(value: Any, name: str) -> datetime:
    """An ISO 8601 time; without an offset it is UTC. Raises RevocationError."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise RevocationError(f"{name} is no time such as 2022-11-01T00:00:00Z")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def format_time(moment: datetime) -> str:
    """A time as the gateway writes it: seconds, UTC.

    >>> format_time(datetime(2022, 11, 1, tzinfo=UTC))
    '2022-11-01T00:00:00Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read_batches(data: bytes, trusted: Sequence[x509.Certificate] | None = None) -> list[Batch]:
    """The batches of a file: one batch or an array of them, in JSON or in a CMS.

    With `trusted` only a CMS by one of these certificates is taken. Raises RevocationError.
    """
    if len(data) > _MAX_BYTES:
        raise RevocationError(f"larger than {_MAX_BYTES >> 20} MB: split the file")
    plain = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    if plain and trusted is not None:
        raise RevocationError("an unsigned batch is not taken from a member: ask for the CMS")
    content = data if plain else open_cms(data, trusted)
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise RevocationError("not JSON that can be read") from None
    found = []
    items = document if isinstance(document, list) else [document]
    for number, item in enumerate(items, start=1):
        try:
            found.append(Batch.from_json(item))
        except RevocationError as error:
            raise RevocationError(f"batch {number}: {error}") from None
    return found
