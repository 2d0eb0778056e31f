"""The administrator's pages of offices: open, change, territory, close with who works there."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from administration_making import SYSTEM, House
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from lamsach.accounts.models import Post
from lamsach.accounts.scope import scope_of
from lamsach.administration import queries, views_offices
from lamsach.administration.actions import offices
from lamsach.administration.territories import read_units
from lamsach.clock import today
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.places.actions import open_office
from lamsach.places.models import Office, Territory
from lamsach.places.queries import offices_for, territory_units
from lamsach.signing.queries import COUNTED

pytestmark = [pytest.mark.db, pytest.mark.django_db]

NEW = {
    "kind": "station",
    "name": "Trạm Y tế  phường Tân Đồng",
    "code": "70-TYT-9",
    "territory": "Tân Đồng, Đồng Xoài, Bình Phước",
    "catalogue": "2022",
}


def at(name: str, **kwargs: Any) -> str:
    return reverse(f"administration:{name}", kwargs=kwargs)


def errors(answer: Any) -> str:
    assert answer.status_code == 422
    return unescape(answer.content.decode())


@pytest.fixture
def alice(house: House, signed_in: Any) -> Client:
    return signed_in(house.alice)


def test_an_office_is_opened_with_its_territory_and_the_one_above(
    alice: Client, house: House
) -> None:
    open_office(kind="district_centre", name="TTYT Đồng Xoài", code="689", actor=SYSTEM)
    open_office(kind="commune_police", name="Công an phường", code="689", actor=SYSTEM)
    answer = alice.post(at("office_new"), {**NEW, "above": "689"})
    made = Office.objects.get(code="70-TYT-9")
    assert answer.headers["Location"] == at("office", office=made.public_id)
    assert made.name == "Trạm Y tế phường Tân Đồng"
    assert made.above is not None
    assert made.above.kind == "district_centre"  # of those with the code, what stands above one
    assert [one.code for one in territory_units(made, today())] == ["25198"]
    page = alice.get(answer.headers["Location"]).content.decode()
    assert "Phường Tân Đồng, Thành phố Đồng Xoài, Tỉnh Bình Phước" in page
    # One transaction wrote the last three, in no certain order.
    verbs = list(Event.objects.order_by("pk").values_list("verb", flat=True))[-3:]
    assert set(verbs) == {Verb.OFFICE_OPEN, Verb.TERRITORY_GIVE, Verb.JOB_START}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": ""}, "kind"),
        ({"name": "…"}, "Hãy ghi tên"),
        ({"code": ""}, "Hãy ghi mã đơn vị"),
        ({"code": "70-TYT-1"}, "mang mã này"),
        ({"territory": "Tân Đồng"}, "Không xác định được"),
        ({"territory": "25198", "catalogue": "2025"}, "Không xác định được"),
        ({"above": "không có"}, "Không có đơn vị"),
        ({"opened_on": "hôm nay"}, "ngày/tháng/năm"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_opened(
    alice: Client, change: dict[str, str], says: str
) -> None:
    before = Office.objects.count(), Territory.objects.count(), Event.objects.count()
    assert says in errors(alice.post(at("office_new"), {**NEW, **change}))
    assert (Office.objects.count(), Territory.objects.count(), Event.objects.count()) == before


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("25195", ["25195"]),
        ("25195; 25198\n25195", ["25195", "25198"]),
        ("Tỉnh Bình Phước", ["70"]),
        ("binh phuoc", ["70"]),
        ("TP. Đồng Xoài, Bình Phước", ["689"]),
        ("P. Tân Phú, TP Đồng Xoài, Tỉnh Bình Phước", ["25195"]),
        ("", []),
    ],
)
def test_units_are_read_by_code_and_name(house: House, text: str, codes: list[str]) -> None:
    assert [one.code for one in read_units(text, "2022")] == codes


def test_a_unit_that_cannot_be_read_is_named(house: House) -> None:
    with pytest.raises(ValidationError) as refused:
        read_units("25195\nXã Không Có, Đồng Xoài, Bình Phước\n99999", "2022")
    assert "Xã Không Có" in str(refused.value)
    assert "99999" in str(refused.value)


def test_an_office_gets_another_name_and_another_one_above(alice: Client, house: House) -> None:
    change = at("office_change", office=house.station.public_id)
    form = {"name": "Trạm Y tế Tân Phú", "above": "Bộ Y tế"}
    assert alice.post(change, form).status_code == 302
    house.station.refresh_from_db()
    assert (house.station.name, house.station.above) == ("Trạm Y tế Tân Phú", house.ministry)
    assert queries.find_offices(house.alice, text="tram y te tan phu").rows == [house.station]
    assert Event.objects.filter(verb=Verb.OFFICE_CHANGE).count() == 1
    assert alice.post(change, {**form, "above": "BYT"}).status_code == 302
    assert Event.objects.filter(verb=Verb.OFFICE_CHANGE).count() == 1  # nothing was different
    upper = at("office_change", office=house.ministry.public_id)
    circle = {"name": "Bộ Y tế", "above": "70-TYT-1"}
    assert "cấp trên của chính nó" in errors(alice.post(upper, circle))


def test_territory_is_added_and_ended(alice: Client, house: House) -> None:
    page = at("territory", office=house.station.public_id)
    form = {"territory": "25195\n25198", "catalogue": "2022"}
    assert alice.post(page, form).status_code == 302
    assert {one.code for one in territory_units(house.station, today())} == {"25195", "25198"}
    assert alice.post(page, form).status_code == 302  # again: nothing new
    assert Territory.objects.count() == 2
    assert "Không xác định" in errors(alice.post(page, {**form, "territory": "0"}))
    end = at("end_territory", office=house.station.public_id)
    for one in Territory.objects.all():
        assert alice.post(end, {"territory": one.pk}).status_code == 302
    assert not territory_units(house.station, today()).exists()
    assert Territory.objects.count() == 1  # that of today never began
    gone = Territory.objects.get().pk
    assert alice.post(end, {"territory": gone}).status_code == 404


def test_a_territory_of_another_office_is_not_ended_under_this_name(
    alice: Client, house: House
) -> None:
    theirs = Territory.objects.get(office=house.station)
    end = at("end_territory", office=house.facility.public_id)
    assert alice.post(end, {"territory": theirs.pk}).status_code == 404


def test_an_office_with_posts_is_closed_only_with_them(alice: Client, house: House) -> None:
    close = at("office_close", office=house.station.public_id)
    assert "Dung" in alice.get(close).content.decode()
    assert "còn 1 vị trí" in errors(alice.post(close, {}))
    other = open_office(kind="station", name="Trạm mới", code="70-TYT-8", actor=SYSTEM)
    closing = {"successor": "70-TYT-8", "end_posts": "on"}
    assert "kind" not in closing
    assert alice.post(close, closing).status_code == 302
    house.station.refresh_from_db()
    assert (house.station.closed_on, house.station.successor) == (today(), other)
    assert not scope_of(house.dung).grants
    assert not Post.objects.filter(queries.not_over(today()), office=house.station).exists()
    assert not offices_for(house.commune, "station", today()).exists()
    assert "đã đóng" in errors(alice.post(close, {}))
    assert alice.get(at("office", office=house.station.public_id)).status_code == 200


def test_the_page_that_closes_says_what_is_not_signed(
    alice: Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = at("office_close", office=house.facility.public_id)
    assert "chưa được ký" not in alice.get(close).content.decode()
    for module in (views_offices, offices):
        monkeypatch.setattr(module, "unsigned_at", lambda _office: 1234)
    assert "chưa được ký: 1.234." in alice.get(close).content.decode()
    assert "Hãy ghi đơn vị kế thừa" in errors(alice.post(close, {"end_posts": "on"}))
    monkeypatch.setattr(views_offices, "unsigned_at", lambda _office: COUNTED + 1)
    assert "Hơn 10.000 mũi tiêm" in alice.get(close).content.decode()


def test_a_closed_office_gets_a_successor_afterwards(alice: Client, house: House) -> None:
    where = at("office_successor", office=house.facility.public_id)
    page = at("office", office=house.facility.public_id)
    open_office(kind="facility", name="Bệnh viện mới", code="70-BV-2", actor=SYSTEM)
    assert alice.post(where, {"successor": "70-BV-2"}).status_code == 422  # it is open
    offices.close_office(office=house.facility, by=SYSTEM, end_posts=True)
    assert "Chưa có đơn vị kế thừa" in alice.get(page).content.decode()
    assert "Không có đơn vị" in errors(alice.post(where, {"successor": "70-BV-1"}))  # itself
    assert alice.post(where, {"successor": "70-BV-2"}).status_code == 302
    house.facility.refresh_from_db()
    assert house.facility.successor.code == "70-BV-2"
    assert "Chưa có đơn vị kế thừa" not in alice.get(page).content.decode()
    assert alice.post(where, {"successor": "70-BV-2"}).status_code == 422
    event = Event.objects.filter(verb=Verb.OFFICE_CHANGE).get()
    assert event.facts == {"successor": str(house.facility.successor.public_id)}


def test_an_office_closed_later_keeps_its_posts_until_then(alice: Client, house: House) -> None:
    day = today() + timedelta(30)
    form = {"on": day.isoformat(), "end_posts": "on"}
    close = at("office_close", office=house.station.public_id)
    assert alice.post(close, form).status_code == 302
    assert scope_of(house.dung).grants
    assert not scope_of(house.dung, on=day).grants
    assert Post.objects.get(officer=house.dung).period.upper == day
    assert offices_for(house.commune, "station", day - timedelta(1)).exists()
    assert not offices_for(house.commune, "station", day).exists()


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"on": "2020-01-01", "end_posts": "on"}, "chưa mở"),
        ({"successor": "70-TYT-1", "end_posts": "on"}, "Không có đơn vị"),  # itself
        ({"successor": "BYT", "end_posts": "on"}, "Không có đơn vị"),  # of another kind
    ],
)
def test_a_closing_that_makes_no_sense_is_refused(
    alice: Client, house: House, form: dict[str, str], says: str
) -> None:
    assert says in errors(alice.post(at("office_close", office=house.station.public_id), form))
    house.station.refresh_from_db()
    assert house.station.closed_on is None
    assert scope_of(house.dung).grants


def test_nobody_closes_the_office_of_their_own_post(alice: Client, house: House) -> None:
    close = at("office_close", office=house.administration.public_id)
    assert "Vị trí của chính bạn" in errors(alice.post(close, {"end_posts": "on"}))
    assert scope_of(house.alice).grants


def test_the_list_finds_by_name_code_kind_and_state(alice: Client, house: House) -> None:
    def names(**asked: str) -> list[str]:
        return [one.name for one in queries.find_offices(house.alice, **asked).rows]

    assert names(text="TAN PHU") == [house.station.name]
    assert names(text="70-") == [house.facility.name, house.station.name]
    assert names(kind="ministry") == ["Bộ Y tế"]
    assert names(state="closed") == []
    Office.objects.filter(pk=house.facility.pk).update(closed_on=today())
    assert names(state="closed") == [house.facility.name]
    assert names(text="70-") == [house.station.name]
    assert names(text="70-", state="all") == [house.facility.name, house.station.name]


def test_pages_of_the_list_show_every_office_once(alice: Client, house: House) -> None:
    for number in range(queries.PAGE + 3):
        open_office(kind="facility", name="Phòng khám", code=f"x{number}", actor=SYSTEM)
    seen, address = [], at("offices")
    while True:
        page = alice.get(address).content.decode()
        seen += re.findall(r'/administration/offices/([0-9a-f-]{36})/">', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        if following is None:
            break
        address = at("offices") + unescape(following[1])
    assert len(seen) == len(set(seen)) == Office.objects.count()
