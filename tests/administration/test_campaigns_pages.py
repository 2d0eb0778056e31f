"""The ministry's pages of campaigns: what a campaign must have, and who may say so."""

from __future__ import annotations

from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from administration_making import SYSTEM, House, officer
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamsach.accounts.roles import OFFICE_KINDS, Role
from lamsach.administration.actions.campaigns import Rules, narrows, open_campaign
from lamsach.clock import today
from lamsach.hcert.vaccines import PRODUCTS
from lamsach.intake.queries import open_campaigns
from lamsach.intake.vaccines import vaccine_readings
from lamsach.jobs.models import Job
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.places.actions import open_office
from lamsach.registry.models import Campaign

pytestmark = [pytest.mark.db, pytest.mark.django_db]

AZ, PFIZER = "EU/1/21/1529", "EU/1/20/1528"


def at(name: str, **kwargs: Any) -> str:
    return reverse(f"administration:{name}", kwargs=kwargs)


def form(*vaccines: str, **more: Any) -> dict[str, Any]:
    return {
        "code": "covid-19",
        "name": "Tiêm chủng phòng COVID-19",
        "disease": "840539006",
        "legal_basis": "3588/QĐ-BYT",
        "opened_on": "2021-03-08",
        "units_as_of": "2022",
        "minimum_doses": "1",
        "vaccines": list(vaccines or (AZ, PFIZER)),
        **{f"doses_{number}": "2" for number in range(len(PRODUCTS))},
        **more,
    }


@pytest.fixture
def bob(house: House, signed_in: Any) -> Client:
    return signed_in(house.bob)


def errors(answer: Any) -> str:
    assert answer.status_code == 422
    return unescape(answer.content.decode())


@pytest.mark.parametrize("role", [one for one in Role if one != Role.MINISTRY])
def test_nobody_but_the_ministry_gets_in(house: House, signed_in: Any, role: Role) -> None:
    Campaign.objects.create(code="c", name="C", disease="840539006", opened_on="2021-03-08")
    kind = sorted(OFFICE_KINDS[role])[0]
    place = open_office(kind=kind, name="Nơi khác", code="x", actor=SYSTEM)
    browser = signed_in(officer("other", (place, role)))
    before = list(Campaign.objects.values())
    for address in (
        at("campaigns"), at("campaign_new"), at("campaign", code="c"),
        at("campaign_close", code="c"),
    ):  # fmt: skip
        assert browser.get(address).status_code in (403, 405)
        assert browser.post(address, form()).status_code in (403, 405)
    assert list(Campaign.objects.values()) == before


def test_a_campaign_is_opened_and_its_vaccines_are_read_at_intake(bob: Client) -> None:
    answer = bob.post(at("campaign_new"), form(compulsory_fields=["birth_date", "sex"]))
    assert answer.headers["Location"] == at("campaign", code="covid-19")
    made = open_campaigns().get()
    assert (made.vaccines, made.minimum_doses) == ([PFIZER, AZ], 1) or made.vaccines == [AZ, PFIZER]
    assert made.doses_required == {AZ: 2, PFIZER: 2}
    assert made.compulsory_fields == ["birth_date", "sex"]
    assert (made.opened_on, made.closed_on) == (date(2021, 3, 8), None)
    assert AZ in vaccine_readings(made.vaccines).values()
    event = Event.objects.get(verb=Verb.CAMPAIGN_OPEN)
    assert event.subject_id == "covid-19"
    assert event.facts["doses_required"] == {AZ: 2, PFIZER: 2}
    page = bob.get(at("campaign", code="covid-19")).content.decode()
    assert page.count(" checked") == 4  # two vaccines, two compulsory fields


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"vaccines": []}, "ít nhất một vắc xin"),
        ({"vaccines": ["Vidprevtyn"]}, "Vidprevtyn"),  # deprecated: never issued again
        ({f"doses_{number}": "" for number in range(len(PRODUCTS))}, "số mũi của liệu trình"),
        ({"code": "Có dấu"}, "gạch nối"),
        ({"code": "there"}, "Đã có chiến dịch"),
        ({"name": "19"}, "Hãy ghi tên"),
        ({"legal_basis": ""}, "legal_basis"),
        ({"disease": "1"}, "disease"),
        ({"minimum_doses": "0"}, "minimum_doses"),
        ({"last_day": "2021-03-07"}, "Ngày cuối trước ngày đầu"),
        ({"compulsory_fields": ["personal_id"]}, "compulsory_fields"),
    ],
)
def test_rules_that_cannot_be_are_refused_beside_their_field(
    bob: Client, change: dict[str, Any], says: str
) -> None:
    Campaign.objects.create(code="there", name="C", disease="840539006", opened_on="2021-03-08")
    assert says in errors(bob.post(at("campaign_new"), form(**change)))
    assert Campaign.objects.count() == 1
    assert not Event.objects.filter(verb=Verb.CAMPAIGN_OPEN).exists()


def rules(**more: Any) -> Rules:
    given: dict[str, Any] = {
        "name": "Chiến dịch",
        "disease": "840539006",
        "legal_basis": "3588/QĐ-BYT",
        "vaccines": (AZ,),
        "doses_required": {AZ: 2},
        "minimum_doses": None,
        "compulsory_fields": (),
        "units_as_of": "2022",
        "opened_on": date(2021, 3, 8),
    }
    return Rules(**{**given, **more})


@pytest.mark.parametrize(
    "wrong",
    [
        {"vaccines": (), "doses_required": {}},
        {"vaccines": ("x",), "doses_required": {"x": 1}},
        {"doses_required": {}},
        {"doses_required": {AZ: 0}},
        {"doses_required": {AZ: 2, PFIZER: 2}},
        {"disease": "1"},
        {"legal_basis": " "},
        {"minimum_doses": 10},
        {"units_as_of": "2023"},
        {"compulsory_fields": ("full_name",)},
    ],
)
def test_the_action_refuses_what_the_form_does(house: House, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        open_campaign(code="c", rules=rules(**wrong), by=SYSTEM)
    assert not Campaign.objects.exists()


def test_what_takes_passports_away_is_confirmed_first(bob: Client, house: House) -> None:
    bob.post(at("campaign_new"), form())
    page = at("campaign", code="covid-19")
    fewer = form(AZ)
    assert "xác nhận" in errors(bob.post(page, fewer))
    assert len(Campaign.objects.get().vaccines) == 2
    assert bob.post(page, {**fewer, "confirmed": "on"}).status_code == 302
    assert Campaign.objects.get().vaccines == [AZ]
    assert "xác nhận" in errors(bob.post(page, {**fewer, "minimum_doses": ""}))
    more = form(AZ, "Abdala", legal_basis="5772/QĐ-BYT")
    assert bob.post(page, more).status_code == 302
    assert bob.post(page, more).status_code == 302  # nothing is different any more
    assert Event.objects.filter(verb=Verb.CAMPAIGN_CHANGE).count() == 2
    assert Job.objects.filter(task="administration.standing").count() == 2


def test_what_doses_carry_is_never_changed(bob: Client) -> None:
    bob.post(at("campaign_new"), form())
    page = at("campaign", code="covid-19")
    bob.post(page, form(code="other", units_as_of="2025", disease="1", name="Tên mới"))
    changed = Campaign.objects.get()
    assert (changed.code, changed.units_as_of, changed.disease) == ("covid-19", "2022", "840539006")
    assert changed.name == "Tên mới"


def test_a_campaign_is_closed_with_a_day(bob: Client) -> None:
    bob.post(at("campaign_new"), form())
    close = at("campaign_close", code="covid-19")
    assert "Ngày cuối trước" in errors(bob.post(close, {"close-last_day": "2020-01-01"}))
    assert bob.post(close, {"close-last_day": ""}).status_code == 302
    assert Campaign.objects.get().closed_on == today() + timedelta(1)
    assert open_campaigns().exists()
    bob.post(close, {"close-last_day": (today() - timedelta(1)).isoformat()})
    assert not open_campaigns().exists()
    assert Event.objects.filter(verb=Verb.CAMPAIGN_CLOSE).count() == 2


COUNTS = st.none() | st.integers(1, 9)


@settings(suppress_health_check=[HealthCheck.too_slow])  # busy machines
@given(
    before=st.dictionaries(st.sampled_from("abc"), st.integers(1, 9), min_size=1),
    after=st.dictionaries(st.sampled_from("abc"), st.integers(1, 9), min_size=1),
    least=st.tuples(COUNTS, COUNTS),
    taken=st.lists(st.sampled_from("abc"), min_size=1, max_size=6),
)
def test_rules_that_do_not_narrow_take_no_passport_away(
    before: dict[str, int],
    after: dict[str, int],
    least: tuple[int | None, int | None],
    taken: list[str],
) -> None:
    """Eligible as `passports.sql` counts: all licensed, and the first one's course or the least."""

    def eligible(courses: dict[str, int], minimum: int | None) -> bool:
        needed = minimum if minimum is not None else courses.get(taken[0], 1)
        return set(taken) <= set(courses) and len(taken) >= needed

    campaign = Campaign(vaccines=list(before), doses_required=before, minimum_doses=least[0])
    new = rules(vaccines=tuple(after), doses_required=after, minimum_doses=least[1])
    if eligible(before, least[0]) and not eligible(after, least[1]):
        assert narrows(campaign, new)
