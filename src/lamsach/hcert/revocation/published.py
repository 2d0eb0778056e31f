"""Revocations as a country publishes them to its verifiers (B2A): filters, cut by key and hash.

Per key one of three modes by the number of hashes: POINT (no partition, chunks by the first hex
character x), VECTOR (partition x, chunks y), COORDINATE (partition xy, chunks z); in every chunk
one slice a minute of expiry, a Bloom filter or a hash list. Form of the reference distribution
service: `lists` (key, mode, hash types), `partitions` (chunks, expiry, slice by its SHA-256) and
the slices. On disk: `lists.json`, `partitions.json` and `slices/<sha256>`, in a folder, a zip or a
tar archive. This room writes and reads that form; it decides no case.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from lamsach.hcert.revocation.batch import Batch, format_time, parse_time
from lamsach.hcert.revocation.filters import BloomFilter, Filter, HashList
from lamsach.hcert.revocation.hashes import (
    HashType,
    RevocationError,
    format_kid,
    parse_kid,
)

__all__ = [
    "PublishedKey",
    "PublishedList",
    "Slice",
    "is_index",
    "mode_for",
    "publish",
    "read_published",
]

Mode = Literal["POINT", "VECTOR", "COORDINATE"]
SliceType = Literal["BLOOMFILTER", "VARHASHLIST"]

_MODES: Final[dict[str, int]] = {"POINT": 0, "VECTOR": 1, "COORDINATE": 2}
"""How many hex characters of a hash name the partition; the next one names the chunk."""

_POINT_MOST: Final = 100_000
_VECTOR_MOST: Final = 1_600_000
_PROBABILITY: Final = 1e-12
_MAX_BYTES: Final = 256 << 20
_MAX_FILES: Final = 200_000


def mode_for(hashes: int) -> Mode:
    """The mode of a key with so many hashes.

    >>> mode_for(100_000), mode_for(100_001), mode_for(1_600_001)
    ('POINT', 'VECTOR', 'COORDINATE')
    """
    if hashes <= _POINT_MOST:
        return "POINT"
    return "VECTOR" if hashes <= _VECTOR_MOST else "COORDINATE"


@dataclass(frozen=True, slots=True)
class Slice:
    """One filter and until when its hashes are revoked."""

    expires: datetime
    filter: Filter


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """The filters of one key; `slices` by the first hex characters of a hash."""

    kid: bytes | None
    mode: Mode
    hash_types: frozenset[HashType]
    slices: Mapping[str, tuple[Slice, ...]]

    def has(self, entry: bytes, at: datetime) -> bool:
        """Whether a hash is in a slice that still counts at this time."""
        place = entry.hex()[: _MODES[self.mode] + 1]
        return any(
            at < part.expires and entry in part.filter for part in self.slices.get(place, ())
        )


@dataclass(frozen=True, slots=True)
class PublishedList:
    """All keys, and the files that say the same."""

    keys: tuple[PublishedKey, ...]
    files: Mapping[str, bytes]

    def write(self, folder: Path) -> None:
        """Write the files, the index last: a reader never finds one without its slices."""
        for name, data in sorted(self.files.items(), key=lambda item: item[0].endswith(".json")):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            beside = file.with_name(file.name + ".part")
            beside.write_bytes(data)
            beside.replace(file)


def publish(
    batches: Iterable[Batch], *, at: datetime, slice_type: SliceType = "BLOOMFILTER"
) -> PublishedList:
    """The B2A form of batches at a time; what has expired is left out.

    >>> from datetime import UTC
    >>> batch = Batch("VN", datetime(2023, 1, 1, tzinfo=UTC), b"k" * 8, HashType.UCI, (bytes(16),))
    >>> published = publish([batch], at=datetime(2022, 5, 1, tzinfo=UTC))
    >>> sorted(name.split("/")[0] for name in published.files)
    ['lists.json', 'partitions.json', 'slices']
    """
    by_kid: dict[bytes | None, list[Batch]] = defaultdict(list)
    for batch in batches:
        if at < batch.expires and batch.entries:
            by_kid[batch.kid].append(batch)
    files: dict[str, bytes] = {}
    lists, partitions, keys = [], [], []
    for kid in sorted(by_kid, key=lambda kid: kid or b""):
        mine = by_kid[kid]
        mode = mode_for(len({entry for batch in mine for entry in batch.entries}))
        depth = _MODES[mode] + 1
        groups: dict[str, dict[datetime, set[bytes]]] = defaultdict(lambda: defaultdict(set))
        for batch in mine:
            for entry in batch.entries:
                groups[entry.hex()[:depth]][_minute(batch.expires)].add(entry)
        slices: dict[str, list[Slice]] = defaultdict(list)
        chunks: dict[str, dict[str, dict[str, dict[str, str]]]] = defaultdict(dict)
        for place, by_expiry in sorted(groups.items()):
            chunk = chunks[place[:-1]].setdefault(place[-1], {})
            for expires, entries in sorted(by_expiry.items()):
                made = _filter(slice_type, sorted(entries), depth)
                data = made.to_bytes()
                name = hashlib.sha256(data).hexdigest()
                files[f"slices/{name}"] = data
                chunk[format_time(expires)] = {"type": slice_type, "version": "1.0", "hash": name}
                slices[place].append(Slice(expires, made))
        hash_types = frozenset(batch.hash_type for batch in mine)
        last = max(_minute(batch.expires) for batch in mine)
        lists.append(
            {
                "kid": format_kid(kid),
                "mode": mode,
                "hashTypes": sorted(hash_types),
                "expires": format_time(last),
                "lastUpdated": format_time(at),
            }
        )
        for name, chunk_slices in sorted(chunks.items()):
            partitions.append(
                {
                    "kid": format_kid(kid),
                    "id": name or None,
                    "x": name[:1] or None,
                    "y": name[1:] or None,
                    "lastUpdated": format_time(at),
                    "expired": format_time(last),
                    "chunks": chunk_slices,
                }
            )
        frozen = {place: tuple(parts) for place, parts in slices.items()}
        keys.append(PublishedKey(kid, mode, hash_types, frozen))
    files["lists.json"] = json.dumps(lists, indent=1).encode()
    files["partitions.json"] = json.dumps(partitions, indent=1).encode()
    return PublishedList(tuple(keys), files)


def _minute(expires: datetime) -> datetime:
    """Slices go by whole minutes: up, for nothing may become valid again too early."""
    down = expires.replace(second=0, microsecond=0)
    return down if down == expires else down + timedelta(minutes=1)


def _filter(slice_type: SliceType, entries: list[bytes], depth: int) -> Filter:
    if slice_type == "BLOOMFILTER":
        return BloomFilter.of(entries, _PROBABILITY)
    return HashList.of(entries, _PROBABILITY, known_bits=4 * depth)


def read_published(source: Path | bytes) -> PublishedList:
    """Read a published list from a folder or an archive (zip, tar, gzipped tar).

    The JSON files are known by what they hold, the slices by their SHA-256. Raises RevocationError
    for a list without its slices: a verifier must not take a gap for "not revoked".
    """
    lists: list[Mapping[str, Any]] = []
    partitions: list[Mapping[str, Any]] = []
    slices: dict[str, bytes] = {}
    files: dict[str, bytes] = {}
    for name, data in _bounded(_entries(source)):
        files[name] = data
        if name.endswith(".json"):
            for item in _items(name, data):
                if "mode" in item:
                    lists.append(item)
                elif "chunks" in item:
                    partitions.append(item)
        else:
            slices[hashlib.sha256(data).hexdigest()] = data
    if not lists and not partitions:
        raise RevocationError("holds no index of filters (lists.json and partitions.json)")
    try:
        return PublishedList(tuple(_key(item, partitions, slices) for item in lists), files)
    except (AttributeError, TypeError, KeyError, ValueError):
        raise RevocationError("the index of the filters does not have the known form") from None


def _key(
    item: Mapping[str, Any], partitions: list[Mapping[str, Any]], slices: Mapping[str, bytes]
) -> PublishedKey:
    mode, name = item["mode"], item["kid"]
    if mode not in _MODES:
        raise RevocationError(f"the mode of a key is none of {', '.join(_MODES)}")
    kid = parse_kid(name)
    mine = [part for part in partitions if parse_kid(part["kid"]) == kid]
    if not mine:
        raise RevocationError(f"the partitions of the key {format_kid(kid)} are missing")
    found: dict[str, list[Slice]] = defaultdict(list)
    for part in mine:
        place = (part.get("id") or "").lower()
        if len(place) != _MODES[mode] or place == "null":
            raise RevocationError(f"a partition of mode {mode} has the wrong id")
        for chunk, by_expiry in part["chunks"].items():
            for expires, meta in by_expiry.items():
                data = slices.get(str(meta["hash"]).lower())
                if data is None:
                    raise RevocationError(f"the slice {str(meta['hash'])[:16]}… is missing")
                made: Filter
                if str(meta["type"]).upper() in ("BLOOMFILTER", "BF"):
                    made = BloomFilter.from_bytes(data)
                else:
                    made = HashList.from_bytes(data)
                found[place + chunk.lower()].append(Slice(parse_time(expires, "a slice"), made))
    types = frozenset(HashType(name) for name in item["hashTypes"])
    return PublishedKey(kid, mode, types, {place: tuple(parts) for place, parts in found.items()})


def is_index(data: bytes) -> bool:
    """Whether a file is the index of published filters: its slices lie beside it."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        items = _items("the index", data)
    except RevocationError:
        return False
    return any("mode" in item or "chunks" in item for item in items)


def _items(name: str, data: bytes) -> list[Mapping[str, Any]]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise RevocationError(f"{name} is not JSON that can be read") from None
    items = document if isinstance(document, list) else [document]
    return [item for item in items if isinstance(item, Mapping)]


def _bounded(entries: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The files of a list, as long as they stay within what a machine can hold."""
    total = 0
    try:
        for number, (name, data) in enumerate(entries):
            total += len(data)
            if total > _MAX_BYTES or number > _MAX_FILES:
                raise RevocationError(
                    "more than 256 MB or 200,000 files: no country's list is so large"
                )
            yield name, data
    except OSError as error:
        raise RevocationError(f"cannot be read ({error.strerror or error})") from None
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError):
        raise RevocationError("the archive is damaged: fetch it again") from None


def _entries(source: Path | bytes) -> Iterator[tuple[str, bytes]]:
    if isinstance(source, Path) and source.is_dir():
        for file in sorted(source.rglob("*")):
            if file.is_file():
                if file.stat().st_size > _MAX_BYTES:
                    raise RevocationError("more than 256 MB: no country's list is so large")
                yield file.relative_to(source).as_posix(), file.read_bytes()
        return
    stream = io.BytesIO(source) if isinstance(source, bytes) else io.BytesIO(source.read_bytes())
    if zipfile.is_zipfile(stream):
        with zipfile.ZipFile(stream) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    with archive.open(info) as part:
                        yield info.filename, part.read(_MAX_BYTES + 1)
        return
    stream.seek(0)
    with tarfile.open(fileobj=stream, mode="r:*") as tar:
        for member in tar:
            if member.size > _MAX_BYTES:  # even to pass over it would take for ever
                raise RevocationError("more than 256 MB: no country's list is so large")
            file_object = tar.extractfile(member) if member.isfile() else None
            if file_object is not None:
                yield member.name, file_object.read()
