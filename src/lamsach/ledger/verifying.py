"""Checking the ledger: is every event as it was written, where it was, and none gone?

Chains are walked from their beginning; signed heads that were exported earlier say how far each
must reach, so that a tail cut off together with its head shows as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connections, transaction

from lamsach.esign.errors import ESignError
from lamsach.esign.transparency import NoteVerifier
from lamsach.ledger import chain
from lamsach.ledger.heads import Head, read_export
from lamsach.ledger.models import Event, HeadsExport, Shard
from lamsach.ledger.verbs import Verb

__all__ = ["Finding", "verify_ledger"]

_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written: where, and what (`edited`, `missing`, …)."""

    kind: str
    shard: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}: {self.shard}, event {self.number}"


def verify_ledger(
    verifiers: Sequence[NoteVerifier],
    *,
    kept: Sequence[tuple[str, str]] = (),
    using: str = "default",
) -> list[Finding]:
    """Walk all chains; what was found, nothing when all is well.

    `kept` are exports (heads, note) that were kept outside this database, best by the other
    authority; those in the database are checked too. Kinds: `edited` (a row says something else
    than was written), `missing` (a number is skipped or a tail cut), `moved` (a row does not
    follow the one before it), `head` (the head is not the last event's), `shard` (a chain is
    gone), `export` (signed heads are not signed, or were altered).
    """
    findings: list[Finding] = []
    # One snapshot: events that are written meanwhile are seen with their heads or not at all.
    with transaction.atomic(using=using):
        with connections[using].cursor() as cursor:
            if not connections[using].savepoint_ids:
                cursor.execute("set transaction isolation level repeatable read, read only")
        shards = list(Shard.objects.using(using).order_by("id"))
        exports = [(one.heads, one.note) for one in HeadsExport.objects.using(using).order_by("id")]
        wanted = _wanted(exports, kept, verifiers, findings)
        opened: set[str] = set()
        for shard in shards:
            due = wanted.pop(shard.name, {})
            findings += _walk(shard, due, opened, using)
        findings += [Finding("shard", name, max(due)) for name, due in wanted.items()]
        names = {shard.name for shard in shards}
        opened |= {chain.ROOT_SHARD} if names else set()
        findings += [Finding("shard", name, 0) for name in sorted(opened - names)]
        findings += [Finding("shard", n, 0) for n in sorted(names - opened)]  # opened by nobody
    return findings


def _wanted(
    exports: Sequence[tuple[str, str]],
    kept: Sequence[tuple[str, str]],
    verifiers: Sequence[NoteVerifier],
    findings: list[Finding],
) -> dict[str, dict[int, bytes]]:
    """What the exported heads promise: of each shard, digests by number."""
    wanted: dict[str, dict[int, bytes]] = {}
    for place, (heads, note) in enumerate([*exports, *kept], start=1):
        try:
            known: list[Head] = read_export(heads, note, verifiers)
        except ESignError:
            findings.append(Finding("export", "", place))
            continue
        for head in known:
            if head.number:
                wanted.setdefault(head.shard, {})[head.number] = head.digest
    return wanted


def _walk(shard: Shard, due: dict[int, bytes], opened: set[str], using: str) -> Iterator[Finding]:
    number, digest = 0, chain.beginning(shard.name, settings.LEDGER_KEY)
    events = Event.objects.using(using).filter(shard=shard).order_by("number")
    for event in events.iterator(_CHUNK):
        if event.number != number + 1:
            yield Finding("missing", shard.name, number + 1)
        elif bytes(event.previous) != digest:
            yield Finding("moved", shard.name, event.number)
        # The digest is computed from what the row itself names as before it: one alteration gives
        # one finding, not one for every event after it.
        if chain.link(bytes(event.previous), _row(event), settings.LEDGER_KEY) != bytes(
            event.digest
        ):
            yield Finding("edited", shard.name, event.number)
        number, digest = event.number, bytes(event.digest)
        promised = due.pop(number, None)
        if promised is not None and promised != digest:
            yield Finding("edited", shard.name, number)
        if event.verb == Verb.LEDGER_SHARD_OPEN.value:
            opened.add(event.subject_id)
    if due:
        yield Finding("missing", shard.name, max(due))
    if (shard.number, bytes(shard.digest)) != (number, digest):
        kind = "missing" if shard.number > number else "head"
        yield Finding(kind, shard.name, shard.number)


def _row(event: Event) -> chain.Row:
    sealed = event.content_digest
    return chain.Row(
        number=event.number,
        at=event.at,
        verb=event.verb,
        actor=event.actor,
        on_behalf_of=event.on_behalf_of,
        office=event.office,
        purpose=event.purpose,
        subject_kind=event.subject_kind,
        subject_id=event.subject_id,
        facts=event.facts,
        content_digest=bytes(sealed) if sealed is not None else None,
    )
