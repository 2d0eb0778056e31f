"""Who is found by which answers, and which answers nobody could be found by."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client
from record_making import BUOI, Registry, ask

from lamsach.portal import queries
from lamsach.portal.asking import Asked
from lamsach.portal.models import Lookup

pytestmark = pytest.mark.db


@pytest.fixture
def registry(db: None) -> Registry:
    cache.clear()
    return Registry()


WRONG = [
    ("name", "", "họ tên"),
    ("name", "x" * 150, "họ tên"),
    ("birth", "31/02/1990", "ngày, tháng, năm"),
    ("birth", "hôm qua", "ngày, tháng, năm"),
    ("sex", "", "Chọn"),
    ("number", "12345", "12 chữ số"),
    ("number", "", "12 chữ số"),
    ("dosed_on", "1963", "một mũi tiêm"),
    ("dosed_on", "01/01/2999", "một mũi tiêm"),
]


@pytest.mark.parametrize(("field", "text", "said"), WRONG)
def test_an_answer_by_which_nobody_can_be_found(
    registry: Registry, field: str, text: str, said: str
) -> None:
    question = "dosed_on" if field == "dosed_on" else "number"
    answer = ask(Client(), BUOI | {field: text}, question)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page.split('role="alert"')[1]
    assert f'name="question" value="{field}"' in page
    assert not Lookup.objects.exists()


def test_going_back_keeps_the_answers(registry: Registry) -> None:
    page = Client().post("/record", BUOI | {"question": "sex", "turn": "birth"}).content.decode()
    assert 'value="04/05/1963"' in page
    assert 'name="name" value="Nguyễn Thị Bưởi"' in page


FOUND = [
    ({}, True),
    ({"name": "nguyen thi buoi"}, True),
    ({"name": "Nguyễn Thị Bảo"}, True),  # a name typed wrongly is why people come
    ({"name": "Lê Văn Tám"}, False),
    ({"birth": "1963"}, False),
    ({"birth": "05/04/1963"}, False),
    ({"sex": "M"}, False),
    ({"number": "070 163 000 001"}, True),
    ({"number": "070163000002"}, False),
    ({"number": "", "dosed_on": "2021-10-01"}, True),
    ({"number": "", "dosed_on": "2021-10-02"}, False),
    ({"number": "", "dosed_on": "2021-10-01", "name": "Nguyễn Thị Bảo"}, False),
    ({"number": "", "dosed_on": "2021-10-01", "name": "NGUYEN THI BUOI"}, True),
]


@pytest.mark.parametrize(("changes", "found"), FOUND)
def test_who_is_found(registry: Registry, changes: dict[str, str], found: bool) -> None:
    person = registry.person()
    registry.person(date(2021, 10, 1), full_name="Nguyễn Thị Xoài", personal_id="070163000003")
    asked = Asked(**(BUOI | changes))
    assert queries.find_record(asked) == (person if found else None)


def test_a_record_that_knows_the_year_alone_and_two_that_could_be_meant(
    registry: Registry,
) -> None:
    year = registry.person(birth_date="1963", sex="", personal_id="")
    by_dose = Asked(**(BUOI | {"number": "", "dosed_on": "2021-10-01"}))
    assert queries.find_record(by_dose) == year
    registry.person(personal_id="")
    assert queries.find_record(by_dose) is None


def test_of_several_records_of_one_human_being_the_one_that_can_be_reached(
    registry: Registry,
) -> None:
    registry.person(phone="", email="")
    reachable = registry.person(date(2021, 12, 1))
    assert queries.find_record(Asked(**BUOI)) == reachable
