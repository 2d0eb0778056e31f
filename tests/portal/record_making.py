"""Records to be looked up, and visitors who answer the questions; synthetic people only."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.test import Client

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.clock import now
from lamsach.ledger.actions import Actor, action
from lamsach.places.actions import open_office
from lamsach.places.models import Office, OfficeKind
from lamsach.portal import queries
from lamsach.registry.actions import enter_doses, enter_people
from lamsach.registry.entries import DoseEntry, PersonEntry
from lamsach.registry.models import Campaign, Person

SYSTEM = Actor.system("test")

#: What Bưởi answers; the record says the same.
BUOI = {
    "name": "Nguyễn Thị Bưởi",
    "birth": "04/05/1963",
    "sex": "F",
    "number": "070163000001",
    "dosed_on": "",
}
NOBODY = BUOI | {"name": "Trần Văn Không", "number": "070163999999"}


class Registry:
    """A facility that enters people and their doses."""

    def __init__(self) -> None:
        from lamsach.accounts.actions import give_post

        self.office: Office = open_office(
            kind=OfficeKind.FACILITY, name="Bệnh viện gần", actor=SYSTEM, opened_on=date(2021, 1, 1)
        )
        self.clerk = Officer.objects.create(
            username="alice", full_name="Alice Nguyen", awake_since=now()
        )
        give_post(officer=self.clerk, office=self.office, role=Role.FACILITY_CLERK, by=SYSTEM)
        self.campaign = Campaign.objects.create(
            code="covid-19", name="COVID-19", disease="840539006", opened_on=date(2021, 3, 8)
        )

    def person(self, *days: date, **fields: Any) -> Person:
        """A record with a dose on each of these days."""
        fields = {
            "full_name": "Nguyễn Thị Bưởi",
            "birth_date": "04/05/1963",
            "sex": "Nữ",
            "personal_id": "070163000001",
            "phone": "0912000001",
        } | fields
        days = days or (date(2021, 9, 1), date(2021, 10, 1), date(2022, 1, 5))
        with action() as act:
            (pk,) = enter_people(
                act, officer=self.clerk, office=self.office, rows=[PersonEntry(**fields)]
            )
            rows = [
                DoseEntry(
                    person=pk,
                    campaign=self.campaign.pk,
                    vaccine_code="EU/1/21/1529",
                    vaccinated_on=day,
                    dose_number=number,
                    lot=f"AB{number}",
                )
                for number, day in enumerate(days, 1)
            ]
            enter_doses(act, officer=self.clerk, office=self.office, rows=rows)
        return Person.objects.get(pk=pk)


def ask(client: Client, answers: dict[str, str], question: str = "number") -> Any:
    """The POST that ends the questions."""
    return client.post("/record", answers | {"question": question})


def sent_code() -> str:
    """The newest code in the outbox."""
    _message, letter = queries.outbox()[0]
    return next(word for word in letter.text.split() if word.isdigit() and len(word) == 6)


def give_passport(person: Person) -> Any:
    """A passport for a person, signed by a key of the test's."""
    from hcert_making import make_claims, make_dsc, seal, signed_payload

    from lamsach.authentication.models import Answer
    from lamsach.passports.models import Passport, PassportSigner

    moment = now()
    dsc = make_dsc(starts=moment - timedelta(days=1), ends=moment + timedelta(days=700))
    begins, ends = int(moment.timestamp()), int((moment + timedelta(days=300)).timestamp())
    text = seal(dsc, make_claims(signed_payload(), iat=begins, exp=ends))
    signer = PassportSigner.objects.create(
        kid="AAAAAAAAAAA=",
        certificate=dsc.der,
        algorithm="ES256",
        country="VN",
        valid_from=moment - timedelta(days=1),
        valid_until=moment + timedelta(days=700),
        added_at=moment,
    )
    answer = Answer.objects.create(
        person=person,
        person_version=person.version,
        kind="right",
        purpose="entry",
        at=moment,
        statement=b"{}",
        signature=b"x",
    )
    return Passport.objects.create(
        person=person,
        campaign=person.doses.first().campaign,
        uvci="URN:UVCI:01:VN:AB12",
        hc1=text,
        signature_hash=bytes(16),
        signer=signer,
        issued_at=moment,
        expires_at=moment + timedelta(days=300),
        full_name=person.full_name,
        birth_date=person.birth_date,
        nationality="VN",
        disease="840539006",
        dose_number=3,
        series=3,
        vaccinated_on=date(2022, 1, 5),
        country="VN",
        vaccine="28531000087107",
        product="EU/1/21/1529",
        manufacturer="ORG-100001699",
        issued_by="Cục Y tế dự phòng",
        answer=answer,
    )
