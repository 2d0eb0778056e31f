"""Corrections: two officers, old values checked, versions raised, all in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connections

from lamsach.accounts.refusals import ConflictError
from lamsach.accounts.roles import Role
from lamsach.ledger.actions import action
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.registry import consequences
from lamsach.registry.actions import (
    CorrectionRequest,
    StaleCorrectionError,
    approve_corrections,
    refuse_correction,
    request_correction,
    request_corrections,
    withdraw_correction,
)
from lamsach.registry.consequences import Consequence, register_consequence
from lamsach.registry.models import Correction, Dose, Person, Standing

pytestmark = pytest.mark.db


def ask(country: Any, person: Person, **changes: str) -> Correction:
    return request_correction(
        officer=country.alice,
        office=country.facility,
        person=person,
        changes=changes,
        grounds="Căn cước công dân",
    )


def approve(country: Any, *corrections: Correction) -> list[Correction]:
    return approve_corrections(
        officer=country.bob, office=country.facility, corrections=corrections
    )


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a floor above would hear of approved corrections."""
    monkeypatch.setattr(consequences, "_REGISTERED", {})
    said: list[Any] = []
    register_consequence(
        Consequence("test", 1, lambda _act, corrections: said.append(list(corrections)), "listens")
    )
    return said


@pytest.mark.django_db
def test_a_name_is_corrected_with_its_key_and_version(country: Any, heard: list[Any]) -> None:
    person = country.person(full_name="Nguyễn Văn Bửu")
    asked = ask(country, person, full_name="Nguyễn Văn Bảo")
    assert asked.changes == {"full_name": ["Nguyễn Văn Bửu", "Nguyễn Văn Bảo"]}
    person.refresh_from_db()
    assert person.full_name == "Nguyễn Văn Bửu"
    assert Standing.objects.get(person=person).obstacle == "correction_waiting"
    assert Standing.objects.get(person=person).responsible == country.facility
    approve(country, asked)
    person.refresh_from_db()
    assert (person.full_name, person.name_key) == ("Nguyễn Văn Bảo", "nguyen van bao")
    assert person.version == 2
    assert heard == [[asked]]
    assert heard[0][0].person.full_name == "Nguyễn Văn Bảo"
    assert not Standing.objects.filter(person=person, obstacle="correction_waiting").exists()


@pytest.mark.django_db
def test_a_telephone_asks_the_register_nothing_new(country: Any) -> None:
    person = country.person()
    approve(country, ask(country, person, phone="0912345678", residence="2022/00001"))
    person.refresh_from_db()
    assert (person.phone, person.residence, person.version) == ("0912345678", country.far, 1)


@pytest.mark.django_db
def test_a_dose_is_corrected_and_withdrawn(country: Any, heard: list[Any]) -> None:
    person = country.person()
    dose = person.doses.get()

    def change(**changes: str) -> Correction:
        return request_correction(
            officer=country.alice, office=country.facility, person=person, dose=dose,
            changes=changes, grounds="Sổ tiêm",
        )  # fmt: skip

    approve(country, change(lot="AB123", vaccinated_on="02/09/2021", dose_number="2"))
    dose.refresh_from_db()
    assert (dose.lot, str(dose.vaccinated_on), dose.dose_number) == ("AB123", "2021-09-02", 2)
    assert dose.version == 2
    assert heard[0][0].dose == dose
    late = change(lot="CD456")
    approve(country, change(withdrawn="yes"))
    dose.refresh_from_db()
    assert dose.withdrawn_at
    assert dose.version == 3
    with pytest.raises(StaleCorrectionError):
        approve(country, late)
    with pytest.raises(ConflictError):
        change(lot="EF789")
    person.refresh_from_db()
    assert person.version == 1


@pytest.mark.django_db
def test_a_dose_cannot_become_another_that_is_there(country: Any) -> None:
    person = country.person()
    one = person.doses.get()
    two = country.dose(person.pk, vaccine_code="EU/1/20/1528", dose_number=2)
    asked = request_correction(
        officer=country.alice, office=country.facility, person=person, dose=two,
        changes={"vaccine_code": one.vaccine_code}, grounds="Sổ tiêm",
    )  # fmt: skip
    with pytest.raises(ConflictError):
        approve(country, asked)
    asked.refresh_from_db()
    assert asked.state == "requested"


@pytest.mark.django_db
def test_who_asks_does_not_decide(country: Any) -> None:
    person = country.person()
    mine = request_correction(
        officer=country.bob, office=country.facility, person=person,
        changes={"sex": "Nam"}, grounds="Giấy khai sinh",
    )  # fmt: skip
    with pytest.raises(PermissionDenied):
        approve(country, mine)
    with pytest.raises(PermissionDenied):
        refuse_correction(
            officer=country.bob, office=country.facility, correction=mine, reason="không"
        )
    approve_corrections(officer=country.dung, office=country.station, corrections=[mine])
    assert Person.objects.get(pk=person.pk).sex == "M"


@pytest.mark.django_db
def test_only_posts_that_reach_the_record_ask_and_decide(country: Any) -> None:
    person = country.person()
    asked = ask(country, person, full_name="Nguyễn Thị Bười")
    with pytest.raises(PermissionDenied):  # no head
        approve_corrections(officer=country.alice, office=country.facility, corrections=[asked])
    with pytest.raises(PermissionDenied):  # a head elsewhere
        approve_corrections(
            officer=country.charlie, office=country.other_facility, corrections=[asked]
        )
    with pytest.raises(PermissionDenied):  # not in that office
        approve_corrections(officer=country.dung, office=country.facility, corrections=[asked])
    with pytest.raises(PermissionDenied):
        request_correction(
            officer=country.charlie, office=country.other_facility, person=person,
            changes={"full_name": "Ai Đó"}, grounds="đoán",
        )  # fmt: skip
    with pytest.raises(PermissionDenied):  # residents' doses are the facility's to correct
        request_correction(
            officer=country.charlie, office=country.other_facility, person=person,
            dose=person.doses.get(), changes={"lot": "X"}, grounds="đoán",
        )  # fmt: skip
    assert Correction.objects.get().state == "requested"


@pytest.mark.django_db
def test_a_record_that_has_changed_since_is_not_changed_again(country: Any) -> None:
    person = country.person()
    first = ask(country, person, full_name="Nguyễn Thị Bười")
    second = ask(country, person, full_name="Nguyễn Thị Bưỡi")
    third = ask(country, person, birth_date="1964")
    approve(country, first)
    with pytest.raises(StaleCorrectionError) as caught:
        approve(country, second, third)
    assert caught.value.corrections == (second,)
    third.refresh_from_db()
    assert third.state == "requested"  # all or nothing
    approve(country, third)
    with pytest.raises(StaleCorrectionError):  # decided already
        approve(country, third)
    assert Person.objects.get(pk=person.pk).version == 3


@pytest.mark.django_db
def test_a_failing_consequence_undoes_everything(
    country: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(consequences, "_REGISTERED", {})
    register_consequence(Consequence("test", 1, fail, "fails"))
    person = country.person()
    asked = ask(country, person, full_name="Nguyễn Thị Bười")
    with pytest.raises(RuntimeError):
        approve(country, asked)
    asked.refresh_from_db()
    person.refresh_from_db()
    assert (asked.state, person.version) == ("requested", 1)
    assert not Event.objects.filter(verb=Verb.CORRECTION_APPROVE).exists()


@pytest.mark.django_db
def test_refused_with_a_reason_and_taken_back_by_who_asked(country: Any) -> None:
    person = country.person()
    asked = ask(country, person, full_name="Nguyễn Thị Bười")
    with pytest.raises(ValidationError):
        refuse_correction(
            officer=country.bob, office=country.facility, correction=asked, reason=" "
        )
    refused = refuse_correction(
        officer=country.bob, office=country.facility, correction=asked, reason="Thiếu giấy tờ"
    )
    assert (refused.state, refused.refusal) == ("refused", "Thiếu giấy tờ")
    again = ask(country, person, full_name="Nguyễn Thị Bười")
    with pytest.raises(PermissionDenied):
        withdraw_correction(officer=country.bob, correction=again)
    withdraw_correction(officer=country.alice, correction=again)
    with pytest.raises(StaleCorrectionError):
        withdraw_correction(officer=country.alice, correction=again)
    assert not Standing.objects.filter(person=person, obstacle="correction_waiting").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"full_name": " "}, "full_name"),
        ({"birth_date": "31/02/1980"}, "birth_date"),
        ({"birth_date": "2099"}, "birth_date"),
        ({"birth_date": ""}, "birth_date"),
        ({"sex": "?"}, "sex"),
        ({"personal_id": "0701630000"}, "personal_id"),
        ({"nationality": "Atlantis"}, "nationality"),
        ({"residence": "2022/99999"}, "residence"),
        ({"residence": "Xã 25195"}, "residence"),
        ({"full_name": "Nguyễn Thị Bưởi"}, "__all__"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    country: Any, changes: dict[str, str], field: str
) -> None:
    person = country.person()
    with pytest.raises(ValidationError) as caught:
        ask(country, person, **changes)
    wrong = caught.value
    assert (list(wrong.message_dict) if hasattr(wrong, "error_dict") else ["__all__"]) == [field]
    assert not Correction.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("many", [5, 50])
def test_many_at_once_by_a_constant_number_of_statements(
    country: Any, count_queries: Any, many: int
) -> None:
    people = [country.person(full_name=f"Lê Thị {'ABCDE'[i % 5]}") for i in range(many)]
    rows = [
        CorrectionRequest(
            one, {"full_name": one.full_name + " Hoa"}, "Danh sách", None, ("list", "7")
        )
        for one in people
    ]
    with count_queries() as asking, action() as act:
        asked = request_corrections(act, officer=country.alice, office=country.facility, rows=rows)
    with action() as act:  # a job that wakes up again asks for nothing twice
        again = request_corrections(act, officer=country.alice, office=country.facility, rows=rows)
    assert [one.pk for one in again] == [one.pk for one in asked]
    with count_queries() as approving:
        approve(country, *asked)
    assert len(asking) <= 18
    assert len(approving) <= 22
    assert Person.objects.filter(name_key__endswith="hoa", version=2).count() == many
    assert Event.objects.filter(verb=Verb.CORRECTION_APPROVE).count() == many


@pytest.mark.django_db
def test_what_the_police_ask_for_is_decided_where_the_person_lives(country: Any) -> None:
    from lamsach.accounts.roles import View
    from lamsach.registry import visibility

    person = country.person()
    police = country.office("commune_police", "Công an xã", country.near)
    phuc = country.officer("phuc", (police, Role.COMMUNE_POLICE))
    with pytest.raises(PermissionDenied):
        request_correction(
            officer=phuc, office=police, person=person, changes={"sex": "Nam"}, grounds="CCCD"
        )
    from django.db.models import Q

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            visibility, "_REGISTERED", {View.SENT_LISTS: [lambda _scope: Q(pk=person.pk)]}
        )
        request_correction(
            officer=phuc, office=police, person=person, changes={"sex": "Nam"}, grounds="CCCD"
        )
    assert Standing.objects.get(person=person).responsible == country.station


def test_two_officers_at_once_decide_once(committed: None, make_country: Callable[[], Any]) -> None:
    country = make_country()
    person = country.person()
    asked = request_correction(
        officer=country.dung, office=country.station, person=person,
        changes={"full_name": "Nguyễn Thị Bười"}, grounds="CCCD",
    )  # fmt: skip
    gate, ends = threading.Barrier(3), []

    def decide(who: Any, where: Any) -> None:
        try:
            gate.wait(10)
            approve_corrections(officer=who, office=where, corrections=[asked])
            ends.append("approved")
        except (PermissionDenied, ConflictError) as error:
            ends.append(type(error).__name__)
        finally:
            connections.close_all()

    pairs = [
        (country.bob, country.facility), (country.em, country.station),
        (country.dung, country.station),
    ]  # fmt: skip
    threads = [threading.Thread(target=decide, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert ends.count("approved") == 1
    assert set(ends) <= {"approved", "StaleCorrectionError", "PermissionDenied"}
    asked.refresh_from_db()
    assert asked.decided_by_id in (country.bob.pk, country.em.pk)
    assert Person.objects.get(pk=person.pk).version == 2


@pytest.mark.django_db
def test_the_database_itself_refuses_one_person_for_both(country: Any) -> None:
    from django.db import IntegrityError

    asked = ask(country, country.person(), sex="Nam")
    with pytest.raises(IntegrityError):
        Correction.objects.filter(pk=asked.pk).update(
            state="approved", decided_by=country.alice, decided_at=asked.requested_at
        )


@pytest.mark.django_db
def test_facilities_are_named_by_their_public_identifier(country: Any) -> None:
    person = country.person()
    dose = person.doses.get()
    approve(
        country,
        request_correction(
            officer=country.alice, office=country.facility, person=person, dose=dose,
            changes={"facility": str(country.other_facility.public_id)}, grounds="Sổ tiêm",
        ),
    )  # fmt: skip
    assert Dose.objects.get(pk=dose.pk).facility == country.other_facility
