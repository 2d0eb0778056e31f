"""Offices change: who is responsible for people changes with them, by a job."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from administration_making import SYSTEM
from django.core.exceptions import ValidationError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "registry"))

from registry_making import Country, make_country

from lamsach.administration.actions import offices
from lamsach.authentication.models import Answer
from lamsach.clock import now, today
from lamsach.jobs.actions import start_job
from lamsach.ledger.actions import action
from lamsach.places.models import Territory
from lamsach.registry.models import Person, Standing
from lamsach.registry.standing import refresh_standing

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def country(db: None) -> Country:
    return make_country()


def responsible(person: Person) -> str | None:
    office = Standing.objects.select_related("responsible").get(person=person).responsible
    return office.name if office else None


def test_the_station_that_takes_a_commune_over_acts_next(
    country: Country, run_jobs: Callable[[], int], clock_at: Any
) -> None:
    here = country.person(personal_id="")
    far = country.person(personal_id="", residence=country.far.pk, full_name="Lê Văn Xa")
    for person in (here, far):
        Answer.objects.create(
            person=person, person_version=1, kind="id_missing", purpose="entry", at=now()
        )
    refresh_standing([here.pk, far.pk])
    assert responsible(here) == country.station.name
    entered = country.facility.name  # who entered them acts where no station is responsible
    since = Standing.objects.get(person=here).since
    offices.end_territory(territory=Territory.objects.get(office=country.station), by=SYSTEM)
    run_jobs()
    assert responsible(here) == entered
    new = offices.open_office(
        kind="station", name="Trạm mới", code="n", territory=[country.near], by=SYSTEM
    )
    run_jobs()
    assert responsible(here) == "Trạm mới"
    assert responsible(far) == entered
    other = offices.open_office(kind="station", name="Trạm khác", code="o", by=SYSTEM)
    assert offices.add_territory(office=other, units=[country.near, country.far], by=SYSTEM) == 2
    run_jobs()
    assert responsible(far) == "Trạm khác"
    offices.close_office(office=new, by=SYSTEM, on=today() + timedelta(1))
    run_jobs()
    assert responsible(here) == "Trạm mới"  # until the day comes
    assert Standing.objects.get(person=here).since == since
    offices.end_territory(
        territory=Territory.objects.get(office=other, unit=country.near), by=SYSTEM
    )
    run_jobs()
    for day, acts in ((0, "Trạm mới"), (1, entered)):
        with clock_at(now() + timedelta(days=day)):
            with action() as act:
                start_job(act, "administration.new_day", key=f"new-day/{day}", actor=SYSTEM)
            run_jobs()
        assert responsible(here) == acts


@pytest.fixture
def unsigned(country: Country) -> Person:
    """Somebody whose dose the head of the facility has to sign."""
    Territory.objects.filter(office=country.facility).delete()  # facilities have none
    person = country.person()
    Answer.objects.create(
        person=person, person_version=1, kind="right", purpose="entry", at=now(),
        statement=b"{}", signature=b"s",
    )  # fmt: skip
    refresh_standing([person.pk])
    assert responsible(person) == country.facility.name
    return person


def test_an_office_with_unsigned_doses_is_closed_only_with_a_successor_who_acts_next(
    country: Country, unsigned: Person, run_jobs: Callable[[], int]
) -> None:
    with pytest.raises(ValidationError) as refused:
        offices.close_office(office=country.facility, by=SYSTEM, end_posts=True)
    assert set(refused.value.message_dict) == {"successor"}
    country.facility.refresh_from_db()
    assert country.facility.closed_on is None
    offices.close_office(
        office=country.facility, by=SYSTEM, end_posts=True, successor=country.other_facility
    )
    run_jobs()
    assert responsible(unsigned) == country.other_facility.name
    with pytest.raises(ValidationError):  # what it took over is not signed either
        offices.close_office(office=country.other_facility, by=SYSTEM, end_posts=True)


def test_a_successor_acts_next_from_the_day_on(
    country: Country, unsigned: Person, run_jobs: Callable[[], int], clock_at: Any
) -> None:
    offices.close_office(
        office=country.facility, by=SYSTEM, end_posts=True, on=today() + timedelta(1),
        successor=country.other_facility,
    )  # fmt: skip
    for day, acts in ((0, country.facility), (1, country.other_facility)):
        with clock_at(now() + timedelta(days=day)):
            with action() as act:
                start_job(act, "administration.new_day", key=f"new-day/{day}", actor=SYSTEM)
            run_jobs()
        assert responsible(unsigned) == acts.name
