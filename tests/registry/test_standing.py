"""Standing and consequences: after any actions the table is what a recount would make."""

from __future__ import annotations

import random
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamsach.accounts.refusals import ConflictError
from lamsach.registry import consequences, standing
from lamsach.registry.actions import (
    approve_corrections,
    refuse_correction,
    request_correction,
    withdraw_correction,
)
from lamsach.registry.consequences import Consequence, register_consequence
from lamsach.registry.models import Correction, Person, Standing
from lamsach.registry.standing import STATIONS, Obstacle, register_obstacle

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def obstacles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Besides the registry's own: no number at all (the station acts), and no dose (nobody)."""
    monkeypatch.setattr(standing, "_REGISTERED", dict(standing._REGISTERED))
    register_obstacle(
        Obstacle(
            "test_no_number", 3,
            "select p.id, office_id from asked join registry_person p using (id)"
            " left join station_of on unit_id = p.residence_id where p.personal_id = ''",
            "", "", (STATIONS,),
        )
    )  # fmt: skip
    register_obstacle(
        Obstacle(
            "test_no_dose", 99,
            "select a.id, null::bigint from asked a where not exists (select from registry_dose d"
            " where d.person_id = a.id and d.withdrawn_at is null)",
            "", "",
        )
    )  # fmt: skip


def projected() -> list[tuple[Any, ...]]:
    columns = ("person", "rank", "obstacle", "responsible", "since", "residence")
    return sorted(Standing.objects.values_list(*columns))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dice=st.randoms(use_true_random=False), length=st.integers(1, 12))
def test_a_recount_changes_nothing(
    country: Any, obstacles: None, dice: random.Random, length: int
) -> None:
    mark = transaction.savepoint()
    try:
        for _step in range(length):
            _act(country, dice)
        before = projected()
        call_command("rebuild_standing", stdout=StringIO())
        assert projected() == before
    finally:
        transaction.savepoint_rollback(mark)
        transaction.set_rollback(False)


def _act(country: Any, dice: random.Random) -> None:
    people = list(Person.objects.order_by("id"))
    waiting = list(Correction.objects.filter(state="requested").order_by("id"))
    if len(people) < 2 or dice.random() < 0.2:
        home = dice.choice([country.near.pk, country.far.pk, None])
        country.person(
            personal_id=dice.choice(["", "070163000001"]), residence=home, dose=dice.random() < 0.7
        )
    elif not waiting or dice.random() < 0.4:
        seen = [one for one in people if one.doses.exists()]
        if seen:
            _request(country, dice, dice.choice(seen))
    else:
        one = dice.choice(waiting)
        where = {"officer": country.bob, "office": country.facility}
        try:
            match dice.choice(["approve", "approve", "refuse", "withdraw"]):
                case "approve":
                    approve_corrections(**where, corrections=[one])
                case "refuse":
                    refuse_correction(**where, correction=one, reason="thử")
                case _:
                    withdraw_correction(officer=country.alice, correction=one)
        except ConflictError:
            pass  # another correction came first


def _request(country: Any, dice: random.Random, person: Person) -> None:
    dose = person.doses.filter(withdrawn_at=None).first() if dice.random() < 0.3 else None
    other = "2022/00001" if person.residence_id == country.near.pk else "2022/25195"
    changes = dice.choice(
        [{"personal_id": "" if person.personal_id else "070163000009"}, {"residence": other}]
    )
    request_correction(
        officer=country.alice, office=country.facility, person=person, dose=dose,
        changes={"withdrawn": "yes"} if dose else changes, grounds="thử",
    )  # fmt: skip


def test_since_stays_while_the_obstacle_does(country: Any, obstacles: None, clock_at: Any) -> None:
    from datetime import timedelta

    from lamsach.clock import now

    person = country.person(personal_id="")
    since = Standing.objects.get(person=person).since
    with clock_at(now() + timedelta(days=1)):
        request_correction(
            officer=country.alice, office=country.facility, person=person,
            changes={"sex": "Nam"}, grounds="thử",
        )  # fmt: skip
    assert Standing.objects.get(person=person).since == since
    assert Standing.objects.get(person=person).obstacle == "test_no_number"


def test_the_command_lists_who_listens_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consequences, "_REGISTERED", {})
    for name, order in (("later", 20), ("sooner", 10)):
        register_consequence(Consequence(name, order, lambda *_: None, f"does {name}"))
    out = StringIO()
    call_command("consequences", stdout=out)
    lines = out.getvalue().splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["10", "sooner:"], ["20", "later:"]]
    assert "does sooner" in lines[0]
    with pytest.raises(ValueError, match="place"):
        register_consequence(Consequence("third", 20, lambda *_: None, ""))
