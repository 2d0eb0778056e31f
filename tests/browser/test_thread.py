"""The whole way in one walk: one wrong name becomes a right certificate, and another after it.

The province of the demonstration, small; its accounts, keys and workbook; the real register behind
the real gateway. Nothing is written past the pages but what an outside authority does: the register
gets a corrected extract. Jobs are done here in place of the worker, whose own tests are elsewhere.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "portal"))

from record_making import sent_code

from lamsach.cli.main import run
from lamsach.clock import now
from lamsach.demo import filling, tour
from lamsach.demo.accounts import Account, present_code, read_accounts
from lamsach.files.workbooks import opened_workbook
from lamsach.passports.models import Passport
from lamsach.passports.publishing import publish_lists
from lamsach.registry.models import Person
from lamsach.synthetic import synthesize_nation

from .conftest import NARROW, nothing_to_see

pytestmark = [pytest.mark.browser, pytest.mark.db]

PEOPLE = 2000


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic Bình Phước of a village's size."""
    folder = tmp_path_factory.mktemp("province")
    synthesize_nation(PEOPLE, 2022, folder, province=filling.PROVINCE)
    return folder


class Demonstration:
    """The filled installation: who works in it, their PINs, the family of the tour."""

    def __init__(self, province: Path, folder: Path) -> None:
        self.province, self.folder = province, folder
        self.family = tour.family(province / "register.parquet")
        self.workbook = folder / filling.WORKBOOK
        self.pages: dict[str, Any] = {}

    @property
    def accounts(self) -> dict[str, Account]:
        return {one.name: one for one in read_accounts(self.folder / "accounts.txt")}

    def pin(self, name: str) -> str:
        lines = (self.folder / "pin.txt").read_text(encoding="utf-8").splitlines()
        return dict(line.split("\t") for line in lines)[name]

    def change_register(self, old: str, new: str) -> None:
        """The register's own keepers correct a name; the next extract is loaded."""
        whole = self.folder / "register.parquet"
        tour.register_with(self.family, self.province / "register.parquet", whole)
        rows = pq.read_table(whole)
        numbers = {one.full_name: one.personal_id for one in self.family}
        names = [
            new if number == numbers[old] else name
            for name, number in zip(
                rows["full_name"].to_pylist(), rows["personal_id"].to_pylist(), strict=True
            )
        ]
        column = rows.schema.get_field_index("full_name")
        changed = rows.set_column(column, "full_name", pa.array(names))
        pq.write_table(changed, whole)
        call_command("load_register", str(whole), verbosity=0)


@pytest.fixture
def demonstration(
    site: str, made_up: Path, settings: Any, run_jobs: Callable[[], int], tmp_path: Path
) -> Demonstration:
    """The demonstration, filled, and the register asked about everyone.

    Keys, authorities and public log are of the test's own.
    """
    keys = tmp_path / "keys"
    settings.SIGNING_KEYS = keys / "signers"
    settings.SIGNING_AUTHORITIES = keys / "authorities"
    settings.PASSPORT_KEY = str(keys / "issuer.pem")
    settings.PASSPORT_CERTIFICATE = str(keys / "issuer-certificate.pem")
    settings.TRANSPARENCY_LOG = tmp_path / "transparency"
    settings.TRANSPARENCY_KEY = keys / "transparency.key"
    filling.fill(made_up, tmp_path, lambda _line: None)
    run_jobs()
    return Demonstration(made_up, tmp_path)


@pytest.fixture
def officer(demonstration: Demonstration, visit: Callable[..., Any]) -> Callable[[str], Any]:
    """`officer("clerk")`: a browser in which the account is signed in, with both factors."""

    def enter(name: str) -> Any:
        from django.core.cache import cache

        if name not in demonstration.pages:
            account = demonstration.accounts[name]
            cache.clear()  # attempts are limited; sixteen officers do not share an address
            page = visit()
            page.goto("/accounts/login/")
            page.fill("#id_login", account.name)
            page.fill("#id_password", account.password)
            page.click("main form button")
            page.fill("#id_code", present_code(account.secret))
            page.click("main form button")
            page.wait_for_url(re.compile(r"^\w+://[^/]+/$"))
            demonstration.pages[name] = page
        page = demonstration.pages[name]
        page.goto("/")
        return page

    return enter


def kept(page: Any, name: str) -> None:
    """A picture for whoever wants to look at the pages (LAMSACH_PICTURES names a folder)."""
    folder = os.environ.get("LAMSACH_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/thread-{name}.png", full_page=True)


def before_the_camera(shot: bytes) -> Image.Image:
    """A telephone's screen held before the camera."""
    seen = nothing_to_see()
    screen = (
        Image.open(io.BytesIO(shot)).convert("RGB").resize((640, 640), Image.Resampling.LANCZOS)
    )
    seen.paste(screen, (320, 40))
    return seen


def sent(page: Any, workbook: bytes, run_jobs: Callable[[], int]) -> None:
    """Send a workbook and wait until it is checked."""
    page.goto("/intake/")
    page.set_input_files(
        "input[type=file]",
        {"name": "mũi tiêm.xlsx", "mimeType": "application/octet-stream", "buffer": workbook},
    )
    page.click("main form button")
    page.wait_for_selector("#state")
    run_jobs()
    page.reload()


def test_one_wrong_name_becomes_a_right_certificate(
    demonstration: Demonstration,
    officer: Callable[[str], Any],
    visit: Callable[..., Any],
    camera: Callable[..., Any],
    accessible: Callable[[Any], None],
    run_jobs: Callable[[], int],
    clock_at: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = demonstration.workbook.read_bytes()

    # 1. A clerk imports a workbook: a dry run, the bad row comes back with its reason, the rest in.
    page = officer("clerk")
    accessible(page)
    sent(page, content, run_jobs)
    kept(page, "1-checked")
    assert "3" in page.inner_text("h1")
    accessible(page)
    assert not Person.objects.filter(hamlet=tour.HAMLET).exists()
    with page.expect_download() as begun:
        page.click("a[href$='returned.xlsx']")
    with opened_workbook(Path(begun.value.path()).read_bytes()) as book:
        sheets = {sheet.name: [row.cells for row in sheet.rows] for sheet in book.sheets}
    headings, *bad = sheets["Mũi tiêm"]
    assert headings[-2:] == ["Lý do trả lại", "Cách sửa"]
    assert [row[0] for row in bad] == ["Lê Thị Mơ"]
    assert all(bad[0][-2:])
    page.click("form[action$='/apply'] button")
    page.wait_for_selector("#state")
    run_jobs()
    page.reload()
    kept(page, "1-entered")
    assert Person.objects.filter(hamlet=tour.HAMLET).count() == 3
    versions = set(Person.objects.values_list("pk", "version"))
    sent(page, content, run_jobs)
    if page.locator("form[action$='/apply']").count():
        page.click("form[action$='/apply'] button")
        run_jobs()
    assert set(Person.objects.values_list("pk", "version")) == versions

    # 2. The register says wrong; the person's page says what stands in the way and who acts next.
    person = Person.objects.get(full_name="Nguyễn Văn Bửu", hamlet=tour.HAMLET)
    at_person = f"/people/{person.public_id}/"
    page.goto("/people/")
    page.fill("[name=text]", person.personal_id)
    page.fill("[name=birth]", "04/05/1963")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"a[href='{at_person}']")
    page.click(f"a[href='{at_person}']")
    standing = page.inner_text("#standing + .what, .standing .what")
    assert standing != "Không còn gì vướng mắc"
    assert "Trạm Y tế phường Tân Phú" in page.inner_text(".standing")
    assert "Bảo" not in page.content().replace("Bảo hiểm", "")
    accessible(page)
    kept(page, "2-wrong")

    # 3. The station makes the list of its residents with wrong data and sends it to the police.
    page = officer("station")
    page.goto("/cleansing/")
    page.fill("[name$=hamlet]", tour.HAMLET)
    accessible(page)
    page.click("form[method=post] button:has-text('Lập danh sách')")
    page.wait_for_url("**/cleansing/*-*")
    at_list = page.url
    accessible(page)
    kept(page, "3-list")
    page.click("form[action$='/send-to-police'] button")
    page.wait_for_url(at_list)

    # 4. The police desk: typed left, register right, letters marked; Enter confirms; one PIN.
    page = officer("police")
    page.goto(f"{at_list}/desk")
    accessible(page)
    kept(page, "4-desk")
    name = page.locator("tr", has_text="Họ và tên").first
    if "Bửu" not in page.inner_text("#who"):
        page.keyboard.press("s")
        page.wait_for_function("() => document.querySelector('#who').innerText.includes('Bửu')")
        name = page.locator("tr", has_text="Họ và tên").first
    assert name.locator("td").nth(0).inner_text() == "Nguyễn Văn Bửu"
    assert name.locator("td").nth(1).inner_text() == "Nguyễn Văn Bảo"
    assert name.locator("td").nth(0).locator("mark").inner_text() == "ửu"
    assert name.locator("td").nth(1).locator("mark").inner_text() == "ảo"
    assert "Nguyễn Bảo Ngọc" in page.inner_text("main")  # of the same household
    kept(page, "4-desk-bao")
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('#who')?.innerText.includes('Bửu')")
    assert "Ngọc" in page.inner_text("#who")
    page.keyboard.press("Enter")
    page.wait_for_selector("#who", state="detached")
    page.goto(f"{at_list}/sheet")
    kept(page, "4-sheet")
    page.goto(at_list)
    page.fill("[name=pin]", "not the PIN")
    page.click("form[action$='/return']:has([name=pin]) button")
    assert "PIN" in page.inner_text("form[action$='/return']:has([name=pin])")
    page.fill("[name=pin]", demonstration.pin("police"))
    page.click("form[action$='/return']:has([name=pin]) button")
    page.wait_for_url(at_list)
    kept(page, "4-returned")
    page.said[:] = [line for line in page.said if "422" not in line]

    # 5. The station applies: a correction that two officers made, and the register says right.
    page = officer("station")
    page.goto(at_list)
    page.click("form[action$='/step/apply'] button")
    run_jobs()
    page.goto(at_person)
    assert "Nguyễn Văn Bảo" in page.inner_text("h1")
    assert "Trạm Y tế phường Tân Phú" in page.inner_text(".standing")  # its head signs
    kept(page, "5-right")

    # 6. The facility's head signs the doses: one PIN, one signature.
    page = officer("head")
    page.goto("/signing/")
    accessible(page)
    page.click("form[action$='/prepare/'] button")
    page.wait_for_selector("[name=pin]")
    accessible(page)
    kept(page, "6-sample")
    page.fill("[name=pin]", demonstration.pin("head"))
    page.click("form[action$='/sign/'] button")
    page.wait_for_selector(".notice.success")
    kept(page, "6-signed")

    # 7. The ministry's key issues the passport: eleven fields, QR, PDF; into the public log.
    run_jobs()
    publish_lists()
    first = Passport.objects.get(person=person)
    page = officer("clerk")
    page.goto(at_person)
    page.click("a[href^='/passports/']")
    assert page.locator("#fields + dl > div").count() == 11 + 2  # and from when until when
    assert "Nguyễn Văn Bảo" in page.inner_text("main")
    assert "Nhật ký công khai: mục" in page.inner_text("#rests + ul")
    printed = page.request.get(page.get_attribute("a[href$='passport.pdf']", "href"))
    assert printed.body().startswith(b"%PDF-")
    kept(page, "7-passport")

    # 8. The citizen looks the record up; the code goes to the telephone on the record.
    phone = visit(width=NARROW, device_scale_factor=3)
    phone.goto("/record")
    for field, value in (
        ("name", "Nguyễn Văn Bảo"),
        ("birth", "04/05/1963"),
        ("sex", "M"),
        ("number", person.personal_id),
    ):
        phone.wait_for_selector(f"[name={field}]")
        if field == "sex":
            phone.check("input[value=M]")
        else:
            phone.fill(f"[name={field}]#answer", value)
        phone.keyboard.press("Enter")
    phone.wait_for_url("**/record/code")
    run_jobs()
    phone.keyboard.type(sent_code())
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/record/mine")
    assert "1" in phone.inner_text("h1")
    accessible(phone)
    kept(phone, "8-mine")
    with phone.expect_download() as begun:
        phone.click("text=Tải về (PDF)")
    assert Path(begun.value.path()).read_bytes().startswith(b"%PDF-")
    phone.goto("/record/passport")
    old_code = before_the_camera(phone.locator(".qr svg").screenshot())

    # 9. The border: the camera sees the telephone; valid, in both languages; offline as well.
    browser = camera([(old_code, 300)])
    border = visit(browser=browser, width=NARROW, permissions=["camera"])
    border.goto("/verify")
    border.wait_for_selector("body[data-verdict=valid]")
    text = border.inner_text("#answer")
    for word in ("HỢP LỆ", "VALID", "Nguyễn Văn Bảo", "NGUYEN<<VAN<BAO"):
        assert word in text
    accessible(border)
    kept(border, "9-valid")
    border.wait_for_selector("[data-offline=ready]")
    border.context.set_offline(True)
    border.goto("/verify")
    border.wait_for_selector("body[data-verdict=valid]")
    border.clock.set_system_time(now() + timedelta(days=3))  # nothing newer was fetched meanwhile
    border.goto("/verify")
    border.wait_for_selector("body[data-verdict=unknown]")
    assert "CANNOT TELL" in border.inner_text("#answer")
    kept(border, "9-unknown")
    border.said[:] = [line for line in border.said if "ERR_INTERNET_DISCONNECTED" not in line]

    # 10. The register itself is corrected: asked for, approved, issued anew; nobody enters a PIN.
    demonstration.change_register("Nguyễn Văn Bảo", "Nguyễn Văn Bảo Lộc")
    page = officer("station")
    page.goto(at_person)
    page.click("a[href$='/correct/']")
    page.fill("[name=full_name]", "Nguyễn Văn Bảo Lộc")
    page.fill("[name=grounds]", "Trích lục hộ tịch")
    accessible(page)
    page.click("main form.sheet button")
    page.wait_for_url(f"**{at_person}")
    assert Passport.objects.get(person=person).superseded_at is None
    page = officer("station2")
    page.goto(at_person)
    page.click("a:has-text('Xem')")
    page.click("form[action$='/approve/'] button")
    page.wait_for_selector(".notice.success")
    run_jobs()
    old, new = Passport.objects.filter(person=person).order_by("pk")
    assert old.pk == first.pk
    assert new.replaces_id == old.pk
    assert new.full_name == "Nguyễn Văn Bảo Lộc"
    assert old.revoked_at is not None
    assert old.revocation_effective_at > new.issued_at
    page.goto(at_person)
    kept(page, "10-renewed")
    phone.goto("/record/passport")
    new_code = before_the_camera(phone.locator(".qr svg").screenshot())
    later = now() + timedelta(hours=73)
    with clock_at(later):
        publish_lists()
    browser = camera([(old_code, 120), (nothing_to_see(), 90), (new_code, 600)])
    border = visit(browser=browser, width=NARROW, permissions=["camera"])
    border.clock.set_system_time(later)
    border.goto("/verify")
    border.wait_for_selector("body[data-verdict=invalid]")
    assert "thu hồi" in border.inner_text("#answer")
    kept(border, "10-revoked")
    border.wait_for_selector("body[data-verdict=valid]", timeout=60_000)  # the film goes on
    assert "Nguyễn Văn Bảo Lộc" in border.inner_text("#answer")

    # 11. One file proves it offline: passport, dose, the facility's signature, the register.
    proof, trust = tmp_path / "evidence.json", tmp_path / "trust-list.json"
    call_command("passport_evidence", new.uvci, out=str(proof))
    trust.write_text(visit().request.get("/passports/trust-list.json").text())
    register_keys = tmp_path / "register.pem"
    with register_keys.open("w") as out:
        call_command("identity_key", stdout=out)
    from django.conf import settings

    from lamsach.passports.log_keeper import origin_and_key

    capsys.readouterr()
    authorities = settings.SIGNING_AUTHORITIES
    given = {
        "--trust-list": trust,
        "--authorities": authorities / "root.pem",
        "--crl": authorities / "root.crl",
        "--register-keys": register_keys,
        "--log-key": origin_and_key()[1],
    }
    options = [str(part) for pair in given.items() for part in pair]
    status = run(["passport", "audit", str(proof), *options])
    said = capsys.readouterr().out
    assert status == 0, said
    assert "Trưởng trạm (mẫu)" in said
