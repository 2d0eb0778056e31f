"""Progress: lines on a terminal, silence in a pipe, and the engine's own count in between."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from lamsach.cli.progress import terminal_progress
from lamsach.identity.progress import SilentProgress, watching


class Listener:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[float] = []

    def step(self, name: str, number: int, of: int, rows: int | None) -> None:
        raise AssertionError("watching tells of no step")

    def advance(self, fraction: float) -> None:
        self.heard.append(fraction)

    def done(self, rows: int | None) -> None:
        raise AssertionError("watching ends no step")


def test_a_pipe_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal_progress() as progress:
        assert isinstance(progress, SilentProgress)
        progress.step("exact", 1, 9, 1000)
        progress.advance(0.5)
        progress.done(1000)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_every_step(tmp_path: Path, inputs: tuple[Path, Path]) -> None:
    ours, theirs = pty.openpty()
    arguments = ["authenticate", *map(str, inputs), "--out", str(tmp_path / "out")]
    program = "from lamsach.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    ) as run:
        os.close(theirs)
        shown = b""
        try:
            while some := os.read(ours, 65536):
                shown += some
        except OSError:  # how a terminal's other end says that it is gone
            pass
        assert run.wait() == 0
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    numbers = re.findall(r"^\s*(\d+)/(\d+) \S", text.replace("\r", "\n"), re.MULTILINE)
    assert len(set(numbers)) > 5
    assert len({of for _, of in numbers}) == 1
    assert "100%" in text


def test_the_engines_own_progress_is_told_as_a_share_of_the_step() -> None:
    listener = Listener()
    with duckdb.connect() as connection, watching(connection, listener, start=0.5, end=0.75):
        connection.execute("set threads = 1")
        connection.execute("create table t as select md5(i::varchar) m from range(2000000) r(i)")
        connection.execute("select count(distinct md5(m || m)) from t").fetchall()
    assert listener.heard == sorted(listener.heard)
    assert listener.heard[-1] == 0.75
    assert all(0.5 <= fraction <= 0.75 for fraction in listener.heard)
    assert len(listener.heard) > 1


def test_an_error_ends_the_watch_and_passes() -> None:
    listener = Listener()
    with (
        pytest.raises(duckdb.CatalogException),
        duckdb.connect() as connection,
        watching(connection, listener),
    ):
        connection.execute("select * from nothing")
    assert listener.heard == []
