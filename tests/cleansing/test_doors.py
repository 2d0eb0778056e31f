"""The hamlet group notes on screen what it heard at the doors; nothing else of the record moves."""

from __future__ import annotations

from typing import Any

import pytest
from cleansing_making import Commune, RegisterDouble
from hypothesis import given
from hypothesis import strategies as st

from lamsach.cleansing.actions import hand_back, send_to_hamlet, send_to_police
from lamsach.cleansing.models import CleansingEntry, CleansingList
from lamsach.cleansing.telling import Heard, heard_in, remark_of
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.registry.models import Person

pytestmark = [pytest.mark.db]


@pytest.fixture
def shared(commune: Commune) -> CleansingList:
    """A list of two people, with the hamlet group."""
    commune.wrong(personal_id="070163000123")
    commune.wrong()
    made = commune.listed(sent=False)
    send_to_hamlet(officer=commune.country.dung, cleansing_list=made)
    made.refresh_from_db()
    return made


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return " ".join(content.split())


def doors(made: CleansingList, entry: CleansingEntry | None = None) -> str:
    end = f"/{entry.public_id}" if entry else ""
    return f"/cleansing/{made.public_id}/doors{end}"


def entries(made: CleansingList) -> list[CleansingEntry]:
    return list(made.entries.order_by("position"))


def test_from_the_desk_through_all_doors_and_back(
    commune: Commune, shared: CleansingList, signed_in: Any
) -> None:
    lan = signed_in(commune.lan)
    before = list(Person.objects.order_by("pk").values())
    assert doors(shared) in lan.get(f"/cleansing/{shared.public_id}").content.decode()
    page = text(lan.get(doors(shared)))
    assert "Đã hỏi: 0 trên 2 người" in page
    first, second = entries(shared)
    card = text(lan.get(doors(shared, first)))
    number = first.person.personal_id
    assert number not in card  # asking needs no number
    assert f"{number[:3]}••••••{number[-3:]}" in card
    told = {"heard": "changed", "full_name": "Nguyễn Văn Bảo", "birth_date": "5/3/1964"}
    answer = lan.post(doors(shared, first), told)
    assert answer.headers["Location"] == doors(shared, second)  # on to the next
    first.refresh_from_db()
    assert first.suggestion == {"full_name": "Nguyễn Văn Bảo", "birth_date": "1964-03-05"}
    again = text(lan.get(doors(shared, first)))
    assert 'value="05/03/1964"' in again
    assert "Đã ghi" in again
    answer = lan.post(doors(shared, second), {"heard": "absent", "note": "hẹn chiều"})
    assert answer.headers["Location"] == doors(shared)  # that was the last
    second.refresh_from_db()
    assert (second.suggestion, second.suggestion_note) == ({}, "Không có ai ở nhà: hẹn chiều")
    page = text(lan.get(doors(shared)))
    assert "Đã hỏi đủ mọi người" in page
    assert "05/03/1964" in page
    assert list(Person.objects.order_by("pk").values()) == before
    assert Event.objects.filter(verb=Verb.LIST_DECIDE).count() == 2
    assert Event.objects.filter(verb=Verb.LIST_READ).count() >= 4


def test_it_can_be_taken_back_and_said_otherwise(
    commune: Commune, shared: CleansingList, signed_in: Any
) -> None:
    lan, (first, _second) = signed_in(commune.lan), entries(shared)
    lan.post(doors(shared, first), {"heard": "changed", "phone": "0912345678"})
    lan.post(doors(shared, first), {"heard": "dead", "phone": "0912345678"})
    first.refresh_from_db()
    assert first.suggestion == {}  # a value counts only where something is different
    assert first.suggestion_note.startswith("Đã mất")
    lan.post(doors(shared, first), {"forget": "1"})
    first.refresh_from_db()
    assert (first.suggestion, first.suggestion_note) == ({}, "")
    assert "Đã hỏi: 0 trên 2 người" in text(lan.get(doors(shared)))


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({}, "Hãy chọn điều nghe được."),
        ({"heard": "changed"}, "Hãy nhập bên dưới điểm khác"),
        ({"heard": "changed", "birth_date": "45/13/1964"}, "Ngày sinh đúng"),
        ({"heard": "nonsense"}, "nonsense"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_the_field(
    commune: Commune, shared: CleansingList, signed_in: Any, told: dict[str, str], sentence: str
) -> None:
    first = entries(shared)[0]
    answer = signed_in(commune.lan).post(doors(shared, first), told)
    assert answer.status_code == 422
    assert sentence in text(answer)
    first.refresh_from_db()
    assert (first.suggestion, first.suggestion_note) == ({}, "")


def test_the_pages_are_open_only_while_the_list_is_there(
    commune: Commune, shared: CleansingList, signed_in: Any
) -> None:
    first = entries(shared)[0]
    lan, dung, hoang = (
        signed_in(one) for one in (commune.lan, commune.country.dung, commune.hoang)
    )

    def answers(client: Any) -> list[int]:
        return [
            client.get(doors(shared)).status_code,
            client.get(doors(shared, first)).status_code,
            client.post(doors(shared, first), {"heard": "right"}).status_code,
        ]

    assert answers(dung) == answers(hoang) == [404] * 3
    hand_back(officer=commune.lan, cleansing_list=shared)
    assert answers(lan) == [404] * 3
    assert first.person.personal_id in text(dung.get(doors(shared, first)))  # the station's own
    assert answers(dung) == [200, 200, 302]
    send_to_police(officer=commune.country.dung, cleansing_list=shared)
    assert answers(dung) == answers(lan) == [404] * 3


def test_the_police_see_what_was_heard(
    commune: Commune, shared: CleansingList, signed_in: Any, register: RegisterDouble
) -> None:
    first = entries(shared)[0]
    told = {
        "heard": "changed",
        "birth_date": "5/3/1964",
        "sex": "F" if first.person.sex == "M" else "M",
    }
    signed_in(commune.lan).post(doors(shared, first), told)
    send_to_police(officer=commune.country.dung, cleansing_list=shared)
    card = text(signed_in(commune.hoang).get(f"/cleansing/{shared.public_id}/desk"))
    assert "Tổ thôn, ấp ghi nhận" in card
    assert "<strong>05/03/1964</strong>" in card
    assert "<strong>Nữ</strong>" in card


@given(heard=st.sampled_from(Heard), remark=st.text(st.characters(categories=["L", "N", "Z", "P"])))
def test_a_kept_remark_says_what_was_heard(heard: Heard, remark: str) -> None:
    kept = remark_of(heard, remark)
    again, rest = heard_in(kept, changed=heard == Heard.CHANGED)
    if heard == Heard.CHANGED:
        assert kept == remark.strip()
    else:
        assert (again, rest) == (heard.value, remark.strip())
