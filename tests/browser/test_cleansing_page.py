"""The police desk and the intake pages in a browser: by keyboard, narrow and wide."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import NARROW, WIDE

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cleansing"))

from cleansing_making import Commune, RegisterDouble, make_commune

pytestmark = [pytest.mark.browser, pytest.mark.db]


def kept(page: Any, name: str) -> None:
    """A picture for whoever wants to look at the pages (LAMSACH_PICTURES names a folder)."""
    folder = os.environ.get("LAMSACH_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def first_password(username: str) -> str:
    """A password for an officer who has none yet."""
    from lamsach.accounts.models import Officer

    officer = Officer.objects.get(username=username)
    officer.set_password("một mật khẩu đầu tiên")
    officer.must_change_password = True
    officer.save()
    return "một mật khẩu đầu tiên"


@pytest.fixture
def commune(site: str) -> Commune:
    """The commune, in the site's own database."""
    return make_commune()


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> RegisterDouble:
    """The register's double, in the gateway's place."""
    from lamsach.cleansing import register as door

    made = RegisterDouble()
    monkeypatch.setattr(door, "gateway", made)
    return made


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_police_officer_works_by_keyboard(
    commune: Commune,
    register: RegisterDouble,
    visit: Any,
    sign_in: Any,
    accessible: Callable[[Any], None],
    width: int,
) -> None:
    from lamsach.cleansing.models import Decision

    home = {"hamlet": "Ấp 3", "address": "Số 12, đường Hùng Vương"}
    for number in range(4):
        person = commune.wrong(**home if number < 2 else {})
        register.propose(person)
    register.propose(commune.people[3], rivals=1, status="ambiguous")
    made = commune.listed()
    page = visit(width=width)
    sign_in(page, "hoang", first_password("hoang"))
    accessible(page)
    kept(page, f"home-{width}")
    page.goto(f"/cleansing/{made.public_id}")
    accessible(page)
    kept(page, f"list-{width}")
    page.goto(f"/cleansing/{made.public_id}/desk")
    accessible(page)
    kept(page, f"desk-{width}")
    who = page.locator("#who")
    shown = who.inner_text()
    page.keyboard.press("s")
    page.wait_for_function("old => document.querySelector('#who').innerText !== old", arg=shown)
    assert Decision.objects.count() == 0
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("old => document.querySelector('#who').innerText === old", arg=shown)
    page.keyboard.press("Enter")
    page.wait_for_function("old => document.querySelector('#who').innerText !== old", arg=shown)
    assert Decision.objects.get().kind == "confirmed_proposal"
    page.goto(f"/cleansing/{made.public_id}/desk?after=3")
    kept(page, f"desk-unsure-{width}")
    page.locator("summary").click()
    accessible(page)
    kept(page, f"desk-other-{width}")
    page.goto(f"/cleansing/{made.public_id}/sheet")
    accessible(page)
    kept(page, f"sheet-{width}")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_clerk_sends_a_workbook(
    commune: Commune,
    visit: Any,
    sign_in: Any,
    accessible: Callable[[Any], None],
    width: int,
) -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "intake"))
    from making import BAO, HOA, workbook

    from lamsach.intake.tasks import check
    from lamsach.jobs.models import Job
    from lamsach.registry.models import Campaign

    Campaign.objects.update(vaccines=["EU/1/21/1529"])
    plain = {"province": "", "district": "", "commune": ""}
    page = visit(width=width)
    sign_in(page, "alice", first_password("alice"))
    page.goto("/intake/")
    accessible(page)
    content = workbook([BAO | plain, HOA | plain | {"sex": "?"}])
    page.set_input_files(
        "input[type=file]",
        {"name": "tệp.xlsx", "mimeType": "application/octet-stream", "buffer": content},
    )
    page.click("main form button")
    page.wait_for_selector("#state")
    kept(page, f"intake-checking-{width}")
    check(Job.objects.get(task="intake.check"))
    page.wait_for_selector("text=1 dòng có thể nhập ngay")  # by itself: the page asks again
    accessible(page)
    kept(page, f"intake-checked-{width}")
    page.goto("/intake/")
    accessible(page)
    kept(page, f"intake-{width}")
