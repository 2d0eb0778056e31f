"""`running`: processes are kept alive, and nothing is left when it ends, however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from lamsach.site.embedded import EmbeddedServer

_CHILD = """
import os, sys, time
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
time.sleep(600)
"""
_SERVE = f"""
import sys
from lamsach.site import running
child = [sys.executable, "-c", {_CHILD!r}]
sys.exit(running.serve([[*child, name] for name in sys.argv[1:]]))
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[Path]]]:
    """`serve` with two processes that say who they are; none of them outlives the test."""
    said = [tmp_path / "first", tmp_path / "second"]
    with subprocess.Popen([sys.executable, "-c", _SERVE, *map(str, said)]) as serving:
        try:
            wait(lambda: all(map(begun, said)))
            yield serving, said
        finally:
            serving.kill()
            for number in [number for file in said for number in begun(file)]:
                if is_alive(number):
                    os.kill(number, signal.SIGKILL)


def begun(file: Path) -> list[int]:
    """The process numbers that were said, the last one last."""
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


def is_alive(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait(until: Callable[[], bool]) -> None:
    end = monotonic() + 60
    while not until():
        assert monotonic() < end
        sleep(0.05)


Started = tuple[subprocess.Popen[bytes], list[Path]]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_when_it_ends(started: Started, ending: signal.Signals) -> None:
    serving, said = started
    serving.send_signal(ending)
    assert serving.wait(60) == 0
    assert not any(is_alive(number) for file in said for number in begun(file))


def test_a_process_that_dies_is_started_again(started: Started) -> None:
    _serving, (first, second) = started
    (killed,) = begun(first)
    os.kill(killed, signal.SIGKILL)
    wait(lambda: len(begun(first)) > 1)
    assert is_alive(begun(first)[-1])
    assert len(begun(second)) == 1


_WITH_DATABASE = """
import sys, time
from lamsach.site import running
with running.database():
    print("up", flush=True)
    {then}
"""
_SERVING = "running.serve([[sys.executable, '-c', 'import time; time.sleep(600)']])"


@pytest.fixture
def house() -> Iterator[Path]:
    """A folder that every user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="lamsach-running-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.db
@pytest.mark.parametrize("then", [_SERVING, "time.sleep(600)"])
def test_a_terminal_that_closes_takes_the_database_along(house: Path, then: str) -> None:
    surroundings = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REGISTER_DATABASE_URL")
    }
    command = [sys.executable, "-c", _WITH_DATABASE.format(then=then)]
    with subprocess.Popen(
        command,
        env={**surroundings, "LAMSACH_DATA": str(house)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"up\n"
        server = EmbeddedServer(house)
        assert server.is_running()
        while holder.poll() is None:  # said more than once, and again while it is stopping
            holder.send_signal(signal.SIGHUP)
            sleep(0.001)
    assert not server.is_running()
