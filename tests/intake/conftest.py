"""A small country for intake: two facilities, their officers, a campaign; a way to send a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest

from lamsach.accounts.actions import create_officer, give_post
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.intake.actions import apply_batch, upload_batch
from lamsach.intake.models import Batch
from lamsach.jobs.actions import carry_out
from lamsach.jobs.models import Job
from lamsach.ledger.actions import Actor
from lamsach.places.actions import open_office
from lamsach.places.models import Office, OfficeKind, Unit
from lamsach.registry.models import Campaign

SYSTEM = Actor.system("test")
OPENED = date(2021, 1, 1)


@dataclass
class Country:
    """Whom and what the tests name."""

    near: Office
    far: Office
    campaign: Campaign
    alice: Officer  # clerk of the near facility
    bob: Officer  # head of the near facility
    charlie: Officer  # head of the far one
    dora: Officer  # no facility at all


def officer(name: str, *posts: tuple[Office, Role]) -> Officer:
    made, _ = create_officer(username=name, full_name=name.title(), by=SYSTEM)
    Officer.objects.filter(pk=made.pk).update(must_change_password=False)
    for office, role in posts:
        give_post(officer=made, office=office, role=role, by=SYSTEM, since=OPENED)
    return made


@pytest.fixture
def make_country(django_db_blocker: None) -> Callable[[], Country]:
    """Makes the country in whatever database the test uses."""

    def make() -> Country:
        commune = None
        for code, level, name in (
            ("70", 1, "Tỉnh Bình Phước"),
            ("689", 2, "Thành phố Đồng Xoài"),
            ("25195", 3, "Phường Tân Phú"),
        ):
            commune = Unit.objects.create(
                catalogue="2022", code=code, level=level, name=name, above=commune
            )
        assert commune is not None
        near, far, cdc = (
            open_office(
                kind=kind, name=name, code=code, territory=[commune], actor=SYSTEM, opened_on=OPENED
            )
            for kind, name, code in (
                (OfficeKind.FACILITY, "Bệnh viện gần", "70-A"),
                (OfficeKind.FACILITY, "Bệnh viện xa", "70-B"),
                (OfficeKind.CDC, "CDC", "70-C"),
            )
        )
        campaign = Campaign.objects.create(
            code="covid-19",
            name="COVID-19",
            disease="840539006",
            vaccines=["EU/1/21/1529", "BBIBP-CorV"],
            compulsory_fields=["full_name", "lot"],
            opened_on=date(2021, 3, 8),
        )
        return Country(
            near=near,
            far=far,
            campaign=campaign,
            alice=officer("alice", (near, Role.FACILITY_CLERK)),
            bob=officer("bob", (near, Role.FACILITY_HEAD)),
            charlie=officer("charlie", (far, Role.FACILITY_HEAD)),
            dora=officer("dora", (cdc, Role.CDC)),
        )

    return make


@pytest.fixture
def country(db: None, make_country: Callable[[], Country]) -> Country:
    """The country, gone after the test."""
    return make_country()


@pytest.fixture
def run_jobs() -> Callable[[], None]:
    """Does the jobs of this floor; that the register is asked waits in the queue."""

    def drain() -> None:
        for job in Job.objects.filter(task__startswith="intake.", state="waiting").order_by("pk"):
            carry_out(job)

    return drain


@pytest.fixture
def send(country: Country, run_jobs: Callable[[], None]) -> Callable[..., Batch]:
    """Sends a workbook and has it checked and, if asked, entered: the batch afterwards."""

    def sent(content: bytes, *, enter: bool = True, by: str = "alice") -> Batch:
        who: Officer = getattr(country, by)
        office = country.far if by == "charlie" else country.near
        batch = upload_batch(
            officer=who, office=office, campaign=country.campaign, content=content, name="tệp.xlsx"
        )
        run_jobs()
        batch.refresh_from_db()
        if enter and batch.good:
            apply_batch(officer=who, batch=batch)
            run_jobs()
            batch.refresh_from_db()
        return batch

    return sent
