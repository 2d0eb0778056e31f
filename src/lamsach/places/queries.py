"""Reading places: units at a day, who followed whom, what an office covers.

Places are public reference data, so these take no viewer.
"""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from lamsach.places.actions import REFORM
from lamsach.places.models import Coverage, Office, Unit

__all__ = [
    "catalogue_on",
    "covered_units",
    "offices_for",
    "present_unit",
    "territory_units",
    "unit",
    "units_on",
]


def catalogue_on(day: date) -> str:
    """The catalogue that codes written on a day belong to.

    >>> catalogue_on(date(2022, 4, 19)), catalogue_on(date(2025, 7, 1))
    ('2022', '2025')
    """
    return "2022" if day < REFORM else "2025"


def unit(code: str, catalogue: str) -> Unit | None:
    """The unit of a code in a catalogue."""
    return Unit.objects.filter(code=code, catalogue=catalogue).first()


def units_on(day: date) -> QuerySet[Unit]:
    """The units that existed on a day."""
    return Unit.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_until=None) | Q(valid_until__gt=day)
    )


def present_unit(old: Unit) -> Unit | None:
    """The unit that is usually meant today; None when its successor is not known."""
    if old.valid_until is None:
        return old
    return Unit.objects.filter(precessions__predecessor=old, precessions__usual=True).first()


def territory_units(office: Office, day: date) -> QuerySet[Unit]:
    """The units that an office is itself responsible for on a day."""
    return Unit.objects.filter(
        territories__office=office, territories__period__contains=day
    ).distinct()


def covered_units(offices: QuerySet[Office], day: date) -> QuerySet[Coverage, int]:
    """The identifiers of all units that offices' territories cover on a day: for `__in`."""
    return (
        Coverage.objects.filter(
            covering__territories__office__in=offices,
            covering__territories__period__contains=day,
        )
        .values_list("covered_id", flat=True)
        .distinct()
    )


def offices_for(place: Unit, kind: str, day: date) -> QuerySet[Office]:
    """The offices of a kind that are responsible for a unit on a day."""
    return (
        Office.objects.filter(
            kind=kind,
            territories__period__contains=day,
            territories__unit__covers__covered=place,
        )
        .filter(Q(closed_on=None) | Q(closed_on__gt=day))
        .distinct()
        .order_by("id")
    )
