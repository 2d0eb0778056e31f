"""The police desk and the pages of lists: what is shown, to whom, and what is kept of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from cleansing_making import Commune, RegisterDouble
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image

from lamsach.cleansing import blocks
from lamsach.cleansing.models import CleansingEntry, Decision
from lamsach.cleansing.queries import entries_of
from lamsach.files.workbook_writing import SheetToWrite, workbook_bytes
from lamsach.files.workbooks import opened_workbook
from lamsach.ledger.models import Event

pytestmark = [pytest.mark.db, pytest.mark.django_db]

SignedIn = Callable[[Any], Client]
# What only the register knows: it must be on the page, and nowhere else before a confirmation.
SECRETS = {
    "full_name": "Nguyễn Văn Bảo Quý",
    "birth_date": "1961-07-09",
    "personal_id": "070061987654",
}


def everything() -> str:
    """All that the health side's database holds, as text."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'select t::text from "{table}" t')
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def test_a_card_shows_both_sides_letter_by_letter_and_in_words(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn
) -> None:
    person = commune.wrong(full_name="Nguyễn Văn Bửu")
    made = commune.listed()
    register.propose(person, full_name="Nguyễn Văn Bảo")
    client = signed_in(commune.hoang)
    page = client.get(f"/cleansing/{made.public_id}/desk")
    text = page.content.decode()
    assert page.headers["Cache-Control"] == "no-store"
    assert "<mark>ửu</mark>" in text
    assert "<mark>ảo</mark>" in text
    assert "họ tên sai chính tả" in text
    assert "name: spelling variant" not in text  # one language at a time
    client.cookies["language"] = "en"
    english = client.get(f"/cleansing/{made.public_id}/desk").content.decode()
    assert "name: spelling variant" in english
    assert "họ tên sai chính tả" not in english
    assert "Không có ai khác trùng" in text
    assert "Còn 1." in text
    assert "070063000000" in text  # the typed number is not masked here
    assert "autofocus" in text


def test_confirming_brings_the_four_fields_and_goes_on(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn
) -> None:
    first, second = commune.wrong(), commune.wrong()
    made = commune.listed()
    for person in (first, second):
        register.propose(person, full_name=SECRETS["full_name"])
    client = signed_in(commune.hoang)
    entry = entries_of(made)[0]
    answer = client.post(
        f"/cleansing/{made.public_id}/desk/{entry.public_id}/confirm",
        {"candidate": f"k-{entry.person.pk}"},
        follow=True,
    )
    assert "2. Nguyễn Văn Bửu B" in answer.content.decode()
    decision = Decision.objects.get()
    assert decision.changes == {"full_name": SECRETS["full_name"]}
    assert (decision.kind, decision.looked_at) == ("confirmed_proposal", "singly")
    assert register.confirmed == [(str(first.reference), f"k-{first.pk}")]


def test_nothing_of_the_register_stays_before_a_confirmation(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn, caplog: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(blocks, "LOOKS", 0)
    people = [commune.wrong() for _ in range(3)]
    made = commune.listed()
    for person in people:
        register.propose(person, **SECRETS)
    client = signed_in(commune.hoang)
    base = f"/cleansing/{made.public_id}"
    shown = ""
    for path in ("", "/desk", "/desk?after=1", "/block", "/sheet"):
        shown += client.get(base + path).content.decode()
    export = client.get(f"{base}/list.xlsx")
    assert SECRETS["full_name"].split()[-1] in re.sub("<[^>]*>", "", shown)
    kept = everything() + caplog.text + str(export.content) + str(client.cookies)
    kept += str([cache.get(key) for key in ("desk", str(made.public_id))])
    for secret in (*SECRETS.values(), "Quý", "09/07/1961"):
        assert secret not in kept
    assert "cleansing:list:read" in set(Event.objects.values_list("verb", flat=True))


def test_the_register_is_only_the_police_posts(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn
) -> None:
    person = commune.wrong()
    made = commune.listed()
    register.propose(person, **SECRETS)
    base = f"/cleansing/{made.public_id}"
    strangers = [commune.country.dung, commune.lan, commune.minh, commune.nga]
    for who in strangers:
        client = signed_in(who)
        assert client.get(f"{base}/desk").status_code == 404
        assert client.get(f"{base}/block").status_code == 404
        assert client.get(f"{base}/manifest.json").status_code == 404
    for who in (commune.country.charlie, commune.country.alice):
        assert signed_in(who).get(base).status_code == 403
    assert register.asked == []


def test_a_register_that_is_down_stops_nobody(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn
) -> None:
    commune.wrong()
    made = commune.listed()
    register.is_down = True
    client = signed_in(commune.hoang)
    base = f"/cleansing/{made.public_id}"
    assert "Không kết nối được" in client.get(f"{base}/desk").content.decode()
    assert client.get(base).status_code == 200
    entry = entries_of(made)[0]
    answer = client.post(
        f"{base}/desk/{entry.public_id}/decide",
        {"kind": "corrected", "full_name": "Nguyễn Văn Bảo"},
        follow=True,
    )
    assert "Đã quyết định hết" in answer.content.decode()
    undone = client.post(f"{base}/desk/{entry.public_id}/undo", follow=True)
    assert "1. Nguyễn Văn Bửu A" in undone.content.decode()


def test_what_cannot_be_is_said_beside_its_field(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn
) -> None:
    commune.wrong()
    made = commune.listed()
    entry = entries_of(made)[0]
    address = f"/cleansing/{made.public_id}/desk/{entry.public_id}/decide"
    client = signed_in(commune.hoang)
    answer = client.post(address, {"kind": "corrected", "birth_date": "31/02/1980"})
    assert answer.status_code == 422
    assert 'id="id_birth_date_error"' in answer.content.decode()
    answer = client.post(address, {"kind": "not_resident", "commune": "00000"})
    assert answer.status_code == 422
    assert not Decision.objects.exists()


def test_skipping_and_arrows_walk_through_the_list(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn
) -> None:
    for _ in range(3):
        commune.wrong()
    made = commune.listed()
    client = signed_in(commune.hoang)
    base = f"/cleansing/{made.public_id}/desk"
    seen = [
        re.search(r'id="who">(\d)', client.get(f"{base}{query}").content.decode())
        for query in ("", "?after=1", "?after=2", "?after=3", "?after=nonsense")
    ]
    assert [one[1] for one in seen if one] == ["1", "2", "3", "1", "1"]
    second = entries_of(made)[1]
    text = client.get(f"{base}/{second.public_id}").content.decode()
    assert 'id="before"' in text
    assert 'id="after"' in text
    assert "desk.js" in text


@pytest.mark.parametrize(
    ("person", "proposal", "together"),
    [
        ({}, {}, True),
        ({}, {"rivals": 1}, False),
        ({}, {"probability": 0.98}, False),
        ({}, {"elsewhere": 1}, False),
        ({}, {"number_is_new": True}, False),
        ({}, {"differences": ("name.other",)}, False),
        ({}, {"differences": ("personal_id.other_person",)}, False),
        ({}, {"birth_date": "2010-01-02"}, False),
        ({"birth_date": "2010"}, {}, False),
        ({"personal_id": "070063999999"}, {}, False),  # shared with the other one
        ({"household": True}, {}, False),  # one home, one birth: twins
    ],
)
def test_only_clear_cases_stand_in_a_block(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn,
    monkeypatch: pytest.MonkeyPatch, person: dict[str, Any], proposal: dict[str, Any],
    together: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(blocks, "LOOKS", 0)
    home = {"hamlet": "Ấp 1", "address": "Số 5"} if person.pop("household", False) else {}
    one = commune.wrong(**person, **home)
    other = commune.wrong(personal_id="070063999999", birth_date="04/05/1963", **home)
    made = commune.listed()
    register.propose(one, **({"personal_id": f"0700630{one.pk:05d}"} | proposal))
    register.propose(other, status="ambiguous")
    client = signed_in(commune.hoang)
    text = client.get(f"/cleansing/{made.public_id}/block").content.decode()
    assert (f"/k-{one.pk}" in text) is together
    # Asking for it all the same changes nothing unless it may be.
    entry = CleansingEntry.objects.get(person=one)
    client.post(f"/cleansing/{made.public_id}/block", {"line": f"{entry.public_id}/k-{one.pk}"})
    kinds = list(Decision.objects.values_list("looked_at", flat=True))
    assert kinds == (["block"] if together else [])


def test_a_block_opens_after_enough_single_looks(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(blocks, "LOOKS", 2)
    for _ in range(4):
        register.propose(commune.wrong())
    made = commune.listed()
    client = signed_in(commune.hoang)
    base = f"/cleansing/{made.public_id}"
    for entry in list(entries_of(made))[:2]:
        assert client.get(f"{base}/block").status_code == 409
        client.post(f"{base}/desk/{entry.public_id}/confirm", {"candidate": f"k-{entry.person.pk}"})
    page = client.get(f"{base}/block").content.decode()
    assert page.count('name="line"') == 2
    assert signed_in(commune.khanh).get(f"{base}/block").status_code == 409  # looks are one's own


def test_the_sheet_says_how_each_was_looked_at_and_the_list_is_signed_with_it(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn
) -> None:
    commune.wrong()
    made = commune.listed()
    commune.decide_all(made)
    client = signed_in(commune.hoang)
    base = f"/cleansing/{made.public_id}"
    sheet = client.get(f"{base}/sheet").content.decode()
    assert "Xem từng người: 1" in sheet
    assert "Nguyễn Văn Bảo A" in sheet
    out = io.BytesIO()
    Image.new("RGB", (30, 30)).save(out, "JPEG")
    bad = client.post(f"{base}/return", {"by": "scan", "scan": SimpleUploadedFile("a.exe", b"MZ")})
    assert bad.status_code == 422
    assert "PDF, JPEG" in bad.content.decode()
    good = SimpleUploadedFile("a.jpg", out.getvalue())
    done = client.post(f"{base}/return", {"by": "scan", "scan": good}, follow=True)
    assert "Đã ký" in done.content.decode()
    station = signed_in(commune.country.dung)
    assert "Công an đã trả" in station.get(base).content.decode()
    assert station.get(f"{base}/scan").headers["Content-Type"] == "image/jpeg"
    assert signed_in(commune.minh).get(f"{base}/scan").status_code == 404
    assert client.post(f"{base}/step/return-for-completion", {"note": "x"}).status_code == 409


def test_the_station_makes_sends_and_follows_a_list(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn
) -> None:
    commune.wrong()
    client = signed_in(commune.country.dung)
    home = client.get("/").content.decode()
    assert "chưa vào danh sách" in home
    station, country = commune.country.station, commune.country
    prefix = f"s{station.pk}-"
    page = client.post(
        "/cleansing/",
        {"station": str(station.public_id), f"{prefix}commune": country.near.pk,
         f"{prefix}campaign": country.campaign.pk},
        follow=True,
    )  # fmt: skip
    address = page.request["PATH_INFO"].removesuffix("/")
    assert "Gửi danh sách" in page.content.decode()
    page = client.post(f"{address}/step/send-to-police", {"office": commune.police.pk}, follow=True)
    assert "Đang ở công an xã" in page.content.decode()
    assert client.post(f"{address}/step/discard").status_code == 409
    assert client.post(f"{address}/step/nonsense").status_code == 404
    assert "chờ bạn đối chiếu" in signed_in(commune.hoang).get("/").content.decode()


def filled(content: bytes, **more: str) -> bytes:
    """The list's workbook with cells of its first row filled in."""
    with opened_workbook(content) as book:
        sheets = [(sheet.name, [row.cells for row in sheet.rows]) for sheet in book.sheets]
    identity = {row[0]: row[1] for name, rows in sheets for row in rows if name == "lamsach"}
    (headings, row, *rest) = sheets[0][1]
    cells = dict(zip(headings, row, strict=True)) | more
    lines = [headings, [cells[name] for name in headings], *rest]
    return workbook_bytes([SheetToWrite("Danh sách", rows=lines)], identity=identity)


def send(client: Client, address: str, content: bytes) -> str:
    file = SimpleUploadedFile("list.xlsx", content)
    return client.post(f"{address}/import", {"file": file}, follow=True).content.decode()


def test_a_list_leaves_and_comes_back_as_a_workbook_at_every_step(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn
) -> None:
    from lamsach.cleansing.actions import send_to_hamlet, send_to_police

    commune.wrong()
    commune.wrong()
    made = commune.listed(sent=False)
    address = f"/cleansing/{made.public_id}"
    send_to_hamlet(officer=commune.country.dung, cleansing_list=made)
    hamlet = signed_in(commune.lan)
    content = hamlet.get(f"{address}/list.xlsx").content
    with opened_workbook(content) as book:
        text = str([row.cells for sheet in book.sheets for row in sheet.rows])
    assert "070••••••000" in text
    assert "070063000000" not in text
    assert "Lan" in text  # who fetched it is on it
    mended = {"Họ tên đúng": "Nguyễn Văn Bảo", "Ghi chú": "xem CCCD"}
    assert "Số dòng đã nhận: 1" in send(hamlet, address, filled(content, **mended))
    entry = entries_of(made)[0]
    assert entry.suggestion == {"full_name": "Nguyễn Văn Bảo"}
    assert entry.suggestion_note == "xem CCCD"

    send_to_police(officer=commune.country.dung, cleansing_list=made)
    police = signed_in(commune.hoang)
    content = police.get(f"{address}/list.xlsx").content
    decided = filled(content, **{"Kết quả": "Đã sửa bằng tay", "Số định danh đúng": "070063111111"})
    assert "Số dòng đã nhận: 1" in send(police, address, decided)
    decision = Decision.objects.get()
    assert decision.changes == {"full_name": "Nguyễn Văn Bảo", "personal_id": "070063111111"}
    assert decision.looked_at == "file"
    assert "Số dòng đã nhận: 0" in send(police, address, police.get(f"{address}/list.xlsx").content)
    wrong = filled(content, **{"Kết quả": "Tốt"})
    assert "không được nhận" in send(police, address, wrong)
    assert "thuộc danh sách khác" in send(
        police, address, workbook_bytes([SheetToWrite("Danh sách", rows=[["Mã dòng"]])])
    )
    assert Decision.objects.count() == 1


def test_the_page_of_a_person_tells_of_the_list(
    commune: Commune, register: RegisterDouble, signed_in: SignedIn
) -> None:
    person = commune.wrong()
    made = commune.listed()
    commune.decide_all(made)
    text = signed_in(commune.country.dung).get(f"/people/{person.public_id}/").content.decode()
    assert "Danh sách làm sạch" in text
    assert "Đang ở công an xã" in text
    assert "Trong danh sách làm sạch, công an xã đang đối chiếu" in text
