"""What posts open: the table of users.md, written a second time, and the gate by random trees."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamsach.accounts import actions
from lamsach.accounts.models import Officer
from lamsach.accounts.queries import officers_for, posts_of
from lamsach.accounts.roles import OFFICE_KINDS, VIEWS, Role, View
from lamsach.accounts.scope import scope_of, within
from lamsach.clock import today
from lamsach.ledger.actions import Actor
from lamsach.places.actions import close_office, load_units, open_office
from lamsach.places.models import Office, OfficeKind, Unit

pytestmark = pytest.mark.db

SYSTEM = Actor.system("test")

# users.md, "Who may see what", once more.
TABLE = {
    "facility_clerk": "own_doses",
    "facility_head": "own_doses",
    "station": "residents",
    "hamlet_group": "shared_lists",
    "commune_police": "sent_lists",
    "police_above": "proposals_below",
    "chair": "lists_and_batches",
    "district": "residents_and_vaccinated",
    "cdc": "residents_and_vaccinated",
    "department": "residents_and_vaccinated",
    "committee": "residents_and_vaccinated",
    "task_force": "counts",
    "ministry": "all_masked",
    "auditor": "ledger_masked",
    "administrator": "nobody",
}


def test_the_table_of_roles_is_the_one_that_was_agreed() -> None:
    assert {role.value: view.value for role, view in VIEWS.items()} == TABLE
    assert set(OFFICE_KINDS) == set(Role)


def officer(name: str) -> Officer:
    return actions.create_officer(username=name, full_name=name, by=SYSTEM)[0]


def office(kind: str = OfficeKind.STATION, **more: Any) -> Office:
    more.setdefault("opened_on", date(2022, 1, 1))
    return open_office(kind=kind, name="Trạm Y tế", actor=SYSTEM, **more)


@pytest.mark.django_db
def test_without_a_post_there_is_nothing() -> None:
    charlie = officer("charlie")
    scope = scope_of(charlie)
    assert scope.grants == ()
    condition = within(scope, views=list(View), unit="id")
    assert not Unit.objects.filter(condition).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("since", "until", "opens"),
    [(0, None, True), (0, 1, True), (1, None, False), (-9, 0, False), (-9, 1, True)],
)
def test_a_post_opens_from_its_first_day_until_its_last(
    since: int, until: int | None, opens: bool
) -> None:
    alice, day = officer("alice"), today()
    actions.give_post(
        officer=alice,
        office=office(),
        role=Role.STATION,
        by=SYSTEM,
        since=day + timedelta(since),
        until=None if until is None else day + timedelta(until),
    )
    assert scope_of(alice).may(Role.STATION) is opens
    assert posts_of(alice).exists() is opens


@pytest.mark.django_db
def test_a_closed_office_and_a_suspended_account_open_nothing() -> None:
    alice, place = officer("alice"), office()
    post = actions.give_post(officer=alice, office=place, role=Role.STATION, by=SYSTEM)
    assert scope_of(alice).grants
    close_office(office=place, on=today(), actor=SYSTEM)
    assert not scope_of(alice).grants
    Office.objects.filter(pk=place.pk).update(closed_on=None)
    actions.suspend_officer(officer=alice, by=SYSTEM)
    assert not scope_of(alice).grants
    actions.wake_officer(officer=alice, by=SYSTEM)
    assert scope_of(alice).grants
    actions.end_post(post=post, by=SYSTEM)
    assert not scope_of(alice).grants


@pytest.mark.django_db
def test_a_role_belongs_to_offices_of_its_kind() -> None:
    alice = officer("alice")
    with pytest.raises(ValidationError):
        actions.give_post(officer=alice, office=office(), role=Role.MINISTRY, by=SYSTEM)


@pytest.mark.django_db
def test_nobody_gives_a_post_to_themselves() -> None:
    alice = officer("alice")
    with pytest.raises(PermissionDenied):
        actions.give_post(
            officer=alice, office=office(), role=Role.STATION, by=actions.actor_of(alice)
        )


@pytest.mark.django_db
def test_accounts_are_for_administrators() -> None:
    alice, charlie = officer("alice"), officer("charlie")
    place = office(OfficeKind.ADMINISTRATION)
    actions.give_post(officer=alice, office=place, role=Role.ADMINISTRATOR, by=SYSTEM)
    assert set(officers_for(alice)) == {alice, charlie}
    assert set(officers_for(charlie)) == {charlie}


@pytest.fixture
def country(django_db_blocker: Any, committed: None) -> dict[str, Any]:
    """All units, an officer, and each unit's ancestors, reckoned here a second time."""
    load_units(actor=SYSTEM)
    above = dict(Unit.objects.values_list("id", "above_id"))
    old = Unit.objects.filter(catalogue="2022").order_by("code")
    return {
        "officer": officer("alice"),
        "above": above,
        "old": list(old.values_list("id", flat=True)),
    }


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_gate_lets_through_what_lies_in_the_territory_and_nothing_else(
    country: dict[str, Any], data: st.DataObject
) -> None:
    """Random territories of stations and facilities, random units asked for."""
    alice, above, old = country["officer"], country["above"], country["old"]
    territory = data.draw(st.lists(st.sampled_from(old), max_size=4, unique=True))
    asked = data.draw(st.lists(st.sampled_from(old), min_size=1, max_size=60, unique=True))
    place = office(territory=Unit.objects.filter(id__in=territory))
    post = actions.give_post(officer=alice, office=place, role=Role.STATION, by=SYSTEM)
    clinic = office(OfficeKind.FACILITY, territory=Unit.objects.filter(id__in=asked[:1]))
    other = actions.give_post(officer=alice, office=clinic, role=Role.FACILITY_CLERK, by=SYSTEM)
    allowed = within(scope_of(alice), views=[View.RESIDENTS], unit="id")
    seen = set(Unit.objects.filter(allowed, id__in=asked).values_list("id", flat=True))

    def inside(one: int | None) -> bool:
        return one is not None and (one in territory or inside(above[one]))

    assert seen == {one for one in asked if inside(one)}
    for one in (post, other):
        actions.end_post(post=one, by=SYSTEM)
