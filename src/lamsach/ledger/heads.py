"""Exported heads: where each chain stands, signed, for others to keep and counter-sign.

A list of heads (one line a shard: name, number, digest) and a signed note over its Merkle root, in
the form of a transparency log's checkpoint. The other authority adds its signature to the same
note: what both have signed, neither can take back alone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from lamsach.clock import now
from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.merkle import MerkleTree, leaf_hash
from lamsach.esign.transparency import Checkpoint, NoteKey, NoteVerifier
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.models import HeadsExport, Shard
from lamsach.ledger.verbs import Verb

__all__ = ["Head", "countersigned", "export_heads", "read_export", "write_export"]


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of a shard: its number and digest."""

    shard: str
    number: int
    digest: bytes

    def line(self) -> str:
        """The head as a line of the list."""
        return f"{self.shard} {self.number} {self.digest.hex()}"


def _root(lines: Sequence[str]) -> bytes:
    leaves = b"".join(leaf_hash(line.encode()) for line in lines)
    return MerkleTree(leaves).root if leaves else sha256(b"").digest()


def export_heads(key: NoteKey, *, actor: Actor, using: str = "default") -> HeadsExport:
    """Sign and keep where all chains stand; daily, by a job.

    The act itself is recorded, after the heads that it signs.
    """
    with action(using=using) as act:
        shards = Shard.objects.using(using).order_by("id")
        heads = [Head(one.name, one.number, bytes(one.digest)) for one in shards]
        lines = [head.line() for head in heads]
        note = Checkpoint(settings.LEDGER_ORIGIN, len(lines), _root(lines)).signed(key)
        kept = HeadsExport.objects.using(using).create(
            at=now(), heads="\n".join(lines), note=note.decode()
        )
        act.record(Verb.LEDGER_HEADS_EXPORT, actor=actor, facts={"shards": len(lines)})
    return kept


def write_export(export: HeadsExport, folder: Path) -> Path:
    """Write heads.txt and heads.note into a folder of the moment's name, whole or not at all.

    Writing the same export again changes nothing. Returns the moment's folder.
    """
    place = folder / export.at.strftime("%Y%m%dT%H%M%S%fZ")
    if place.exists():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{place.name}.{os.getpid()}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        for name, text in (("heads.txt", export.heads + "\n"), ("heads.note", export.note)):
            with (beside / name).open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        beside.rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return place


def read_export(heads: str, note: str, verifiers: Sequence[NoteVerifier]) -> list[Head]:
    """The heads of an export whose note one of the keys signed.

    Raises `ESignError` when the note is not signed, is another ledger's, or the list is not the
    one that was signed.
    """
    checkpoint = Checkpoint.open(note.encode(), settings.LEDGER_ORIGIN, verifiers)
    lines = heads.split("\n") if heads else []
    if (checkpoint.size, checkpoint.root) != (len(lines), _root(lines)):
        raise ESignError(
            "HEADS_ALTERED",
            Sentence(
                vi="Danh sách đầu chuỗi không phải là danh sách đã ký",
                en="the list of heads is not the one that was signed",
            ),
        )
    found = []
    for line in lines:
        shard, number, digest = line.rsplit(" ", 2)
        found.append(Head(shard, int(number), bytes.fromhex(digest)))
    return found


def countersigned(note: str, verifiers: Sequence[NoteVerifier], key: NoteKey) -> str:
    """The note with the other authority's signature added.

    Raises `ESignError` unless one of `verifiers` has signed it.
    """
    checkpoint = Checkpoint.open(note.encode(), settings.LEDGER_ORIGIN, verifiers)
    own = checkpoint.signed(key).decode()
    return note + own.rpartition("\n\n")[2]
