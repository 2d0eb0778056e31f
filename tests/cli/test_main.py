"""The command as a whole: help, status, one line for every error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lamsach import __version__
from lamsach.cli import main as room
from lamsach.identity import engine
from lamsach.identity.errors import InputError, ResourceError

Lamsach = Callable[..., Any]
COMMAND = [sys.executable, "-c", "from lamsach.cli.main import main; main()"]


def test_version_and_help(lamsach: Lamsach) -> None:
    assert lamsach("--version").stdout == f"lamsach {__version__}\n"
    shown = lamsach("--help")
    assert (shown.status, shown.stderr) == (0, "")
    for command in ("authenticate", "explain"):
        assert command in shown.stdout
        own = lamsach(command, "--help")
        assert own.status == 0
        assert "Example: lamsach " + command in own.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing command"),
        (["nonsense"], "No such command"),
        (["authenticate"], "Missing argument 'PERSONS'"),
        (["authenticate", "a", "b"], "Missing option '--out'"),
        (["authenticate", "a", "b", "--out", "o", "--threads", "0"], "--threads"),
        (["authenticate", "a", "b", "--out", "o", "--threshold", "1.5"], "--threshold"),
        (["authenticate", "a", "b", "--out", "o", "--side", "army"], "--side"),
        (["authenticate", "a", "b", "--out", "o", "--units", "2019"], "--units"),
        (["authenticate", "a", "b", "--out", "o", "--engine", "abacus"], "--engine"),
        (["authenticate", "a", "b", "--out", "o", "--memory-limit", "much"], "--memory-limit"),
        (["authenticate", "a", "b", "--out", "o", "--wrong"], "--wrong"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(
    lamsach: Lamsach, arguments: list[str], says: str
) -> None:
    outcome = lamsach(*arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("lamsach: ")
    assert outcome.stderr.count("\n") == 1
    assert says in outcome.stderr
    assert "--help" in outcome.stderr


@pytest.mark.parametrize(
    "case",
    [
        (InputError("it is broken", file="a.csv", row=2), 2, "a.csv, row 2: it is broken"),
        (ResourceError("the disk is full", where="/d"), 2, "/d: the disk is full"),
        (OSError(28, "No space left on device", "/d"), 2, "/d: the disk is full; free"),
        (RuntimeError("Nguyễn Văn An"), 1, "an error that was not foreseen (RuntimeError)"),
        (KeyboardInterrupt(), 130, "broken off"),
    ],
    ids=lambda case: type(case[0]).__name__,
)
def test_every_error_has_its_status_and_one_line(
    lamsach: Lamsach,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    inputs: tuple[Path, Path],
    case: tuple[BaseException, int, str],
) -> None:
    error, status, line = case

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(engine, "authenticate", fail)
    outcome = lamsach("authenticate", *inputs, "--out", tmp_path / "out")
    assert (outcome.status, outcome.stdout) == (status, "")
    assert outcome.stderr.startswith(f"lamsach: {line}")
    assert outcome.stderr.count("\n") == 1
    assert "Nguyễn" not in outcome.stderr, "an unforeseen error may quote a person"


def test_the_stack_is_shown_on_demand(
    lamsach: Lamsach, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAMSACH_DEBUG", "1")
    with pytest.raises(InputError):
        room.run(["authenticate", str(tmp_path / "a"), str(tmp_path / "b"), "--out", "o"])


def test_help_is_quick_and_loads_no_engine() -> None:
    program = (
        "import sys; from lamsach.cli.main import run; run(['--help']);"
        "print(sorted({'duckdb', 'pyarrow', 'numpy', 'rich'} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert shown.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*COMMAND, "--help"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert ended.stderr == b""


def test_breaking_off_a_run_says_so(tmp_path: Path, inputs: tuple[Path, Path]) -> None:
    program = (
        "import signal, time; from lamsach.identity import engine\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # whoever started the tests
        "def authenticate(*_): print('begun', flush=True); time.sleep(60)\n"
        "engine.authenticate = authenticate\n"
        "from lamsach.cli.main import main; main()"
    )
    arguments = ["authenticate", *map(str, inputs), "--out", str(tmp_path / "out")]
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "begun\n"
        time.sleep(0.1)
        run.send_signal(signal.SIGINT)
        _, stderr = run.communicate(timeout=20)
    assert run.returncode == 130
    assert stderr.strip().splitlines() == [
        "lamsach: broken off; finished steps are kept, run the same command to go on"
    ]
