"""A small country for the tests of the record: communes, offices, and officers with their posts.

Alice is clerk and Bob head of one facility; Dung and Em are officers of the station where the
people live; Charlie works far away and must never see anything of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from lamsach.accounts.actions import give_post
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.clock import now
from lamsach.ledger.actions import Actor, action
from lamsach.places.actions import open_office
from lamsach.places.models import Coverage, Office, OfficeKind, Unit
from lamsach.registry.actions import enter_doses, enter_people
from lamsach.registry.entries import DoseEntry, PersonEntry
from lamsach.registry.models import Campaign, Dose, Person

SYSTEM = Actor.system("test")
OPENED = date(2021, 1, 1)


@dataclass
class Country:
    """Two provinces with a district and a commune each, and who works there."""

    near: Unit
    far: Unit
    facility: Office
    station: Office
    other_facility: Office
    campaign: Campaign
    alice: Officer
    bob: Officer
    dung: Officer
    em: Officer
    charlie: Officer

    def person(self, **fields: Any) -> Person:
        """A person entered by Alice, with a dose at her facility unless `dose=False`."""
        dose = fields.pop("dose", True)
        fields.setdefault("full_name", "Nguyễn Thị Bưởi")
        fields.setdefault("birth_date", "04/05/1963")
        fields.setdefault("sex", "Nữ")
        fields.setdefault("personal_id", "070163000001")
        fields.setdefault("residence", self.near.pk)
        with action() as act:
            rows = [PersonEntry(**fields)]
            (pk,) = enter_people(act, officer=self.alice, office=self.facility, rows=rows)
            if dose:
                self.dose(pk)
        return Person.objects.get(pk=pk)

    def dose(self, person: int, **fields: Any) -> Dose:
        """A dose that Alice enters."""
        fields.setdefault("vaccinated_on", date(2021, 9, 1))
        fields.setdefault("dose_number", 1)
        fields.setdefault("vaccine_code", "EU/1/21/1529")
        row = DoseEntry(person=person, campaign=self.campaign.pk, **fields)
        with action() as act:
            (pk,) = enter_doses(act, officer=self.alice, office=self.facility, rows=[row])
        return Dose.objects.get(pk=pk)

    @staticmethod
    def officer(name: str, *posts: tuple[Office, Role]) -> Officer:
        """An officer with posts from the beginning."""
        # Without a password: hashing one takes longer than most of these tests.
        made = Officer.objects.create(
            username=name, full_name=name.title(), awake_since=now(), must_change_password=False
        )
        for office, role in posts:
            give_post(officer=made, office=office, role=role, by=SYSTEM, since=OPENED)
        return made

    @staticmethod
    def office(kind: str, name: str, *units: Unit) -> Office:
        """An office that is responsible for some units."""
        return open_office(kind=kind, name=name, territory=units, actor=SYSTEM, opened_on=OPENED)


def commune(province: str, district: str, code: str) -> Unit:
    above = Unit.objects.create(catalogue="2022", code=province, level=1, name=f"Tỉnh {province}")
    middle = Unit.objects.create(
        catalogue="2022", code=district, level=2, name=f"Huyện {district}", above=above
    )
    lowest = Unit.objects.create(
        catalogue="2022", code=code, level=3, name=f"Xã {code}", above=middle
    )
    for upper, lower in (
        (above, middle), (above, lowest), (middle, lowest),
        (above, above), (middle, middle), (lowest, lowest),
    ):  # fmt: skip
        Coverage.objects.create(covering=upper, covered=lower)
    return lowest


def make_country() -> Country:
    """The country, in whatever database the test uses."""
    near, far = commune("70", "689", "25195"), commune("01", "001", "00001")
    facility = Country.office(OfficeKind.FACILITY, "Bệnh viện gần", near)
    station = Country.office(OfficeKind.STATION, "Trạm Y tế gần", near)
    other = Country.office(OfficeKind.FACILITY, "Bệnh viện xa", far)
    campaign = Campaign.objects.create(
        code="covid-19", name="COVID-19", disease="840539006", opened_on=date(2021, 3, 8)
    )
    return Country(
        near=near,
        far=far,
        facility=facility,
        station=station,
        other_facility=other,
        campaign=campaign,
        alice=Country.officer("alice", (facility, Role.FACILITY_CLERK)),
        bob=Country.officer("bob", (facility, Role.FACILITY_HEAD)),
        dung=Country.officer("dung", (station, Role.STATION)),
        em=Country.officer("em", (station, Role.STATION)),
        charlie=Country.officer("charlie", (other, Role.FACILITY_HEAD)),
    )
