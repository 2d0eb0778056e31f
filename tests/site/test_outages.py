"""What fails below the site gives a readable page, and the next try works when it is back.

The real web server stands on this worker's database server, which is really stopped, and on disks
that are really full.
"""

from __future__ import annotations

import http.client
import os
import random
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.cookies import SimpleCookie
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NoReturn
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from tests.intake.conftest import Country, make_country
from tests.intake.making import BAO, workbook

from lamsach.accounts.actions import create_officer
from lamsach.intake.models import Batch
from lamsach.jobs.actions import start_job
from lamsach.jobs.models import Job
from lamsach.ledger.actions import Actor, action
from lamsach.site.embedded import EmbeddedServer
from lamsach.site.running import site_command

__all__ = ["make_country"]  # a fixture

pytestmark = pytest.mark.db

SYSTEM = Actor.system("test")


class Browser:
    """Asks the web server, keeps cookies, and fails on any page that shows a program's insides."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def ask(
        self, path: str, body: bytes | None = None, kind: str = ""
    ) -> tuple[int, str, dict[str, str]]:
        """Status, page and headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        told = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": told, "Content-Type": kind, "Accept-Language": "vi"}
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        page = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: one.value for name, one in SimpleCookie(line).items()}
        connection.close()
        for word in ("Traceback", "psycopg", "OperationalError", "site-packages", "Errno"):
            assert word not in page
        return answer.status, page, dict(answer.headers)

    def token(self, path: str) -> str:
        """The token of a page's form."""
        page = self.ask(path)[1]
        return page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]


def is_a_page_with_a_retry(answer: tuple[int, str, dict[str, str]]) -> None:
    status, page, headers = answer
    assert status == 503
    assert headers["Retry-After"] == "30"
    assert "Hệ thống tạm thời chưa kết nối được" in page
    assert "nửa phút" in page


@contextmanager
def web_server(**more: Any) -> Iterator[int]:
    """The site's web server in processes of its own; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    surroundings = {**os.environ, "DJANGO_SETTINGS_MODULE": "lamsach.site.settings"}
    surroundings |= more.pop("env", {})
    process = subprocess.Popen(
        site_command("127.0.0.1", port), env=surroundings, start_new_session=True, **more
    )
    try:
        end = monotonic() + 120
        while monotonic() < end:
            with suppress(OSError, http.client.HTTPException):
                Browser(port).ask("/health")
                break
            sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def alice(committed: None) -> Any:
    cache.clear()
    officer, _ = create_officer(username="alice", full_name="Alice", by=SYSTEM)
    officer.must_change_password = False
    officer.save(update_fields=["must_change_password"])
    return officer


def test_a_stopped_database_gives_pages_and_the_next_request_after_it_is_back_works(
    alice: Any, signed_in: Callable[[Any], Client], server: EmbeddedServer
) -> None:
    session = signed_in(alice).cookies["sessionid"].value
    with web_server() as port:
        browser = Browser(port)
        token = browser.token("/accounts/login/")
        browser.cookies["sessionid"] = session
        for _ in range(20):  # every process and thread has had a connection
            assert browser.ask("/")[0] == 200
        connections.close_all()
        server.stop()
        try:
            for path in ("/", "/health", "/people/"):
                is_a_page_with_a_retry(browser.ask(path))
            form = {"csrfmiddlewaretoken": token, "login": "alice", "password": "x"}
            told = urlencode(form).encode(), "application/x-www-form-urlencoded"
            is_a_page_with_a_retry(browser.ask("/accounts/login/", *told))
            # What needs no database goes on, for visitors without a session.
            for path in ("/", "/verify", "/accounts/login/"):
                assert Browser(port).ask(path)[0] == 200
        finally:
            server.start()
        for path in ("/", "/health"):
            for _ in range(10):
                assert browser.ask(path)[0] == 200
        assert "Alice" in browser.ask("/")[1]


SERVE = """
from lamsach.site import running
running.serve([running.worker_command(queue="quick")])
"""


def test_workers_outlive_a_stopped_database(committed: None, server: EmbeddedServer) -> None:
    def ask_for(key: str) -> Callable[[], bool]:
        with action() as act:
            job = start_job(act, "jobs.tidy", key=key, actor=SYSTEM)
        return lambda: bool(Job.objects.get(pk=job.pk).is_over)

    def wait_for(condition: Callable[[], bool]) -> None:
        end = monotonic() + 120
        while not condition():
            assert monotonic() < end, "nobody works"
            sleep(0.1)

    with subprocess.Popen(
        [sys.executable, "-c", SERVE], env={**os.environ, "LAMSACH_WORKER_PATIENCE": "3"}
    ) as house:
        try:
            wait_for(ask_for("before"))
            connections.close_all()
            server.stop()
            sleep(5)
            server.start()
            wait_for(ask_for("after"))
        finally:
            house.terminate()
            house.wait(60)


def small_disk(folder: Path, kilobytes: int) -> bool:
    """Have a disk of some kilobytes in a folder; whether this user can."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=0711", "tmpfs", str(folder)]
    if os.geteuid() != 0:
        return False
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture
def small_tablespace(
    server: EmbeddedServer, superuser: Any, alice: Any, absent: Callable[[str], NoReturn]
) -> Iterator[Path]:
    """A small disk on which the ledger's table lies."""
    folder = server.folder / "small"
    folder.mkdir(exist_ok=True)
    if not small_disk(folder, 512):
        absent("a disk to fill can only be made by root")
    owner = server.cluster.stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    try:
        with superuser() as opened:
            opened.execute(f"create tablespace small location '{folder}'")
            opened.execute("alter table ledger_event set tablespace small")
        yield folder
    finally:
        connections.close_all()
        with superuser() as opened:
            opened.execute("alter table ledger_event set tablespace pg_default")
            opened.execute("drop tablespace if exists small")
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


def test_a_full_disk_of_the_database_gives_a_page_and_nothing_half_is_written(
    small_tablespace: Path,
) -> None:
    form = {"login": "alice", "password": "wrong"}
    with web_server() as port:
        browser = Browser(port)

        def guess() -> tuple[int, str, dict[str, str]]:
            form["csrfmiddlewaretoken"] = browser.token("/accounts/login/")
            told = urlencode(form).encode(), "application/x-www-form-urlencoded"
            return browser.ask("/accounts/login/", *told)

        def failures() -> int:
            from lamsach.accounts.models import Officer

            return Officer.objects.values_list("failed_sign_ins", flat=True).get()

        filler = small_tablespace / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        seen = []
        while not seen or seen[-1] == 200:  # until the table's last page is full
            cache.clear()  # attempts are limited, too
            seen.append(guess()[0])
            assert len(seen) < 500
        assert failures() == (len(seen) - 1) % 10, "what was not recorded was not counted"
        is_a_page_with_a_retry(guess())
        filler.unlink()
        cache.clear()
        assert guess()[0] == 200


@pytest.fixture
def country(committed: None, make_country: Callable[[], Country]) -> Country:
    """The small country of intake's tests."""
    return make_country()


def test_a_full_disk_for_files_gives_a_page_and_the_same_upload_works_later(
    country: Country, signed_in: Callable[[Any], Client]
) -> None:
    chance = random.Random(28)
    content = workbook([BAO | {"lot": chance.randbytes(12).hex()} for _ in range(6_000)])
    session = signed_in(country.alice).cookies["sessionid"].value
    most = len(content) // 2

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    def upload(port: int) -> tuple[int, str, dict[str, str]]:
        browser = Browser(port)
        browser.cookies["sessionid"] = session
        form = {
            "csrfmiddlewaretoken": browser.token("/intake/"),
            "office": str(country.near.pk),
            "campaign": str(country.campaign.pk),
        }
        lines = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{one}\r\n'
                 for name, one in form.items()]  # fmt: skip
        lines += ['--x\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n']
        body = "".join(lines).encode() + content + b"\r\n--x--\r\n"
        return browser.ask("/intake/", body, "multipart/form-data; boundary=x")

    with web_server(preexec_fn=no_room) as port:
        is_a_page_with_a_retry(upload(port))
    assert not Batch.objects.exists()
    with web_server() as port:
        assert upload(port)[0] == 302
    assert Batch.objects.count() == 1
