"""Background work of administration: people's standing after offices or campaigns changed.

Safe to run twice: a projection of what is there now. It goes on from the key it came to.
"""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lamsach.administration.actions.standing import (
    STANDING,
    look_at_residents,
    look_at_waiting,
)
from lamsach.clock import today
from lamsach.jobs.actions import step
from lamsach.jobs.models import Job
from lamsach.jobs.registry import background, periodic
from lamsach.ledger.actions import Actor
from lamsach.passports.actions import look_at
from lamsach.places.models import Coverage, Office, Territory, Unit
from lamsach.registry.models import Dose, Person, Standing
from lamsach.registry.standing import refresh_standing

__all__ = ["new_day", "standing"]

_AT_ONCE: Final = 5_000


@background(STANDING, label=_("Standing after offices or a campaign changed"), bulk=True)
def standing(job: Job) -> None:
    """Go through the people of a campaign, the residents of units, or who waits for an office."""
    while True:
        with step(job) as here:
            after = here.cursor.get("after", 0)
            people = list(_people(job).filter(pk__gt=after).order_by("pk")[:_AT_ONCE])
            if not people:
                break
            if "campaign" in job.arguments:
                look_at(here.act, people)
            refresh_standing(people)
            here.advance(len(people), cursor={"after": people[-1]})


def _people(job: Job) -> QuerySet[Person, int] | QuerySet[Standing, int]:
    if "office" in job.arguments:
        waiting = Standing.objects.filter(responsible=job.arguments["office"])
        return waiting.values_list("pk", flat=True)
    rows = Person.objects.values_list("pk", flat=True)
    if "campaign" in job.arguments:
        doses = Dose.objects.filter(campaign_id=job.arguments["campaign"])
        return rows.filter(pk__in=doses.values("person_id"))
    covered = Coverage.objects.filter(covering_id__in=job.arguments["units"])
    return rows.filter(residence__in=covered.values("covered_id"))


@periodic("5 17 * * *", "administration.new_day", label=_("Who is responsible from today"))
def new_day(job: Job) -> None:
    """After midnight in Vietnam: responsibilities that begin or end with the day that has begun."""
    day = today()
    with step(job) as here:
        turns = Territory.objects.filter(Q(period__startswith=day) | Q(period__endswith=day))
        changed = Unit.objects.filter(pk__in=turns.values("unit"))
        system = Actor.system("administration.new_day")
        look_at_residents(here.act, changed, by=system)
        for office in Office.objects.filter(closed_on=day).exclude(successor=None).order_by("pk"):
            look_at_waiting(here.act, office, by=system)
