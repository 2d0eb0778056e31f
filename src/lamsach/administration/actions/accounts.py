"""Use cases about accounts: the first administrator, appointments, resets, leaving.

Who acts on an account is never its holder (`PermissionDenied`): what administrators may give they
may not give themselves, and the last of them cannot shut themselves out. Who is an administrator
has no other post (users.md: accounts and reference tables; no person), so that no single account
both opens records and gives the right to.
"""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lamsach.accounts import actions as accounts
from lamsach.accounts.models import Officer, Post
from lamsach.accounts.roles import Role
from lamsach.administration.queries import is_staffed, not_over, open_offices
from lamsach.administration.reading import read_text, read_username
from lamsach.clock import today
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.places.actions import open_office
from lamsach.places.keys import search_key
from lamsach.places.models import Office, OfficeKind
from lamsach.signing.actions import unbind_certificate

__all__ = [
    "appoint",
    "create_account",
    "create_administrator",
    "dismiss_officer",
    "end_post",
    "open_account",
    "rename_officer",
    "reset_factor",
    "reset_password",
    "shut_account",
]

_OFFICE_NAME = "Quản trị hệ thống"


def create_administrator(
    *, username: str, full_name: str, by: Actor, another: bool = False
) -> tuple[Officer, str]:
    """Create an administrator and, if there is none, the office they belong to.

    Returns the officer and the initial password, which is kept nowhere. Raises `ValidationError`
    when there is an administrator already (unless `another`) or the name cannot be used.
    """
    with action():
        if not another and is_staffed():
            raise ValidationError(
                _("There is an administrator already; give --another to make one more.")
            )
        office = open_offices().filter(kind=OfficeKind.ADMINISTRATION).order_by("pk").first()
        if office is None:
            office = open_office(kind=OfficeKind.ADMINISTRATION, name=_OFFICE_NAME, actor=by)
        officer, password = create_account(username=username, full_name=full_name, by=by)
        accounts.give_post(officer=officer, office=office, role=Role.ADMINISTRATOR, by=by)
    return officer, password


def create_account(*, username: str, full_name: str, by: Actor) -> tuple[Officer, str]:
    """Create an account; the officer and the initial password, which is kept nowhere.

    Raises `ValidationError`, by field, for names that cannot be used or are taken.
    """
    told: dict[str, ValidationError] = {}
    for name, given, read in (
        ("username", username, read_username),
        ("full_name", full_name, read_text),
    ):
        try:
            read(given)
        except ValidationError as error:
            told[name] = error
    if told:
        raise ValidationError(told)
    name = read_username(username)
    if Officer.objects.filter(username=name).exists():
        raise ValidationError({"username": _("There is an account of this name already.")})
    return accounts.create_officer(username=name, full_name=read_text(full_name), by=by)


def appoint(
    *,
    officer: Officer,
    office: Office,
    role: Role,
    by: Actor,
    since: date | None = None,
    last_day: date | None = None,
) -> Post:
    """Give an officer a post, its last day included. Raises `ValidationError`, `PermissionDenied`.

    A post in a closed office, a second one of the same kind at the same time, and a post beside an
    administrator's are refused.
    """
    first = since or today()
    if last_day is not None and last_day < first:
        raise ValidationError({"last_day": _("The last day lies before the first.")})
    if office.closed_on is not None and office.closed_on <= first:
        raise ValidationError({"office": _("This office is closed by then.")})
    if office.opened_on > first:
        raise ValidationError({"since": _("The office is not open yet on this day.")})
    until = last_day + timedelta(1) if last_day else None
    with action():
        Officer.objects.select_for_update().get(pk=officer.pk)
        same_time = Post.objects.filter(officer=officer, period__overlap=(first, until))
        if same_time.filter(office=office, role=role).exists():
            raise ValidationError(_("The officer has this post already at that time."))
        administrators = Q(role=Role.ADMINISTRATOR)
        clash = ~administrators if role == Role.ADMINISTRATOR else administrators
        if same_time.filter(clash).exists():
            raise ValidationError(
                _(
                    "An administrator has no other post: who gives access to records does not"
                    " use it. Appoint another officer, or end the other post first."
                )
            )
        return accounts.give_post(
            officer=officer, office=office, role=role, by=by, since=first, until=until
        )


def end_post(*, post: Post, by: Actor, last_day: date | None = None) -> None:
    """End a post after a day; at once when none is given. Raises `ValidationError`.

    What was is never written anew: the last day is today or later, and no post becomes longer.
    """
    _not_own(post.officer, by)
    until = last_day + timedelta(1) if last_day else today()
    if until < today():
        raise ValidationError({"last_day": _("This day is over. Write a later one, or none.")})
    if post.period.upper is not None and until > post.period.upper:
        raise ValidationError({"last_day": _("The post ends earlier already.")})
    accounts.end_post(post=post, by=by, on=until)


def shut_account(*, officer: Officer, by: Actor) -> None:
    """Shut an account for a while; its posts stay."""
    _not_own(officer, by)
    accounts.suspend_officer(officer=officer, by=by)


def open_account(*, officer: Officer, by: Actor) -> None:
    """Open an account that was shut, locked or asleep."""
    _not_own(officer, by)
    accounts.wake_officer(officer=officer, by=by)


def dismiss_officer(*, officer: Officer, by: Actor) -> None:
    """End all posts of an officer who leaves, shut the account, take the certificate away."""
    _not_own(officer, by)
    with action():
        theirs = Post.objects.filter(not_over(today()), officer=officer)
        for post in theirs.select_related("office", "officer").order_by("pk"):
            accounts.end_post(post=post, by=by)
        unbind_certificate(officer=officer, by=by)
        accounts.suspend_officer(officer=officer, by=by)


def rename_officer(*, officer: Officer, full_name: str, by: Actor) -> None:
    """Write an officer's name anew; the account stays the same person's."""
    _not_own(officer, by)
    name = read_text(full_name)
    with action() as act:
        Officer.objects.filter(pk=officer.pk).update(full_name=name, name_key=search_key(name))
        act.record(Verb.OFFICER_CHANGE, actor=by, subject=("officer", officer.public_id))
    officer.refresh_from_db()


def reset_password(*, officer: Officer, by: Actor) -> str:
    """Give an account an initial password again, and end its sessions; the password.

    It must be changed at the next sign-in. An account that slept or was locked is awake then; one
    that was shut stays shut.
    """
    _not_own(officer, by)
    password = secrets.token_urlsafe(15)
    with action() as act:
        locked = Officer.objects.select_for_update().get(pk=officer.pk)
        locked.set_password(password)
        locked.must_change_password = True
        locked.save(update_fields=["password", "must_change_password"])
        if locked.is_active:
            accounts.wake_officer(officer=locked, by=by)
        act.record(Verb.OFFICER_PASSWORD_RESET, actor=by, subject=("officer", officer.public_id))
    officer.refresh_from_db()
    return password


def reset_factor(*, officer: Officer, by: Actor) -> str:
    """Take the second factor of a lost telephone away; a new initial password, for the new one.

    Until the officer has enrolled again the password would stand alone, and who found or took the
    telephone may know it: so both are new.
    """
    _not_own(officer, by)
    with action() as act:
        Authenticator.objects.filter(user=officer).delete()
        act.record(Verb.OFFICER_FACTOR_RESET, actor=by, subject=("officer", officer.public_id))
        return reset_password(officer=officer, by=by)


def _not_own(officer: Officer, by: Actor) -> None:
    if by == accounts.actor_of(officer):
        raise PermissionDenied
