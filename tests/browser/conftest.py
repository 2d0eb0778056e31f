"""What tests in a real browser share: the site on a port, a Chromium, cameras, accessibility.

`visit()` opens a page of its own context; whatever the browser reports (a script's failure, a
policy that was broken) fails the test at its end. `camera()` is a browser whose camera sees given
pictures. Officers sign in with password and second factor, for real.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from wsgiref.simple_server import WSGIServer

import pytest
from PIL import Image, ImageDraw

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).resolve().parent / "npm/node_modules/axe-core/axe.min.js"
WIDE, NARROW = 1280, 360


@pytest.fixture(scope="module")
def playwright(absent: Callable[[str], NoReturn]) -> Iterator[Any]:
    """Playwright, running; its loop ends with the module: other tests run loops of their own."""
    if not CHROMIUM.exists():
        absent(f"{CHROMIUM} is not installed (Debian: chromium)")
    if not AXE.exists():
        absent("axe-core is not installed: run npm ci in tests/browser/npm")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        absent("Playwright's Python package is not installed")
    # Its loop runs in this thread all the time; the tables are read from here nevertheless.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as running:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield running


def launched(playwright: Any, *arguments: str) -> Any:
    return playwright.chromium.launch(
        executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", *arguments]
    )


@pytest.fixture(scope="module")
def chromium(playwright: Any) -> Iterator[Any]:
    """A browser without a camera."""
    browser = launched(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def server_thread(django_db_setup: None) -> Iterator[str]:
    """The site's own application on a port of this machine; its address."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from lamsach.site.wsgi import application

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server: WSGIServer = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.daemon_threads = True
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def site(server_thread: str, committed: None) -> str:
    """The address of the site, with an empty database that transactions really end in."""
    from django.core.cache import cache

    cache.clear()
    return server_thread


Visit = Callable[..., Any]


@pytest.fixture
def visit(chromium: Any, site: str) -> Iterator[Visit]:
    """Opens a page: `visit(width=360)`, with more of Playwright's options for a context."""
    open_ones: list[tuple[Any, list[str]]] = []

    def begin(*, width: int = WIDE, browser: Any = None, **more: Any) -> Any:
        more = {"locale": "vi-VN", "base_url": site, **more}
        context = (browser or chromium).new_context(
            viewport={"width": width, "height": 740}, **more
        )
        context.set_default_timeout(30_000)  # machines that test are busy
        page = context.new_page()
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", partial(note, said))
        page.said = said
        open_ones.append((context, said))
        return page

    yield begin
    for context, _ in open_ones:
        context.close()
    assert [line for _, said in open_ones for line in said] == []


def note(said: list[str], line: Any) -> None:
    """Keep what the browser calls an error."""
    if line.type == "error":
        said.append(line.text)


def picture_of(text: str, *, size: tuple[int, int] = (1280, 720), side: int = 620) -> Image.Image:
    """What a camera sees of a code held into it."""
    from lamsach.hcert.qr import encode

    code = Image.open(io.BytesIO(encode(text, "M").png(dots=8))).convert("L")
    seen = Image.new("RGB", size, (150, 140, 130))
    code = code.resize((side, side), Image.Resampling.LANCZOS)
    seen.paste(code.convert("RGB"), ((size[0] - side) // 2, (size[1] - side) // 2))
    return seen


def nothing_to_see(size: tuple[int, int] = (1280, 720)) -> Image.Image:
    """A table without a code on it."""
    seen = Image.new("RGB", size, (150, 140, 130))
    ImageDraw.Draw(seen).ellipse((300, 200, 900, 600), fill=(90, 110, 90))
    return seen


@pytest.fixture
def camera(playwright: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A browser whose camera sees pictures in turn, each for some frames (30 a second)."""
    browsers = []

    def showing(pictures: Sequence[tuple[Image.Image, int]]) -> Any:
        film = tmp_path / f"{len(browsers)}.mjpeg"
        with film.open("wb") as file:
            for picture, frames in pictures:
                still = io.BytesIO()
                picture.save(still, "JPEG", quality=88)
                for _ in range(frames):
                    file.write(still.getvalue())
        browser = launched(
            playwright,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        )
        browsers.append(browser)
        return browser

    yield showing
    for browser in browsers:
        browser.close()


def assert_accessible(page: Any) -> None:
    """No serious finding of axe-core on the page as it is now; nothing wider than the screen."""
    # As a file of the page it would break the page's own policy; the debugger may.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    serious = [
        (one["id"], [node["html"][:120] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0, f"{overflow} pixels wider than the screen"


@pytest.fixture
def accessible() -> Callable[[Any], None]:
    """`accessible(page)`: no serious finding of axe-core, and no scrolling sideways."""
    return assert_accessible


PASSWORD = "một mật khẩu dài của riêng tôi"


class SignIn:
    """Signs officers in as they do it themselves: password, then the code of their app."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}

    @staticmethod
    def code(secret: str) -> str:
        """What an app with this secret shows now."""
        from allauth.mfa.totp.internal.auth import (
            format_hotp_value,
            hotp_value,
            yield_hotp_counters_from_time,
        )

        return str(format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1])))

    def __call__(self, page: Any, username: str, first_password: str = "") -> None:
        """Sign in; with the initial password the whole way of a first time."""
        from django.core.cache import cache

        # A code is good once and attempts are limited; nobody waits for the next half minute here.
        cache.clear()
        page.goto("/accounts/login/")
        page.fill("#id_login", username)
        page.fill("#id_password", PASSWORD if username in self.secrets else first_password)
        page.click("main form button")
        if username not in self.secrets:
            self._begin(page, username, first_password)
        else:
            page.fill("#id_code", self.code(self.secrets[username]))
            page.click("main form button")
        page.goto("/")

    def _begin(self, page: Any, username: str, first_password: str) -> None:
        """A password of one's own, and the second factor."""
        page.fill("#id_oldpassword", first_password)
        page.fill("#id_password1", PASSWORD)
        page.fill("#id_password2", PASSWORD)
        page.click("main form button")
        page.goto("/accounts/factor/totp/")
        if "reauthenticate" in page.url:
            page.fill("[name=password]", PASSWORD)
            page.click("main form button")
        self.secrets[username] = page.inner_text("#authenticator_secret")
        page.fill("#id_code", self.code(self.secrets[username]))
        page.click("main form button")


@pytest.fixture
def sign_in(site: str) -> SignIn:
    """`sign_in(page, "alice", first_password)`; the second time without the first password."""
    return SignIn()
