"""How pages show accounts, their state and their posts. It reads and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.models import Officer, Post
from lamsach.clock import today

__all__ = ["ShownPost", "State", "shown_posts", "state_of"]


@dataclass(frozen=True, slots=True)
class State:
    """The state of an account: its code, its word, its mark, and what to do about it."""

    code: str
    label: str | Promise
    mark: str
    advice: str | Promise


_STATES = {
    "shut": State(
        "shut", _("Shut"), "late", _("The account is shut. Open it when the officer is back.")
    ),
    "locked": State(
        "locked",
        _("Locked for now"),
        "today",
        _("Too many wrong passwords: it opens by itself in a quarter of an hour, or here at once."),
    ),
    "asleep": State(
        "asleep",
        _("Asleep"),
        "today",
        _("Nobody signed in for 30 days. Open the account if the officer still works here."),
    ),
    "first": State(
        "first",
        _("Not signed in yet"),
        "today",
        _("The officer has to sign in with the initial password and choose one of their own."),
    ),
    "open": State("open", _("In use"), "good", _("Nothing has to be done here.")),
}


def state_of(officer: Officer) -> State:
    """The state of an account."""
    if not officer.is_active:
        return _STATES["shut"]
    if officer.is_locked:
        return _STATES["locked"]
    if officer.is_asleep:
        return _STATES["asleep"]
    return _STATES["first" if officer.must_change_password else "open"]


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post with its days as people count them: the last one included."""

    post: Post
    since: date | None
    last_day: date | None
    state: str  # past, present, later


def shown_posts(posts: list[Post]) -> list[ShownPost]:
    """Posts for a page."""
    day, shown = today(), []
    for one in posts:
        lower, upper = one.period.lower, one.period.upper
        state = "present"
        if upper is not None and upper <= day:
            state = "past"
        elif lower is not None and lower > day:
            state = "later"
        shown.append(ShownPost(one, lower, upper - timedelta(1) if upper else None, state))
    return shown
