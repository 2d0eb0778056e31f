"""What each post opens of people and doses; reading leaves a trace without anybody's data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q

from lamsach.accounts.refusals import ConflictError
from lamsach.accounts.roles import Role, View
from lamsach.clock import now
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.registry import queries, visibility
from lamsach.registry.actions import request_correction
from lamsach.registry.models import Person
from lamsach.registry.queries.conditions import OPEN_FOR

pytestmark = [pytest.mark.db, pytest.mark.django_db]


def seen(viewer: Any) -> set[Person]:
    return set(queries.persons_for(viewer))


def test_a_facility_sees_whom_it_vaccinated_and_a_station_who_lives_there(country: Any) -> None:
    ours = country.person()
    moved = country.person(residence=country.far.pk, personal_id="070163000002")
    unvaccinated = country.person(dose=False, personal_id="070163000003")
    assert seen(country.alice) == seen(country.bob) == {ours, moved}
    assert seen(country.dung) == {ours, unvaccinated}
    assert seen(country.charlie) == set()


def test_one_record_is_opened_or_is_not_there_and_opening_it_is_recorded(country: Any) -> None:
    person = country.person()
    assert queries.person_for(country.charlie, person.public_id) is None
    assert not Event.objects.filter(verb=Verb.PERSON_READ).exists()
    assert queries.person_for(country.alice, person.public_id) == person
    event = Event.objects.get(verb=Verb.PERSON_READ)
    assert event.subject_id == str(person.public_id)
    assert event.actor == f"officer:{country.alice.public_id}"
    assert event.office == str(country.facility.public_id)


def test_pages_opened_one_after_the_other_are_one_reading(country: Any, clock_at: Any) -> None:
    person = country.person()
    reads = Event.objects.filter(verb=Verb.PERSON_READ)
    for viewer, count in ((country.alice, 1), (country.alice, 1), (country.dung, 2)):
        queries.person_for(viewer, person.public_id)
        assert reads.count() == count
    with clock_at(now() + timedelta(minutes=11)):
        queries.person_for(country.alice, person.public_id)
    assert reads.count() == 3


def test_others_doses_are_date_and_vaccine_alone(country: Any) -> None:
    person = country.person()
    clinic = country.office("facility", "Phòng khám", country.near)
    hoa = country.officer("hoa", (clinic, Role.FACILITY_HEAD))
    country.alice, country.facility = hoa, clinic
    country.dose(person.pk, dose_number=2, vaccine_code="EU/1/20/1528", lot="SECRET")
    fully = [line.dose is not None for line in queries.dose_lines(hoa, person)]
    assert fully == [False, True]
    assert queries.doses_for(hoa).count() == 1
    assert queries.dose_for(hoa, person.doses.order_by("id")[0].public_id) is None
    assert all(line.dose for line in queries.dose_lines(country.dung, person))


@pytest.mark.parametrize(
    ("name", "birth", "number", "found"),
    [
        ("nguyen thi buoi", "", "", True),
        ("Nguyễn Thị", "", "", True),
        ("NGUYEN THI BUOI", "04/05/1963", "", True),
        ("nguyễn thị bươi", "1963", "", True),
        ("thi buoi", "", "", True),  # inside the name: only after nothing begins so
        ("nguyen thi buoi", "05/05/1963", "", False),
        ("", "4-5-1963", "", True),
        ("nguyen thj buoi", "04/05/1963", "", True),  # a slip, with the day of birth
        ("", "", "070 163 000 001", True),
        ("", "", "070163000002", False),
        ("le van an", "", "070163000001", False),
    ],
)
def test_search(country: Any, name: str, birth: str, number: str, found: bool) -> None:
    person = country.person()
    country.person(full_name="Lê Văn Tám", birth_date="1990-01-02", personal_id="070090000009")
    page = queries.search_people(country.dung, name=name, birth=birth, number=number)
    assert page.people == ([person] if found else [])
    assert (
        queries.search_people(country.charlie, name=name, birth=birth, number=number).people == []
    )
    events = Event.objects.filter(verb=Verb.PERSON_SEARCH).order_by("id")
    assert [one.facts["found"] for one in events] == [int(found), 0]
    assert events[0].facts["fields"] == sorted(
        word for word, given in (("name", name), ("birth", birth), ("number", number)) if given
    )
    assert "buoi" not in str(events.values())


@pytest.mark.parametrize(
    "asked", [{}, {"name": "n"}, {"birth": "1963"}, {"name": "nguyen", "birth": "hôm qua"}]
)
def test_too_little_to_look_for_is_refused(country: Any, asked: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        queries.search_people(country.dung, **asked)


def test_a_record_that_knows_the_year_alone_is_found_by_the_whole_date(country: Any) -> None:
    person = country.person(birth_date="1963")
    page = queries.search_people(country.dung, name="nguyen thi buoi", birth="04/05/1963")
    assert page.people == [person]


def test_pages_of_a_search_follow_each_other_without_gaps(country: Any) -> None:
    for place in range(60):
        country.person(
            full_name=f"Nguyễn Thị {'ABC'[place % 3]}", birth_date=str(1950 + place % 4), dose=False
        )
    shown: list[Person] = []
    while True:
        last = shown[-1].public_id if shown else None
        page = queries.search_people(country.dung, name="nguyen", after=last)
        shown += page.people
        if not page.more:
            break
    assert len(shown) == len(set(shown)) == 60
    order = [(one.name_key, one.birth_date, one.pk) for one in shown]
    assert order == sorted(order)


CARD = "070163000001|271234567|Nguyễn Thị Bưởi|04051963|Nữ|Đồng Xoài, Bình Phước|10062021"


@pytest.mark.parametrize(
    "shown", [{"card": CARD}, {"number": "070163000001", "birth": "04/05/1963"}]
)
def test_who_is_presented_is_opened_anywhere_for_half_an_hour(
    country: Any, clock_at: Any, shown: dict[str, str]
) -> None:
    person = country.person()
    assert queries.presented_person(country.charlie, **shown) == person
    assert queries.person_for(country.charlie, person.public_id) == person
    assert seen(country.charlie) == set()
    assert [line.dose for line in queries.dose_lines(country.charlie, person)] == [None]
    event = Event.objects.get(verb=Verb.PERSON_PRESENT)
    assert event.subject_id == str(person.public_id)
    assert "070163000001" not in str(event.facts)
    with clock_at(now() + OPEN_FOR + timedelta(seconds=1)):
        assert queries.person_for(country.charlie, person.public_id) is None


def test_guessing_at_presented_people_ends_soon(country: Any) -> None:
    person = country.person()
    for place in range(10):
        number = f"07016300001{place}"
        assert queries.presented_person(country.charlie, number=number, birth="04/05/1963") is None
    with pytest.raises(ConflictError):
        queries.presented_person(country.charlie, card=CARD)
    assert queries.person_for(country.charlie, person.public_id) is None


@pytest.mark.parametrize(
    "shown", [{"card": "hello"}, {"number": "070163000001", "birth": "1963"}, {"number": "1"}]
)
def test_half_a_presentation_opens_nothing(country: Any, shown: dict[str, str]) -> None:
    country.person()
    with pytest.raises(ValidationError):
        queries.presented_person(country.charlie, **shown)


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("task_force", Role.TASK_FORCE), ("audit", Role.AUDITOR), ("ministry", Role.MINISTRY),
        ("administration", Role.ADMINISTRATOR), ("hamlet_group", Role.HAMLET_GROUP),
    ],
)  # fmt: skip
def test_who_serves_nobody_opens_nobody(country: Any, kind: str, role: Role) -> None:
    country.person()
    viewer = country.officer("viewer", (country.office(kind, "Cơ quan", country.near), role))
    with pytest.raises(PermissionDenied):
        queries.presented_person(viewer, card=CARD)


def test_lists_of_upper_floors_open_people_to_their_views_alone(
    country: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visibility, "_REGISTERED", {})
    person = country.person()
    visibility.register_visibility(View.SENT_LISTS, lambda _scope: Q(pk=person.pk))
    police = country.office("commune_police", "Công an", country.near)
    phuc = country.officer("phuc", (police, Role.COMMUNE_POLICE))
    assert seen(phuc) == {person}
    assert seen(country.charlie) == set()
    assert [line.dose for line in queries.dose_lines(phuc, person)] == [None]
    with pytest.raises(ValueError, match="lists"):
        visibility.register_visibility(View.COUNTS, lambda _scope: Q())


def test_the_ministry_sees_all_masked(country: Any) -> None:
    person = country.person()
    office = country.office("ministry", "Bộ Y tế")
    giang = country.officer("giang", (office, Role.MINISTRY))
    assert seen(giang) == {person}
    assert queries.masked_among(giang, [person]) == {person.pk}
    assert not queries.may_unmask(giang, person)
    assert queries.may_unmask(country.alice, person)
    assert queries.masked_among(country.alice, [person]) == set()


def test_corrections_are_seen_with_their_records(country: Any) -> None:
    person = country.person()
    asked = request_correction(
        officer=country.alice, office=country.facility, person=person,
        changes={"sex": "Nam"}, grounds="CCCD",
    )  # fmt: skip
    assert set(queries.corrections_for(country.dung)) == {asked}
    assert queries.correction_for(country.charlie, asked.public_id) is None


def test_what_waits_for_an_office_is_the_longest_first(country: Any, clock_at: Any) -> None:
    late, early = country.person(), country.person(personal_id="070163000002")
    for person, days in ((late, 0), (early, -3)):
        with clock_at(now() + timedelta(days=days)):
            request_correction(
                officer=country.alice, office=country.facility, person=person,
                changes={"sex": "Nam"}, grounds="CCCD",
            )  # fmt: skip
    assert [one.person for one in queries.waiting_for(country.bob)] == [early, late]
    assert not queries.waiting_for(country.dung).exists()
    standing = queries.standing_of([late])[late.pk]
    assert (standing.code, standing.responsible) == ("correction_waiting", country.facility)


def test_the_history_of_a_record_is_readable(country: Any) -> None:
    person = country.person()
    queries.person_for(country.dung, person.public_id)
    lines = queries.history_of(country.dung, person)
    assert [(one.verb, one.actor, one.office) for one in lines] == [
        (Verb.PERSON_READ, "Dung", "Trạm Y tế gần"),
        (Verb.DOSE_ENTER, "Alice", "Bệnh viện gần"),
        (Verb.PERSON_ENTER, "Alice", "Bệnh viện gần"),
    ]
