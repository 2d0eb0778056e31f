"""A commune with wrong records, its station, hamlet group and police, and a register's double."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "registry"))

from registry_making import Country, make_country

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.authentication.models import Answer, AnswerKind, Purpose
from lamsach.cleansing.actions import Judgement, decide_entries, make_list, send_to_police
from lamsach.cleansing.models import CleansingList, DecisionKind, LookedAt
from lamsach.cleansing.queries import entries_of
from lamsach.clock import now
from lamsach.places.models import Office, OfficeKind
from lamsach.population.messages import (
    Candidate,
    ConfirmedFields,
    Overview,
    Proposal,
    Version,
)
from lamsach.population.terms import actor_of
from lamsach.registry.models import Person
from lamsach.registry.standing import refresh_standing


@dataclass
class Commune:
    """Whom and what the tests name; `country` has the facility and the station's officers."""

    country: Country
    police: Office
    hamlet_group: Office
    far_station: Office
    hoang: Officer  # police officer
    khanh: Officer  # another of the same post
    lan: Officer  # hamlet group
    minh: Officer  # the commune's chair
    nga: Officer  # station officer of the far commune
    people: list[Person] = field(default_factory=list)

    def wrong(self, kind: str = "wrong", **fields: Any) -> Person:
        """A person about whom the register said that something is wrong."""
        number = len(self.people)
        fields.setdefault("full_name", f"Nguyễn Văn Bửu {chr(65 + number)}")
        fields.setdefault("personal_id", f"0700630{number:05d}")
        fields.setdefault("sex", "Nam")
        person = self.country.person(**fields)
        answer(person, kind)
        self.people.append(person)
        return person

    def listed(self, *, sent: bool = True) -> CleansingList:
        """The list of all people, with the police unless told otherwise."""
        made = make_list(
            officer=self.country.dung,
            station=self.country.station,
            commune=self.country.near,
            campaign=self.country.campaign,
        )
        if sent:
            send_to_police(officer=self.country.dung, cleansing_list=made)
            made.refresh_from_db()
        return made

    def decide_all(self, made: CleansingList, **more: Any) -> None:
        """Every entry corrected: Bửu is Bảo."""
        for entry in entries_of(made):
            right = entry.person.full_name.replace("Bửu", "Bảo")
            judgement = Judgement(
                entry.public_id, DecisionKind.CORRECTED, {"full_name": right}, **more
            )
            decide_entries(
                officer=self.hoang,
                cleansing_list=made,
                judgements=[judgement],
                looked_at=LookedAt.SINGLY,
            )


def answer(person: Person, kind: str) -> None:
    """What the register said of a person as recorded now."""
    person.refresh_from_db()
    Answer.objects.create(
        person=person,
        person_version=person.version,
        kind=AnswerKind(kind),
        purpose=Purpose.ENTRY,
        at=now(),
    )
    refresh_standing([person.pk])


def make_commune() -> Commune:
    country = make_country()
    police = Country.office(OfficeKind.COMMUNE_POLICE, "Công an xã", country.near)
    hamlet = Country.office(OfficeKind.HAMLET_GROUP, "Tổ Đề án 06 ấp 3", country.near)
    committee = Country.office(OfficeKind.COMMUNE_COMMITTEE, "UBND xã", country.near)
    far = Country.office(OfficeKind.STATION, "Trạm Y tế xa", country.far)
    return Commune(
        country=country,
        police=police,
        hamlet_group=hamlet,
        far_station=far,
        hoang=Country.officer("hoang", (police, Role.COMMUNE_POLICE)),
        khanh=Country.officer("khanh", (police, Role.COMMUNE_POLICE)),
        lan=Country.officer("lan", (hamlet, Role.HAMLET_GROUP)),
        minh=Country.officer("minh", (committee, Role.CHAIR)),
        nga=Country.officer("nga", (far, Role.STATION)),
    )


class RegisterDouble:
    """Plays the register: who each record is, what was asked, what was confirmed."""

    def __init__(self) -> None:
        self.known: dict[str, Proposal] = {}
        self.asked: list[tuple[str, ...]] = []
        self.confirmed: list[tuple[str, str]] = []
        self.is_down = False

    def propose(self, person: Person, **fields: Any) -> Candidate:
        """Propose somebody for a person; given fields differ from the record."""
        more = {name: fields.pop(name) for name in ("rivals", "household", "status", "elsewhere")
                if name in fields}  # fmt: skip
        values: dict[str, Any] = {
            "key": f"k-{person.pk}",
            "full_name": person.full_name.replace("Bửu", "Bảo"),
            "birth_date": person.birth_date,
            "sex": person.sex,
            "personal_id": person.personal_id,
            "previous_id": "",
            "province_code": "70",
            "district_code": "689",
            "commune_code": "25195",
            "probability": 0.999,
            "differences": ("name.spelling",),
            "number_is_new": False,
        }
        candidate = Candidate(**(values | fields))
        told: dict[str, Any] = {
            "status": "correctable", "rivals": 0, "household": "", "elsewhere": 0,
        }  # fmt: skip
        self.known[str(person.reference)] = Proposal(
            reference=str(person.reference),
            candidates=(candidate,),
            elsewhere_commune="",
            register_version="v1",
            best_is_here=True,
            **(told | more),
        )
        return candidate

    def _reach(self) -> None:
        if self.is_down:
            raise ConnectionError("the register is down")

    def register_version(self) -> Version:
        self._reach()
        return Version("v1", 1, "2022")

    def proposals(self, references: Any, **who: Any) -> dict[str, Proposal]:
        self._reach()
        assert set(who) == {"officer", "office", "units"}
        actor_of(who["officer"])  # as the register's door demands it
        assert "25195" in who["units"]
        self.asked.append(tuple(references))
        return {one: self.known[one] for one in references if one in self.known}

    def overview(self, references: Any, **who: Any) -> dict[str, Overview]:
        self._reach()
        actor_of(who["officer"])
        return {
            one: Overview(one, told.status, told.rivals, told.household, True)
            for one in references
            if (told := self.known.get(one))
        }

    def confirm(self, reference: str, candidate: str, **_who: Any) -> ConfirmedFields:
        self._reach()
        for one in self.known[reference].candidates if reference in self.known else ():
            if one.key == candidate:
                self.confirmed.append((reference, candidate))
                return ConfirmedFields(
                    reference, one.full_name, one.birth_date, one.sex, one.personal_id, "v1"
                )
        raise LookupError(candidate)
