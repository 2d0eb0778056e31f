"""The administrator's pages of accounts: who may, what they do, and that the ledger tells it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from administration_making import SYSTEM, House, officer
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from lamsach.accounts.actions import give_post
from lamsach.accounts.models import Officer, Post
from lamsach.accounts.roles import OFFICE_KINDS, Role
from lamsach.accounts.scope import scope_of
from lamsach.administration import queries
from lamsach.administration.showing import state_of
from lamsach.clock import now, today
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.places.actions import open_office

pytestmark = [pytest.mark.db, pytest.mark.django_db]

NEW = {
    "username": "Lan.BP01",
    "full_name": "Trần Thị Lan",
    "role": "station",
    "office": "70-TYT-1",
}


def at(name: str, **kwargs: Any) -> str:
    return reverse(f"administration:{name}", kwargs=kwargs)


def shown_password(answer: Any) -> str:
    assert answer.status_code == 200, answer.content.decode()
    found = re.search(r'id="password">([^<]+)<', answer.content.decode())
    assert found
    return unescape(found[1])


def errors(answer: Any) -> str:
    assert answer.status_code == 422
    return unescape(answer.content.decode())


@pytest.fixture
def alice(house: House, signed_in: Any) -> Client:
    return signed_in(house.alice)


def all_but_administrators() -> list[Role]:
    return [role for role in Role if role != Role.ADMINISTRATOR]


@pytest.mark.parametrize("role", all_but_administrators())
def test_nobody_but_an_administrator_gets_in(house: House, signed_in: Any, role: Role) -> None:
    kind = sorted(OFFICE_KINDS[role])[0]
    place = open_office(kind=kind, name="Nơi khác", code="x", actor=SYSTEM)
    browser = signed_in(officer("other", (place, role)))
    target = house.dung.public_id
    before = list(Post.objects.values()), list(Officer.objects.values("password", "is_active"))
    for address in (
        at("officers"), at("officer_new"), at("officer", officer=target),
        at("appoint", officer=target), at("end_post", officer=target),
        at("rename", officer=target), at("password", officer=target),
        at("factor", officer=target), at("shut", officer=target), at("open", officer=target),
        at("leave", officer=target), at("offices"), at("office_new"),
        at("office", office=house.station.public_id),
        at("office_change", office=house.station.public_id),
        at("territory", office=house.station.public_id),
        at("end_territory", office=house.station.public_id),
        at("office_close", office=house.station.public_id),
        at("office_successor", office=house.station.public_id),
    ):  # fmt: skip
        assert browser.get(address).status_code in (403, 405), address
        assert browser.post(address, {**NEW, "name": "X"}).status_code in (403, 405), address
    assert not queries.find_officers(browser_officer(browser)).rows
    assert not queries.find_offices(browser_officer(browser)).rows
    assert before == (
        list(Post.objects.values()),
        list(Officer.objects.values("password", "is_active")),
    )


def browser_officer(browser: Client) -> Officer:
    return Officer.objects.get(pk=browser.session["_auth_user_id"])


def test_a_new_account_signs_in_with_the_password_that_was_shown_once(alice: Client) -> None:
    answer = alice.post(at("officer_new"), NEW)
    password = shown_password(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    made = Officer.objects.get(username="lan.bp01")
    assert made.full_name == "Trần Thị Lan"
    assert scope_of(made).may(Role.STATION)
    cache.clear()
    browser = Client()
    signed = browser.post("/accounts/login/", {"login": "lan.bp01", "password": password})
    assert signed.headers["Location"] == "/"
    assert browser.get("/").headers["Location"] == "/accounts/password/"
    page = alice.get(at("officer", officer=made.public_id)).content.decode()
    assert password not in page
    told = Event.objects.filter(subject_id=str(made.public_id))
    assert set(told.values_list("verb", flat=True)) == {
        Verb.OFFICER_CREATE, Verb.POST_GIVE, Verb.OFFICER_SIGN_IN,
    }  # fmt: skip
    given = told.get(verb=Verb.POST_GIVE)
    assert given.actor == f"officer:{browser_officer(alice).public_id}"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"username": "có dấu"}, "a-z"),
        ({"username": "dung"}, "Đã có tài khoản"),
        ({"full_name": "123"}, "Hãy ghi tên"),
        ({"office": ""}, "cả vai trò và đơn vị"),
        ({"role": ""}, "cả vai trò và đơn vị"),
        ({"office": "70-BV-1"}, "Không có đơn vị"),  # a hospital has no station officer
        ({"since": "31/02/2026"}, "ngày/tháng/năm"),
        ({"since": "05/06/2026", "last_day": "04/06/2026"}, "Ngày cuối trước ngày đầu"),
        ({"since": "05/06/2020"}, "đơn vị chưa mở"),
        ({"role": "boss"}, "role"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_made(
    alice: Client, change: dict[str, str], says: str
) -> None:
    before = Officer.objects.count(), Event.objects.count()
    assert says in errors(alice.post(at("officer_new"), {**NEW, **change}))
    assert (Officer.objects.count(), Event.objects.count()) == before


def test_an_office_is_named_by_code_or_name_and_several_are_told_apart(
    alice: Client, house: House
) -> None:
    open_office(kind="station", name="Trạm Y tế xã Tân Lập", code="70-TYT-2", actor=SYSTEM)
    told = errors(alice.post(at("officer_new"), {**NEW, "office": "tram y te"}))
    assert "70-TYT-1" in told
    assert "70-TYT-2" in told
    shown_password(alice.post(at("officer_new"), {**NEW, "office": "tram y te xa tan lap"}))
    assert Post.objects.get(officer__username="lan.bp01").office.code == "70-TYT-2"


def test_from_an_office_s_page_its_roles_alone_are_offered(alice: Client, house: House) -> None:
    page = alice.get(at("officer_new") + f"?office={house.station.public_id}").content.decode()
    assert re.findall(r'<option value="(\w+)"', page) == [
        "facility_clerk", "facility_head", "station",
    ]  # fmt: skip
    form = {**NEW, "office": "", "role": "facility_head", "at": str(house.station.public_id)}
    shown_password(alice.post(at("officer_new"), form))
    assert Post.objects.get(officer__username="lan.bp01").office == house.station
    assert alice.post(at("officer_new"), {**form, "role": "ministry"}).status_code == 422


def test_a_post_is_given_and_ended(alice: Client, house: House) -> None:
    target = house.dung.public_id
    last = today() + timedelta(9)
    form = {"role": "facility_head", "office": "70-TYT-1", "last_day": last.isoformat()}
    assert alice.post(at("appoint", officer=target), form).status_code == 302
    post = Post.objects.get(officer=house.dung, role="facility_head")
    assert (post.period.lower, post.period.upper) == (today(), last + timedelta(1))
    assert "đã giữ vị trí này" in errors(alice.post(at("appoint", officer=target), form))
    end = at("end_post", officer=target)
    too_early = {"post": post.pk, "last_day": (today() - timedelta(2)).isoformat()}
    assert "đã qua" in errors(alice.post(end, too_early))
    too_late = {"post": post.pk, "last_day": (last + timedelta(1)).isoformat()}
    assert "kết thúc sớm hơn" in errors(alice.post(end, too_late))
    station = Post.objects.get(officer=house.dung, role="station")
    assert alice.post(end, {"post": station.pk}).status_code == 302
    assert not scope_of(house.dung).may(Role.STATION)
    assert scope_of(house.dung).may(Role.FACILITY_HEAD)
    verbs = Event.objects.filter(subject_id=str(target)).values_list("verb", flat=True)
    assert list(verbs.order_by("pk"))[-2:] == [Verb.POST_GIVE, Verb.POST_END]


def test_a_post_of_somebody_else_cannot_be_ended_under_this_name(
    alice: Client, house: House
) -> None:
    theirs = Post.objects.get(officer=house.charlie)
    for post in (theirs.pk, "x", "", 10**30):
        answer = alice.post(at("end_post", officer=house.dung.public_id), {"post": post})
        assert answer.status_code == 404
    assert scope_of(house.charlie).grants


def test_an_administrator_has_no_other_post_and_nobody_appoints_themselves(
    alice: Client, house: House
) -> None:
    beside = {"role": "administrator", "office": "Quản trị hệ thống"}
    assert "không giữ vị trí nào khác" in errors(
        alice.post(at("appoint", officer=house.dung.public_id), beside)
    )
    second = officer("em", (house.administration, Role.ADMINISTRATOR))
    form = {"role": "station", "office": "70-TYT-1"}
    assert "không giữ vị trí nào khác" in errors(
        alice.post(at("appoint", officer=second.public_id), form)
    )
    own = house.alice.public_id
    Post.objects.filter(officer=house.alice).update(role=Role.ADMINISTRATOR)
    for name in ("password", "factor", "shut", "open", "leave"):
        assert alice.post(at(name, officer=own)).status_code == 403, name
    post = Post.objects.get(officer=house.alice)
    assert alice.post(at("end_post", officer=own), {"post": post.pk}).status_code == 403
    assert alice.post(at("rename", officer=own), {"full_name": "Khác"}).status_code == 403
    appointed = alice.post(at("appoint", officer=own), {**beside, "since": "2030-01-01"})
    assert appointed.status_code in (403, 422)
    house.alice.refresh_from_db()
    assert (house.alice.is_active, Post.objects.get(officer=house.alice)) == (True, post)
    page = alice.get(at("officer", officer=own)).content.decode()
    assert "Đây là tài khoản của chính bạn" in page
    assert 'name="post"' not in page


def test_a_reset_password_ends_sessions_and_must_be_changed(
    alice: Client, house: House, signed_in: Any
) -> None:
    browser = signed_in(house.dung)
    assert browser.get("/").status_code == 200
    assert "một lần" in alice.get(at("password", officer=house.dung.public_id)).content.decode()
    password = shown_password(alice.post(at("password", officer=house.dung.public_id)))
    house.dung.refresh_from_db()
    assert house.dung.check_password(password)
    assert house.dung.must_change_password
    assert "Đăng xuất" not in browser.get("/").content.decode()
    told = Event.objects.filter(subject_id=str(house.dung.public_id), verb="officer:password:reset")
    assert told.get().actor.startswith("officer:")


def test_a_lost_telephone_takes_factor_and_password_together(
    alice: Client, house: House, signed_in: Any
) -> None:
    signed_in(house.dung)
    assert Authenticator.objects.filter(user=house.dung).exists()
    password = shown_password(alice.post(at("factor", officer=house.dung.public_id)))
    assert not Authenticator.objects.filter(user=house.dung).exists()
    house.dung.refresh_from_db()
    assert house.dung.check_password(password)
    verbs = Event.objects.filter(subject_id=str(house.dung.public_id)).values_list("verb", flat=1)
    assert {Verb.OFFICER_FACTOR_RESET, Verb.OFFICER_PASSWORD_RESET} <= set(verbs)


def test_shutting_and_opening(alice: Client, house: House, signed_in: Any) -> None:
    browser = signed_in(house.dung)
    alice.post(at("shut", officer=house.dung.public_id))
    assert "login" in browser.get("/people/").headers["Location"]
    assert not scope_of(Officer.objects.get(pk=house.dung.pk)).grants
    alice.post(at("password", officer=house.dung.public_id))
    assert not Officer.objects.get(pk=house.dung.pk).is_active  # a reset does not open it
    alice.post(at("open", officer=house.dung.public_id))
    assert scope_of(Officer.objects.get(pk=house.dung.pk)).may(Role.STATION)


def test_who_leaves_has_no_post_no_account_and_no_certificate(alice: Client, house: House) -> None:
    give_post(
        officer=house.dung, office=house.station, role=Role.FACILITY_HEAD, by=SYSTEM,
        since=today() + timedelta(30),
    )  # fmt: skip
    from lamsach.signing.models import SignerCertificate

    SignerCertificate.objects.create(
        officer=house.dung, fingerprint="0" * 64, certificate=b"x", holder="h", valid_from=now(),
        valid_until=now() + timedelta(9), daily_ceiling=1, bound_at=now(),
    )  # fmt: skip
    alice.post(at("leave", officer=house.dung.public_id))
    left = Officer.objects.get(pk=house.dung.pk)
    assert not left.is_active
    assert not Post.objects.filter(queries.not_over(today()), officer=left).exists()
    assert not SignerCertificate.objects.filter(officer=left, unbound_at=None).exists()
    assert Post.objects.filter(officer=left).count() == 1  # what was stays


def test_a_name_is_written_anew_and_found_by(alice: Client, house: House) -> None:
    target = at("rename", officer=house.dung.public_id)
    assert alice.post(target, {"full_name": "Đặng  Thị Dung"}).status_code == 302
    house.dung.refresh_from_db()
    assert house.dung.full_name == "Đặng Thị Dung"
    assert queries.find_officers(house.alice, text="dang thi").rows == [house.dung]
    assert errors(alice.post(target, {"full_name": " "}))


def test_the_list_is_asked_without_a_name_in_any_address(alice: Client, house: House) -> None:
    answer = alice.post(at("officers"), {"text": "Dung"})
    address = answer.headers["Location"]
    assert "ung" not in address.replace("administration", "")
    page = alice.get(address).content.decode()
    assert "dung" in page
    assert "charlie" not in page
    assert "charlie" in alice.get(at("officers") + "?s=forgotten").content.decode()


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"text": "DUNG"}, ["dung"]),
        ({"text": "charl"}, ["charlie"]),
        ({"text": "..."}, []),
        ({"role": "station"}, ["dung"]),
        ({"office": "70-BV-1"}, ["charlie"]),
        ({"office": "tân phú"}, ["dung"]),
        ({"role": "station", "office": "70-BV-1"}, []),
        ({"text": "d", "role": "ministry"}, []),
    ],
)
def test_accounts_are_found_by_name_role_and_office(
    house: House, asked: dict[str, str], names: list[str]
) -> None:
    found = queries.find_officers(house.alice, **asked)
    assert [one.username for one in found.rows] == names


def test_each_account_is_in_one_state_and_the_filter_agrees_with_the_page(house: House) -> None:
    moment = now()
    long_ago = moment - timedelta(31)
    states: dict[str, dict[str, Any]] = {
        "shut": {"is_active": False, "locked_until": moment + timedelta(1)},
        "locked": {"locked_until": moment + timedelta(1), "awake_since": long_ago},
        "asleep": {"awake_since": long_ago, "must_change_password": True},
        "first": {"must_change_password": True, "awake_since": moment},
        "open": {"locked_until": long_ago, "last_login": moment, "awake_since": long_ago},
    }
    for name, fields in states.items():
        Officer.objects.filter(pk=officer(f"o-{name}").pk).update(**fields)
    for name in states:
        rows = queries.find_officers(house.alice, state=name).rows
        assert f"o-{name}" in {one.username for one in rows}
        assert {state_of(one).code for one in rows} == {name}
    everyone = sum(len(queries.find_officers(house.alice, state=name).rows) for name in states)
    assert everyone == Officer.objects.count()
    postless = {one.username for one in queries.find_officers(house.alice, state="postless").rows}
    assert postless == {f"o-{name}" for name in states}


def test_pages_of_the_list_show_everybody_once_at_a_constant_cost(
    alice: Client, house: House, count_queries: Any
) -> None:
    for number in range(2 * queries.PAGE):
        officer(f"x{number:03}", (house.station, Role.STATION))
    seen, address = [], at("officers")
    while True:
        with count_queries() as statements:
            page = alice.get(address).content.decode()
        assert len(statements) <= 14
        seen += re.findall(r'data-label="Tài khoản">([^<]+)<', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        if following is None:
            break
        address = at("officers") + unescape(following[1])
    assert seen == sorted(Officer.objects.values_list("username", flat=True))
