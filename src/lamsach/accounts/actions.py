"""Writing accounts: officers come, sleep and wake; posts begin and end; failures are counted."""

from __future__ import annotations

import hmac
import secrets
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Func, Value
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.models import Officer, Post, ProviderIdentity
from lamsach.accounts.roles import OFFICE_KINDS, Role
from lamsach.clock import now, today
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.places.keys import search_key
from lamsach.places.models import Office

__all__ = [
    "actor_of",
    "bind_identity",
    "count_failed_sign_in",
    "create_officer",
    "end_post",
    "give_post",
    "identity_digest",
    "note_factor",
    "note_password_change",
    "note_refused_identity",
    "note_sign_in",
    "suspend_officer",
    "unbind_identity",
    "wake_officer",
]

FAILURES_ALLOWED: Final = 10
LOCKED_FOR: Final = timedelta(minutes=15)


def actor_of(officer: Officer) -> Actor:
    """The officer as the ledger knows them."""
    return Actor("officer", str(officer.public_id))


def create_officer(
    *, username: str, full_name: str, by: Actor, password: str | None = None
) -> tuple[Officer, str]:
    """Create an account with an initial password, which must be changed at the first sign-in.

    Returns the officer and the password (a random one unless given). Raises `ValidationError` for
    a name that cannot be used.
    """
    first = password or secrets.token_urlsafe(15)
    officer = Officer(
        username=username.lower(),
        full_name=full_name,
        name_key=search_key(full_name),
        awake_since=now(),
    )
    officer.set_password(first)
    with action() as act:
        officer.full_clean(exclude=["password", "last_login", "locked_until"])
        officer.save(force_insert=True)
        act.record(Verb.OFFICER_CREATE, actor=by, subject=("officer", officer.public_id))
    return officer, first


def give_post(
    *,
    officer: Officer,
    office: Office,
    role: Role,
    by: Actor,
    since: date | None = None,
    until: date | None = None,
    on_behalf_of: Officer | None = None,
) -> Post:
    """Give an officer a role in an office, from a day (today) to another (open).

    Raises `ValidationError` when the office is of a kind that has no such role, and
    `PermissionDenied` when somebody gives a post to themselves.
    """
    if office.kind not in OFFICE_KINDS[role]:
        raise ValidationError(
            _("An office of the kind “%(kind)s” has no role “%(role)s”."),
            params={"kind": office.get_kind_display(), "role": role.label},
        )
    if by == actor_of(officer):
        raise PermissionDenied
    with action() as act:
        post = Post.objects.create(
            officer=officer,
            office=office,
            role=role,
            on_behalf_of=on_behalf_of,
            period=DateRange(since or today(), until),
        )
        act.record(
            Verb.POST_GIVE,
            actor=by,
            office=str(office.public_id),
            subject=("officer", officer.public_id),
            facts={"role": role.value},
        )
    return post


def end_post(*, post: Post, by: Actor, on: date | None = None) -> None:
    """End a post on a day, today unless given; that day is excluded."""
    with action() as act:
        last = on or today()
        rows = Post.objects.filter(pk=post.pk)
        if rows.filter(period__startswith__gte=last).exists():
            rows.delete()  # it never began
        else:
            lower = Func(F("period"), function="lower")
            rows.update(period=Func(lower, Value(last), function="daterange"))
        act.record(
            Verb.POST_END,
            actor=by,
            office=str(post.office.public_id),
            subject=("officer", post.officer.public_id),
            facts={"role": str(post.role)},
        )


def suspend_officer(*, officer: Officer, by: Actor) -> None:
    """Shut an account; its sessions end with the next page."""
    with action() as act:
        Officer.objects.filter(pk=officer.pk).update(is_active=False)
        act.record(Verb.OFFICER_SUSPEND, actor=by, subject=("officer", officer.public_id))
    officer.refresh_from_db()


def wake_officer(*, officer: Officer, by: Actor) -> None:
    """Open an account again that was suspended, locked, or asleep."""
    with action() as act:
        Officer.objects.filter(pk=officer.pk).update(
            is_active=True, awake_since=now(), failed_sign_ins=0, locked_until=None
        )
        act.record(Verb.OFFICER_WAKE, actor=by, subject=("officer", officer.public_id))
    officer.refresh_from_db()


def count_failed_sign_in(*, username: str) -> None:
    """Count a wrong password; the account is locked for a while when there were too many.

    A name that nobody has is not recorded: what people type there may be a password.
    """
    with action() as act:
        officer = Officer.objects.select_for_update().filter(username=username.lower()).first()
        if officer is None:
            return
        officer.failed_sign_ins += 1
        subject = ("officer", officer.public_id)
        act.record(Verb.OFFICER_SIGN_IN_FAIL, actor=Actor.system("sign-in"), subject=subject)
        if officer.failed_sign_ins >= FAILURES_ALLOWED:
            officer.failed_sign_ins = 0
            officer.locked_until = now() + LOCKED_FOR
            act.record(Verb.OFFICER_LOCK, actor=Actor.system("sign-in"), subject=subject)
        officer.save(update_fields=["failed_sign_ins", "locked_until"])


def note_sign_in(*, officer: Officer, by_provider: bool = False) -> None:
    """Record that an officer has signed in, with all factors they have."""
    with action() as act:
        Officer.objects.filter(pk=officer.pk).update(failed_sign_ins=0, locked_until=None)
        act.record(
            Verb.OFFICER_SIGN_IN,
            actor=actor_of(officer),
            subject=("officer", officer.public_id),
            facts={"by": "provider"} if by_provider else None,
        )


def note_password_change(*, officer: Officer, password: str) -> None:
    """Set an officer's own new password, and record that it was."""
    with action() as act:
        officer.set_password(password)
        officer.must_change_password = False
        officer.save(update_fields=["password", "must_change_password"])
        act.record(
            Verb.OFFICER_PASSWORD_CHANGE,
            actor=actor_of(officer),
            subject=("officer", officer.public_id),
        )


def note_factor(*, officer: Officer, kind: str, added: bool) -> None:
    """Record that a second factor was added or removed."""
    with action() as act:
        act.record(
            Verb.OFFICER_FACTOR_ADD if added else Verb.OFFICER_FACTOR_REMOVE,
            actor=actor_of(officer),
            subject=("officer", officer.public_id),
            facts={"kind": kind},
        )


def identity_digest(issuer: str, subject: str) -> bytes:
    """What is kept of a provider's name for a person: nobody without our key can look it up."""
    told = issuer.encode() + b"\0" + subject.encode()
    return hmac.digest(settings.FIELD_KEY, b"identity\0" + told, sha256)


def bind_identity(*, officer: Officer, issuer: str, subject: str, by: Actor) -> None:
    """Let whom a provider calls `subject` sign in as this officer, and nobody else of its.

    Raises `ValidationError` when the identity is another officer's.
    """
    digest = identity_digest(issuer, subject)
    with action() as act:
        Officer.objects.select_for_update().get(pk=officer.pk)
        theirs = ProviderIdentity.objects.filter(issuer=issuer, digest=digest)
        if theirs.exclude(officer=officer).exists():
            raise ValidationError(_("This identity is bound to another officer."))
        ProviderIdentity.objects.update_or_create(
            officer=officer, issuer=issuer, defaults={"digest": digest, "bound_at": now()}
        )
        act.record(
            Verb.OFFICER_IDENTITY_BIND,
            actor=by,
            subject=("officer", officer.public_id),
            facts={"issuer": issuer},
        )


def unbind_identity(*, officer: Officer, issuer: str, by: Actor) -> bool:
    """Let nobody of a provider's sign in as this officer any more; False when nobody could."""
    with action() as act:
        gone, _each = ProviderIdentity.objects.filter(officer=officer, issuer=issuer).delete()
        if gone:
            act.record(
                Verb.OFFICER_IDENTITY_UNBIND,
                actor=by,
                subject=("officer", officer.public_id),
                facts={"issuer": issuer},
            )
    return bool(gone)


def note_refused_identity(*, reason: str, officer: Officer | None = None) -> None:
    """Record that somebody whom the provider sent was not let in: a reason's name, whose account.

    What the provider said of an unknown person is not kept.
    """
    with action() as act:
        act.record(
            Verb.OFFICER_SIGN_IN_FAIL,
            actor=Actor.system("sign-in"),
            subject=("officer", officer.public_id) if officer else ("", ""),
            facts={"by": "provider", "reason": reason},
        )
