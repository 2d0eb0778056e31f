"""Loading officers from a table: a row is a post; a plan first, then all good rows at once.

An account is known by its name, which stays the same person's: a row that gives it to somebody of
another name is refused. New accounts get initial passwords, told once to whoever loads.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from lamsach.accounts.models import Officer, Post
from lamsach.accounts.roles import OFFICE_KINDS, Role
from lamsach.administration.actions.offices import CODELESS
from lamsach.administration.passwords import initial_password
from lamsach.administration.queries import not_over
from lamsach.administration.reading import read_text, read_username
from lamsach.administration.sheets import Problem, SheetRow, choice_of, day_in, sentence_of
from lamsach.clock import now, today
from lamsach.files.workbook_writing import escaped
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.places.keys import search_key
from lamsach.places.models import Office, OfficeKind

__all__ = ["Initial", "OfficersPlan", "apply_officers", "passwords_file", "plan_officers"]

_BATCH: Final = 5000
#: A slow hash makes guessing a word that a person chose expensive. These are 139 random bits that
#: are changed at the first sign-in: nobody guesses them at any speed, and 50,000 slow ones would
#: take hours. Django hashes anew, slowly, with the officer's own password.
_ROUNDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Initial:
    """A new account with its initial password, and where its officer is found."""

    username: str
    full_name: str
    office_code: str
    office_name: str
    password: str


@dataclass(slots=True)
class _Planned:
    row: int
    username: str
    full_name: str
    role: Role
    office: Office
    since: date
    until: date | None


@dataclass(slots=True)
class OfficersPlan:
    """What a table would do: accounts and posts that are new, posts as they are, and bad rows."""

    accounts: dict[str, str] = field(default_factory=dict)  # name: its holder's
    posts: list[_Planned] = field(default_factory=list)
    same: int = 0
    problems: list[Problem] = field(default_factory=list)


class _BadRowError(Exception):
    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(column)
        self.column, self.sentence = column, sentence


class _Known:
    """What is there: offices, accounts, posts; read once, whatever the number of rows."""

    def __init__(self, usernames: set[str]) -> None:
        self.called: dict[str, list[Office]] = defaultdict(list)
        self.codeless: list[Office] = []
        day = today()
        for one in Office.objects.order_by("pk"):
            if one.closed_on is None or one.closed_on > day:
                self.called[one.code or f"={one.name_key}"].append(one)
                if one.kind in CODELESS:
                    self.codeless.append(one)
                    if one.code:
                        self.called[f"={one.name_key}"].append(one)
        rows = Officer.objects.filter(username__in=usernames)
        self.names = dict(rows.values_list("username", "full_name"))
        self.held: dict[str, list[Post]] = defaultdict(list)
        posts = Post.objects.filter(not_over(day), officer__username__in=usernames)
        for post in posts.select_related("officer"):
            self.held[post.officer.username].append(post)


def plan_officers(rows: Iterable[SheetRow], *, own: str = "") -> OfficersPlan:
    """Check a table. `own` is the account of who sends it: nobody gives a post to themselves."""
    given = list(rows)
    known = _Known({row["username"].strip().lower() for row in given})
    plan, first = OfficersPlan(), dict[str, _Planned]()
    planned: dict[str, list[_Planned]] = defaultdict(list)
    for row in given:
        try:
            one = _read(row, known)
            if own and one.username == own:
                raise _BadRowError("username", _("Nobody gives a post to themselves."))
            _check_holder(one, first, known)
            _check_others(one, planned[one.username], known)
        except _BadRowError as bad:
            plan.problems.append(Problem(row.number, bad.column, bad.sentence))
            continue
        first.setdefault(one.username, one)
        planned[one.username].append(one)
        if any(
            post.role == one.role and post.office_id == one.office.pk and _meet(post, one)
            for post in known.held[one.username]
        ):
            plan.same += 1
            continue
        plan.posts.append(one)
        if one.username not in known.names:
            plan.accounts[one.username] = one.full_name
    return plan


@lru_cache(maxsize=256)
def _role(text: str) -> str:
    return choice_of(text, Role.choices)


@lru_cache(maxsize=256)
def _kind(text: str) -> str:
    return choice_of(text, OfficeKind.choices)


def _read(row: SheetRow, known: _Known) -> _Planned:
    try:
        username = read_username(row["username"])
    except ValidationError as error:
        raise _BadRowError("username", sentence_of(error)) from error
    try:
        full_name = read_text(row["full_name"])
    except ValidationError as error:
        raise _BadRowError("full_name", sentence_of(error)) from error
    role = _role(row["role"])
    if not role:
        raise _BadRowError("role", _("No role is called so; copy one from the page."))
    office = _office(row, Role(role), known)
    since, last_day = (_day(row, name) for name in ("since", "last_day"))
    first = since or max(today(), office.opened_on)
    if last_day is not None and last_day < first:
        raise _BadRowError("last_day", _("The last day lies before the first."))
    if first < office.opened_on:
        raise _BadRowError("since", _("The office is not open yet on this day."))
    if office.closed_on is not None and office.closed_on <= first:
        raise _BadRowError("office_code", _("This office is closed by then."))
    until = last_day + timedelta(1) if last_day else None
    return _Planned(row.number, username, full_name, Role(role), office, first, until)


def _day(row: SheetRow, column: str) -> date | None:
    text = day_in(row[column])
    if text is None:
        raise _BadRowError(column, _("Write the day as day/month/year."))
    return date.fromisoformat(text) if text else None


def _office(row: SheetRow, role: Role, known: _Known) -> Office:
    """The office, of the kinds that have the role: by its code, or as the only one without.

    The few that need no code are known by their name, too.
    """
    kinds: set[str] = {one.value for one in OFFICE_KINDS[role]}
    if row["office_kind"]:
        kinds &= {_kind(row["office_kind"])}
        if not kinds:
            raise _BadRowError("office_kind", _("An office of this kind has no such role."))
    code = row["office_code"]
    named = known.codeless
    if code:
        named = known.called.get(code) or known.called.get(f"={search_key(code)}") or []
    found = [one for one in named if one.kind in kinds]
    if not found:
        raise _BadRowError(
            "office_code", _("No open office that has this role has the code; load offices first.")
        )
    if len(found) > 1:
        raise _BadRowError(
            "office_kind" if code else "office_code",
            _("Several offices can be meant; write the code and the kind."),
        )
    return found[0]


def _check_holder(one: _Planned, first: dict[str, _Planned], known: _Known) -> None:
    """An account is one person's, in the table and before it."""
    there = known.names.get(one.username)
    if there is not None and search_key(there) != search_key(one.full_name):
        raise _BadRowError(
            "full_name",
            _("The account is somebody else's; choose another account's name, or correct this."),
        )
    before = first.get(one.username)
    if before is not None and search_key(before.full_name) != search_key(one.full_name):
        said = _("In row %(row)d this account has a holder of another name; correct one of them.")
        raise _BadRowError("full_name", said % {"row": before.row})


def _check_others(one: _Planned, before: list[_Planned], known: _Known) -> None:
    """The same post once; an administrator has no other."""
    for other in before:
        if (other.role, other.office.pk) == (one.role, one.office.pk):
            said = _("This post stands in row %(row)d already; delete one of the rows.")
            raise _BadRowError("role", said % {"row": other.row})
    roles = {other.role for other in before} | {one.role}
    roles |= {Role(post.role) for post in known.held[one.username] if _meet(post, one)}
    if Role.ADMINISTRATOR in roles and len(roles) > 1:
        raise _BadRowError("role", _("An administrator has no other post."))


def _meet(post: Post, one: _Planned) -> bool:
    """Whether a post that is held and a planned one have a day in common."""
    lower, upper = post.period.lower, post.period.upper
    return (upper is None or upper > one.since) and (
        one.until is None or lower is None or lower < one.until
    )


def apply_officers(
    plan: OfficersPlan, *, by: Actor, keep: Callable[[list[Initial]], None]
) -> list[Initial]:
    """Do what was planned, by a constant number of statements for a batch of rows.

    `keep` gets the initial passwords before anything is committed, so that no account exists whose
    password nobody has.
    """
    job, moment = f"officers/{uuid.uuid4()}", now()
    hasher = PBKDF2PasswordHasher()
    first_post = {one.username: one for one in reversed(plan.posts)}
    told: list[Initial] = []
    with action() as act:
        made: list[Officer] = []
        for username, full_name in plan.accounts.items():
            password, at = initial_password(), first_post[username].office
            told.append(Initial(username, full_name, at.code, at.name, password))
            made.append(
                Officer(
                    username=username,
                    full_name=full_name,
                    name_key=search_key(full_name),
                    awake_since=moment,
                    password=hasher.encode(password, hasher.salt(), iterations=_ROUNDS),
                )
            )
        Officer.objects.bulk_create(made, batch_size=_BATCH)
        for officer in made:
            subject = ("officer", officer.public_id)
            act.record(Verb.OFFICER_CREATE, actor=by, subject=subject, job=job)
        holders = {one.username: one for one in made}
        names = {one.username for one in plan.posts} - set(holders)
        holders |= {one.username: one for one in Officer.objects.filter(username__in=names)}
        Post.objects.bulk_create(
            (
                Post(
                    officer=holders[one.username],
                    office=one.office,
                    role=one.role,
                    period=DateRange(one.since, one.until),
                )
                for one in plan.posts
            ),
            batch_size=_BATCH,
        )
        for one in plan.posts:
            act.record(
                Verb.POST_GIVE,
                actor=by,
                office=str(one.office.public_id),
                subject=("officer", holders[one.username].public_id),
                facts={"role": one.role.value},
                job=job,
            )
        keep(told)
    return told


def passwords_file(told: list[Initial]) -> bytes:
    """Initial passwords as CSV that spreadsheets open, by office."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["office_code", "office", "account", "full_name", "initial_password"])
    for one in sorted(told, key=lambda one: (one.office_code, one.username)):
        told_of = (one.office_code, one.office_name, one.username, one.full_name)
        lines.writerow([*map(escaped, told_of), one.password])
    return out.getvalue().encode("utf-8-sig")
