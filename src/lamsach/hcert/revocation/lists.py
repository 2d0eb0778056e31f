"""The list that a verifier asks: is this certificate revoked or suspended now?

Reads batches (one, an array, CMS) and published filters alike. A batch counts until it expires, so
a suspension ends by itself. This room answers; it changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from lamsach.hcert.revocation.batch import Batch, read_batches
from lamsach.hcert.revocation.hashes import (
    HashType,
    RevocationError,
    country_uci_hash,
    signature_hash,
    uci_hash,
)
from lamsach.hcert.revocation.published import PublishedKey, is_index, read_published

__all__ = ["RevocationList"]

_MAX_FILE: Final = 256 << 20
_ARCHIVES: Final = (b"PK\x03\x04", b"\x1f\x8b")
_TAR_MAGIC: Final = slice(257, 262)


@dataclass(frozen=True, slots=True)
class _Entry:
    kid: bytes | None
    expires: datetime


class RevocationList:
    """What is revoked: hashes of batches and filters that a country published.

    >>> from datetime import UTC
    >>> until = datetime(2023, 1, 1, tzinfo=UTC)
    >>> revoked = RevocationList([Batch("VN", until, None, HashType.UCI, (uci_hash("X"),))])
    >>> known = {"country": "VN", "kid": b"k" * 8, "signature": b"", "algorithm": "ES256"}
    >>> revoked.is_revoked(**known, uci="X", at=datetime(2022, 5, 1, tzinfo=UTC))
    True
    >>> revoked.is_revoked(**known, uci="X", at=until)
    False
    """

    def __init__(
        self, batches: Iterable[Batch] = (), published: Iterable[PublishedKey] = ()
    ) -> None:
        self._entries: dict[HashType, dict[bytes, tuple[_Entry, ...]]] = defaultdict(dict)
        for batch in batches:
            known = (_Entry(batch.kid, batch.expires),)  # one for all: lists may be long
            entries = self._entries[batch.hash_type]
            for entry in batch.entries:
                entries[entry] = entries.get(entry, ()) + known
        self._filters: dict[bytes | None, list[PublishedKey]] = defaultdict(list)
        for key in published:
            self._filters[key.kid].append(key)

    @classmethod
    def load(cls, source: Path | str | bytes) -> RevocationList:
        """Read a file, its bytes, or a folder: batches, or filters with their index.

        Raises RevocationError, a sentence, when it is neither.
        """
        if isinstance(source, str):
            source = Path(source)
        if isinstance(source, Path):
            if source.is_dir():
                return cls._folder(source)
            folder = source.parent
            try:
                if source.stat().st_size > _MAX_FILE:
                    raise RevocationError("larger than 256 MB: no country's list of revocations is")
                source = source.read_bytes()
            except OSError as error:
                raise RevocationError(f"cannot be read ({error.strerror})") from None
            if is_index(source):
                return cls(published=read_published(folder).keys)
        if source.startswith(_ARCHIVES) or source[_TAR_MAGIC] == b"ustar":
            return cls(published=read_published(source).keys)
        return cls(read_batches(source))

    @classmethod
    def _folder(cls, folder: Path) -> RevocationList:
        """A folder of filters, or else of batches, one or more in each *.json and *.cms file."""
        try:
            return cls(published=read_published(folder).keys)
        except RevocationError as error:
            if "holds no index" not in str(error):
                raise
        files = sorted([*folder.rglob("*.json"), *folder.rglob("*.cms")])
        if not files:
            raise RevocationError("the folder holds neither batches nor filters with their index")
        batches: list[Batch] = []
        for file in files:
            try:
                batches += read_batches(file.read_bytes())
            except RevocationError as error:
                raise RevocationError(f"{file.name}: {error}") from None
        return cls(batches)

    def is_revoked(
        self,
        *,
        country: str,
        kid: bytes,
        signature: bytes,
        algorithm: str,
        uci: str,
        at: datetime,
    ) -> bool:
        """Whether a certificate is revoked or suspended at an aware time.

        `country` issued it, `kid` names its key, `signature` is that of the COSE message (ECDSA as
        r and s), `algorithm` its COSE name, `uci` the identifier as it stands in it.
        """
        for hash_type, entry in _names(country, signature, algorithm, uci):
            if any(
                known.kid in (None, kid) and at < known.expires
                for known in self._entries.get(hash_type, {}).get(entry, ())
            ):
                return True
            for name in (kid, None):
                for key in self._filters.get(name, ()):
                    if hash_type in key.hash_types and key.has(entry, at):
                        return True
        return False


def _names(
    country: str, signature: bytes, algorithm: str, uci: str
) -> Iterator[tuple[HashType, bytes]]:
    """The hashes under which a list may know the certificate."""
    if signature:
        yield HashType.SIGNATURE, signature_hash(signature, algorithm)
    if uci:
        yield HashType.UCI, uci_hash(uci)
        yield HashType.COUNTRYCODEUCI, country_uci_hash(country, uci)
