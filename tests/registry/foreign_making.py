"""Things of every kind that have an address, made for the person and offices of a small country."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.authentication.models import Answer
from lamsach.cleansing.models import CleansingEntry, CleansingList
from lamsach.clock import now, today
from lamsach.files.models import StoredFile
from lamsach.intake.models import Batch
from lamsach.jobs import registry as kinds
from lamsach.jobs.actions import start_job
from lamsach.ledger.actions import Actor, action
from lamsach.passports.models import Passport, PassportSigner
from lamsach.places.actions import open_office
from lamsach.places.models import OfficeKind
from lamsach.registry.models import Person
from lamsach.signing.models import SigningBatch

KID = "000000"  # of the passport's key, as addresses bear it


def job(country: Any) -> UUID:
    """Work that Alice asked for."""
    kinds.background("foreign")(lambda _job: None)
    with action() as act:
        made = start_job(
            act, "foreign", key="foreign", subject=("test", 1), arguments={},
            actor=actor_of(country.alice), office=country.facility,
        )  # fmt: skip
    return made.public_id


def file_batch(country: Any, secret: str) -> UUID:
    """A file that Alice sent, refused."""
    file = StoredFile.objects.create(address="0" * 64, size=1, kept_at=now())
    return Batch.objects.create(
        office=country.facility, campaign=country.campaign, file=file, file_name=f"{secret}.xlsx",
        uploaded_by=country.alice, uploaded_at=now(), state="refused", refusal=secret,
    ).public_id  # fmt: skip


def signing_batch(country: Any) -> UUID:
    """A batch that waits for Bob's signature."""
    return SigningBatch.objects.create(
        office=country.facility, officer=country.bob, count=1, counts={}, manifest=b"{}",
        prepared_at=now(),
    ).public_id  # fmt: skip


def passport(country: Any, person: Person) -> UUID:
    """A passport of the person."""
    moment = now()
    signer = PassportSigner.objects.create(
        kid="AAAA", certificate=b"x", algorithm="ES256", country="VN", valid_from=moment,
        valid_until=moment + timedelta(700), added_at=moment,
    )  # fmt: skip
    answer = Answer.objects.create(
        person=person, person_version=1, kind="right", purpose="entry", at=moment,
        statement=b"{}", signature=b"x", salt=b"x" * 16,
    )  # fmt: skip
    return Passport.objects.create(
        person=person, campaign=country.campaign, uvci="URN:UVCI:01:VN:1#1", hc1="HC1:X",
        signature_hash=b"x", signer=signer, issued_at=moment, expires_at=moment + timedelta(365),
        full_name=person.full_name, birth_date="1963-05-04", nationality="VN",
        disease="840539006", dose_number=1, series=2, vaccinated_on=today(), country="VN",
        vaccine="J07BX03", product="EU/1/21/1529", manufacturer="ORG-100001699", issued_by="BYT",
        answer=answer,
    ).public_id  # fmt: skip


def cleansing_list(country: Any, person: Person) -> tuple[UUID, UUID]:
    """A list of the station near, with the person on it, and the entry."""
    made = CleansingList.objects.create(
        station=country.station, commune=country.near, campaign=country.campaign,
        made_by=country.dung, made_at=now(), state_since=now(),
    )  # fmt: skip
    entry = CleansingEntry.objects.create(
        list=made, person=person, person_version=1, obstacle="wrong", position=1
    )
    return made.public_id, entry.public_id


def officer(secret: str) -> UUID:
    """An account, as administrators alone may see it."""
    return Officer.objects.create(username="secret", full_name=secret, awake_since=now()).public_id


def office(secret: str) -> UUID:
    """An office, on whose page administrators see who works there."""
    actor = Actor.system("test")
    return open_office(kind=OfficeKind.STATION, name=secret, code="s", actor=actor).public_id
