"""Tables on the administrator's pages: looked at first, done when sent again."""

from __future__ import annotations

import csv
import io
from html import unescape
from typing import Any

import pytest
from administration_making import House
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lamsach.accounts.models import Officer, Post
from lamsach.administration import views_tables
from lamsach.ledger.models import Event
from lamsach.places.models import Office

pytestmark = [pytest.mark.db, pytest.mark.django_db]

OFFICES, OFFICERS = "/administration/offices/table/", "/administration/officers/table/"
STATION = "kind,code,name,territory,catalogue\nstation,T2,Trạm hai,25198,2022\nx,T3,Ba,,\n"
LAN = "username,full_name,role,office_code\nlan,Trần Thị Lan,station,70-TYT-1\n"


def file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("bảng.csv", text.encode())


@pytest.fixture
def alice(house: House, signed_in: Any) -> Client:
    return signed_in(house.alice)


def test_offices_are_checked_and_opened_when_sent_again(alice: Client) -> None:
    page = unescape(alice.post(OFFICES, {"file": file(STATION)}).content.decode())
    assert "Không có loại đơn vị nào" in page
    assert not Office.objects.filter(code="T2").exists()
    alice.post(OFFICES, {"file": file(STATION), "apply": "1"})
    assert Office.objects.get(code="T2").territories.get().unit.code == "25198"
    events = Event.objects.count()
    again = alice.post(OFFICES, {"file": file(STATION), "apply": "1"})
    assert (again.status_code, Event.objects.count()) == (200, events)


def test_the_answer_is_the_file_of_passwords_once(alice: Client) -> None:
    alice.post(OFFICERS, {"file": file(LAN)})
    assert not Officer.objects.filter(username="lan").exists()
    answer = alice.post(OFFICERS, {"file": file(LAN), "apply": "1"})
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    (told,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    lan = Officer.objects.get(username="lan")
    assert lan.check_password(told["initial_password"])
    assert Event.objects.filter(subject_id=str(lan.public_id)).count() == 2
    again = alice.post(OFFICERS, {"file": file(LAN), "apply": "1"})
    assert "Content-Disposition" not in again.headers
    assert Post.objects.filter(officer=lan).count() == 1


def test_nobody_gives_a_post_to_themselves_by_a_table(alice: Client, house: House) -> None:
    own = "username,full_name,role,since\nalice,Alice,administrator,01/01/2090\n"
    Post.objects.filter(officer=house.alice).update(period="[2021-01-01,2080-01-01)")
    page = unescape(alice.post(OFFICERS, {"file": file(own), "apply": "1"}).content.decode())
    assert "Không ai tự giao" in page
    assert Post.objects.filter(officer=house.alice).count() == 1


@pytest.mark.parametrize("address", [OFFICES, OFFICERS])
def test_a_file_that_is_none_is_refused_beside_its_field(
    alice: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_tables, "MOST_ROWS", 1)
    for sent in ({}, {"file": file("a,b\n")}, {"file": file(LAN + "b,B,station,\n" + STATION)}):
        assert alice.post(address, {**sent, "apply": "1"}).status_code == 422
    assert not Officer.objects.filter(username="lan").exists()


@pytest.mark.parametrize("address", [OFFICES, OFFICERS])
def test_tables_are_for_administrators(house: House, signed_in: Any, address: str) -> None:
    for person in (house.bob, house.dung, house.charlie):
        browser = signed_in(person)
        assert browser.get(address).status_code == 403
        sent = {"file": file(LAN if address == OFFICERS else STATION), "apply": "1"}
        assert browser.post(address, sent).status_code == 403
    assert not Officer.objects.filter(username="lan").exists()
    assert not Office.objects.filter(code="T2").exists()
