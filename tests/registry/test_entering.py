"""Entering people and doses: keys are made, doubles stay out, each entry is an event."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from lamsach.clock import today
from lamsach.ledger.actions import action
from lamsach.ledger.models import Event, Salt
from lamsach.ledger.verbs import Verb
from lamsach.registry.actions import enter_doses, enter_people
from lamsach.registry.entries import DoseEntry, PersonEntry
from lamsach.registry.models import Dose, Person

pytestmark = [pytest.mark.db, pytest.mark.django_db]


def people(count: int) -> list[PersonEntry]:
    return [PersonEntry(full_name=f"Lê Văn {'ABCDEGHIKL'[i % 10]}") for i in range(count)]


def dose(country: Any, person: int, **more: Any) -> DoseEntry:
    fields: dict[str, Any] = {"vaccinated_on": date(2021, 9, 1), "dose_number": 1}
    fields |= {"vaccine_code": "EU/1/21/1529", **more}
    return DoseEntry(person=person, campaign=country.campaign.pk, **fields)


def test_fields_are_read_and_keys_are_made(country: Any) -> None:
    person = country.person(full_name="  NGUYỄN  Thị Hoà", personal_id="070 163 000 001")
    assert person.full_name == "NGUYỄN Thị Hoà"
    assert (person.name_key, person.birth_date, person.sex) == ("nguyen thi hoa", "1963-05-04", "F")
    assert (person.personal_id, person.id_status) == ("070163000001", "well_formed")
    assert (person.nationality, person.version) == ("VN", 1)
    assert person.entered_by == country.facility


def test_rows_and_keys_are_in_one_order(country: Any) -> None:
    rows = [PersonEntry(full_name=f"Trần Thị {word}") for word in ("Lan", "Mai", "Lan", "Cúc")]
    with action() as act:
        made = enter_people(act, officer=country.alice, office=country.facility, rows=rows)
    names = [Person.objects.get(pk=pk).full_name for pk in made]
    assert names == [row.full_name for row in rows]


@pytest.mark.parametrize("many", [40, 400])
def test_the_number_of_statements_does_not_grow_with_the_rows(
    country: Any, count_queries: Any, many: int
) -> None:
    with count_queries() as seen, action() as act:
        made = enter_people(act, officer=country.alice, office=country.facility, rows=people(many))
        enter_doses(
            act,
            officer=country.alice,
            office=country.facility,
            rows=[dose(country, pk) for pk in made],
        )
    assert Person.objects.count() == Dose.objects.count() == many
    assert len(seen) <= 22


def test_the_same_dose_again_changes_nothing(country: Any) -> None:
    person = country.person(dose=False)
    rows = [dose(country, person.pk), dose(country, person.pk), dose(country, person.pk, lot="B")]
    rows.append(dose(country, person.pk, dose_number=2, vaccinated_on=date(2021, 10, 1)))
    for expected in ([True, False, False, True], [False] * 4):
        with action() as act:
            made = enter_doses(act, officer=country.alice, office=country.facility, rows=rows)
        assert [one is not None for one in made] == expected
    assert Dose.objects.count() == 2
    assert Event.objects.filter(verb=Verb.DOSE_ENTER).count() == 2


def test_each_entry_is_an_event_with_a_salt_of_its_own_and_no_personal_data(country: Any) -> None:
    person = country.person(phone="0912345678")
    events = Event.objects.filter(verb__in=[Verb.PERSON_ENTER, Verb.DOSE_ENTER])
    assert {one.subject_id for one in events} == {
        str(person.public_id), str(person.doses.get().public_id)
    }  # fmt: skip
    assert Salt.objects.filter(event__in=events).count() == 2
    for secret in ("Bưởi", "1963", "070163000001", "0912345678"):
        assert secret not in str([(one.facts, one.subject_id, one.purpose) for one in events])


def test_whoever_has_no_post_there_enters_nothing(country: Any) -> None:
    for who in (country.charlie, country.dung):
        with pytest.raises(PermissionDenied), action() as act:
            enter_people(act, officer=who, office=country.facility, rows=people(1))
    person = country.person()
    with pytest.raises(PermissionDenied), action() as act:
        rows = [dose(country, person.pk)]
        enter_doses(act, officer=country.charlie, office=country.facility, rows=rows)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (PersonEntry(full_name=" \u200b "), "full_name"),
        (PersonEntry(full_name="An", nationality="Atlantis"), "nationality"),
    ],
)
def test_what_cannot_be_a_person_is_refused_by_its_field(
    country: Any, row: PersonEntry, field: str
) -> None:
    with pytest.raises(ValidationError) as caught, action() as act:
        rows = [*people(1), row]
        enter_people(act, officer=country.alice, office=country.facility, rows=rows)
    assert list(caught.value.message_dict) == [field]
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"vaccinated_on": today() + timedelta(1)}, "vaccinated_on"),
        ({"dose_number": 21}, "dose_number"),
        ({"dose_number": 0}, "dose_number"),
        ({"presence": "by sight"}, "presence"),
        ({"person": 0}, "person"),
    ],
)
def test_what_cannot_be_a_dose_is_refused_by_its_field(
    country: Any, changed: dict[str, Any], field: str
) -> None:
    person = country.person(dose=False)
    with pytest.raises(ValidationError) as caught, action() as act:
        rows = [dose(country, changed.pop("person", person.pk), **changed)]
        enter_doses(act, officer=country.alice, office=country.facility, rows=rows)
    assert list(caught.value.message_dict) == [field]
    assert not Dose.objects.exists()
