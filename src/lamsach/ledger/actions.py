"""Writing to the ledger: an action is a transaction, and its events are written at its end.

The heads of the shards are locked last and in one order, so that offices do not wait for each
other and no two actions can wait for each other in a circle. When the transaction fails, nothing
of it is in the ledger either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from asgiref.local import Local
from django.conf import settings
from django.db import transaction

from lamsach.clock import now
from lamsach.esign.canonical import Json, canonical
from lamsach.ledger import chain
from lamsach.ledger.models import Event, Salt, Shard
from lamsach.ledger.verbs import Verb

__all__ = ["Action", "Actor", "NotRecordableError", "action", "destroy_salts"]

_BATCH = 1000
_open = Local()


class NotRecordableError(ValueError):
    """An event that the ledger must not take, and why."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, by identifier: an officer, a citizen, a partner, or the system with a purpose.

    >>> str(Actor.system("nightly-authentication"))
    'system:nightly-authentication'
    """

    kind: str
    identifier: str

    def __post_init__(self) -> None:
        if self.kind not in ("officer", "system", "citizen", "partner") or not self.identifier:
            raise NotRecordableError("an actor is an officer, citizen, partner or the system")

    def __str__(self) -> str:
        return f"{self.kind}:{self.identifier}"

    @classmethod
    def system(cls, purpose: str) -> Actor:
        """The system, when it does what nobody in person asked for."""
        return cls("system", purpose)


@dataclass(frozen=True, slots=True)
class _Said:
    shard: str
    at: datetime
    verb: Verb
    actor: str
    on_behalf_of: str
    office: str
    purpose: str
    subject_kind: str
    subject_id: str
    facts: Mapping[str, Json]
    content: Mapping[str, Json] | None


@dataclass
class Action:
    """One use case under way: what it has to say to the ledger."""

    using: str
    _said: list[_Said] = field(default_factory=list)

    def record(
        self,
        verb: Verb,
        *,
        actor: Actor,
        subject: tuple[str, object] = ("", ""),
        office: str = "",
        on_behalf_of: str = "",
        purpose: str = "",
        facts: Mapping[str, Json] | None = None,
        content: Mapping[str, Json] | None = None,
        job: str = "",
    ) -> None:
        """Say that something was done; it is written when the outermost action ends.

        `subject` is (kind, public identifier). `facts` are kept as they are and must hold nothing
        personal; of `content` a salted digest is kept. A bulk `job` has a chain of its own.
        Raises `NotRecordableError` for facts that JSON cannot say exactly.
        """
        told = {
            name: str(one) if isinstance(one, str) else one for name, one in (facts or {}).items()
        }
        try:
            canonical(told)
        except ValueError as error:
            raise NotRecordableError(f"the facts of {verb} are no exact JSON") from error
        except Exception as error:  # ESignError: the library's own refusal
            raise NotRecordableError(f"the facts of {verb} cannot be recorded: {error}") from error
        if _has_float_or_nul(told):
            raise NotRecordableError(f"the facts of {verb} hold a float or a NUL character")
        self._said.append(
            _Said(
                shard=f"job/{job}" if job else chain.shard_name(office),
                at=now(),
                verb=verb,
                actor=str(actor),
                on_behalf_of=on_behalf_of,
                office=office,
                purpose=purpose,
                subject_kind=subject[0],
                subject_id=str(subject[1]),
                facts=told,
                content=content,
            )
        )


def _has_float_or_nul(value: object) -> bool:
    """Whether a value would not come back from the database as it went in."""
    if isinstance(value, Mapping):
        return any(_has_float_or_nul(one) for pair in value.items() for one in pair)
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Sequence):
        return any(_has_float_or_nul(one) for one in value)
    return isinstance(value, float)


@contextmanager
def action(*, using: str = "default") -> Iterator[Action]:
    """A use case: one transaction, with its events written inside it at the very end.

    An action inside another is part of it (a savepoint): when it alone fails, its events go with
    it. An action may not begin inside a bare transaction, which could end without its events.

    Example: `with action() as act: office.save(); act.record(Verb.OFFICE_OPEN, actor=who)`
    """
    current: dict[str, Action] = getattr(_open, "actions", None) or {}
    outer = current.get(using)
    if outer is not None:
        kept = len(outer._said)
        try:
            with transaction.atomic(using=using):
                yield outer
        except BaseException:
            del outer._said[kept:]
            raise
        return
    act = Action(using)
    _open.actions = {**current, using: act}
    try:
        with transaction.atomic(using=using, durable=True):
            yield act
            _write(act)
    finally:
        _open.actions = current


def _write(act: Action) -> None:
    """Write what was said, shard by shard; from here on the heads are locked."""
    by_shard: dict[str, list[_Said]] = defaultdict(list)
    for one in act._said:
        by_shard[one.shard].append(one)
    _open_new_shards(act, by_shard)
    if not by_shard:
        return
    heads = {
        shard.name: shard
        for shard in Shard.objects.using(act.using)
        .select_for_update()
        .filter(name__in=by_shard)
        .order_by("id")
    }
    for name, shard in sorted(heads.items(), key=lambda pair: pair[1].id):
        _extend(act.using, shard, by_shard[name])


def _open_new_shards(act: Action, by_shard: dict[str, list[_Said]]) -> None:
    """Make shards that are not there; the root shard tells of each, so that none can vanish."""
    known = set(
        Shard.objects.using(act.using).filter(name__in=by_shard).values_list("name", flat=True)
    )
    new = sorted(set(by_shard) - known)
    if not new:
        return
    root = chain.ROOT_SHARD
    for name in new if root in known else [root, *new]:
        digest = chain.beginning(name, settings.LEDGER_KEY)
        _, made = Shard.objects.using(act.using).get_or_create(
            name=name, defaults={"digest": digest}
        )
        if made and name != root:
            first = by_shard[name][0]
            by_shard.setdefault(root, []).append(
                _Said(
                    shard=root,
                    at=first.at,
                    verb=Verb.LEDGER_SHARD_OPEN,
                    actor=first.actor,
                    on_behalf_of="",
                    office="",
                    purpose="",
                    subject_kind="shard",
                    subject_id=name,
                    facts={},
                    content=None,
                )
            )


def _extend(using: str, shard: Shard, said: list[_Said]) -> None:
    number, digest = shard.number, bytes(shard.digest)
    events, salts = [], []
    for one in said:
        number += 1
        salt = chain.new_salt() if one.content is not None else None
        sealed = chain.content_digest(one.content or {}, salt) if salt else None
        row = chain.Row(
            number=number,
            at=one.at,
            verb=one.verb.value,
            actor=one.actor,
            on_behalf_of=one.on_behalf_of,
            office=one.office,
            purpose=one.purpose,
            subject_kind=one.subject_kind,
            subject_id=one.subject_id,
            facts=one.facts,
            content_digest=sealed,
        )
        previous, digest = digest, chain.link(digest, row, settings.LEDGER_KEY)
        events.append(
            Event(
                shard=shard,
                number=number,
                at=row.at,
                verb=row.verb,
                actor=row.actor,
                on_behalf_of=row.on_behalf_of,
                office=row.office,
                purpose=row.purpose,
                subject_kind=row.subject_kind,
                subject_id=row.subject_id,
                facts=row.facts,
                content_digest=sealed,
                previous=previous,
                digest=digest,
            )
        )
        salts.append(salt)
    made = Event.objects.using(using).bulk_create(events, batch_size=_BATCH)
    sealed_ones = [
        Salt(event=event, salt=salt) for event, salt in zip(made, salts, strict=True) if salt
    ]
    Salt.objects.using(using).bulk_create(sealed_ones, batch_size=_BATCH)
    Shard.objects.using(using).filter(pk=shard.pk).update(number=number, digest=digest)


def destroy_salts(*, subject: tuple[str, object], using: str = "default") -> int:
    """Forget the salts of a subject's events (erasure); how many.

    The chain still verifies; what the events were about can no longer be guessed from digests.
    """
    kind, identifier = subject
    gone, _ = (
        Salt.objects.using(using)
        .filter(event__subject_kind=kind, event__subject_id=str(identifier))
        .delete()
    )
    return gone
