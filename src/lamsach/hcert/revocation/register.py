"""Our own revocations: revoke, suspend, reinstate, and what is published of them.

One source of truth per issuing country. Batches are immutable: they are sealed from what is
pending, grouped by kind of hash, key and expiry, and a certificate is reinstated by deleting its
batch and sealing the others of it again. The index shows what changed since a time, a deleted batch
for seven days. This room keeps hashes and times, never certificates; the caller stores `as_json`.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from lamsach.hcert.revocation.batch import MOST_ENTRIES, Batch, format_time, parse_time
from lamsach.hcert.revocation.hashes import (
    HASH_LENGTH,
    HashType,
    RevocationError,
    format_kid,
    parse_kid,
)

__all__ = ["FIRST_DATE", "BatchGoneError", "BatchInfo", "IndexPage", "RevocationRegister"]

FIRST_DATE: Final = datetime(2021, 6, 1, tzinfo=UTC)
"""The time to ask from for the first time: the gateway has nothing older."""

_SHOWN_DELETED: Final = timedelta(days=7)
_PAGE: Final = 1000


class BatchGoneError(RevocationError):
    """A batch that was deleted or never was (HTTP 410 or 404)."""


@dataclass(frozen=True, slots=True)
class BatchInfo:
    """A line of the index: a batch and when it was uploaded or deleted."""

    batch_id: str
    country: str
    date: datetime
    deleted: bool

    def as_json(self) -> dict[str, Any]:
        """The gateway's form."""
        return {
            "batchId": self.batch_id,
            "country": self.country,
            "date": format_time(self.date),
            "deleted": self.deleted,
        }


@dataclass(frozen=True, slots=True)
class IndexPage:
    """About 1,000 lines, oldest first; with `more`, ask again from the last line's date.

    Lines of one second are never parted.
    """

    more: bool
    batches: tuple[BatchInfo, ...]

    def as_json(self) -> dict[str, Any]:
        """The gateway's form."""
        return {"more": self.more, "batches": [batch.as_json() for batch in self.batches]}


@dataclass(slots=True)
class _Sealed:
    batch: Batch
    changed: datetime
    deleted: bool = False


_Group = tuple[HashType, bytes | None, datetime]


@dataclass(slots=True)
class RevocationRegister:
    """The revocations of one issuing country.

    >>> now, until = datetime(2022, 5, 1, tzinfo=UTC), datetime(2023, 1, 1, tzinfo=UTC)
    >>> register = RevocationRegister("VN")
    >>> register.revoke(bytes(16), kid=b"k" * 8, expires=until, at=now)
    >>> [batch_id] = register.seal(at=now)
    >>> register.reinstate(bytes(16), at=now)
    >>> [(line.batch_id == batch_id, line.deleted) for line in register.index(at=now).batches]
    [(True, True)]
    """

    country: str
    _pending: dict[bytes, _Group] = field(default_factory=dict)
    _sealed: dict[str, _Sealed] = field(default_factory=dict)
    _where: dict[bytes, str] = field(default_factory=dict)

    def revoke(
        self,
        entry: bytes,
        *,
        kid: bytes | None,
        expires: datetime,
        at: datetime,
        hash_type: HashType = HashType.SIGNATURE,
    ) -> None:
        """Revoke a certificate by its hash until it expires anyway; replaces a suspension.

        Raises RevocationError for a hash that is none and for an expiry that has passed.
        """
        if len(entry) != HASH_LENGTH:
            raise RevocationError("a revocation names the first 128 bits of a SHA-256 hash")
        if expires.tzinfo is None or expires <= at:
            raise RevocationError("the expiry lies in the past: nothing is left to revoke")
        group = (hash_type, kid, _whole_second(expires))
        sealed = self._where.get(entry)
        if sealed is not None:
            batch = self._sealed[sealed].batch
            if (batch.hash_type, batch.kid, batch.expires) == group:
                return  # revoked already
            self._unseal(entry, at)
        self._pending[entry] = group

    def suspend(
        self,
        entry: bytes,
        *,
        kid: bytes | None,
        until: datetime,
        at: datetime,
        hash_type: HashType = HashType.SIGNATURE,
    ) -> None:
        """Suspend a certificate until a time, after which it counts again by itself.

        A suspension is a revocation that expires earlier; a certificate that is revoked for longer
        stays revoked.
        """
        known = self.revoked_until(entry)
        if known is not None and known >= until:
            return
        self.revoke(entry, kid=kid, expires=until, at=at, hash_type=hash_type)

    def reinstate(self, entry: bytes, *, at: datetime) -> None:
        """Take a revocation or a suspension back; raises RevocationError when there is none."""
        if self._pending.pop(entry, None) is not None:
            return
        if entry not in self._where:
            raise RevocationError("this certificate is not revoked: nothing to reinstate")
        self._unseal(entry, at)
        del self._pending[entry]

    def revoked_until(self, entry: bytes) -> datetime | None:
        """Until when a hash is revoked, sealed or pending; None when it is not."""
        if entry in self._pending:
            return self._pending[entry][2]
        sealed = self._where.get(entry)
        return None if sealed is None else self._sealed[sealed].batch.expires

    def _unseal(self, entry: bytes, at: datetime) -> None:
        """Delete the batch that holds an entry; all its entries are pending again."""
        sealed = self._sealed[self._where[entry]]
        sealed.deleted, sealed.changed = True, at
        batch = sealed.batch
        for other in batch.entries:
            self._pending[other] = (batch.hash_type, batch.kid, batch.expires)
            del self._where[other]

    def seal(self, *, at: datetime) -> list[str]:
        """Seal what is pending into batches of at most 1,000 entries; their new identifiers.

        What expired meanwhile is dropped.
        """
        groups: dict[_Group, list[bytes]] = defaultdict(list)
        for entry, group in self._pending.items():
            if at < group[2]:
                groups[group].append(entry)
        self._pending.clear()
        self._prune(at)
        made = []
        for (hash_type, kid, expires), entries in groups.items():
            for start in range(0, len(entries), MOST_ENTRIES):
                part = tuple(entries[start : start + MOST_ENTRIES])
                batch_id = str(uuid.uuid4())
                batch = Batch(self.country, expires, kid, hash_type, part)
                self._sealed[batch_id] = _Sealed(batch, at)
                self._where.update(dict.fromkeys(part, batch_id))
                made.append(batch_id)
        return made

    def _prune(self, at: datetime) -> None:
        """Forget batches that expired and those whose deletion has been shown long enough."""
        for batch_id, known in list(self._sealed.items()):
            if not known.deleted and known.batch.expires <= at:
                for entry in known.batch.entries:
                    del self._where[entry]
                del self._sealed[batch_id]
            elif known.deleted and known.changed + _SHOWN_DELETED <= at:
                del self._sealed[batch_id]

    def index(self, *, at: datetime, since: datetime = FIRST_DATE) -> IndexPage:
        """What was uploaded or deleted at or after a time, oldest first, a page at most.

        Expired batches are left out, deleted ones a week after their deletion.
        """
        lines = [
            BatchInfo(batch_id, self.country, known.changed, known.deleted)
            for batch_id, known in self._sealed.items()
            if known.changed >= _second(since)
            and at < (known.changed + _SHOWN_DELETED if known.deleted else known.batch.expires)
        ]
        lines.sort(key=lambda line: (line.date, line.batch_id))
        # Who asks again from the last date gets its lines once more and must get further.
        again = sum(_second(line.date) == _second(since) for line in lines)
        end = min(again + _PAGE, len(lines))
        while 0 < end < len(lines) and _second(lines[end].date) == _second(lines[end - 1].date):
            end += 1
        return IndexPage(end < len(lines), tuple(lines[:end]))

    def batch(self, batch_id: str) -> Batch:
        """A batch to download; raises BatchGoneError when it was deleted."""
        known = self._sealed.get(batch_id)
        if known is None or known.deleted:
            raise BatchGoneError("this batch was deleted: take it out of your list")
        return known.batch

    def batches(self, *, at: datetime) -> list[Batch]:
        """Every batch that counts at a time."""
        return [
            known.batch
            for known in self._sealed.values()
            if not known.deleted and at < known.batch.expires
        ]

    def as_json(self) -> dict[str, Any]:
        """All there is, to be stored by the caller."""
        return {
            "country": self.country,
            "pending": [
                {
                    "hash": entry.hex(),
                    "hashType": group[0].value,
                    "kid": format_kid(group[1]),
                    "expires": format_time(group[2]),
                }
                for entry, group in self._pending.items()
            ],
            "batches": [
                {
                    "batchId": batch_id,
                    "date": known.changed.astimezone(UTC).isoformat(),
                    "deleted": known.deleted,
                    "batch": known.batch.as_json(),
                }
                for batch_id, known in self._sealed.items()
            ],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> RevocationRegister:
        """What `as_json` gave; raises RevocationError."""
        try:
            register = cls(document["country"])
            for item in document["pending"]:
                register._pending[bytes.fromhex(item["hash"])] = (
                    HashType(item["hashType"]),
                    parse_kid(item["kid"]),
                    parse_time(item["expires"], "expires"),
                )
            for item in document["batches"]:
                batch = Batch.from_json(item["batch"])
                known = _Sealed(batch, parse_time(item["date"], "date"), bool(item["deleted"]))
                register._sealed[item["batchId"]] = known
                if not known.deleted:
                    register._where.update(dict.fromkeys(batch.entries, item["batchId"]))
        except (KeyError, TypeError, ValueError):
            raise RevocationError("the register of revocations does not have its form") from None
        return register


def _second(moment: datetime) -> datetime:
    """The second that the gateway's form tells."""
    return moment.astimezone(UTC).replace(microsecond=0)


def _whole_second(expires: datetime) -> datetime:
    """Batches tell seconds: up, for nothing may become valid again too early."""
    whole = _second(expires)
    return whole + timedelta(seconds=1) if expires.microsecond else whole
