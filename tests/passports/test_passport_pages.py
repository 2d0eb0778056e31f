"""One passport on a page, on paper and as a code; lists and log for verifiers; fraud."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import typst
from django.test import Client
from hcert_making import Dsc
from signing_making import SYSTEM, Head, make_office, make_officer, signed_in

from lamsach.accounts import actions as accounts
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.clock import now
from lamsach.esign.transparency import LogReader, NoteVerifier
from lamsach.hcert.pictures import read_picture
from lamsach.hcert.revocation import RevocationList
from lamsach.hcert.trust import TrustList
from lamsach.hcert.verify import verify
from lamsach.ledger.actions import action
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.passports import pdf
from lamsach.passports.actions import look_at, revoke_for_fraud
from lamsach.passports.desk import SYSTEM as DESK
from lamsach.passports.desk import revoke
from lamsach.passports.models import Passport, Reason
from lamsach.passports.publishing import publish_lists
from lamsach.passports.queries import current_passport
from lamsach.places.models import OfficeKind
from lamsach.registry.models import Person, Standing

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed", "ministry", "fresh_log")]

Make = Callable[..., Person]


@pytest.fixture
def issued(vaccinated: Make, sign: Any, run_jobs: Any) -> Callable[..., Passport]:
    def make(**more: Any) -> Passport:
        person = vaccinated(**more)
        sign()
        run_jobs()
        return Passport.objects.get(person=person)

    return make


@pytest.fixture
def official(committed: None) -> Officer:
    officer = make_officer("ministry")
    accounts.give_post(
        officer=officer, office=make_office(OfficeKind.MINISTRY), role=Role.MINISTRY, by=SYSTEM
    )
    return officer


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return " ".join(content.split())


def test_the_page_shows_the_eleven_fields_and_what_it_rests_on(issued: Any, head: Head) -> None:
    passport = issued(full_name="Nguyễn Bửu Lộc", birth_date="1983-10-05")
    client = signed_in(head.officer)
    page = text(client.get(f"/passports/{passport.public_id}/"))
    for shown in (
        "Nguyễn Bửu Lộc", "05/10/1983", "Việt Nam", "COVID-19", "2/2", "Vắc xin mRNA",
        "Comirnaty", "Biontech Manufacturing GmbH", passport.uvci, head.office.name,
        "Trần Thị Ngát, Trưởng trạm", "mục 0",
    ):  # fmt: skip
        assert shown in page
    assert "gian lận" not in page  # revoking is the ministry's
    assert (
        signed_in(make_officer("stranger")).get(f"/passports/{passport.public_id}/").status_code
        == 404
    )


@pytest.mark.parametrize("birth", ["1983-10-05", "1983-10", "1983"])
def test_the_paper_carries_a_code_that_is_read_and_verifies(
    issued: Any, head: Head, ministry: Dsc, birth: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    passport = issued(full_name="Đặng Thị Ẵm Ỷ", birth_date=birth)
    answer = signed_in(head.officer).get(f"/passports/{passport.public_id}/passport.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    typeset = typst.compile
    drawn: Any = lambda *a, **k: typeset(*a, **{**k, "format": "png", "ppi": 150.0})  # noqa: E731
    monkeypatch.setattr(typst, "compile", drawn)
    picture = pdf.render(passport)
    assert read_picture(picture) == passport.hc1
    assert verify(passport.hc1, TrustList.from_bytes(ministry.pem)).valid


def test_verifiers_fetch_the_lists_and_find_what_they_need(
    issued: Any, official: Officer, clock_at: Any
) -> None:
    passport = issued()
    publish_lists()
    anyone = Client()
    trusted = anyone.get("/passports/trust-list.json")
    assert verify(passport.hc1, TrustList.from_bytes(trusted.content)).valid
    first = anyone.get("/passports/revocations.json")
    assert json.loads(first.content) == []
    assert not verify_with(anyone, passport)
    revoke_for_fraud(officer=official, passport=passport, grounds="mua bán mũi tiêm")
    publish_lists()
    assert verify_with(anyone, passport)
    lists = json.loads(anyone.get("/passports/lists.json").content)
    for name in ("trust-list.json", "revocations.json"):
        content = anyone.get(f"/passports/{name}").content
        assert lists["lists"][name] == sha256(content).hexdigest()
    until = datetime.fromisoformat(lists["valid_until"])
    assert timedelta(hours=47) < until - now() <= timedelta(hours=48)


def verify_with(client: Client, passport: Passport) -> bool:
    """Whether the published lists call the passport revoked."""
    trust = TrustList.from_bytes(client.get("/passports/trust-list.json").content)
    revoked = RevocationList.load(client.get("/passports/revocations.json").content)
    result = verify(passport.hc1, trust, revocations=revoked)
    assert result.valid or result.code == "REVOKED"
    return not result.valid


def test_a_corrected_passport_counts_for_72_hours_more(
    issued: Any, run_jobs: Any, clock_at: Any
) -> None:
    passport = issued()
    with action() as act:
        revoke(act, [passport], Reason.CORRECTED, at=now(), actor=DESK)
    for hours, gone in ((0, False), (71, False), (73, True)):
        with clock_at(now() + timedelta(hours=hours)):
            publish_lists()
            assert verify_with(Client(), passport) is gone


def test_a_list_that_has_not_changed_is_not_sent_again(issued: Any, clock_at: Any) -> None:
    issued()
    publish_lists()
    client = Client()
    for name in ("trust-list.json", "revocations.json"):
        first = client.get(f"/passports/{name}")
        tag, day = first.headers["ETag"], first.headers["Last-Modified"]
        with clock_at(now() + timedelta(minutes=10)):
            assert publish_lists() is False
            again = client.get(f"/passports/{name}", headers={"if-none-match": tag})
        assert again.status_code == 304
        assert (
            client.get(f"/passports/{name}", headers={"if-modified-since": day}).status_code == 304
        )
    before = json.loads(client.get("/passports/lists.json").content)["valid_until"]
    with clock_at(now() + timedelta(minutes=20)):
        publish_lists()
    assert json.loads(client.get("/passports/lists.json").content)["valid_until"] > before


def test_before_anything_was_published_there_is_nothing() -> None:
    assert Client().get("/passports/trust-list.json").status_code == 404


def test_the_log_is_open_to_whoever_watches_it(issued: Any) -> None:
    for _ in range(3):
        issued()
    publish_lists()
    client = Client()
    told = json.loads(client.get("/passports/lists.json").content)["log"]

    def read(path: str) -> bytes | None:
        answer = client.get(f"/passports/log/{path}")
        return answer.content if answer.status_code == 200 else None

    reader = LogReader(read, told["origin"], [NoteVerifier.read(told["key"])])
    checkpoint = reader.checkpoint()
    assert checkpoint.size == 3
    reader.audit(checkpoint)
    for path in (".lock", ".new", "../keys/transparency.key", "tile/../checkpoint", "tile/0"):
        assert client.get(f"/passports/log/{path}").status_code == 404


def test_fraud_ends_a_passport_at_once_and_keeps_another_back_until_the_ministry_says(
    issued: Any, official: Officer, run_jobs: Any
) -> None:
    passport = issued()
    client = signed_in(official)
    where = f"/passports/{passport.public_id}/"
    assert "Thu hồi ngay" in text(client.get(where))
    empty = client.post(f"{where}revoke/", {"grounds": " "})
    assert empty.status_code == 422
    done = client.post(f"{where}revoke/", {"grounds": "mua bán mũi tiêm"}, follow=True)
    assert "đã thu hồi</span>" in text(done)
    passport.refresh_from_db()
    assert passport.revocation_effective_at == passport.revoked_at
    assert "mua bán" not in str(list(Event.objects.values()))
    with action() as act:
        look_at(act, [passport.person_id])
    run_jobs()
    assert current_passport(passport.person) is None
    assert Standing.objects.get(person=passport.person).obstacle == "withheld"
    again = client.post(f"{where}revoke/", {"grounds": "lần nữa"})
    assert again.status_code == 422
    client.post(f"{where}release/")
    run_jobs()
    assert current_passport(passport.person) is not None
    assert Event.objects.filter(verb=Verb.PASSPORT_RELEASE).count() == 1
    assert "Không có gì ngăn" in text(client.post(f"{where}release/", follow=True))


def test_only_the_ministry_revokes_for_fraud(issued: Any, head: Head) -> None:
    passport = issued()
    client = signed_in(head.officer)
    for step in ("revoke/", "release/"):
        answer = client.post(f"/passports/{passport.public_id}/{step}", {"grounds": "thử"})
        assert answer.status_code == 403
    assert Passport.objects.get().revoked_at is None
