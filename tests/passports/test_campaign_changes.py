"""A campaign's rules change: who gets a passport then, and who keeps none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from lamsach.administration.actions.campaigns import Rules, change_campaign
from lamsach.ledger.actions import Actor
from lamsach.passports.models import Passport
from lamsach.registry.models import Campaign, Person, Standing

pytestmark = [pytest.mark.db]

SYSTEM = Actor.system("test")
AZ = "EU/1/21/1529"


@pytest.mark.usefixtures("fresh_log")
def test_fewer_doses_give_a_passport_and_a_vaccine_that_goes_takes_it(
    campaign: Campaign,
    vaccinated: Callable[..., Person],
    sign: Callable[[], None],
    ministry: Any,
    run_jobs: Callable[[], int],
) -> None:
    rules = Rules(
        name=campaign.name,
        disease=campaign.disease,
        legal_basis="3588/QĐ-BYT",
        vaccines=(AZ, "Abdala"),
        doses_required={AZ: 2, "Abdala": 3},
        minimum_doses=None,
        compulsory_fields=(),
        units_as_of="2022",
        opened_on=date(2021, 1, 1),
    )
    change_campaign(campaign=campaign, rules=rules, by=SYSTEM)
    person = vaccinated(products=(AZ,))
    sign()
    run_jobs()
    assert Standing.objects.get(person=person).obstacle == "not_eligible"
    assert not Passport.objects.exists()
    change_campaign(campaign=campaign, rules=replace(rules, minimum_doses=1), by=SYSTEM)
    run_jobs()
    assert Passport.objects.get(person=person).superseded_at is None
    assert not Standing.objects.filter(person=person).exists()
    only = replace(rules, vaccines=("Abdala",), doses_required={"Abdala": 3}, minimum_doses=1)
    change_campaign(campaign=campaign, rules=only, by=SYSTEM)
    run_jobs()
    assert Passport.objects.get(person=person).superseded_at is not None
    assert Standing.objects.get(person=person).obstacle == "not_eligible"
