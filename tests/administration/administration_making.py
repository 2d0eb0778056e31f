"""A small installation for the tests of administration.

Alice administers; Bob is at the ministry, Dung at the station near; Charlie is head of a facility
and must neither see nor change anything here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lamsach.accounts.actions import give_post
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.clock import now
from lamsach.ledger.actions import Actor
from lamsach.places.actions import open_office
from lamsach.places.keys import search_key
from lamsach.places.models import Coverage, Office, OfficeKind, Unit

SYSTEM = Actor.system("test")
OPENED = date(2021, 1, 1)


@dataclass
class House:
    """Who and what is there."""

    administration: Office
    ministry: Office
    station: Office
    facility: Office
    commune: Unit
    alice: Officer
    bob: Officer
    dung: Officer
    charlie: Officer


def officer(name: str, *posts: tuple[Office, Role]) -> Officer:
    """An officer with posts from the beginning, without a password: hashing one takes long."""
    made = Officer.objects.create(
        username=name,
        full_name=name.title(),
        name_key=search_key(name),
        awake_since=now(),
        must_change_password=False,
    )
    for office, role in posts:
        give_post(officer=made, office=office, role=role, by=SYSTEM, since=OPENED)
    return made


def make_house() -> House:
    """The house, in whatever database the test uses."""
    units = {}
    for code, level, name, above in (
        ("70", 1, "Tỉnh Bình Phước", None),
        ("689", 2, "Thành phố Đồng Xoài", "70"),
        ("25195", 3, "Phường Tân Phú", "689"),
        ("25198", 3, "Phường Tân Đồng", "689"),
    ):
        units[code] = Unit.objects.create(
            catalogue="2022", code=code, level=level, name=name, above=units.get(above or "")
        )
        Coverage.objects.create(covering=units[code], covered=units[code])

    def opened(kind: OfficeKind, name: str, code: str = "", *territory: Unit) -> Office:
        return open_office(
            kind=kind, name=name, code=code, territory=territory, actor=SYSTEM, opened_on=OPENED
        )

    administration = opened(OfficeKind.ADMINISTRATION, "Quản trị hệ thống")
    ministry = opened(OfficeKind.MINISTRY, "Bộ Y tế", "BYT")
    station = opened(OfficeKind.STATION, "Trạm Y tế phường Tân Phú", "70-TYT-1", units["25195"])
    facility = opened(OfficeKind.FACILITY, "Bệnh viện Đa khoa tỉnh", "70-BV-1")
    return House(
        administration=administration,
        ministry=ministry,
        station=station,
        facility=facility,
        commune=units["25195"],
        alice=officer("alice", (administration, Role.ADMINISTRATOR)),
        bob=officer("bob", (ministry, Role.MINISTRY)),
        dung=officer("dung", (station, Role.STATION)),
        charlie=officer("charlie", (facility, Role.FACILITY_HEAD)),
    )
