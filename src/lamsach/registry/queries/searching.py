"""Looking for people: by name, birth and number among those open, or one who is presented.

Names are found with or without marks, by their beginning; with a day of birth, with slips in them
too. Each way by which a scope opens people is searched alone, by an index of its own, and gives a
page at most; pages go on from the last person shown (keyset). Each search is logged, without its
words.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.postgres.search import TrigramSimilarity
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import View
from lamsach.accounts.scope import Scope, scope_of
from lamsach.identity.births import Birth, parse_birth
from lamsach.identity.card import CardError, parse_card
from lamsach.registry import keys
from lamsach.registry.actions.reading import note_search, present
from lamsach.registry.models import Dose, Person
from lamsach.registry.queries.conditions import people_ways
from lamsach.registry.queries.people import may_search
from lamsach.registry.workflow import MAY_PRESENT

__all__ = ["SearchPage", "presented_person", "search_people"]

PAGE: Final = 25
_ORDER: Final = ("name_key", "birth_date", "pk")
_LIKE_ENOUGH: Final = 0.35
#: Names like the one asked for, of those born on the day, among whom the open ones are looked for.
_NEAR: Final = 2_000
#: Doses of a facility beyond which words are not looked for inside names.
_MANY: Final = 20_000
#: Views so wide that looking for words inside names would read a province.
_WIDE: Final = (View.RESIDENTS_AND_VACCINATED, View.ALL_MASKED)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Some of the people who were found, in order.

    `more`: others follow the last of them. `alike`: no name begins so, these are like it.
    """

    people: list[Person]
    more: bool
    alike: bool


def search_people(
    viewer: Officer,
    *,
    name: str = "",
    number: str = "",
    birth: str = "",
    after: uuid.UUID | None = None,
) -> SearchPage:
    """People open to the viewer, by the beginning of the name, by number, by birth, or by several.

    `after` is the last person of the page before. Raises `ValidationError` when what is given is
    too little to look for, and `PermissionDenied` when the viewer's posts open nobody.
    """
    if not may_search(viewer):
        raise PermissionDenied
    scope = scope_of(viewer)
    key, day = keys.name_key(name), parse_birth(keys.clean(birth))
    digits = keys.read_number(number)[0]
    if birth and day.precision == "unknown":
        raise ValidationError(
            {"birth": _("Write the date of birth as day/month/year, or the year alone.")}
        )
    if len(key) < 2 and not digits and day.precision != "full":
        raise ValidationError(_("Enter a name, a number, or a whole date of birth."))
    ways = people_ways(scope)
    last = _open_person(ways, after) if after else None
    found = _first(_beyond(_exactly(way, digits, key, day), last) for way in ways)
    alike = False
    if not found and key and last is None:
        found = _alike(scope, ways, key, day)
        alike = bool(found)
    people = _read(found)
    fields = [one for one, given in (("name", key), ("number", digits), ("birth", birth)) if given]
    shown = people[:PAGE]
    note_search(officer=viewer, scope=scope, fields=fields, found=len(shown))
    return SearchPage(shown, len(people) > PAGE and not alike, alike)


def _open_person(ways: Sequence[Q], public_id: uuid.UUID) -> Person | None:
    named = Person.objects.filter(public_id=public_id)
    return next((one for way in ways if (one := named.filter(way).first())), None)


def _exactly(way: Q, digits: str, key: str, day: Birth) -> QuerySet[Person]:
    found = Person.objects.filter(way)
    if digits:
        found = found.filter(personal_id=digits)
    if key:
        found = found.filter(name_key__startswith=key)
    if day.precision == "full":  # a record may know the month or the year alone
        text = str(day)
        return found.filter(birth_date__in=[text, text[:7], text[:4]])
    return found.filter(birth_date__startswith=str(day)) if day.year else found


def _beyond(found: QuerySet[Person], last: Person | None) -> QuerySet[Person]:
    if last is None:
        return found
    same_name = Q(name_key=last.name_key)
    same_day = same_name & Q(birth_date=last.birth_date)
    return found.filter(
        Q(name_key__gt=last.name_key)
        | same_name & Q(birth_date__gt=last.birth_date)
        | same_day & Q(pk__gt=last.pk),
        name_key__gte=last.name_key,
    )


def _first(found: Iterable[QuerySet[Person]]) -> list[int]:
    """The keys of a page of people and one more, in the order of names, found by several ways.

    Each way gives its first, by an index and as far as it must: what it has beyond a page counts
    for nothing.
    """
    rows: set[tuple[str, str, int]] = set()
    for one in found:
        ordered = one.order_by(*_ORDER).values_list(*_ORDER)
        rows.update(ordered[: PAGE + 1])
    return [row[2] for row in sorted(rows)[: PAGE + 1]]


def _read(keys_found: Sequence[int]) -> list[Person]:
    """The people of these keys, in this order."""
    people = Person.objects.select_related("residence").in_bulk(keys_found)
    return [people[key] for key in keys_found if key in people]


def _alike(scope: Scope, ways: Sequence[Q], key: str, day: Birth) -> list[int]:
    """Names with slips among those born on the day; else names that hold the words somewhere."""
    if day.precision == "full":
        # Like enough first, by the index alone; then who of them is open.
        likeness = TrigramSimilarity("name_key", key)
        born = Person.objects.filter(birth_date=str(day)).annotate(likeness=likeness)
        near = born.filter(likeness__gte=_LIKE_ENOUGH).order_by("-likeness", "id")
        order = {one: place for place, one in enumerate(near.values_list("id", flat=True)[:_NEAR])}
        open_ones: set[int] = set()
        for way in ways:
            open_ones.update(Person.objects.filter(way, pk__in=order).values_list("pk", flat=True))
        return sorted(open_ones, key=order.__getitem__)[: PAGE + 1]
    if _is_wide(scope):
        return []
    found = (Person.objects.filter(way, name_key__contains=f" {key}") for way in ways)
    return _first(one.filter(birth_date__startswith=str(day)) if day.year else one for one in found)


def _is_wide(scope: Scope) -> bool:
    """Whether a scope opens so many people that none looks for words inside their names."""
    if scope.has(*_WIDE):
        return True
    entered = Dose.objects.filter(entered_by__in=scope.office_ids(View.OWN_DOSES))
    return entered.order_by().values("pk")[_MANY : _MANY + 1].exists()


def presented_person(
    viewer: Officer, *, card: str = "", number: str = "", birth: str = ""
) -> Person | None:
    """The record of a person who stands before the viewer, wherever they live; it is logged.

    Either the line of their card's QR code, or the exact number and whole date of birth. Of several
    records the one whose name the card bears comes first, then the oldest. The record stays open to
    this officer for half an hour. Raises `PermissionDenied` for roles that serve nobody,
    `ValidationError` for a line that is no card's or a birth that is no day, and `ConflictError`
    after too many misses.
    """
    scope = scope_of(viewer)
    if not scope.may(*MAY_PRESENT):
        raise PermissionDenied
    name = ""
    if card:
        try:
            read = parse_card(card)
        except CardError as error:
            raise ValidationError({"card": _("This is no identity card's code.")}) from error
        digits, day, name = read.personal_id, read.birth, keys.name_key(read.full_name)
    else:
        digits, status = keys.read_number(number)
        day = parse_birth(keys.clean(birth))
        if status != "well_formed" or day.precision != "full":
            raise ValidationError(_("Enter all digits of the number and the whole date of birth."))
    records = list(Person.objects.filter(personal_id=digits, birth_date=str(day)).order_by("id"))
    records.sort(key=lambda one: one.name_key != name)
    person = records[0] if records else None
    present(officer=viewer, scope=scope, person=person, how="card" if card else "typed")
    return person
