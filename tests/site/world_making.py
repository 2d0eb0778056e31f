"""A small world in which every page of the staff side has something to show, for each role.

A facility with its head and clerk, a station, a hamlet group, the police, everyone above them;
lists in each place, a batch that waits and one that is signed, a passport, a correction, a workbook
that was checked. Nobody in it is real.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

_TESTS = Path(__file__).resolve().parent.parent
for floor in ("registry", "cleansing", "signing", "intake"):
    sys.path.insert(0, str(_TESTS / floor))

import foreign_making  # noqa: E402
from cleansing_making import Commune, RegisterDouble, make_commune  # noqa: E402
from django.conf import settings  # noqa: E402
from making import BAO, HOA, workbook  # noqa: E402
from registry_making import Country  # noqa: E402
from signing_making import PIN, SYSTEM, Authority, write_p12  # noqa: E402
from signing_making import answer as answered  # noqa: E402

from lamsach.accounts.models import Officer  # noqa: E402
from lamsach.accounts.roles import Role  # noqa: E402
from lamsach.cleansing.actions import (  # noqa: E402
    make_list,
    send_to_hamlet,
    send_to_police,
    suggest,
)
from lamsach.cleansing.models import CleansingList  # noqa: E402
from lamsach.cleansing.queries import entries_of  # noqa: E402
from lamsach.intake.actions import upload_batch  # noqa: E402
from lamsach.intake.tasks import check  # noqa: E402
from lamsach.jobs.models import Job  # noqa: E402
from lamsach.places.models import OfficeKind  # noqa: E402
from lamsach.registry.actions import request_correction  # noqa: E402
from lamsach.registry.models import Campaign, Person  # noqa: E402
from lamsach.registry.standing import refresh_standing  # noqa: E402
from lamsach.signing import actions as signing  # noqa: E402

__all__ = ["World", "make_world"]

_ABOVE = (
    ("district", OfficeKind.DISTRICT_CENTRE, Role.DISTRICT),
    ("cdc", OfficeKind.CDC, Role.CDC),
    ("department", OfficeKind.DEPARTMENT, Role.DEPARTMENT),
    ("committee", OfficeKind.PROVINCE_COMMITTEE, Role.COMMITTEE),
    ("police-above", OfficeKind.PROVINCE_POLICE, Role.POLICE_ABOVE),
    ("task-force", OfficeKind.TASK_FORCE, Role.TASK_FORCE),
    ("ministry", OfficeKind.MINISTRY, Role.MINISTRY),
    ("auditor", OfficeKind.AUDIT, Role.AUDITOR),
    ("admin", OfficeKind.ADMINISTRATION, Role.ADMINISTRATOR),
)


@dataclass
class World:
    """Officers by role, and addresses that no link leads to (by role)."""

    officers: dict[Role, Officer]
    unlinked: dict[Role, list[str]]


def make_world(authority: Authority, register: RegisterDouble) -> World:
    """The world, in whatever database the test uses."""
    commune = make_commune()
    country = commune.country
    Campaign.objects.update(vaccines=["EU/1/21/1529"])
    officers = {
        Role.FACILITY_CLERK: country.alice,
        Role.FACILITY_HEAD: country.bob,
        Role.STATION: country.dung,
        Role.HAMLET_GROUP: commune.lan,
        Role.COMMUNE_POLICE: commune.hoang,
        Role.CHAIR: commune.minh,
    }
    for name, kind, role in _ABOVE:
        office = Country.office(kind, name.title(), country.near)
        officers[role] = Country.officer(name, (office, role))
    _sign(country, authority)
    _lists(commune, register)
    job = _intake(country)
    return World(officers, {Role.FACILITY_CLERK: [f"/jobs/{job.public_id}"]})


def _sign(country: Country, authority: Authority) -> None:
    """One batch signed, another prepared; a passport; corrections that wait."""
    key, certificate = authority.officer("Bob")
    write_p12(settings.SIGNING_KEYS / "bob.p12", key, certificate)
    signing.bind_certificate(
        officer=country.bob, certificate=certificate, by=SYSTEM, key="file:bob.p12"
    )
    people = []
    for number, name in enumerate(("Lê Thị Hiền", "Trần Văn Đức")):
        person = country.person(full_name=name, personal_id=f"07016300020{number}")
        answered(person)
        refresh_standing([person.pk])
        people.append(person)
        if number == 0:
            batch = signing.prepare_batch(officer=country.bob, office=country.facility)
            signing.sign_batch(officer=country.bob, batch=batch, pin=PIN)
            foreign_making.passport(country, person)
    signing.prepare_batch(officer=country.bob, office=country.facility)
    for officer, office, person in (
        (country.alice, country.facility, people[0]),
        (country.bob, country.facility, people[1]),
    ):
        request_correction(
            officer=officer, office=office, person=person, changes={"sex": "Nam"},
            grounds="theo căn cước",
        )  # fmt: skip


def _lists(commune: Commune, register: RegisterDouble) -> None:
    """A list at the station, one with the hamlet group, one with the police; somebody unlisted."""

    def listed(hamlet: str, count: int) -> tuple[CleansingList, list[Person]]:
        home = {"hamlet": hamlet, "address": "Số 12, đường Hùng Vương"}
        people = [commune.wrong(**home) for _ in range(count)]
        made = make_list(
            officer=commune.country.dung,
            station=commune.country.station,
            commune=commune.country.near,
            campaign=commune.country.campaign,
            hamlet=hamlet,
        )
        return made, people

    listed("Ấp 1", 1)
    at_doors, _ = listed("Ấp 2", 3)
    send_to_hamlet(officer=commune.country.dung, cleansing_list=at_doors)
    first = entries_of(at_doors)[0]
    suggest(
        officer=commune.lan,
        cleansing_list=at_doors,
        suggestions={first.public_id: ({"birth_date": "05/03/1964"}, "mẹ nói")},
    )
    checking, people = listed("Ấp 3", 4)
    for person in people[:3]:
        register.propose(person)
    register.propose(people[3], rivals=1, status="ambiguous")
    send_to_police(officer=commune.country.dung, cleansing_list=checking)
    commune.wrong(hamlet="Ấp 4")


def _intake(country: Country) -> Job:
    """A workbook of which one row is good and one is not; the job that looked at it."""
    plain = {"province": "", "district": "", "commune": ""}
    upload_batch(
        officer=country.alice,
        office=country.facility,
        campaign=country.campaign,
        content=workbook([BAO | plain, HOA | plain | {"sex": "?"}]),
        name="tháng 4.xlsx",
    )
    job = Job.objects.get(task="intake.check")
    check(job)
    return job
