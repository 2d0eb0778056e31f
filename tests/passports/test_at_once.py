"""The issuing desk beside who changes a record or revokes: nobody waits in a circle."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from other_making import Other
from signing_making import SYSTEM, answer, make_campaign, make_office, make_officer

from lamsach.accounts.actions import give_post
from lamsach.accounts.roles import Role
from lamsach.clock import now
from lamsach.ledger.actions import action
from lamsach.passports import actions
from lamsach.passports import desk as desk_room
from lamsach.passports.desk import do_some_due
from lamsach.passports.issuer import open_issuer
from lamsach.passports.models import Due, Lane, Passport, Reason
from lamsach.places.models import OfficeKind
from lamsach.registry.models import Person, Standing
from lamsach.registry.standing import hold_people, rebuild_standing, refresh_standing

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed", "ministry", "fresh_log")]


@pytest.fixture
def due(vaccinated: Any, sign: Any, run_jobs: Any) -> Person:
    """Somebody with a passport that is to be issued anew."""
    person: Person = vaccinated()
    sign()
    run_jobs()
    Person.objects.filter(pk=person.pk).update(travel_name="TRAN<<THI HOA")
    with action() as act:
        actions.look_at(act, [person.pk])
    return person


def desk(most: int = 10) -> None:
    with open_issuer() as issuer, action() as act:
        do_some_due(act, issuer, lane=Lane.QUICK, most=most)


def as_counted(person: Person) -> None:
    left = set(Standing.objects.values_list("obstacle", "responsible"))
    rebuild_standing()
    assert set(Standing.objects.values_list("obstacle", "responsible")) == left


def test_a_passport_is_revoked_while_the_desk_wants_to_replace_it(
    due: Person, superuser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    official = make_officer("ministry")
    office = make_office(OfficeKind.MINISTRY)
    give_post(officer=official, office=office, role=Role.MINISTRY, by=SYSTEM)
    revoke, others = actions.revoke, []

    def slow(*given: Any, **more: Any) -> None:
        others.append(Other(desk))
        others[0].until_it_ends_or_waits(superuser)
        revoke(*given, **more)

    monkeypatch.setattr(actions, "revoke", slow)
    actions.revoke_for_fraud(officer=official, passport=Passport.objects.get(), grounds="mua bán")
    others[0].well()
    assert Passport.objects.get().revocation_reason == Reason.FRAUD
    as_counted(due)


def test_two_that_look_at_one_person_do_not_wait_in_a_circle(due: Person, superuser: Any) -> None:
    def renews() -> None:
        with action() as act:
            actions.look_at(act, [due.pk])
            refresh_standing([due.pk])

    with action() as act:
        hold_people([due.pk])  # as a correction does
        other = Other(renews)
        other.until_it_ends_or_waits(superuser)
        actions.look_at(act, [due.pk])
        refresh_standing([due.pk])
    other.well()
    assert Due.objects.count() == 1
    as_counted(due)


def test_two_desks_have_one_person_one_after_the_other(
    due: Person, superuser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Due.objects.create(person=due, campaign=make_campaign(), lane=Lane.QUICK, since=now())
    wanted, others = desk_room.wanted, []

    def slow(people: Any) -> Any:
        if not others:
            others.append(Other(partial(desk, 1)))
            others[0].until_it_ends_or_waits(superuser)
        return wanted(people)

    monkeypatch.setattr(desk_room, "wanted", slow)
    desk(1)
    others[0].well()
    assert Due.objects.count() == 1
    desk()
    assert not Due.objects.exists()
    as_counted(due)


def test_the_desk_waits_for_nobody_who_changes_a_record(due: Person, superuser: Any) -> None:
    with action():
        hold_people([due.pk])
        other = Other(desk)
        other.until_it_ends_or_waits(superuser)
        assert other.ended.is_set()
    other.well()
    assert Due.objects.count() == 1  # left for later
    desk()
    assert not Due.objects.exists()
    answer(due, "wrong")
    as_counted(due)
