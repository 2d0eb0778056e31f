"""The server that comes along: starts, survives a kill, changes nothing above its folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lamsach.site.embedded import EmbeddedServer

pytestmark = pytest.mark.db


@pytest.fixture
def house() -> Iterator[Path]:
    """A folder that every user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="lamsach-embedded-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def modes(folder: Path) -> dict[Path, tuple[int, int]]:
    return {one: (one.stat().st_mode, one.stat().st_uid) for one in (folder, *folder.parents)}


def test_no_mode_changes_above_and_nobody_else_can_look_inside(house: Path) -> None:
    before = modes(house)
    with EmbeddedServer(house, durable=False).running() as server:
        assert modes(house) == before
        assert server.cluster.stat().st_mode & 0o077 == 0
        sockets = server.folder / "run"
        assert sockets.stat().st_mode & 0o077 == 0
        assert not list(sockets.glob("*.tcp"))
        with psycopg.connect(server.url("lamsach", "lamsach")) as opened:
            assert opened.execute("show listen_addresses").fetchone() == ("",)
            assert opened.execute("show log_min_error_statement").fetchone() == ("panic",)
    assert not server.is_running()


def test_neither_authority_enters_the_others_database(house: Path) -> None:
    with EmbeddedServer(house, durable=False).running() as server:
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(server.url("lamsach_register", "lamsach"))
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(server.url("lamsach", "lamsach_register_owner"))


HOLDER = """
import sys, time
from pathlib import Path
from lamsach.site.embedded import EmbeddedServer
with EmbeddedServer(Path(sys.argv[1])).running():
    print("up", flush=True)
    time.sleep(600)
"""


def test_what_a_killed_holder_left_is_taken_over_and_stopped(house: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(house)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "up\n"
    server = EmbeddedServer(house)
    assert not server.acquire()
    with server.running(), psycopg.connect(server.url("lamsach", "lamsach_owner")) as opened:
        opened.execute("create table kept (n int)")  # a second process uses, but does not stop it
    assert server.is_running()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    postmaster = int((server.cluster / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    with server.running(), psycopg.connect(server.url("lamsach", "lamsach")) as opened:
        assert opened.execute("select count(*) from kept").fetchone() == (0,)
    assert not server.is_running()
