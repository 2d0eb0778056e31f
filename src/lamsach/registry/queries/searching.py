"""Looking for people: by name, birth and number among those open, or one who is presented.

Names are found with or without marks, by their beginning; with a day of birth, with slips in them
too. Pages go on from the last person shown (keyset). Each search is logged, without its words.
"""

from __future__ import annotations

import uuid
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
from lamsach.registry.models import Person
from lamsach.registry.queries.conditions import people_condition
from lamsach.registry.queries.people import may_search
from lamsach.registry.workflow import MAY_PRESENT

__all__ = ["SearchPage", "presented_person", "search_people"]

PAGE: Final = 25
_LIKE_ENOUGH: Final = 0.35
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
    allowed = (
        Person.objects.filter(people_condition(scope))
        .select_related("residence")
        .order_by("name_key", "birth_date", "id")
    )
    found = _exactly(allowed, digits, key, day)
    last = allowed.filter(public_id=after).first() if after else None
    people = list((_beyond(found, last) if last else found)[: PAGE + 1])
    alike = False
    if not people and key and last is None:
        people = list(_alike(allowed, scope, key, str(day), day.precision == "full")[: PAGE + 1])
        alike = bool(people)
    fields = [one for one, given in (("name", key), ("number", digits), ("birth", birth)) if given]
    shown = people[:PAGE]
    note_search(officer=viewer, scope=scope, fields=fields, found=len(shown))
    return SearchPage(shown, len(people) > PAGE and not alike, alike)


def _exactly(allowed: QuerySet[Person], digits: str, key: str, day: Birth) -> QuerySet[Person]:
    if digits:
        allowed = allowed.filter(personal_id=digits)
    if key:
        allowed = allowed.filter(name_key__startswith=key)
    if day.precision == "full":  # a record may know the month or the year alone
        text = str(day)
        return allowed.filter(birth_date__in=[text, text[:7], text[:4]])
    return allowed.filter(birth_date__startswith=str(day)) if day.year else allowed


def _beyond(found: QuerySet[Person], last: Person) -> QuerySet[Person]:
    same_name = Q(name_key=last.name_key)
    same_day = same_name & Q(birth_date=last.birth_date)
    return found.filter(
        Q(name_key__gt=last.name_key)
        | same_name & Q(birth_date__gt=last.birth_date)
        | same_day & Q(pk__gt=last.pk),
        name_key__gte=last.name_key,
    )


def _alike(
    allowed: QuerySet[Person], scope: Scope, key: str, day: str, whole_day: bool
) -> QuerySet[Person]:
    """Names with slips among those born on the day; else names that hold the words somewhere."""
    if whole_day:
        likeness = TrigramSimilarity("name_key", key)
        born = allowed.filter(birth_date=day).annotate(likeness=likeness)
        return born.filter(likeness__gte=_LIKE_ENOUGH).order_by("-likeness", "id")
    if scope.has(*_WIDE):
        return allowed.none()
    found = allowed.filter(name_key__contains=f" {key}")
    return found.filter(birth_date__startswith=day) if day else found


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
