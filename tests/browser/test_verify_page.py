"""At the border: camera first, an answer in a moment, the next without a touch, and offline."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.http import HttpResponse, HttpResponseNotFound
from django.urls import include, path
from PIL import ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "hcert"))

from hcert_making import Dsc, make_claims, make_dsc, seal, signed_payload

from lamsach.accounts.decorators import public
from lamsach.clock import now
from lamsach.hcert.revocation import Batch, HashType, uci_hash

from .conftest import NARROW, WIDE, nothing_to_see, picture_of

pytestmark = [pytest.mark.browser, pytest.mark.db]

DAY = timedelta(days=1)
IDENTIFIER = "URN:UVCI:01:VN:AB12"


class Published:
    """The two lists as this site publishes them; a test changes what they say."""

    def __init__(self, signer: Dsc) -> None:
        self.signer = signer
        self.issued = now() - timedelta(hours=1)
        self.valid_until = now() + DAY
        self.batches: list[Batch] = []
        self.absent = False

    @property
    def texts(self) -> dict[str, str]:
        kid = base64.b64encode(self.signer.kid).decode()
        texts = {
            "trust-list.json": json.dumps({kid: [base64.b64encode(self.signer.der).decode()]}),
            "revocations.json": json.dumps([batch.as_json() for batch in self.batches]),
        }
        stated = {name: sha256(text.encode()).hexdigest() for name, text in texts.items()}
        times = {"made_at": self.issued.isoformat(), "valid_until": self.valid_until.isoformat()}
        return texts | {"lists.json": json.dumps(times | {"lists": stated})}

    @public
    def answer(self, _request: Any, name: str) -> HttpResponse:
        if self.absent:
            return HttpResponseNotFound()
        return HttpResponse(self.texts[name], content_type="application/json")


@pytest.fixture(scope="module")
def signer() -> Dsc:
    return make_dsc("ES256", starts=now() - 30 * DAY, ends=now() + 700 * DAY)


@pytest.fixture
def published(signer: Dsc, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Published:
    lists = Published(signer)
    urls = ModuleType("lists_and_site")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        *(
            path(f"passports/{name}", lists.answer, {"name": name})
            for name in ("lists.json", "trust-list.json", "revocations.json")
        ),
        path("", include("lamsach.site.urls")),
    ]
    monkeypatch.setitem(sys.modules, urls.__name__, urls)
    settings.ROOT_URLCONF = urls.__name__
    return lists


def certificate(signer: Dsc, name: str = "Bảo Duy", **claims: Any) -> str:
    moment = int(now().timestamp())
    body = signed_payload()
    body["nam"]["gn"] = name
    claims = {"exp": moment + 86_400 * 300, "iat": moment - 60, **claims}
    return seal(signer, make_claims(body, **claims))


def said(page: Any) -> str:
    """What is read on the screen now."""
    return str(page.inner_text("#answer"))


def paste(page: Any, text: str) -> None:
    page.fill("#text", text)
    page.click("#form button")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_code_before_the_camera_then_the_next_without_a_touch(
    visit: Any,
    camera: Any,
    accessible: Callable[[Any], None],
    published: Published,
    signer: Dsc,
    width: int,
) -> None:
    good, late = certificate(signer), certificate(signer, exp=int(now().timestamp()) - 99)
    browser = camera([(picture_of(good), 150), (nothing_to_see(), 180), (picture_of(late), 300)])
    page = visit(browser=browser, width=width, permissions=["camera"])
    page.goto("/verify")
    page.wait_for_selector("[data-camera=on]")
    page.wait_for_selector("[data-verdict=valid]")
    text = said(page)
    assert "HỢP LỆ" in text
    assert "VALID" in text
    assert "Nguyễn Bảo Duy" in text
    assert "NGUYEN<<BAO<DUY" in text
    assert "2/2" in text
    assert page.is_visible("#answer")
    accessible(page)
    page.wait_for_selector("body:not([data-verdict])")  # nothing in sight: the camera again
    page.wait_for_selector("[data-verdict=invalid]")
    assert "đã hết hạn" in said(page)
    assert "has expired" in said(page)
    assert "Nguyễn" not in said(page)
    accessible(page)


def test_the_answer_comes_within_a_moment(
    visit: Any, camera: Any, published: Published, signer: Dsc
) -> None:
    """From the frame in which the code is to the answer; the figure is a report, not a bound."""
    browser = camera([(picture_of(certificate(signer)), 300)])
    page = visit(browser=browser, permissions=["camera"])
    page.goto("/verify")
    page.wait_for_selector("[data-camera=on]")
    page.evaluate("window.begun = performance.now()")
    page.wait_for_selector("[data-verdict=valid]")
    print(f"answer after {page.evaluate('performance.now() - window.begun'):.0f} ms")


def test_offline_after_the_first_visit(
    visit: Any, published: Published, signer: Dsc, accessible: Callable[[Any], None]
) -> None:
    page = visit()
    page.goto("/verify")
    page.wait_for_selector("[data-offline=ready]")
    page.context.set_offline(True)
    page.goto("/verify")
    page.wait_for_selector("[data-lists=ready]")
    paste(page, certificate(signer))
    page.wait_for_selector("[data-verdict=valid]")
    page.click("#next")
    paste(page, certificate(signer)[:-3] + "AB:")
    page.wait_for_selector("[data-verdict=invalid]")
    page.said[:] = [line for line in page.said if "ERR_INTERNET_DISCONNECTED" not in line]


def test_kept_lists_grow_too_old_offline(visit: Any, published: Published, signer: Dsc) -> None:
    published.valid_until = now() + timedelta(seconds=6)
    page = visit()
    page.goto("/verify")
    page.wait_for_selector("[data-offline=ready][data-lists=ready]")
    page.context.set_offline(True)
    page.wait_for_timeout(6500)
    page.goto("/verify")
    page.wait_for_selector("[data-lists=LISTS_OLD]")
    paste(page, certificate(signer))
    page.wait_for_selector("[data-verdict=unknown]")
    page.said[:] = [line for line in page.said if "ERR_INTERNET_DISCONNECTED" not in line]


def test_a_picture_is_read_on_the_device_and_offline(
    visit: Any, published: Published, signer: Dsc, tmp_path: Path
) -> None:
    photo, table = tmp_path / "photo.jpg", tmp_path / "table.png"
    picture_of(certificate(signer), size=(3000, 4000), side=1500).save(photo)
    nothing_to_see().save(table)
    page = visit()
    page.goto("/verify")
    page.wait_for_selector("[data-offline=ready]")
    page.context.set_offline(True)
    page.goto("/verify")
    page.set_input_files("#picture", photo)
    page.wait_for_selector("[data-verdict=valid]")
    page.click("#next")
    dark = tmp_path / "dark.png"  # a phone that shows everything white on black
    ImageOps.invert(picture_of(certificate(signer, exp=7))).save(dark)
    page.set_input_files("#picture", dark)
    page.wait_for_selector("[data-verdict=invalid]")
    page.click("#next")
    page.set_input_files("#picture", table)
    page.wait_for_selector("#problem", state="visible")
    page.said[:] = [line for line in page.said if "ERR_INTERNET_DISCONNECTED" not in line]


def test_lists_that_are_too_old_conclude_nothing_valid(
    visit: Any, published: Published, signer: Dsc, accessible: Callable[[Any], None]
) -> None:
    published.valid_until = now() - timedelta(minutes=1)
    page = visit(width=NARROW)
    page.goto("/verify")
    page.wait_for_selector("[data-lists=LISTS_OLD]")
    paste(page, certificate(signer))
    page.wait_for_selector("[data-verdict=unknown]")
    assert "KHÔNG KẾT LUẬN ĐƯỢC" in said(page)
    assert "CANNOT TELL" in said(page)
    accessible(page)
    page.click("#next")
    forged = certificate(make_dsc("ES256", key=None, serial=9))
    paste(page, forged)  # signed by the same key under a name that no list knows
    page.wait_for_selector("[data-verdict=unknown]")
    page.click("#next")
    paste(page, certificate(signer, exp=7))
    page.wait_for_selector("[data-verdict=invalid]")  # expired is expired


def test_without_lists_nothing_valid_is_concluded(
    visit: Any, published: Published, signer: Dsc
) -> None:
    published.absent = True
    page = visit()
    page.goto("/verify")
    page.wait_for_selector("[data-lists=LISTS_ABSENT]")
    paste(page, certificate(signer))
    page.wait_for_selector("[data-verdict=unknown]")
    assert "danh sách" in said(page)
    page.said[:] = [line for line in page.said if "404" not in line]


def test_a_revocation_reaches_the_page(visit: Any, published: Published, signer: Dsc) -> None:
    published.batches = [Batch("VN", now() + DAY, None, HashType.UCI, (uci_hash(IDENTIFIER),))]
    page = visit()
    page.goto("/verify")
    page.wait_for_selector("[data-lists=ready]")
    paste(page, certificate(signer))
    page.wait_for_selector("[data-verdict=invalid]")
    assert "thu hồi" in said(page)


def test_the_page_before_anything_is_scanned(
    visit: Any, published: Published, accessible: Callable[[Any], None]
) -> None:
    page = visit(width=NARROW)
    page.goto("/verify")
    page.wait_for_selector("[data-camera=none]")
    accessible(page)
    assert not page.is_visible("#answer")
    assert page.is_visible("#picture")


def test_without_javascript_the_server_answers_and_keeps_nothing(
    visit: Any, published: Published, signer: Dsc, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    picture_of(certificate(signer)).save(photo)
    page = visit(java_script_enabled=False, width=NARROW)
    page.goto("/verify")
    page.set_input_files("#picture", photo)
    page.click("#form button")
    assert "HỢP LỆ" in said(page)
    assert "Nguyễn Bảo Duy" in said(page)
    page.click("#next")
    page.fill("#text", "HC1:" + "A" * 99)
    page.click("#form button")
    assert "KHÔNG HỢP LỆ" in said(page)
