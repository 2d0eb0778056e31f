"""The ministry's key, and people whose doses are signed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "signing"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hcert"))

from hcert_making import VACCINATION, Dsc, make_dsc
from signing_making import (
    PIN,
    SYSTEM,
    Authority,
    Head,
    answer,
    make_campaign,
    make_dose,
    make_head,
    make_office,
    make_officer,
    make_person,
    write_p12,
)

from lamsach.clock import now
from lamsach.registry.models import Campaign, Person
from lamsach.registry.standing import refresh_standing
from lamsach.signing import actions as signing


@pytest.fixture
def authority(lamsach_data: Path) -> Authority:
    made = Authority("Cơ quan chứng thực giả định")
    made.trust_in(settings.SIGNING_AUTHORITIES)
    return made


@pytest.fixture(scope="session")
def ministry(lamsach_data: Path) -> Dsc:
    """The ministry's key and certificate, where the installation has them."""
    from datetime import timedelta

    dsc = make_dsc(
        usages=[VACCINATION],
        starts=now().replace(microsecond=0) - timedelta(days=30),
        ends=now().replace(microsecond=0) + timedelta(days=700),
    )
    key, certificate = Path(settings.PASSPORT_KEY), Path(settings.PASSPORT_CERTIFICATE)
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_bytes(dsc.key_pem)
    certificate.write_bytes(dsc.pem)
    return dsc


@pytest.fixture
def fresh_log(lamsach_data: Path) -> Iterator[None]:
    """A log that begins with the test's own database."""
    import shutil

    shutil.rmtree(settings.TRANSPARENCY_LOG, ignore_errors=True)
    yield
    shutil.rmtree(settings.TRANSPARENCY_LOG, ignore_errors=True)


@pytest.fixture
def campaign(committed: None) -> Campaign:
    return make_campaign()


@pytest.fixture
def head(committed: None, authority: Authority) -> Head:
    officer, office = make_officer("head"), make_office()
    make_head(officer, office)
    key, certificate = authority.officer("Trần Thị Ngát")
    write_p12(settings.SIGNING_KEYS / f"{officer.username}.p12", key, certificate)
    signing.bind_certificate(
        officer=officer, certificate=certificate, by=SYSTEM, key=f"file:{officer.username}.p12"
    )
    return Head(officer, office, key, certificate)


@pytest.fixture
def vaccinated(head: Head, campaign: Campaign) -> Callable[..., Person]:
    """A person with doses, authenticated: `vaccinated(doses=2, product=…, answered="right")`."""

    def make(
        doses: int = 2, products: tuple[str, ...] = (), answered: str = "right", **more: Any
    ) -> Person:
        person = make_person(head.office, **more)
        for number in range(len(products) or doses):
            chosen = {"vaccine_code": products[number]} if products else {}
            make_dose(person, head.office, campaign, **chosen)
        if answered:
            answer(person, answered)
        refresh_standing([person.pk])
        return person

    return make


@pytest.fixture
def sign(head: Head) -> Callable[[], None]:
    """The head signs all that waits."""

    def go() -> None:
        batch = signing.prepare_batch(officer=head.officer, office=head.office)
        signing.sign_batch(officer=head.officer, batch=batch, pin=PIN)

    return go
