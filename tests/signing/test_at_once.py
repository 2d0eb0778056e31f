"""Two transactions change different things of one person: what is projected knows of both.

Each pair runs twice, either first: the first is held open until the second has ended or waits.
"""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "registry"))

from other_making import Other
from registry_making import Country, make_country
from signing_making import PIN, SYSTEM, Authority, answer, write_p12

from lamsach.accounts.refusals import ConflictError
from lamsach.ledger.actions import action
from lamsach.registry.actions import approve_corrections, request_correction, withdraw_correction
from lamsach.registry.models import Correction, Dose, Person, Standing
from lamsach.registry.standing import rebuild_standing
from lamsach.signing import actions
from lamsach.signing.models import AwaitingDose, SigningBatch

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed")]


@dataclass
class Scene:
    """A person with two doses in a prepared batch, one of which a correction is asked for."""

    country: Country
    person: Person
    doses: list[Dose]
    batch: SigningBatch
    correction: Correction

    def answer(self) -> None:
        answer(self.person, "wrong")

    def dose(self) -> None:
        self.country.dose(self.person.pk, dose_number=3, vaccine_code="Abdala")

    def request(self) -> None:
        request_correction(
            officer=self.country.alice, office=self.country.facility, person=self.person,
            dose=self.doses[0], changes={"lot": "LOT9"}, grounds="nhầm lô",
        )  # fmt: skip

    def approve(self) -> None:
        approve_corrections(
            officer=self.country.bob, office=self.country.facility, corrections=[self.correction]
        )

    def withdraw(self) -> None:
        withdraw_correction(officer=self.country.alice, correction=self.correction)

    def sign(self) -> None:
        actions.sign_batch(officer=self.country.bob, batch=self.batch, pin=PIN)


@pytest.fixture
def scene(committed: None, authority: Authority, settings: Any) -> Scene:
    country = make_country()
    key, certificate = authority.officer("bob")
    write_p12(settings.SIGNING_KEYS / "bob.p12", key, certificate)
    actions.bind_certificate(
        officer=country.bob, certificate=certificate, by=SYSTEM, key="file:bob.p12"
    )
    person = country.person()
    country.dose(person.pk, dose_number=2, vaccine_code="EU/1/20/1528")
    answer(person)
    doses = list(person.doses.order_by("id"))
    batch = actions.prepare_batch(officer=country.bob, office=country.facility)
    correction = request_correction(
        officer=country.alice, office=country.facility, person=person, dose=doses[1],
        changes={"withdrawn": "yes"}, grounds="nhập nhầm",
    )  # fmt: skip
    return Scene(country, person, doses, batch, correction)


def kept() -> tuple[set[Any], set[Any]]:
    return (
        set(Standing.objects.values_list("person", "obstacle", "responsible")),
        set(AwaitingDose.objects.values_list("dose", "office")),
    )


WHAT = ("answer", "dose", "request", "approve", "withdraw", "sign")


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(WHAT, 2)))
def test_two_at_once_leave_what_a_recount_says(
    scene: Scene, superuser: Any, first: str, second: str
) -> None:
    with action():
        getattr(scene, first)()
        # Of two decisions one comes too late.
        other = Other(getattr(scene, second), may_fail=(ConflictError,))
        other.until_it_ends_or_waits(superuser)
    other.well()
    left = kept()
    rebuild_standing()
    assert kept() == left


def test_a_dose_is_corrected_while_its_batch_is_signed(
    scene: Scene, superuser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.answer()  # what is in the batch no longer holds
    void, others = actions.sql.void_stale, []

    def slow(*given: Any) -> int:
        count = void(*given)
        others.append(Other(scene.approve))
        others[0].until_it_ends_or_waits(superuser)
        return count

    monkeypatch.setattr(actions.sql, "void_stale", slow)
    scene.sign()
    others[0].well()
    scene.correction.refresh_from_db()
    assert scene.correction.state == "approved"
    left = kept()
    rebuild_standing()
    assert kept() == left


def test_a_recount_waits_for_what_is_under_way(scene: Scene, superuser: Any) -> None:
    AwaitingDose.objects.all().delete()  # there is something to be put right
    Standing.objects.all().delete()
    with action():
        scene.sign()
        other = Other(rebuild_standing)
        other.until_it_ends_or_waits(superuser)
    other.well()
    left = kept()
    rebuild_standing()
    assert kept() == left
