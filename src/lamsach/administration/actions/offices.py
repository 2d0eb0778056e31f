"""Use cases about offices: opening, changing, territory, closing with whoever still works there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from lamsach.accounts import actions as accounts
from lamsach.accounts.models import Post
from lamsach.administration.actions.standing import look_at_residents, look_at_waiting
from lamsach.administration.queries import not_over
from lamsach.administration.reading import read_text
from lamsach.clock import today
from lamsach.ledger.actions import Actor, action
from lamsach.places import actions as places
from lamsach.places.models import Office, OfficeKind, Territory, Unit
from lamsach.signing.queries import unsigned_at

__all__ = [
    "CODELESS",
    "add_territory",
    "close_office",
    "end_territory",
    "name_successor",
    "open_office",
]

#: Offices of which the country has so few that they need no code.
CODELESS = frozenset(
    {
        OfficeKind.MINISTRY,
        OfficeKind.MINISTRY_POLICE,
        OfficeKind.AUDIT,
        OfficeKind.ADMINISTRATION,
    }
)


def open_office(
    *,
    kind: str,
    name: str,
    code: str,
    by: Actor,
    territory: Sequence[Unit] = (),
    above: Office | None = None,
    opened_on: date | None = None,
) -> Office:
    """Open an office. Raises `ValidationError`, by field."""
    name = read_text(name)
    code = code.strip()
    if not code and kind not in CODELESS:
        raise ValidationError({"code": _("Write the office's code: files name offices by it.")})
    with action() as act:
        if code and Office.objects.filter(kind=kind, code=code).exists():
            raise ValidationError(
                {"code": _("An office of this kind has this code already; find it in the list.")}
            )
        made = places.open_office(
            kind=kind,
            name=name,
            code=code,
            territory=territory,
            above=above,
            opened_on=opened_on,
            actor=by,
        )
        look_at_residents(act, territory, by=by)
    return made


def add_territory(
    *, office: Office, units: Sequence[Unit], by: Actor, since: date | None = None
) -> int:
    """Make an office responsible for more units from a day on (today); how many are new."""
    first = max(since or today(), office.opened_on)
    with action() as act:
        locked = Office.objects.select_for_update().get(pk=office.pk)
        if locked.closed_on is not None:
            raise ValidationError(_("This office is closed."))
        there = Territory.objects.filter(office=office, period__overlap=(first, None))
        known = set(there.values_list("unit_id", flat=True))
        new = [one for one in units if one.pk not in known]
        for unit in new:
            places.give_territory(office=office, unit=unit, actor=by, since=first)
        look_at_residents(act, new, by=by)
    return len(new)


def end_territory(*, territory: Territory, by: Actor) -> None:
    """End an office's responsibility for a unit with today; what begins later never begins."""
    day = today()
    with action() as act:
        locked = Territory.objects.select_for_update().select_related("office", "unit")
        found = locked.get(pk=territory.pk)
        assert found.period.lower is not None
        if found.period.lower >= day:
            places.withdraw_territory(territory=found, actor=by)
        else:
            places.end_territory(territory=found, until=day, actor=by)
        look_at_residents(act, [found.unit], by=by)


def close_office(
    *,
    office: Office,
    by: Actor,
    on: date | None = None,
    successor: Office | None = None,
    end_posts: bool = False,
) -> None:
    """Close an office from a day on. Raises `ValidationError` when somebody has a post there then.

    With `end_posts` these posts end that day. Doses that it entered and nobody has signed need a
    successor: its head signs them from that day on (8938/BYT-DP, facility track).
    """
    day = on or today()
    if day <= office.opened_on:
        raise ValidationError({"on": _("The office was not open yet on this day.")})
    if successor is not None and successor.pk == office.pk:
        raise ValidationError({"successor": _("An office does not succeed itself.")})
    with action() as act:
        locked = Office.objects.select_for_update().get(pk=office.pk)
        if locked.closed_on is not None:
            raise ValidationError(_("This office is closed."))
        held = Post.objects.filter(not_over(day), office=office)
        posts = list(held.select_related("officer", "office").order_by("pk"))
        if posts and not end_posts:
            raise ValidationError(
                ngettext(
                    "%(count)d post is still held here then; end it with the office, or first.",
                    "%(count)d posts are still held here then; end them with the office, or first.",
                    len(posts),
                ),
                params={"count": len(posts)},
            )
        if successor is None and unsigned_at(office):
            raise ValidationError(
                {
                    "successor": _(
                        "Doses that were entered here are not signed. Name the office that signs"
                        " them from now on, or have them signed before."
                    )
                }
            )
        for post in posts:
            if by == accounts.actor_of(post.officer):
                raise ValidationError(_("Your own post is here: another administrator closes it."))
            accounts.end_post(post=post, by=by, on=day)
        look_at_residents(act, Unit.objects.filter(territories__office=office), by=by)
        later = Territory.objects.filter(office=office, period__startswith__gte=day)
        for territory in later.select_related("unit", "office").order_by("pk"):
            places.withdraw_territory(territory=territory, actor=by)
        places.close_office(office=office, on=day, actor=by, successor=successor)
        if successor is not None and day <= today():
            look_at_waiting(act, office, by=by)


def name_successor(*, office: Office, successor: Office, by: Actor) -> None:
    """Name who follows an office that was closed without: a corrected dose waits there once more.

    Raises `ValidationError` when the office is open, or somebody follows it already.
    """
    with action() as act:
        locked = Office.objects.select_for_update(of=["self"]).get(pk=office.pk)
        if locked.closed_on is None or locked.successor_id is not None:
            raise ValidationError(_("This office is open, or has a successor already."))
        if successor.pk == office.pk:
            raise ValidationError({"successor": _("An office does not succeed itself.")})
        places.name_successor(office=office, successor=successor, actor=by)
        look_at_waiting(act, office, by=by)
