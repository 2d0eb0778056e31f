"""What waits for a signature: a table that after any actions is what a recount would make.

Who counts on it counts what a batch would hold, and nothing is signed because of it alone.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "registry"))

from registry_making import Country, make_country
from signing_making import PIN, SYSTEM, Authority, answer, make_head, write_p12

from lamsach.accounts.refusals import ConflictError
from lamsach.authentication.models import Answer
from lamsach.clock import now, today
from lamsach.places.actions import close_office
from lamsach.places.models import Office
from lamsach.registry.actions import (
    approve_corrections,
    refuse_correction,
    request_correction,
    withdraw_correction,
)
from lamsach.registry.models import Correction, CorrectionState, Dose, Person, Standing
from lamsach.registry.standing import rebuild_standing
from lamsach.signing import actions
from lamsach.signing.errors import CannotSignError
from lamsach.signing.models import AwaitingDose, BatchState, DoseStatement
from lamsach.signing.queries import desks_of

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def country(db: None, authority: Authority, settings: Any) -> Country:
    """The small country; Bob and Charlie sign for its two facilities."""
    made = make_country()
    for officer in (made.bob, made.charlie):
        key, certificate = authority.officer(officer.username)
        write_p12(settings.SIGNING_KEYS / f"{officer.username}.p12", key, certificate)
        actions.bind_certificate(
            officer=officer, certificate=certificate, by=SYSTEM, key=f"file:{officer.username}.p12"
        )
    return made


def kept() -> tuple[set[Any], set[Any]]:
    standing = Standing.objects.values_list("person", "obstacle", "responsible", "since")
    awaiting = AwaitingDose.objects.values_list("dose", "person", "office", "entered_at")
    return set(standing), set(awaiting)


def waits(dose: Dose) -> bool:
    """Whether a dose waits, as one would say it: nothing here is taken from the product's SQL."""
    person = dose.person
    said = Answer.objects.filter(person=person, person_version=person.version)
    newest = said.order_by("-id").values_list("kind", flat=True).first()
    signed = DoseStatement.objects.filter(
        dose=dose, dose_version=dose.version, voided_at=None, batch__state=BatchState.SIGNED
    )
    asked = Correction.objects.filter(dose=dose, state=CorrectionState.REQUESTED)
    return (
        dose.withdrawn_at is None
        and newest in ("right", "exempt")
        and not signed.exists()
        and not asked.exists()
    )


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dice=st.randoms(use_true_random=False), length=st.integers(1, 18))
def test_after_anything_what_waits_is_what_a_recount_says(
    country: Country, dice: random.Random, length: int
) -> None:
    mark = transaction.savepoint()
    try:
        for _step in range(length):
            with suppress(PermissionDenied, ConflictError):  # closed by then; decided already
                _act(country, dice)
        before = kept()
        waiting = {one.pk for one in Dose.objects.select_related("person") if waits(one)}
        assert {dose for dose, *_row in before[1]} == waiting
        rebuild_standing()
        assert kept() == before
        for head, office in (
            (country.bob, country.facility),
            (country.charlie, country.other_facility),
        ):
            _a_batch_holds_what_is_counted(head, office)
    finally:
        transaction.savepoint_rollback(mark)
        transaction.set_rollback(False)


def _is_open(office: Office) -> bool:
    return Office.objects.filter(pk=office.pk, closed_on=None).exists()


def _a_batch_holds_what_is_counted(head: Any, office: Office) -> None:
    desks = desks_of(head)
    if not desks:
        assert not _is_open(office)
        return
    if desks[0].prepared is not None:
        actions.abandon_batch(officer=head, batch=desks[0].prepared)
        desks = desks_of(head)
    if desks[0].awaiting:
        made = actions.prepare_batch(officer=head, office=office)
        assert made.count == desks[0].awaiting
    else:
        with pytest.raises(CannotSignError, match="nothing"):
            actions.prepare_batch(officer=head, office=office)


def _act(country: Country, dice: random.Random) -> None:
    people = list(Person.objects.order_by("id"))
    if len(people) < 2 or dice.random() < 0.1:
        answered(country.person(personal_id=f"0701630{len(people):05}"), dice)
        return
    person = dice.choice(people)
    match dice.choice(["answer", "dose", "request", "decide", "decide", "sign", "sign", "close"]):
        case "answer":
            answered(person, dice)
        case "dose":
            day = today() - timedelta(days=dice.randrange(400))
            country.dose(person.pk, vaccinated_on=day, dose_number=2)
        case "request":
            _request(country, person, dice)
        case "decide":
            _decide(country, dice)
        case "sign":
            _sign(country, dice)
        case _ if dice.random() < 0.3 and _is_open(country.facility):
            day = today() + timedelta(days=dice.choice([0, 0, 1]))
            close_office(
                office=country.facility, on=day, actor=SYSTEM, successor=country.other_facility
            )
            rebuild_standing()  # the job that follows from it


def answered(person: Person, dice: random.Random) -> None:
    answer(person, dice.choice(["right", "right", "right", "wrong", "exempt"]))


def _request(country: Country, person: Person, dice: random.Random) -> None:
    dose = dice.choice([None, *person.doses.filter(withdrawn_at=None)])
    lot = str(dice.randrange(1000))
    changes = {"personal_id": "070163000009"} if person.personal_id[-1] != "9" else {"sex": "Nam"}
    if dose:
        changes = dice.choice([{"withdrawn": "yes"}, {"lot": f"LOT{lot}"}])
    request_correction(
        officer=country.alice, office=country.facility, person=person, dose=dose,
        changes=changes, grounds="thử",
    )  # fmt: skip


def _decide(country: Country, dice: random.Random) -> None:
    waiting = list(Correction.objects.filter(state="requested").order_by("id"))
    if not waiting:
        return
    one, where = dice.choice(waiting), {"officer": country.bob, "office": country.facility}
    match dice.choice(["approve", "approve", "refuse", "withdraw"]):
        case "approve":
            approve_corrections(**where, corrections=[one])
        case "refuse":
            refuse_correction(**where, correction=one, reason="thử")
        case _:
            withdraw_correction(officer=country.alice, correction=one)


def _sign(country: Country, dice: random.Random) -> None:
    head, office = dice.choice(
        [(country.bob, country.facility), (country.charlie, country.other_facility)]
    )
    with suppress(CannotSignError):  # nothing waits
        batch = actions.prepare_batch(officer=head, office=office)
        match dice.choice(["sign", "sign", "leave", "give up"]):
            case "sign":
                actions.sign_batch(officer=head, batch=batch, pin=PIN)
            case "give up":
                actions.abandon_batch(officer=head, batch=batch)


def test_nothing_is_signed_because_the_table_says_so(country: Country) -> None:
    wrong = country.person()
    answer(wrong, "wrong")
    dose = wrong.doses.get()
    AwaitingDose.objects.create(
        dose=dose, person=wrong, office=country.facility, entered_at=dose.entered_at
    )
    with pytest.raises(CannotSignError, match="nothing"):
        actions.prepare_batch(officer=country.bob, office=country.facility)


def test_counting_reads_the_derived_table_alone(country: Country, count_queries: Any) -> None:
    answer(country.person())
    with count_queries() as seen:
        (desk,) = desks_of(country.bob)
    assert desk.awaiting == 1
    assert not [one for one in seen if "registry_" in one["sql"]]


def test_the_successor_signs_from_the_day_on_and_takes_over_what_was_prepared(
    country: Country, clock_at: Callable[..., Any]
) -> None:
    people = [country.person(personal_id=f"07016300000{number}") for number in (1, 2)]
    for person in people:
        answer(person)
    left = actions.prepare_batch(officer=country.bob, office=country.facility)
    day = today() + timedelta(1)
    close_office(office=country.facility, on=day, actor=SYSTEM, successor=country.other_facility)
    (desk,) = desks_of(country.charlie)
    assert desk.awaiting == 0
    with pytest.raises(CannotSignError, match="nothing"):
        actions.prepare_batch(officer=country.charlie, office=country.other_facility)
    with clock_at(now() + timedelta(1)):
        rebuild_standing()
        assert set(Standing.objects.values_list("responsible", flat=True)) == {
            country.other_facility.pk
        }
        (desk,) = desks_of(country.charlie)
        assert desk.awaiting == 2
        batch = actions.prepare_batch(officer=country.charlie, office=country.other_facility)
        actions.sign_batch(officer=country.charlie, batch=batch, pin=PIN)
    left.refresh_from_db()
    assert (left.state, left.statements.count()) == (BatchState.ABANDONED, 0)
    assert not AwaitingDose.objects.exists()


def test_one_office_is_counted_apart_from_another(country: Country) -> None:
    answer(country.person())
    make_head(country.charlie, country.facility)
    assert {one.office.pk: one.awaiting for one in desks_of(country.charlie)} == {
        country.facility.pk: 1, country.other_facility.pk: 0
    }  # fmt: skip
