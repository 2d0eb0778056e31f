"""A citizen at the phone: one question at a time, a code, the record, the passport."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "hcert"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "portal"))

from record_making import BUOI, Registry, give_passport, sent_code

from .conftest import NARROW, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.db]


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("script", [True, False])
def test_from_the_first_question_to_the_passport(
    visit: Any,
    accessible: Callable[[Any], None],
    run_jobs: Callable[[], int],
    width: int,
    script: bool,
) -> None:
    page = visit(width=width, java_script_enabled=script)
    check = accessible if script else (lambda _page: None)
    person = Registry().person()
    page.goto("/record")
    assert page.evaluate("document.activeElement.id") == "answer"
    check(page)
    page.keyboard.type(BUOI["name"])
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=birth]#answer")
    page.keyboard.type("hôm qua")
    page.keyboard.press("Enter")
    page.wait_for_selector("#problem")
    check(page)
    page.said[:] = [line for line in page.said if "422" not in line]
    page.fill("#answer", BUOI["birth"])
    page.keyboard.press("Enter")
    page.wait_for_selector("fieldset")
    check(page)
    page.check("input[value=F]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=number]#answer")
    page.click("button[value=dosed_on]")
    page.wait_for_selector("[name=dosed_on]#answer")
    page.click("button[value=number]")
    page.wait_for_selector("[name=number]#answer")
    page.keyboard.type(BUOI["number"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/record/code")
    check(page)
    run_jobs()
    page.keyboard.type(sent_code())
    page.keyboard.press("Enter")
    page.wait_for_url("**/record/mine")
    assert "Chúng tôi thấy 3 mũi tiêm" in page.inner_text("h1")
    check(page)
    give_passport(person)
    page.reload()
    check(page)
    with page.expect_download() as begun:
        page.click("text=Tải về (PDF)")
    assert Path(begun.value.path()).read_bytes().startswith(b"%PDF-")
    page.click("text=Mở mã QR")
    page.wait_for_selector(".qr svg")
    check(page)
    page.goto("/record/mine")
    page.click("text=Thoát")
    page.goto("/record/mine")
    assert page.url.endswith("/record")
