"""From an empty installation to the first passport, as docs/operating.md says it.

Nothing is made past the pages but what the machine's keeper does at its console: the first
administrator, keys in their folders, the register. Jobs are done here in place of the worker.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import call_command

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "intake"))

from making import BAO, workbook

from lamsach.demo import keys
from lamsach.passports.models import Passport

from .conftest import NARROW

pytestmark = [pytest.mark.browser, pytest.mark.db, pytest.mark.usefixtures("own_keys")]

PIN = "khong-de-doan"
REGISTER = {
    "personal_id": BAO["personal_id"],
    "full_name": BAO["full_name"],
    "birth_date": "1963-05-04",
    "sex": "M",
    "province_code": "70",
    "district_code": "689",
    "commune_code": "25195",
    "deceased": "false",
}
AZ = "EU/1/21/1529"


@pytest.fixture
def own_keys(settings: Any, tmp_path: Path) -> Path:
    """Folders of keys that nobody else uses, empty as on a new machine."""
    folder = tmp_path / "keys"
    settings.SIGNING_KEYS = folder / "signers"
    settings.SIGNING_AUTHORITIES = folder / "authorities"
    settings.PASSPORT_KEY = str(folder / "issuer.pem")
    settings.PASSPORT_CERTIFICATE = str(folder / "issuer-certificate.pem")
    settings.TRANSPARENCY_LOG = tmp_path / "transparency"
    settings.TRANSPARENCY_KEY = folder / "transparency.key"
    return folder


def sent(page: Any, button: str = "main form.sheet button") -> None:
    """Send the page's form, which leads on."""
    with page.expect_navigation():
        page.click(button)


def test_from_an_empty_installation_to_the_first_passport(
    visit: Callable[..., Any],
    sign_in: Any,
    accessible: Callable[[Any], None],
    run_jobs: Callable[[], int],
    settings: Any,
    tmp_path: Path,
) -> None:
    # The console: units, and the first administrator, whose password is shown once.
    call_command("load_units", stdout=io.StringIO())
    said = io.StringIO()
    call_command("create_administrator", "quantri", full_name="Lê Thị Quản", stdout=said)
    password = next(line.split()[-1] for line in said.getvalue().splitlines() if "ssword:" in line)

    # The administrator opens the ministry's office and appoints somebody there.
    admin = visit()
    sign_in(admin, "quantri", password)
    accessible(admin)
    admin.click(".desk a.button")
    assert admin.input_value("[name=kind]") == "ministry"
    accessible(admin)
    admin.fill("[name=name]", "Bộ Y tế")
    sent(admin)
    accessible(admin)
    admin.click("text=Tài khoản mới tại đây")
    ministry_password = new_account(admin, accessible, "bo", "Vũ Minh", "ministry")

    # A station of the commune, and who works there.
    admin.goto("/administration/offices/new/")
    admin.select_option("[name=kind]", "station")
    admin.fill("[name=name]", "Trạm Y tế phường Tân Phú")
    admin.fill("[name=code]", "C25195-TYT")
    admin.fill("[name=territory]", "Xã Không Có")
    admin.select_option("[name=catalogue]", "2022")
    sent(admin)
    assert "Xã Không Có" in admin.inner_text("#errors")
    accessible(admin)
    admin.said[:] = [line for line in admin.said if "422" not in line]
    admin.fill("[name=territory]", "Tân Phú, Đồng Xoài, Bình Phước")
    sent(admin)
    assert "Phường Tân Phú" in admin.inner_text("#territory + .wide")
    office = admin.url
    admin.click("text=Tài khoản mới tại đây")
    clerk_password = new_account(admin, accessible, "lan", "Trần Thị Lan", "facility_clerk")
    admin.goto(office)
    admin.click("text=Tài khoản mới tại đây")
    head_password = new_account(admin, accessible, "hung", "Phạm Văn Hùng", "facility_head")
    admin.set_viewport_size({"width": NARROW, "height": 740})
    for page in (
        "/administration/officers/",
        "/administration/officers/table/",
        "/administration/offices/",
        office,
    ):
        admin.goto(page)
        accessible(admin)
    admin.goto("/administration/officers/")
    admin.fill("[name=text]", "hung")
    sent(admin, "form.filters button")
    admin.click("text=Phạm Văn Hùng")
    accessible(admin)

    # The ministry opens the campaign.
    ministry = visit()
    sign_in(ministry, "bo", ministry_password)
    ministry.click(".desk a.button")
    accessible(ministry)
    ministry.fill("[name=code]", "covid-19")
    ministry.fill("[name=name]", "Tiêm chủng phòng COVID-19")
    ministry.fill("[name=legal_basis]", "3588/QĐ-BYT")
    ministry.fill("[name=opened_on]", "2021-03-08")
    ministry.fill("[name=minimum_doses]", "1")
    ministry.select_option("[name=units_as_of]", "2022")
    sent(ministry)
    assert "ít nhất một vắc xin" in ministry.inner_text("#errors")
    ministry.said[:] = [line for line in ministry.said if "422" not in line]
    ministry.check(f"input[value='{AZ}']")
    sent(ministry)
    assert ministry.url.endswith("/administration/campaigns/covid-19/")
    ministry.set_viewport_size({"width": NARROW, "height": 740})
    accessible(ministry)

    # The console: authorities, the head's key, the ministry's; the register.
    keys.make_authority(settings.SIGNING_AUTHORITIES)
    certificate = keys.make_signer(
        settings.SIGNING_AUTHORITIES, settings.SIGNING_KEYS / "hung.p12", "Phạm Văn Hùng", PIN
    )
    keys.make_issuer(Path(settings.PASSPORT_KEY), Path(settings.PASSPORT_CERTIFICATE))
    register = tmp_path / "register.csv"
    with register.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, list(REGISTER))
        lines.writeheader()
        lines.writerow(REGISTER)
    call_command("load_register", str(register), stdout=io.StringIO())

    # The administrator binds the head's certificate after looking at it.
    admin.goto("/signing/signers/")
    admin.click("text=Phạm Văn Hùng")
    admin.set_input_files(
        "[name=certificate]",
        {
            "name": "hung.pem",
            "mimeType": "application/x-pem-file",
            "buffer": certificate.public_bytes(Encoding.PEM),
        },
    )
    admin.fill("[name=key]", "hung.p12")
    sent(admin, "form[enctype] button")
    sent(admin, "form:has([name=sure]) button")

    # The clerk imports the first dose, the register says right, the head signs: a passport.
    clerk = visit()
    sign_in(clerk, "lan", clerk_password)
    clerk.goto("/intake/")
    clerk.set_input_files(
        "input[type=file]",
        {"name": "mũi.xlsx", "mimeType": "application/octet-stream", "buffer": workbook([BAO])},
    )
    sent(clerk, "main form button")
    run_jobs()
    clerk.reload()
    sent(clerk, "form[action$='/apply'] button")
    run_jobs()
    head = visit()
    sign_in(head, "hung", head_password)
    head.goto("/signing/")
    sent(head, "form[action$='/prepare/'] button")
    head.fill("[name=pin]", PIN)
    sent(head, "form[action$='/sign/'] button")
    run_jobs()
    assert Passport.objects.get().full_name == BAO["full_name"]


def new_account(
    page: Any, accessible: Callable[[Any], None], username: str, full_name: str, role: str
) -> str:
    """Make an account at the office whose page led here; the password that is shown once."""
    accessible(page)
    page.fill("[name=username]", username)
    page.fill("[name=full_name]", full_name)
    page.select_option("[name=role]", role)
    sent(page)
    accessible(page)
    return str(page.inner_text("#password"))
