"""The pages of intake, as a clerk walks them, with neither JavaScript nor luck."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.intake.conftest import Country
from tests.intake.making import BAO, HOA, sheets, workbook

from lamsach.accounts.models import Officer
from lamsach.files import uploads
from lamsach.intake.models import Batch
from lamsach.registry.models import Person

pytestmark = [pytest.mark.db, pytest.mark.django_db]

SignedIn = Callable[[Officer], Client]


def upload(client: Client, country: Country, content: bytes, name: str = "tệp mũi 1.xlsx") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(
        "/intake/",
        {"office": country.near.pk, "campaign": country.campaign.pk, "file": file},
        follow=True,
    )


def test_a_clerk_walks_from_the_template_to_the_entered_rows(
    country: Country, signed_in: SignedIn, run_jobs: Callable[[], None]
) -> None:
    client = signed_in(country.alice)
    first = client.get("/intake/").content.decode()
    assert "Gửi tệp Excel" in first
    template = client.get("/intake/template.xlsx?campaign=covid-19")
    assert "attachment" in template.headers["Content-Disposition"]
    found = sheets(template.content)
    assert found["Mũi tiêm"][0][0] == "Họ và tên"
    assert any("AstraZeneca" in row[1] for row in found["Hướng dẫn"] if len(row) > 1)

    page = upload(client, country, workbook([BAO, HOA | {"sex": "?"}]))
    assert "Đang kiểm tra" in page.content.decode()
    run_jobs()
    address = page.request["PATH_INFO"]
    page = client.get(address)
    text = page.content.decode()
    assert page.headers["Cache-Control"] == "no-store"
    assert "1 dòng có thể nhập ngay" in text
    assert "Đây không phải giới tính" in text
    assert "Trần Thị" not in text  # places and reasons, never a person's data

    back = client.get(f"{address}/returned.xlsx")
    assert (
        "tep" in back.headers["Content-Disposition"]
        or "t%E1" in back.headers["Content-Disposition"]
    )
    content = b"".join(back.streaming_content)  # type: ignore[arg-type]
    assert sheets(content)["Mũi tiêm"][1][0] == "Trần Thị Hoà"

    client.post(f"{address}/apply")
    run_jobs()
    text = client.get(address).content.decode()
    assert "Hãy sửa các dòng bị trả lại" in text
    assert Person.objects.count() == 1
    assert "tệp mũi 1.xlsx" in client.get("/intake/").content.decode()
    assert client.post(f"{address}/apply").status_code == 409
    assert client.post(f"{address}/discard").status_code == 409


def test_a_filled_in_template_is_read(
    country: Country, signed_in: SignedIn, run_jobs: Callable[[], None]
) -> None:
    client = signed_in(country.alice)
    template = sheets(client.get("/intake/template.xlsx?campaign=covid-19").content)
    headings = template["Mũi tiêm"][0]
    by_heading = {"Họ và tên": "Lê Lan", "Mũi số": "1", "Vắc xin": "AstraZeneca",
                  "Số lô": "A1", "Ngày tiêm": "19/04/2022"}  # fmt: skip
    upload(client, country, workbook([by_heading], columns=headings))
    run_jobs()
    assert Batch.objects.get().good == 1


def test_what_cannot_be_taken_is_said_beside_the_field(
    country: Country, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(country.alice)
    answer = upload(client, country, b"MZ\x90", name="virus.xlsx")
    assert answer.status_code == 422
    assert "Đây không phải tệp Excel" in answer.content.decode()
    assert client.post("/intake/", {"office": country.near.pk}).status_code == 422
    monkeypatch.setattr(uploads, "LARGEST_WORKBOOK", 1000)
    answer = upload(client, country, workbook([BAO] * 9))
    assert answer.status_code == 422
    assert "Tệp quá lớn" in answer.content.decode()
    assert not Batch.objects.exists()


def test_the_form_needs_its_token(country: Country, signed_in: SignedIn) -> None:
    signed = signed_in(country.alice)
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed.cookies
    answer = upload(client, country, workbook([BAO]))
    assert answer.status_code == 403
    assert not Batch.objects.exists()


def test_nobody_elses_files(
    country: Country, signed_in: SignedIn, run_jobs: Callable[[], None]
) -> None:
    page = upload(signed_in(country.alice), country, workbook([BAO, HOA | {"sex": "?"}]))
    run_jobs()
    address = page.request["PATH_INFO"]
    stranger = signed_in(country.charlie)
    for path in (address, f"{address}/returned.xlsx"):
        assert stranger.get(path).status_code == 404
    for path in (f"{address}/apply", f"{address}/discard"):
        assert stranger.post(path).status_code == 404
    answer = upload(stranger, country, workbook([BAO]))  # for the near facility
    assert answer.status_code == 422
    assert Batch.objects.count() == 1
    assert signed_in(country.dora).get("/intake/").status_code == 403
    assert Client().get(address).status_code == 302


def test_the_state_alone_for_a_page_that_waits(country: Country, signed_in: SignedIn) -> None:
    client = signed_in(country.alice)
    address = upload(client, country, workbook([BAO])).request["PATH_INFO"]
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<div")
    assert 'hx-trigger="every 2s"' in part
