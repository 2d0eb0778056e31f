"""Reading for administrators and the ministry: accounts, offices, campaigns; never a person.

Whoever is no administrator finds no account and no office here, and whoever is not of the ministry
no campaign. What names are read as (`offices_named`, `units_of`) and what an installation still
lacks (`is_…`) are reference data, and take no viewer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Generic, TypeVar
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Exists, Model, OuterRef, Prefetch, Q, QuerySet

from lamsach.accounts.models import ASLEEP_AFTER, Officer, Post
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.clock import now, today
from lamsach.places.keys import search_key
from lamsach.places.models import Office, OfficeKind, Territory, Unit
from lamsach.registry.models import Campaign

__all__ = [
    "PAGE",
    "Found",
    "campaign_for",
    "campaigns_for",
    "find_officers",
    "find_offices",
    "first_office_of",
    "has_factor",
    "is_campaign_open",
    "is_ministry_staffed",
    "is_staffed",
    "may_administer",
    "may_run_campaigns",
    "not_over",
    "office_for",
    "officer_for",
    "offices_below",
    "offices_named",
    "open_offices",
    "post_for",
    "posts_in",
    "posts_of_officer",
    "territory_for",
    "territory_of",
    "units_of",
    "upper_named",
]

PAGE: Final = 30
_CHOICES: Final = 9
_Row = TypeVar("_Row", bound=Model)

#: The offices that usually stand above one of a kind: they are meant first when a code is shared.
_USUALLY_ABOVE: Final = {
    OfficeKind.FACILITY: (OfficeKind.FACILITY, OfficeKind.DISTRICT_CENTRE, OfficeKind.DEPARTMENT),
    OfficeKind.STATION: (OfficeKind.DISTRICT_CENTRE, OfficeKind.DEPARTMENT),
    OfficeKind.HAMLET_GROUP: (OfficeKind.COMMUNE_COMMITTEE, OfficeKind.PROVINCE_COMMITTEE),
    OfficeKind.COMMUNE_POLICE: (OfficeKind.PROVINCE_POLICE,),
    OfficeKind.PROVINCE_POLICE: (OfficeKind.MINISTRY_POLICE,),
    OfficeKind.COMMUNE_COMMITTEE: (OfficeKind.PROVINCE_COMMITTEE,),
    OfficeKind.DISTRICT_CENTRE: (OfficeKind.DEPARTMENT,),
    OfficeKind.CDC: (OfficeKind.DEPARTMENT,),
    OfficeKind.DEPARTMENT: (OfficeKind.MINISTRY,),
    OfficeKind.PROVINCE_COMMITTEE: (OfficeKind.MINISTRY,),
    OfficeKind.TASK_FORCE: (OfficeKind.PROVINCE_COMMITTEE, OfficeKind.MINISTRY),
}


@dataclass(frozen=True, slots=True)
class Found(Generic[_Row]):
    """One page of what was looked for, and whether there is more."""

    rows: list[_Row]
    more: bool


def may_administer(viewer: Officer) -> bool:
    """Whether the viewer keeps accounts and offices."""
    return scope_of(viewer).may(Role.ADMINISTRATOR)


def may_run_campaigns(viewer: Officer) -> bool:
    """Whether the viewer opens and changes campaigns."""
    return scope_of(viewer).may(Role.MINISTRY)


def not_over(day: date) -> Q:
    """The condition on a table with a period that it lasts on a day or begins after it."""
    return Q(period__upper_inf=True) | Q(period__endswith__gt=day)


def open_offices() -> QuerySet[Office]:
    """The offices that are open today."""
    day = today()
    return Office.objects.filter(Q(closed_on=None) | Q(closed_on__gt=day), opened_on__lte=day)


# --- accounts ----------------------------------------------------------------------------------


def _officers(viewer: Officer) -> QuerySet[Officer]:
    return Officer.objects.all() if may_administer(viewer) else Officer.objects.none()


def officer_for(viewer: Officer, public_id: UUID) -> Officer | None:
    """One account."""
    return _officers(viewer).filter(public_id=public_id).first()


def _in_state(state: str) -> Q:
    """The condition of a state that a filter names; each account is in one of them."""
    moment = now()
    asleep = Q(awake_since__lt=moment - ASLEEP_AFTER) & (
        Q(last_login=None) | Q(last_login__lt=moment - ASLEEP_AFTER)
    )
    locked, shut = Q(locked_until__gt=moment), Q(is_active=False)
    unlocked = Q(locked_until=None) | Q(locked_until__lte=moment)
    first = Q(must_change_password=True)
    return {
        "shut": shut,
        "locked": ~shut & locked,
        "asleep": ~shut & unlocked & asleep,
        "first": ~shut & unlocked & ~asleep & first,
        "open": ~shut & unlocked & ~asleep & ~first,
    }.get(state, Q())


def find_officers(
    viewer: Officer,
    *,
    text: str = "",
    role: str = "",
    state: str = "",
    office: str = "",
    after: UUID | None = None,
) -> Found[Officer]:
    """Accounts by part of the name or beginning of the account's, with their present posts.

    `state` may also be "postless". `office` is its code or part of its name.
    """
    rows = _officers(viewer).filter(_in_state(state))
    if text:
        called = Q(name_key__contains=search_key(text)) if search_key(text) else Q(pk__in=[])
        rows = rows.filter(called | Q(username__startswith=text.strip().lower()))
    held = Post.objects.filter(officer=OuterRef("pk"), period__contains=today())
    if state == "postless":
        rows = rows.exclude(Exists(held))
    if role:
        held = held.filter(role=role)
    if office:
        key = search_key(office)
        held = held.filter(Q(office__code=office.strip()) | Q(office__name_key__contains=key))
    if role or office:
        rows = rows.filter(Exists(held))
    last = _officers(viewer).filter(public_id=after).first() if after else None
    if last is not None:
        rows = rows.filter(username__gt=last.username)
    present = Post.objects.filter(period__contains=today()).select_related("office")
    shown = Prefetch("posts", queryset=present.order_by("pk"), to_attr="present_posts")
    return _page(rows.order_by("username").prefetch_related(shown))


def _page(rows: QuerySet[_Row]) -> Found[_Row]:
    found = list(rows[: PAGE + 1])
    return Found(found[:PAGE], len(found) > PAGE)


def posts_of_officer(viewer: Officer, officer: Officer) -> list[Post]:
    """All posts of an account, the latest first."""
    rows = Post.objects.filter(officer__in=_officers(viewer), officer_id=officer.pk)
    return list(rows.select_related("office", "officer").order_by("-period", "-pk"))


def post_for(viewer: Officer, officer: Officer, key: str) -> Post | None:
    """A post of an account that has not ended, by its key in a form."""
    if not (key.isascii() and key.isdigit()):
        return None
    rows = Post.objects.filter(officer__in=_officers(viewer), officer_id=officer.pk)
    rows = rows.filter(not_over(today()))
    return rows.filter(pk=int(key[:18])).select_related("office", "officer").first()


def has_factor(officer: Officer) -> bool:
    """Whether an account has a second factor."""
    return bool(Authenticator.objects.filter(user=officer, type=Authenticator.Type.TOTP).exists())


# --- offices -----------------------------------------------------------------------------------


def _offices(viewer: Officer) -> QuerySet[Office]:
    rows = Office.objects.select_related("above", "successor")
    return rows if may_administer(viewer) else rows.none()


def office_for(viewer: Officer, public_id: UUID | str) -> Office | None:
    """One office."""
    try:
        return _offices(viewer).filter(public_id=public_id).first()
    except (ValueError, TypeError):
        return None


def find_offices(
    viewer: Officer, *, text: str = "", kind: str = "", state: str = "", after: UUID | None = None
) -> Found[Office]:
    """Offices by part of their name or beginning of their code; `state` open, closed or all."""
    rows = _offices(viewer)
    if text:
        key = search_key(text)
        called = Q(name_key__contains=key) if key else Q(pk__in=[])
        rows = rows.filter(called | Q(code__startswith=text.strip()))
    if kind:
        rows = rows.filter(kind=kind)
    if state == "closed":
        rows = rows.filter(closed_on__lte=today())
    elif state != "all":
        rows = rows.filter(Q(closed_on=None) | Q(closed_on__gt=today()))
    last = Office.objects.filter(public_id=after).first() if after else None
    if last is not None:
        rows = rows.filter(
            Q(name_key__gt=last.name_key) | Q(name_key=last.name_key, pk__gt=last.pk)
        )
    return _page(rows.order_by("name_key", "pk"))


def offices_below(viewer: Officer, office: Office) -> Found[Office]:
    """The open offices right below one, the first page of them."""
    rows = _offices(viewer).filter(Q(closed_on=None) | Q(closed_on__gt=today()), above=office)
    return _page(rows.order_by("name_key", "pk"))


def posts_in(viewer: Officer, office: Office, *, on: date | None = None) -> QuerySet[Post]:
    """The posts in an office that are held on a day (today) or begin after it."""
    rows = Post.objects.filter(office__in=_offices(viewer).filter(pk=office.pk).values("pk"))
    rows = rows.filter(not_over(on or today()))
    return rows.select_related("officer", "office").order_by("officer__username", "pk")


def territory_of(viewer: Officer, office: Office) -> list[Territory]:
    """What an office is responsible for, today and later."""
    rows = Territory.objects.filter(office__in=_offices(viewer).filter(pk=office.pk).values("pk"))
    rows = rows.filter(not_over(today())).select_related("unit__above__above")
    return list(rows.order_by("unit__catalogue", "unit__code"))


def territory_for(viewer: Officer, office: Office, key: str) -> Territory | None:
    """A territory of an office that has not ended, by its key in a form."""
    if not (key.isascii() and key.isdigit()):
        return None
    rows = Territory.objects.filter(office__in=_offices(viewer).filter(pk=office.pk).values("pk"))
    rows = rows.filter(not_over(today()))
    return rows.filter(pk=int(key[:18])).select_related("unit", "office").first()


def offices_named(text: str, kinds: Collection[str] = ()) -> list[Office]:
    """The open offices that a code or a name can mean: by code, by whole name, by part of it.

    Never more than a form can show.
    """
    rows = open_offices()
    if kinds:
        rows = rows.filter(kind__in=kinds)
    key = search_key(text)
    ways = [Q(code=text.strip())]
    if key:
        ways += [Q(name_key=key), Q(name_key__contains=key)]
    for way in ways if text.strip() else ():
        if found := list(rows.filter(way).order_by("name_key", "pk")[:_CHOICES]):
            return found
    return []


def upper_named(text: str, kind: str) -> list[Office]:
    """The offices that can be meant as the one above an office of a kind."""
    usual = _USUALLY_ABOVE.get(OfficeKind(kind), ()) if kind in OfficeKind.values else ()
    return (usual and offices_named(text, usual)) or offices_named(text)


def units_of(catalogue: str, codes: Iterable[str]) -> dict[str, Unit]:
    """The units of these codes, by code."""
    rows = Unit.objects.filter(catalogue=catalogue, code__in=set(codes))
    return {one.code: one for one in rows}


def first_office_of(kind: str) -> Office | None:
    """The open office of a kind that has been there longest."""
    return open_offices().filter(kind=kind).order_by("opened_on", "pk").first()


# --- campaigns ---------------------------------------------------------------------------------


def campaigns_for(viewer: Officer) -> QuerySet[Campaign]:
    """All campaigns, the newest first."""
    rows = Campaign.objects.order_by("-opened_on", "pk")
    return rows if may_run_campaigns(viewer) else rows.none()


def campaign_for(viewer: Officer, code: str) -> Campaign | None:
    """One campaign."""
    return campaigns_for(viewer).filter(code=code).first()


# --- what an installation lacks ------------------------------------------------------------------


def _is_held(role: Role) -> bool:
    return Post.objects.filter(
        role=role,
        period__contains=today(),
        officer__is_active=True,
        office__in=open_offices(),
    ).exists()


def is_staffed() -> bool:
    """Whether anybody can administer the installation."""
    return _is_held(Role.ADMINISTRATOR)


def is_ministry_staffed() -> bool:
    """Whether anybody is at the ministry."""
    return _is_held(Role.MINISTRY)


def is_campaign_open() -> bool:
    """Whether doses can be entered for any campaign, today or later."""
    return Campaign.objects.filter(Q(closed_on=None) | Q(closed_on__gt=today())).exists()
