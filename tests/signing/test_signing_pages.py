"""The signing desk in the browser: what waits, a sample before the PIN, one PIN, the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from signing_making import (
    PIN,
    SYSTEM,
    Head,
    answer,
    make_campaign,
    make_dose,
    make_office,
    make_officer,
    make_person,
    signed_in,
)

from lamsach.accounts import actions as accounts
from lamsach.accounts.roles import Role
from lamsach.esign.keys import open_key
from lamsach.esign.signatures import Signer
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office, OfficeKind
from lamsach.registry.models import Person
from lamsach.signing.models import BatchState, SigningBatch
from lamsach.signing.queries import signed_doses
from lamsach.signing.trust import authorities

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed")]


def vaccinated(office: Office, people: int = 1) -> list[Person]:
    campaign = make_campaign()
    made = []
    for _ in range(people):
        person = make_person(office)
        make_dose(person, office, campaign)
        answer(person)
        made.append(person)
    return made


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return " ".join(content.split())


def test_from_the_desk_to_the_signature(head: Callable[..., Head]) -> None:
    chief = head()
    people = vaccinated(chief.office, 3)
    client = signed_in(chief.officer)
    desk = client.get("/signing/")
    assert "3 mũi tiêm đang chờ" in text(desk)
    sent = client.post("/signing/prepare/", {"office": chief.office.public_id}, follow=True)
    page = text(sent)
    assert "Hãy xem, rồi ký bằng một mã PIN." in page
    assert all(one.full_name in page for one in people)
    assert 'Comirnaty</th><td class="number right">3</td>' in page
    assert Event.objects.filter(verb=Verb.PERSON_READ).count() == 3
    batch = SigningBatch.objects.get()
    wrong = client.post(f"/signing/{batch.public_id}/sign/", {"pin": "không phải"})
    assert wrong.status_code == 422
    assert "Mã PIN không đúng" in text(wrong)
    assert "không phải" not in text(wrong)
    done = client.post(f"/signing/{batch.public_id}/sign/", {"pin": PIN}, follow=True)
    assert "Đã ký 3 mũi tiêm" in text(done)
    assert "Chữ ký số hợp lệ: Trần Thị Ngát, Trưởng trạm" in text(done)
    assert signed_doses().count() == 3
    assert people[0].full_name not in text(done)  # the sample was for before the PIN
    assert "Không có gì chờ" in text(client.get("/signing/"))


def test_a_second_signature_is_refused_readably(head: Callable[..., Head]) -> None:
    chief = head()
    vaccinated(chief.office)
    client = signed_in(chief.officer)
    client.post("/signing/prepare/", {"office": chief.office.public_id})
    batch = SigningBatch.objects.get()
    client.post(f"/signing/{batch.public_id}/sign/", {"pin": PIN})
    for step in ("sign/", "abandon/"):
        again = client.post(f"/signing/{batch.public_id}/{step}", {"pin": PIN})
        assert again.status_code == 409
    assert SigningBatch.objects.get().state == BatchState.SIGNED


def test_nothing_to_sign_is_said_and_a_batch_can_be_given_up(head: Callable[..., Head]) -> None:
    chief = head()
    client = signed_in(chief.officer)
    sent = client.post("/signing/prepare/", {"office": chief.office.public_id}, follow=True)
    assert "Không có mũi tiêm nào chờ" in text(sent)
    vaccinated(chief.office)
    client.post("/signing/prepare/", {"office": chief.office.public_id})
    batch = SigningBatch.objects.get()
    given_up = client.post(f"/signing/{batch.public_id}/abandon/", follow=True)
    assert "1 mũi tiêm đang chờ" in text(given_up)


def test_a_signature_from_the_officers_own_desk(head: Callable[..., Head]) -> None:
    chief = head(key="")
    vaccinated(chief.office)
    client = signed_in(chief.officer)
    client.post("/signing/prepare/", {"office": chief.office.public_id})
    batch = SigningBatch.objects.get()
    page = text(client.get(f"/signing/{batch.public_id}/"))
    assert f"lamsach sign {batch.public_id}.json" in page
    assert 'name="pin"' not in page
    manifest = client.get(f"/signing/{batch.public_id}/manifest.json").content
    path = settings.SIGNING_KEYS / f"{chief.officer.username}.p12"
    with open_key(path, pin=PIN) as key:
        signature = Signer(key, authorities()).cms(manifest)
    where = f"/signing/{batch.public_id}/signature/"
    false = client.post(where, {"signature": SimpleUploadedFile("x.p7s", b"junk")})
    assert false.status_code == 422
    assert signed_doses().count() == 0
    taken = client.post(where, {"signature": SimpleUploadedFile("x.p7s", signature)}, follow=True)
    assert "Đã ký 1 mũi tiêm" in text(taken)
    assert signed_doses().count() == 1


def test_who_sees_which_batch(head: Callable[..., Head]) -> None:
    chief, other = head(), head()
    people = vaccinated(chief.office)
    signed_in(chief.officer).post("/signing/prepare/", {"office": chief.office.public_id})
    batch = SigningBatch.objects.get()
    auditor, clerk = make_officer("auditor"), make_officer("clerk")
    for officer, kind, role in (
        (auditor, OfficeKind.AUDIT, Role.AUDITOR),
        (clerk, OfficeKind.FACILITY, Role.FACILITY_CLERK),
    ):
        office = chief.office if role is Role.FACILITY_CLERK else make_office(kind)
        accounts.give_post(officer=officer, office=office, role=role, by=SYSTEM)
    for officer, status in ((auditor, 200), (clerk, 404), (other.officer, 404)):
        client = signed_in(officer)
        for file in ("", "manifest.json"):
            assert client.get(f"/signing/{batch.public_id}/{file}").status_code == status
        signing = client.post(f"/signing/{batch.public_id}/sign/", {"pin": PIN})
        assert signing.status_code in (403, 404)
        assert (
            client.post("/signing/prepare/", {"office": chief.office.public_id}).status_code == 404
        )
    page = text(signed_in(auditor).get(f"/signing/{batch.public_id}/"))
    assert people[0].full_name not in page
    assert signed_doses().count() == 0
    assert signed_in(auditor).get(f"/signing/{uuid4()}/").status_code == 404


def test_past_batches_go_on_page_by_page(head: Callable[..., Head]) -> None:
    chief = head()
    client = signed_in(chief.officer)
    for _ in range(27):
        vaccinated(chief.office)
        client.post("/signing/prepare/", {"office": chief.office.public_id})
        client.post(f"/signing/{SigningBatch.objects.latest('id').public_id}/abandon/")
    first = text(client.get("/signing/"))
    assert first.count(">Đã hủy</span>") == 25
    more = first.split('href="?before=')[1].split('"')[0]
    assert text(client.get(f"/signing/?before={more}")).count(">Đã hủy</span>") == 2
    assert client.get("/signing/?before=x").status_code == 200
