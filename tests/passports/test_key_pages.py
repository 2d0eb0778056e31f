"""A key that signs passports is taken off the trust list: what that does, and who may."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from hcert_making import VACCINATION, Dsc, make_dsc
from signing_making import SYSTEM, Head, make_office, make_officer, signed_in

from lamsach.accounts import actions as accounts
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.clock import now
from lamsach.hcert.trust import TrustList
from lamsach.hcert.verify import verify
from lamsach.jobs.actions import start_job
from lamsach.jobs.models import Job, JobState
from lamsach.ledger.actions import action
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.passports.models import Due, Passport, PassportSigner
from lamsach.passports.publishing import publish_lists
from lamsach.passports.queries import current_passport
from lamsach.passports.tasks import sweep
from lamsach.places.models import OfficeKind
from lamsach.registry.models import Person, Standing

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed", "ministry", "fresh_log")]

Make = Callable[..., Person]
SURE = {"reason": "compromised", "sure": "on"}


def with_post(name: str, kind: OfficeKind, role: Role) -> Officer:
    officer = make_officer(name)
    accounts.give_post(officer=officer, office=make_office(kind), role=role, by=SYSTEM)
    return officer


@pytest.fixture
def official(committed: None) -> Officer:
    return with_post("ministry", OfficeKind.MINISTRY, Role.MINISTRY)


@pytest.fixture
def holder(vaccinated: Make, sign: Any, run_jobs: Any) -> Person:
    """Somebody with a passport."""
    person = vaccinated()
    sign()
    run_jobs()
    publish_lists()
    return person


@pytest.fixture
def another_key(ministry: Dsc) -> Iterator[Callable[[], None]]:
    """Puts another key in the place of the ministry's, until the test ends."""
    files = {Path(one): Path(one).read_bytes()
             for one in (settings.PASSPORT_KEY, settings.PASSPORT_CERTIFICATE)}  # fmt: skip

    def put() -> None:
        made = make_dsc(
            usages=[VACCINATION],
            starts=now().replace(microsecond=0) - timedelta(days=1),
            ends=now().replace(microsecond=0) + timedelta(days=700),
            serial=2,
        )
        for path, content in zip(files, (made.key_pem, made.pem), strict=True):
            path.write_bytes(content)

    yield put
    for path, content in files.items():
        path.write_bytes(content)


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return " ".join(content.split())


def address() -> str:
    return f"/passports/keys/{PassportSigner.objects.order_by('id').first().name}/"  # type: ignore[union-attr]


def trusted() -> TrustList:
    return TrustList.from_bytes(Client().get("/passports/trust-list.json").content)


def test_what_a_distrusted_key_does_to_its_passports(
    official: Officer, holder: Person, head: Head, run_jobs: Any, another_key: Callable[[], None]
) -> None:
    old = Passport.objects.get()
    assert verify(old.hc1, trusted()).valid
    client = signed_in(official)
    keys = text(client.get("/passports/keys/"))
    assert "Được tin cậy" in keys
    assert address() in keys
    page = text(client.get(address()))
    assert "1 hộ chiếu đang có giá trị được ký bằng khóa này." in page
    assert "Không thể hoàn tác." in page
    done = client.post(address(), SURE, follow=True)
    assert "Khóa đã ra khỏi danh sách tin cậy" in text(done)
    assert "Còn 1 hộ chiếu chờ cấp lại." in text(done)
    # At once: verifiers, the person's page, the portal.
    assert not verify(old.hc1, trusted()).valid
    assert current_passport(holder) is None
    person = text(signed_in(head.officer).get(f"/people/{holder.public_id}/"))
    assert "khóa ký không còn được tin cậy" in person
    event = Event.objects.get(verb=Verb.PASSPORT_SIGNER_DISTRUST)
    assert (event.actor, event.facts) == (
        f"officer:{official.public_id}",
        {"reason": "compromised"},
    )
    # The key that is still in its place issues nothing: who keeps it is told.
    run_jobs()
    failed = Job.objects.get(state=JobState.FAILED)
    assert "không còn được tin cậy" in failed.problem_sentence
    assert Passport.objects.count() == 1
    assert Due.objects.count() == 1
    assert Standing.objects.get(person=holder).obstacle == "eligible"
    # With another key the person gets a new passport by itself; the old one needs no revocation.
    another_key()
    job = Job.objects.create(
        key="sweep", task="passports.sweep", actor=str(SYSTEM), created_at=now(), updated_at=now()
    )
    sweep(job)
    new = current_passport(holder)
    assert new is not None
    assert new.replaces_id == old.pk
    publish_lists()
    assert verify(new.hc1, trusted()).valid
    assert json.loads(Client().get("/passports/revocations.json").content) == []
    assert not Standing.objects.filter(person=holder).exists()
    assert "đã được cấp lại" in text(client.get(address()))


def test_what_was_issued_while_its_key_was_distrusted_is_issued_anew_at_night(
    holder: Person, run_jobs: Any, another_key: Callable[[], None]
) -> None:
    old = Passport.objects.get()
    PassportSigner.objects.update(distrusted_at=now())  # and no job knows of this passport
    another_key()
    with action() as act:
        start_job(act, "passports.renew", key="renew", actor=SYSTEM)
    run_jobs()
    new = current_passport(holder)
    assert new is not None
    assert new.replaces_id == old.pk


def test_it_is_meant_or_nothing_happens(official: Officer, holder: Person) -> None:
    client = signed_in(official)
    for said in ({}, {"reason": "lost"}, {"sure": "on"}, {"reason": "mood", "sure": "on"}):
        answer = client.post(address(), said)
        assert answer.status_code == 422
    assert "Hãy đọc hậu quả" in text(client.post(address(), {"reason": "lost"}))
    assert PassportSigner.objects.get().distrusted_at is None
    client.post(address(), SURE)
    first = PassportSigner.objects.get().distrusted_at
    again = client.post(address(), SURE, follow=True)
    assert "vừa được đưa ra" in text(again)
    assert "<form" not in text(client.get(address())).split("<main")[1]
    assert PassportSigner.objects.get().distrusted_at == first
    assert Event.objects.filter(verb=Verb.PASSPORT_SIGNER_DISTRUST).count() == 1


def test_who_sees_the_keys_and_who_may(holder: Person, head: Head) -> None:
    auditor = with_post("auditor", OfficeKind.AUDIT, Role.AUDITOR)
    admin = with_post("admin", OfficeKind.ADMINISTRATION, Role.ADMINISTRATOR)
    department = with_post("department", OfficeKind.DEPARTMENT, Role.DEPARTMENT)
    watching = signed_in(auditor)
    assert watching.get("/passports/keys/").status_code == 200
    assert "Đưa khóa ra khỏi" not in text(watching.get(address()))
    assert watching.post(address(), SURE).status_code == 403
    for officer in (department, head.officer):
        client = signed_in(officer)
        for answer in (
            client.get("/passports/keys/"),
            client.get(address()),
            client.post(address(), SURE),
        ):
            assert answer.status_code == 403
    assert PassportSigner.objects.get().distrusted_at is None
    signed_in(admin).post(address(), SURE)
    assert PassportSigner.objects.get().distrusted_at is not None
    for name in ("00", "zz", "no-such-key"):
        assert watching.get(f"/passports/keys/{name}/").status_code == 404
