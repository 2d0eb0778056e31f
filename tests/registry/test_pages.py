"""The pages of the record: what officers see and do, without JavaScript, and what never appears."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lamsach.accounts.roles import Role
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.registry.actions import request_correction
from lamsach.registry.models import Correction, Person
from lamsach.registry.panels import Panel

pytestmark = [pytest.mark.db, pytest.mark.django_db]

CARD = "070163000001|271234567|Nguyễn Thị Bưởi|04051963|Nữ|Đồng Xoài, Bình Phước|10062021"


def page_of(person: Person) -> str:
    return f"/people/{person.public_id}/"


def test_a_person_is_found_opened_corrected_and_approved(country: Any, signed_in: Any) -> None:
    person = country.person(full_name="Nguyễn Văn Bửu")
    alice, bob = signed_in(country.alice), signed_in(country.bob)
    found = alice.post("/people/", {"text": "nguyen van buu", "birth": ""}, follow=True)
    assert page_of(person) in found.content.decode()
    shown = alice.get(page_of(person)).content.decode()
    assert "Nguyễn Văn Bửu" in shown
    assert "04/05/1963" in shown
    form = alice.get(f"{page_of(person)}correct/").content.decode()
    assert "Nguyễn Văn Bửu" in form
    given = {
        "full_name": "Nguyễn Văn Bảo", "birth_date": "04/05/1963", "sex": "F",
        "grounds": "Căn cước công dân", "office": str(country.facility.public_id),
    }  # fmt: skip
    sent = alice.post(f"{page_of(person)}correct/", given, follow=True)
    assert "đang chờ một cán bộ khác duyệt" in sent.content.decode()
    correction = Correction.objects.get()
    assert correction.changes == {"full_name": ["Nguyễn Văn Bửu", "Nguyễn Văn Bảo"]}
    address = f"/people/corrections/{correction.public_id}/"
    assert "Duyệt" not in alice.get(address).content.decode().split("<main")[1].split("Rút lại")[0]
    assert address in bob.get("/").content.decode()  # the desk leads there
    decision = bob.get(address).content.decode()
    assert "<del>ửu</del>" in decision
    assert "<ins>ảo</ins>" in decision
    bob.post(f"{address}approve/", {"office": str(country.facility.public_id)})
    person.refresh_from_db()
    assert person.full_name == "Nguyễn Văn Bảo"
    again = bob.post(f"{address}approve/", {"office": str(country.facility.public_id)})
    assert again.status_code in (403, 409)


def test_who_asked_takes_it_back(country: Any, signed_in: Any) -> None:
    person = country.person()
    alice = signed_in(country.alice)
    asked = request_correction(
        officer=country.alice, office=country.facility, person=person,
        changes={"sex": "Nam"}, grounds="CCCD",
    )  # fmt: skip
    assert "Rút lại" in alice.get(page_of(person)).content.decode()
    alice.post(f"/people/corrections/{asked.public_id}/withdraw/")
    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    late = alice.post(f"/people/corrections/{asked.public_id}/withdraw/")
    assert late.status_code == 409
    assert "Traceback" not in late.content.decode()


def test_a_refusal_needs_a_reason(country: Any, signed_in: Any) -> None:
    asked = request_correction(
        officer=country.alice, office=country.facility, person=country.person(),
        changes={"sex": "Nam"}, grounds="CCCD",
    )  # fmt: skip
    bob, office = signed_in(country.bob), str(country.facility.public_id)
    address = f"/people/corrections/{asked.public_id}/"
    empty = bob.post(f"{address}refuse/", {"office": office, "reason": ""})
    assert 'class="field bad"' in empty.content.decode()
    bob.post(f"{address}refuse/", {"office": office, "reason": "Ảnh mờ"})
    assert "Ảnh mờ" in bob.get(address).content.decode()


def test_errors_stand_beside_their_fields(country: Any, signed_in: Any) -> None:
    person = country.person()
    alice = signed_in(country.alice)
    given = {
        "full_name": "Nguyễn Thị Bưởi", "birth_date": "31/02/1980", "sex": "F", "commune": "",
        "personal_id": "0701", "grounds": "CCCD", "office": str(country.facility.public_id),
    }  # fmt: skip
    answer = alice.post(f"{page_of(person)}correct/", given).content.decode()
    for field in ("birth_date", "personal_id"):
        assert f'id="id_{field}_error"' in answer
        assert f'href="#id_{field}"' in answer
    assert not Correction.objects.exists()
    nowhere = alice.post(
        f"{page_of(person)}correct/", {**given, "birth_date": "1980", "commune": "Không Có"}
    )
    assert 'id="id_commune_error"' in nowhere.content.decode()


def test_a_dose_is_corrected_and_withdrawn_by_forms(country: Any, signed_in: Any) -> None:
    person = country.person()
    dose = person.doses.get()
    address = f"/people/doses/{dose.public_id}/correct/"
    alice = signed_in(country.alice)
    assert address in alice.get(page_of(person)).content.decode()
    given = {
        "vaccine_code": dose.vaccine_code, "lot": "AB123", "vaccinated_on": "01/09/2021",
        "dose_number": "1", "presence": "none", "grounds": "Sổ tiêm",
        "office": str(country.facility.public_id),
    }  # fmt: skip
    alice.post(address, given)
    assert Correction.objects.get().changes == {"lot": ["", "AB123"]}
    alice.post(address, {**given, "withdrawn": "on"})
    assert Correction.objects.order_by("id")[1].changes == {"withdrawn": ["", "yes"]}
    assert signed_in(country.charlie).get(address).status_code == 404


def test_numbers_are_masked_until_somebody_says_what_for(country: Any, signed_in: Any) -> None:
    person = country.person(phone="0912345678")
    alice = signed_in(country.alice)
    shown = alice.get(page_of(person)).content.decode()
    assert "070••••••001" in shown
    for secret in ("070163000001", "0912345678"):
        assert secret not in shown
    assert alice.post(f"{page_of(person)}numbers/", {"purpose": "curiosity"}).status_code == 403
    whole = alice.post(f"{page_of(person)}numbers/", {"purpose": "contact"}).content.decode()
    assert "0912345678" in whole
    event = Event.objects.get(verb=Verb.PERSON_UNMASK)
    assert (event.purpose, event.subject_id) == ("contact", str(person.public_id))
    assert "0912345678" not in alice.get(page_of(person)).content.decode()


def test_the_ministry_sees_neither_names_nor_numbers_whole(country: Any, signed_in: Any) -> None:
    person = country.person(phone="0912345678", hamlet="Ấp Bưng")
    office = country.office("ministry", "Bộ Y tế")
    giang = signed_in(country.officer("giang", (office, Role.MINISTRY)))
    for address in (page_of(person), f"{page_of(person)}history/"):
        shown = giang.get(address).content.decode()
        assert "Nguyễn T. B." in shown
        for secret in ("Bưởi", "04/05/1963", "070163000001", "0912345678", "Ấp Bưng"):
            assert secret not in shown
    assert giang.post(f"{page_of(person)}numbers/", {"purpose": "contact"}).status_code == 403
    assert giang.get(f"{page_of(person)}correct/").status_code == 403


def test_nothing_personal_stands_in_an_address(country: Any, signed_in: Any) -> None:
    for place in range(30):
        country.person(birth_date=str(1950 + place), dose=False)
    dung = signed_in(country.dung)
    answer = dung.post("/people/", {"text": "Nguyễn Thị Bưởi", "birth": ""})
    assert re.fullmatch(r"/people/\?s=[\w%-]{12,20}", answer.headers["Location"])
    first = dung.get(answer.headers["Location"]).content.decode()
    following = re.search(r'href="(\?s=[^"]+)" rel="next"', first)
    assert following
    assert not re.search(r"bu|195\d", following[1].replace("&amp;after=", "")[:14])
    second = dung.get("/people/" + following[1].replace("&amp;", "&")).content.decode()
    pattern = r"/people/[0-9a-f-]{36}/"
    pages = [set(re.findall(pattern, one)) for one in (first, second)]
    assert [len(one) for one in pages] == [25, 5]
    assert not pages[0] & pages[1]


def test_a_scanned_card_opens_the_record(country: Any, signed_in: Any) -> None:
    person = country.person()
    charlie = signed_in(country.charlie)
    answer = charlie.post("/people/", {"text": CARD, "birth": ""})
    assert answer.headers["Location"] == page_of(person)
    assert "Nguyễn Thị Bưởi" in charlie.get(page_of(person)).content.decode()
    other = CARD.replace("070163000001", "070163000002")
    assert "Không có hồ sơ" in charlie.post("/people/", {"text": other}).content.decode()


def test_who_is_present_is_opened_by_a_button_after_an_empty_search(
    country: Any, signed_in: Any
) -> None:
    person = country.person()
    charlie = signed_in(country.charlie)
    empty = charlie.post(
        "/people/", {"text": "070163000001", "birth": "04/05/1963"}, follow=True
    ).content.decode()
    assert "/people/present/" in empty
    token = re.search(r'name="s" value="([^"]+)"', empty)
    assert token
    answer = charlie.post("/people/present/", {"s": token[1]})
    assert answer.headers["Location"] == page_of(person)
    assert charlie.post("/people/present/", {"s": "made-up"}).status_code == 404


def test_roles_without_people_do_not_search(country: Any, signed_in: Any) -> None:
    office = country.office("task_force", "Tổ công tác")
    khoa = signed_in(country.officer("khoa", (office, Role.TASK_FORCE)))
    assert khoa.get("/people/").status_code == 403
    assert 'name="text"' not in khoa.get("/").content.decode()


def test_panels_of_upper_floors_stand_on_the_page(
    country: Any, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lamsach.registry import panels

    person = country.person()
    made = Panel("test", 1, "parts/empty.html", lambda _viewer, one: {"sentence": f"<{one.sex}>"})
    silent = Panel("silent", 2, "parts/empty.html", lambda _viewer, _one: None)
    monkeypatch.setattr(panels, "_REGISTERED", {"test": made, "silent": silent})
    shown = signed_in(country.alice).get(page_of(person)).content.decode()
    assert "&lt;F&gt;" in shown


def test_the_list_of_those_who_wait_goes_on_page_by_page(country: Any, signed_in: Any) -> None:
    for place in range(30):
        request_correction(
            officer=country.alice, office=country.facility,
            person=country.person(personal_id=f"0701630{place:05}"),
            changes={"sex": "Nam"}, grounds="CCCD",
        )  # fmt: skip
    bob = signed_in(country.bob)
    first = bob.get("/people/waiting/?obstacle=correction_waiting").content.decode()
    following = re.search(r'href="(\?[^"]+)" rel="next"', first)
    assert following
    assert "obstacle=correction_waiting" in following[1]
    second = bob.get("/people/waiting/" + following[1].replace("&amp;", "&")).content.decode()
    pattern = r"/people/[0-9a-f-]{36}/"
    pages = [set(re.findall(pattern, one)) for one in (first, second)]
    assert [len(one) for one in pages] == [25, 5]
    assert not pages[0] & pages[1]
    listed = bob.get("/people/corrections/").content.decode()
    assert "Có 30 yêu cầu chờ bạn quyết định" in listed


@pytest.mark.parametrize("address", ["/", "/people/", "/people/waiting/", "/people/corrections/"])
def test_the_number_of_statements_of_a_page_is_constant(
    country: Any, signed_in: Any, count_queries: Any, address: str
) -> None:
    bob = signed_in(country.bob)
    seen = []
    for _round in range(2):
        for place in range(5):
            request_correction(
                officer=country.alice, office=country.facility,
                person=country.person(personal_id=f"0701630{place:05}"),
                changes={"sex": "Nam"}, grounds="CCCD",
            )  # fmt: skip
        with count_queries() as statements:
            assert bob.get(address).status_code == 200
        seen.append(len(statements))
    assert seen[0] == seen[1]


def test_a_first_page_is_light(country: Any, signed_in: Any) -> None:
    """Page, style and script together, uncompressed, well under 100 KB."""
    from pathlib import Path

    import lamsach.site

    folder = Path(lamsach.site.__file__).parent / "static" / "lamsach"
    fixed = sum((folder / name).stat().st_size for name in ("site.css", "site.js", "mark.svg"))
    page = len(signed_in(country.bob).get("/").content)
    assert fixed + page < 50_000
