"""Writing for citizens: a look-up begins, is answered, is opened with its code; messages go out.

Who asks learns nothing before the code is in: the request only writes down what was asked, sealed,
and a worker looks. So whether there is such a record changes neither the page nor its time.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from lamsach.clock import now
from lamsach.jobs.actions import start_job
from lamsach.ledger.actions import Action, Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.portal import queries
from lamsach.portal.asking import Asked
from lamsach.portal.limits import Limit, count_attempt
from lamsach.portal.models import Channel, Lookup, Message
from lamsach.portal.sealing import digest, seal, unseal
from lamsach.portal.sending import Letter, the_sender
from lamsach.registry.models import Person

__all__ = [
    "ANSWER",
    "CODE_LIVES",
    "SESSION_LIVES",
    "TRIES",
    "TooManyAttemptsError",
    "answer_lookup",
    "begin_lookup",
    "close_record",
    "deliver_message",
    "note_passport_read",
    "open_record",
    "read_outbox",
    "sweep",
]

ANSWER: Final = "portal.answer_lookup"
CODE_LIVES: Final = timedelta(minutes=10)
SESSION_LIVES: Final = timedelta(minutes=15)
TRIES: Final = 5
_CODE_DIGITS: Final = 6
#: Codes that may go to one record in an hour, whoever asks and however they found it.
_CODES_A_RECORD: Final = 5
_KEPT: Final = timedelta(days=1)


class TooManyAttemptsError(Exception):
    """Somebody asked too often; the same whether there is anything to find or not."""


def begin_lookup(*, asked: Asked, network: str, language: str) -> Lookup:
    """Write down what a visitor asks for; a worker answers it.

    Raises `TooManyAttemptsError` for a network or an identity that was asked for too often.
    """
    attempts = {Limit.LOOKUP_BY_NETWORK: network, Limit.LOOKUP_BY_IDENTITY: asked.identity}
    if count_attempt(attempts):
        raise TooManyAttemptsError
    moment = now()
    with action() as act:
        lookup = Lookup.objects.create(
            asked=seal("lookup", asked.as_text()),
            asked_at=moment,
            expires_at=moment + CODE_LIVES,
            language=language,
        )
        start_job(
            act,
            ANSWER,
            key=f"{ANSWER}/{lookup.public_id}",
            subject=("lookup", lookup.public_id),
            actor=_visitor(lookup),
        )
    return lookup


def answer_lookup(act: Action, *, public_id: str) -> Message | None:
    """Look for the record of a look-up and write a code for it; inside a worker's step.

    Nothing is written for who cannot be found, has no contact on the record or has had enough
    codes; what was asked is forgotten in any case.
    """
    lookup = Lookup.objects.select_for_update().filter(public_id=public_id).first()
    if lookup is None or lookup.answered_at is not None or lookup.asked is None:
        return None
    text = unseal("lookup", bytes(lookup.asked))
    person = queries.find_record(Asked.from_text(text)) if text else None
    contact = _contact(person) if person else None
    message = None
    lookup.asked, lookup.answered_at = None, now()
    if person is not None and contact is not None and not _had_enough(person):
        code = f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}}"
        lookup.person, lookup.code = person, _code_digest(lookup, code)
        message = _write(contact, code, lookup)
        act.record(
            Verb.CITIZEN_CODE_SEND,
            actor=_visitor(lookup),
            subject=("person", person.public_id),
            facts={"channel": contact[0].value},
        )
    lookup.save(update_fields=["asked", "answered_at", "person", "code"])
    return message


def _contact(person: Person) -> tuple[Channel, str] | None:
    """Where a code can go: the contact on the record, and no other."""
    known = {Channel.PHONE: person.phone, Channel.EMAIL: person.email}
    for channel in the_sender().channels:
        if known[channel]:
            return channel, known[channel]
    return None


def _had_enough(person: Person) -> bool:
    lately = Lookup.objects.filter(person=person, asked_at__gt=now() - timedelta(hours=1))
    return lately.count() >= _CODES_A_RECORD


def _write(contact: tuple[Channel, str], code: str, lookup: Lookup) -> Message:
    with translation.override(lookup.language):
        text = _(
            "%(code)s is the code to see your vaccination record. It is good for 10 minutes. "
            "Give it to nobody. If you did not ask for it, do nothing."
        ) % {"code": code}
    channel, to = contact
    return Message.objects.create(
        channel=channel,
        sealed=seal("message", Letter(channel, to, text).as_json().decode()),
        made_at=now(),
        expires_at=lookup.expires_at,
    )


def deliver_message(*, message: Message) -> None:
    """Hand a message over; without a way to send it stays in the outbox.

    A worker that dies in between hands it over twice, which harms nobody. Raises `SendingError`.
    """
    send = the_sender().send
    if send is None or message.sent_at is not None or message.expires_at <= now():
        return
    text = unseal("message", bytes(message.sealed))
    if text is None:
        return
    send(Letter.from_text(text))
    Message.objects.filter(pk=message.pk).update(sent_at=now())


def open_record(*, lookup: Lookup, code: str, network: str) -> str | None:
    """Try a code; the session's token when it is right, None when not.

    Each try counts, whether there was a record or not. Raises `TooManyAttemptsError` after five
    tries, or for a network that tries too many.
    """
    if count_attempt({Limit.CODE_BY_NETWORK: network}):
        raise TooManyAttemptsError
    with action() as act:
        fresh = Lookup.objects.select_for_update().get(pk=lookup.pk)
        if fresh.tries >= TRIES:
            raise TooManyAttemptsError
        fresh.tries += 1
        tried = _code_digest(fresh, code)
        # A code that is not there, or was used, is compared all the same.
        right = secrets.compare_digest(tried, bytes(fresh.code or secrets.token_bytes(len(tried))))
        token = secrets.token_urlsafe(32)
        if right and fresh.person is not None:
            moment = now()
            fresh.session, fresh.code = digest("session", token), None
            fresh.opened_at, fresh.closes_at = moment, moment + SESSION_LIVES
            act.record(
                Verb.CITIZEN_RECORD_READ,
                actor=_visitor(fresh),
                subject=("person", fresh.person.public_id),
            )
        fresh.save(update_fields=["tries", "session", "code", "opened_at", "closes_at"])
    return token if right else None


def note_passport_read(*, lookup: Lookup, passport: str) -> None:
    """Record that a citizen took their passport."""
    with action() as act:
        act.record(Verb.PASSPORT_READ, actor=_visitor(lookup), subject=("passport", passport))


def close_record(*, lookup: Lookup) -> None:
    """End a session before its time."""
    Lookup.objects.filter(pk=lookup.pk).update(closes_at=now())


def read_outbox(*, actor: Actor) -> list[Letter]:
    """The messages that wait for somebody to pass them on; that they were read is recorded."""
    found = queries.outbox()
    with action() as act:
        for message, _letter in found:
            act.record(
                Verb.CITIZEN_OUTBOX_READ, actor=actor, subject=("message", message.public_id)
            )
    return [letter for _message, letter in found]


def sweep() -> int:
    """Remove look-ups and messages whose time is long over; how many."""
    before = now() - _KEPT
    messages, _rows = Message.objects.filter(expires_at__lt=before).delete()
    lookups, _rows = Lookup.objects.filter(expires_at__lt=before).delete()
    return messages + lookups


def _visitor(lookup: Lookup) -> Actor:
    """Who asks, as far as anybody knows: the one who holds this look-up."""
    return Actor("citizen", str(lookup.public_id))


def _code_digest(lookup: Lookup, code: str) -> bytes:
    return digest("code", str(lookup.public_id), "".join(code.split()))
