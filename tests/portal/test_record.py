"""Looking one's own record up: found and not found are the same, and only its owner gets in."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from record_making import BUOI, NOBODY, Registry, ask, give_passport, sent_code

from lamsach.clock import now
from lamsach.ledger.actions import action
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.portal import actions, queries
from lamsach.portal.asking import Asked
from lamsach.portal.limits import Limit, count_attempt
from lamsach.portal.models import Lookup, Message, Tally
from lamsach.registry.models import Person

pytestmark = pytest.mark.db


@pytest.fixture
def registry(db: None) -> Registry:
    cache.clear()
    return Registry()


@pytest.fixture
def opened(registry: Registry, run_jobs: Callable[[], int]) -> Client:
    """A browser in which Bưởi has opened her record."""
    registry.person()
    client = Client()
    ask(client, BUOI)
    run_jobs()
    assert client.post("/record/code", {"code": sent_code()}).status_code == 302
    return client


def test_the_whole_way(registry: Registry, run_jobs: Callable[[], int]) -> None:
    registry.person()
    client = Client()
    page = client.get("/record")
    assert "câu 1/4" in page.content.decode()
    given: dict[str, str] = {}
    for question in ("name", "birth", "sex", "number"):
        assert f'name="{question}"' in page.content.decode()
        given[question] = BUOI[question]
        page = client.post("/record", given | {"question": question})
    assert page.headers["Location"] == "/record/code"
    assert "6 chữ số" in client.get("/record/code").content.decode()
    assert run_jobs() == 1
    page = client.post("/record/code", {"code": f" {sent_code()[:3]} {sent_code()[3:]} "})
    assert page.headers["Location"] == "/record/mine"
    page = client.get("/record/mine").content.decode()
    assert "Chúng tôi thấy 3 mũi tiêm" in page
    assert "Nguyễn Thị Bưởi" in page
    assert "AstraZeneca (Vaxzevria)" in page
    assert "AB2" in page
    assert "01/10/2021" in page
    assert "04/05/1963" in page
    assert "070163000001" not in page
    assert "0912000001" not in page


def test_found_and_not_found_cannot_be_told_apart(
    registry: Registry, run_jobs: Callable[[], int], count_queries: Any
) -> None:
    registry.person()
    registry.person(full_name="Lê Văn Không Số", personal_id="070163000002", phone="", email="")
    ask(Client(), BUOI | {"number": "070163000004"})  # opens the ledger's chain
    run_jobs()
    without_contact = BUOI | {"name": "Lê Văn Không Số", "number": "070163000002"}
    seen = []
    for answers in (BUOI, NOBODY, without_contact):
        client = Client()
        with count_queries() as statements:
            asked = ask(client, answers)
        run_jobs()
        with count_queries() as more:
            tried = client.post("/record/code", {"code": "000000"})
        # These two alone say the second in which it was asked.
        told = {name: value for name, value in asked.headers.items() if name != "Expires"}
        cookie = asked.cookies["record_lookup"]
        seen.append(
            (
                asked.status_code,
                asked.content,
                told,
                sorted((name, cookie[name]) for name in cookie if name != "expires"),
                len(cookie.value),
                [one["sql"].split(" ")[0] for one in statements.captured_queries],
                tried.status_code,
                without_token(tried.content.decode()),
                [one["sql"].split(" ")[0] for one in more.captured_queries],
            )
        )
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][0] == 302
    assert Message.objects.count() == 1


def without_token(page: str) -> str:
    """A page without the one thing that differs in each."""
    return "".join(
        part if "csrfmiddlewaretoken" not in part else "" for part in page.split("<input")
    )


def test_what_was_asked_is_sealed_and_then_forgotten(
    registry: Registry, run_jobs: Callable[[], int]
) -> None:
    registry.person()
    client = Client()
    ask(client, BUOI)
    waiting = Lookup.objects.get()
    assert waiting.asked is not None
    for secret in (b"070163000001", "Bưởi".encode(), b"1963"):
        assert secret not in bytes(waiting.asked)
    run_jobs()
    code = sent_code()
    row = Lookup.objects.get()
    assert row.asked is None
    assert code.encode() not in bytes(row.code or b"")
    message = Message.objects.get()
    assert code.encode() not in bytes(message.sealed)
    assert b"0912000001" not in bytes(message.sealed)
    stored = str(list(Event.objects.values())) + str(list(Tally.objects.values()))
    for secret in (code, "0912000001", "070163000001", "Bưởi"):
        assert secret not in stored


def test_the_code_goes_to_the_contact_on_the_record(
    registry: Registry, run_jobs: Callable[[], int]
) -> None:
    registry.person(phone="", email="buoi@example.org")
    ask(Client(), BUOI | {"phone": "0999999999", "email": "thief@example.org"})
    run_jobs()
    ((_row, letter),) = queries.outbox()
    assert letter.to == "buoi@example.org"
    assert "10 phút" in letter.text


def test_five_tries_and_then_the_code_is_dead(
    registry: Registry, run_jobs: Callable[[], int]
) -> None:
    registry.person()
    client = Client()
    ask(client, BUOI)
    run_jobs()
    right = sent_code()
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for _ in range(actions.TRIES):
        assert client.post("/record/code", {"code": wrong}).status_code == 422
    assert client.post("/record/code", {"code": right}).status_code == 429
    assert client.get("/record/mine").headers["Location"] == "/record"


def test_a_code_lives_ten_minutes_and_works_once_in_its_own_browser(
    registry: Registry, run_jobs: Callable[[], int], clock_at: Any
) -> None:
    registry.person()
    client, thief = Client(), Client()
    ask(client, BUOI)
    run_jobs()
    code = sent_code()
    ask(thief, NOBODY)
    run_jobs()
    assert thief.post("/record/code", {"code": code}).status_code == 422
    with clock_at(now() + timedelta(minutes=11)):
        late = client.post("/record/code", {"code": code})
        assert late.headers["Location"] == "/record"
    assert client.post("/record/code", {"code": code}).headers["Location"] == "/record/mine"
    assert client.post("/record/code", {"code": code}).headers["Location"] == "/record"


def test_the_session_is_short_and_ends_when_told(opened: Client, clock_at: Any) -> None:
    cookie = opened.cookies["record_session"]
    assert cookie["path"] == "/record"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["max-age"] == 900
    assert cookie.value.encode() not in bytes(Lookup.objects.get().session or b"")
    assert opened.get("/record/mine").status_code == 200
    with clock_at(now() + timedelta(minutes=16)):
        assert opened.get("/record/mine").headers["Location"] == "/record"
    again = Client()
    again.cookies["record_session"] = cookie.value
    assert again.get("/record/mine").status_code == 200
    assert again.post("/record/close").status_code == 302
    again.cookies["record_session"] = cookie.value
    assert again.get("/record/mine").headers["Location"] == "/record"


def test_nothing_of_it_may_be_kept_or_stands_in_an_address(opened: Client) -> None:
    for address in ("/record", "/record/mine", "/record/code"):
        assert "no-store" in opened.get(address).headers["Cache-Control"]
    asked = ask(Client(), BUOI)
    assert asked.headers["Location"] == "/record/code"


def test_an_identity_is_asked_for_five_times_an_hour_by_whomever(
    registry: Registry, run_jobs: Callable[[], int], clock_at: Any
) -> None:
    registry.person()
    names = ["Nguyễn Thị Bưởi", "NGUYEN THI BUOI", "Nguyễn Bưởi", "Bưởi", "Nguyễn"]
    moment = now().replace(minute=1)
    with clock_at(moment):
        for number, name in enumerate(names):
            client = Client(REMOTE_ADDR=f"192.0.2.{number}")
            assert ask(client, BUOI | {"name": name}).status_code == 302
        for answers in (BUOI, BUOI | {"name": "Thị"}):
            assert ask(Client(REMOTE_ADDR="192.0.2.99"), answers).status_code == 429
        other = BUOI | {"number": "070163000009"}
        assert ask(Client(REMOTE_ADDR="192.0.2.99"), other).status_code == 302
    run_jobs()
    assert Message.objects.count() == 5


def test_a_network_cannot_try_the_nation(registry: Registry, clock_at: Any) -> None:
    with clock_at(now().replace(minute=1)):
        client = Client()
        for number in range(Limit.LOOKUP_BY_NETWORK.value.most):
            asked = Asked("An Nam", "1990", "F", number=f"07016{number:07}")
            actions.begin_lookup(asked=asked, network="127.0.0.1", language="vi")
        assert ask(client, BUOI).status_code == 429


def test_two_who_send_the_same_right_code_at_once_get_one_session(
    registry: Registry, run_jobs: Callable[[], int]
) -> None:
    registry.person()
    ask(Client(), BUOI)
    run_jobs()
    lookup, code = Lookup.objects.get(), sent_code()
    assert actions.open_record(lookup=lookup, code=code, network="a")
    assert actions.open_record(lookup=lookup, code=code, network="b") is None


def test_a_network_cannot_try_codes_without_end(
    opened: Client, registry: Registry, clock_at: Any
) -> None:
    lookup = Lookup.objects.get()
    with clock_at(now().replace(minute=1)):
        for _ in range(Limit.CODE_BY_NETWORK.value.most):
            count_attempt({Limit.CODE_BY_NETWORK: "192.0.2.1"})
        with pytest.raises(actions.TooManyAttemptsError):
            actions.open_record(lookup=lookup, code="000000", network="192.0.2.1")
        assert actions.open_record(lookup=lookup, code="000000", network="192.0.2.2") is None


def test_a_record_gets_no_more_than_five_codes_an_hour_by_any_way(
    registry: Registry, run_jobs: Callable[[], int], clock_at: Any
) -> None:
    registry.person()
    by_dose = BUOI | {"dosed_on": "01/09/2021", "number": ""}
    with clock_at(now().replace(minute=1)):
        for _ in range(4):
            ask(Client(), BUOI)
            ask(Client(), by_dose, "dosed_on")
            run_jobs()
    assert Message.objects.count() == 5


def test_withdrawn_doses_find_nobody_and_are_shown_as_such(
    registry: Registry, run_jobs: Callable[[], int]
) -> None:
    person = registry.person()
    person.doses.filter(dose_number=3).update(withdrawn_at=now())
    by_dose = Asked(**(BUOI | {"number": "", "dosed_on": "2022-01-05"}))
    assert queries.find_record(by_dose) is None
    client = Client()
    ask(client, BUOI)
    run_jobs()
    client.post("/record/code", {"code": sent_code()})
    page = client.get("/record/mine").content.decode()
    assert "Chúng tôi thấy 2 mũi tiêm" in page
    assert "nhập nhầm" in page


def test_who_has_looked_is_shown_by_office_and_day_never_by_name(
    opened: Client, registry: Registry
) -> None:
    from lamsach.accounts.actions import actor_of
    from lamsach.registry.queries import person_for

    person = Person.objects.get()
    assert person_for(registry.clerk, person.public_id)
    with action() as act:
        for verb in (Verb.PERSON_UNMASK, Verb.PERSON_ENTER):  # entering is no looking
            act.record(
                verb,
                actor=actor_of(registry.clerk),
                office=str(registry.office.public_id),
                subject=("person", person.public_id),
            )
    page = opened.get("/record/mine").content.decode()
    shown = page.split("Ai đã xem")[1]
    assert "Bệnh viện gần" in shown
    assert "×2" in shown
    assert "trên trang này" in shown
    assert "Alice" not in page


def test_the_page_costs_the_same_whatever_is_on_the_record(
    registry: Registry, run_jobs: Callable[[], int], count_queries: Any
) -> None:
    counts = []
    few = registry.person(date(2021, 9, 1))
    many = registry.person(
        *(date(2021, 9, day) for day in range(1, 19)), personal_id="070163000002"
    )
    for person in (few, many):
        client = Client()
        ask(client, BUOI | {"number": person.personal_id})
        run_jobs()
        client.post("/record/code", {"code": sent_code()})
        with count_queries() as seen:
            assert client.get("/record/mine").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12


def test_reading_is_recorded(opened: Client) -> None:
    person = Person.objects.get()
    verbs = list(
        Event.objects.filter(subject_kind="person", subject_id=str(person.public_id))
        .order_by("id")
        .values_list("verb", "actor")
    )
    lookup = Lookup.objects.get()
    visitor = f"citizen:{lookup.public_id}"
    assert verbs[-2:] == [
        (Verb.CITIZEN_CODE_SEND, visitor),
        (Verb.CITIZEN_RECORD_READ, visitor),
    ]


def test_what_is_over_is_swept_away(opened: Client, clock_at: Any) -> None:
    assert actions.sweep() == 0
    with clock_at(now() + timedelta(days=2)):
        assert actions.sweep() == 2
    assert not Lookup.objects.exists()
    assert not Message.objects.exists()


def test_a_language_of_ones_own(registry: Registry, run_jobs: Callable[[], int]) -> None:
    registry.person()
    client = Client(headers={"accept-language": "en"})
    client.cookies["language"] = "en"
    assert "question 1 of 4" in client.get("/record").content.decode()
    ask(client, BUOI)
    run_jobs()
    ((_row, letter),) = queries.outbox()
    assert "is the code to see your vaccination record" in letter.text


def test_the_passport_is_taken_from_the_record_and_by_nobody_else(opened: Client) -> None:
    person = Person.objects.get()
    assert "Chưa có hộ chiếu vắc xin" in opened.get("/record/mine").content.decode()
    assert opened.get("/record/passport").status_code == 404
    passport = give_passport(person)
    assert "đã có" in opened.get("/record/mine").content.decode()
    page = opened.get("/record/passport")
    assert "<svg" in page.content.decode()
    paper = opened.get("/record/passport.pdf")
    assert paper.content.startswith(b"%PDF-")
    assert "no-store" in paper.headers["Cache-Control"]
    assert str(passport.public_id) not in paper.headers["Content-Disposition"]
    for address in ("/record/passport", "/record/passport.pdf"):
        assert Client().get(address).headers["Location"] == "/record"
    read = Event.objects.filter(verb=Verb.PASSPORT_READ, subject_id=str(passport.public_id))
    assert read.count() == 2
    type(passport).objects.update(superseded_at=now())
    assert opened.get("/record/passport.pdf").status_code == 404


def test_what_is_in_the_way_is_said_with_who_acts_next(opened: Client) -> None:
    from lamsach.registry.models import Standing
    from lamsach.registry.standing import obstacles

    known = obstacles()[0]
    person = Person.objects.get()
    Standing.objects.update_or_create(
        person=person,
        defaults={
            "rank": known.rank,
            "obstacle": known.code,
            "responsible": person.entered_by,
            "since": now(),
        },
    )
    page = opened.get("/record/mine").content.decode()
    assert str(known.label) in html.unescape(page)
    assert str(known.next_step) in html.unescape(page)
    assert "Bệnh viện gần" in page.split("Nơi làm bước tiếp theo")[1]
