"""The verifier's pages: the same for everybody, kept on devices, and nothing of a scan is kept."""

from __future__ import annotations

import base64
import json
import re
import sys
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from types import ModuleType
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path
from hcert_making import Dsc, make_claims, make_dsc, seal, signed_payload
from PIL import Image

from lamsach.clock import now
from lamsach.hcert.pictures import MAX_BYTES
from lamsach.hcert.qr import encode
from lamsach.portal import offline
from lamsach.portal.limits import Limit, sweep_tallies
from lamsach.portal.lists import published_lists
from lamsach.portal.models import Tally

pytestmark = pytest.mark.db

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def signer() -> Dsc:
    return make_dsc("ES256", starts=now() - DAY, ends=now() + 700 * DAY)


@pytest.fixture
def published(
    signer: Dsc, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> dict[str, dict[str, Any]]:
    """What the site publishes at the two addresses; a test changes it."""
    kid, der = (base64.b64encode(one).decode() for one in (signer.kid, signer.der))
    said: dict[str, Any] = {
        "trust-list": {kid: [der]},
        "revocations": [],
        "times": {"made_at": now().isoformat(), "valid_until": (now() + DAY).isoformat()},
    }

    def answer(_request: Any, name: str) -> HttpResponse:
        texts = {one: json.dumps(said[one]) for one in ("trust-list", "revocations")}
        digests = {f"{one}.json": sha256(text.encode()).hexdigest() for one, text in texts.items()}
        texts["lists"] = json.dumps(said["times"] | {"lists": digests})
        return HttpResponse(texts[name], content_type="application/json")

    urls = ModuleType("published_lists")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("passports/<name>.json", answer),
        path("", include("lamsach.site.urls")),
    ]
    monkeypatch.setitem(sys.modules, urls.__name__, urls)
    settings.ROOT_URLCONF = urls.__name__
    return said


def certificate(signer: Dsc) -> str:
    moment = int(now().timestamp())
    return seal(signer, make_claims(signed_payload(), exp=moment + 86_400, iat=moment - 60))


def picture(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.png", encode(text, "M").png(dots=4), "image/png")


def shown(answer: Any) -> str:
    """The text of the answer that is not hidden."""
    page = answer.content.decode()
    return re.sub(r"<div data-verdict=\"\w+\" hidden>.*?</div>", "", page, flags=re.DOTALL)


def test_the_page_is_the_same_for_everybody_and_may_be_kept() -> None:
    first, second = (
        Client().get("/verify"),
        Client(headers={"accept-language": "en"}).get("/verify"),
    )
    assert first.status_code == 200
    assert first.content == second.content
    assert not first.cookies
    assert "public" in first.headers["Cache-Control"]
    assert "csrf" not in first.content.decode()
    assert "camera=(self)" in first.headers["Permissions-Policy"]
    page = first.content.decode()
    assert "unsafe" not in first.headers["Content-Security-Policy"]
    assert "style=" not in page
    inline = re.findall(r"<script([^>]*)>[^<]", page)
    assert inline == [' id="words" type="application/json"']


def test_the_worker_keeps_everything_the_page_needs() -> None:
    answer = Client().get("/verify-worker.js")
    assert answer.headers["Content-Type"] == "text/javascript"
    script = answer.content.decode()
    kept = json.loads(script.split("const KEPT = ")[1].split(";\n")[0])
    assert kept[0] == "/verify"
    page = Client().get("/verify").content.decode()
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert address in kept
    for address in kept[1:]:
        answer = Client().get(address)
        assert answer.status_code == 200, address
        text = b"".join(answer.streaming_content).decode()
        room = address.rsplit("/", 1)[0]
        for name in re.findall(r"(?:from|import\(|URL\() ?'(\.[^']+)'", text):
            parts = f"{room}/{name}".split("/")
            path_: list[str] = []
            for part in parts:
                path_ = path_[:-1] if part == ".." else path_ if part == "." else [*path_, part]
            # jsQR comes from npm; a device whose browser reads codes does without
            assert "/".join(path_) in kept or "vendor" in path_, name


def test_a_new_page_is_a_new_version() -> None:
    one = offline.worker_script("one", "/verify")
    assert one == offline.worker_script("one", "/verify")
    assert one.split("STORE")[1] != offline.worker_script("two", "/verify").split("STORE")[1]


@pytest.mark.django_db
def test_an_upload_is_answered_and_forgotten(
    published: dict[str, Any], signer: Dsc, caplog: pytest.LogCaptureFixture
) -> None:
    text = certificate(signer)
    client = Client(enforce_csrf_checks=True)
    for sent in ({"text": text}, {"picture": picture(text)}, {"text": f"  {text}\n"}):
        answer = client.post("/verify/check", sent)
        assert answer.status_code == 200
        assert "HỢP LỆ" in shown(answer)
        assert "KHÔNG" not in shown(answer).split("<dl")[0].split("<section")[1]
        assert "Nguyễn Bảo Duy" in shown(answer)
        assert answer.headers["Cache-Control"] == "no-store"
    assert not client.cookies
    assert "Nguyễn" not in caplog.text
    assert set(Tally.objects.values_list("name", flat=True)) == {"UPLOAD_BY_NETWORK"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Hãy chọn ảnh"),
        ({"text": "   "}, "Hãy chọn ảnh"),
        ({"picture": SimpleUploadedFile("a.png", b"no picture")}, "Không đọc được mã QR"),
        ({"text": "xyz"}, "KHÔNG HỢP LỆ"),
        ({"text": "HC1:" + "0" * 30_000}, "KHÔNG HỢP LỆ"),
    ],
)
def test_what_is_no_certificate(published: Any, sent: dict[str, Any], said: str) -> None:
    for one in sent.values():
        if not isinstance(one, str):
            one.seek(0)
    assert said in shown(Client().post("/verify/check", sent))


@pytest.mark.django_db
def test_a_picture_without_a_code_and_one_that_is_too_large(published: Any) -> None:
    blank = BytesIO()
    Image.new("L", (300, 300), 255).save(blank, "PNG")
    answer = Client().post("/verify/check", {"picture": SimpleUploadedFile("a", blank.getvalue())})
    assert "Không đọc được mã QR" in shown(answer)
    large = SimpleUploadedFile("a", bytes(MAX_BYTES + 1))
    answer = Client().post("/verify/check", {"picture": large})
    assert "Hãy chọn ảnh" in shown(answer)


@pytest.mark.django_db
def test_without_good_lists_the_server_cannot_tell_either(
    published: dict[str, Any], signer: Dsc
) -> None:
    text = certificate(signer)

    def said() -> str:
        return shown(Client().post("/verify/check", {"text": text}))

    assert "KHÔNG" not in said().split("<section")[1].split("<dl")[0]
    published["times"]["valid_until"] = now().isoformat()
    assert "KHÔNG KẾT LUẬN ĐƯỢC" in said()
    published["times"] = {}
    assert published_lists() is None
    assert "KHÔNG KẾT LUẬN ĐƯỢC" in said()


@pytest.mark.django_db
def test_what_the_passports_publish_is_what_the_verifier_reads(clock_at: Any) -> None:
    from lamsach.passports.models import PassportSigner
    from lamsach.passports.publishing import VALID_FOR, publish_lists

    assert published_lists() is None
    moment = now().replace(microsecond=0)
    dsc = make_dsc("ES256", starts=moment - DAY, ends=moment + 700 * DAY)
    PassportSigner.objects.create(
        kid=base64.b64encode(dsc.kid).decode(),
        certificate=dsc.der,
        algorithm="ES256",
        country="VN",
        valid_from=moment - DAY,
        valid_until=moment + 700 * DAY,
        added_at=moment,
    )
    publish_lists()
    lists = published_lists()
    assert lists is not None
    assert len(lists.trust) == 1
    assert lists.valid_until - lists.issued == VALID_FOR
    assert "HỢP LỆ" in shown(Client().post("/verify/check", {"text": certificate(dsc)}))


@pytest.mark.django_db
def test_a_network_cannot_keep_the_server_busy(published: Any, clock_at: Any) -> None:
    cache.clear()
    client = Client()
    for _ in range(Limit.UPLOAD_BY_NETWORK.value.most):
        assert client.post("/verify/check", {"text": "x"}).status_code == 200
    assert client.post("/verify/check", {"text": "x"}).status_code == 429
    other = Client(REMOTE_ADDR="192.0.2.7")
    assert other.post("/verify/check", {"text": "x"}).status_code == 200
    with clock_at(now() + timedelta(minutes=2)):
        assert client.post("/verify/check", {"text": "x"}).status_code == 200
        assert sweep_tallies() == 2
    assert "127.0.0.1" not in str(list(Tally.objects.values()))


@pytest.mark.django_db
def test_an_ipv6_household_is_one_network(published: Any) -> None:
    for number in range(Limit.UPLOAD_BY_NETWORK.value.most):
        Client(REMOTE_ADDR=f"2001:db8::{number:x}").post("/verify/check", {"text": "x"})
    refused = Client(REMOTE_ADDR="2001:db8::ffff:1").post("/verify/check", {"text": "x"})
    assert refused.status_code == 429
    other = Client(REMOTE_ADDR="2001:db8:0:1::1").post("/verify/check", {"text": "x"})
    assert other.status_code == 200
