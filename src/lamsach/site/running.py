"""Running the house: the database that comes along, migrations, and the processes that serve.

`serve` owns all it starts: on Ctrl-C, SIGTERM or when its terminal closes the processes end first,
then the database; a process that dies is started again. This room loads no framework in its own
process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from time import monotonic, sleep
from types import FrameType
from typing import Any, Final, NoReturn

from lamsach.site import environment
from lamsach.site.embedded import EmbeddedServer
from lamsach.site.environment import Side

__all__ = ["database", "manage", "prepare", "serve", "site_command", "worker_command"]

# Commands that make or change tables, or fill empty ones without their indexes, run as the tables'
# owner; all others as the application.
_OWNERS: Final = frozenset({"createcachetable", "load", "migrate", "sqlmigrate"})
_SETTINGS: Final[dict[Side, str]] = {
    "health": "lamsach.site.settings",
    "register": "lamsach.site.settings_register",
}
_Handler = Callable[[int, FrameType | None], Any] | int | None
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds before a dead process is started again


@contextmanager
def database(*, side: Side = "health") -> Iterator[None]:
    """Have the embedded server run inside, when a database that this side uses is on it.

    However this process is told to end, the server is stopped.
    """
    used: tuple[Side, ...] = ("health", "register") if side == "health" else ("register",)
    with ExitStack() as stack:
        if any(map(environment.is_embedded, used)):
            stack.callback(_set_handlers, {one: signal.getsignal(one) for one in _ENDING})
            stack.enter_context(EmbeddedServer(environment.data_folder()).running())
            # A terminal that closes says so more than once: nothing breaks off the stopping.
            stack.callback(_set_handlers, dict.fromkeys(_ENDING, signal.SIG_IGN))
            _set_handlers({signal.SIGTERM: _leave, signal.SIGHUP: _leave})
        yield


def _set_handlers(handlers: Mapping[signal.Signals, _Handler]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def manage(arguments: Sequence[str], *, side: Side = "health") -> int:
    """Run Django's management command in a process of its own; its exit status."""
    as_owner = bool(arguments) and arguments[0] in _OWNERS
    command = [sys.executable, "-m", "django", *arguments]
    return subprocess.run(  # noqa: S603 - our own program
        command, check=False, env=_surroundings(side, as_owner=as_owner)
    ).returncode


def prepare(*, side: Side = "health") -> int:
    """Bring the tables up to date; the first status that is not 0, or 0."""
    steps = [["migrate", "--no-input", "-v", "0"], ["createcachetable"]]
    if side == "health":
        steps.insert(1, ["migrate", "--no-input", "-v", "0", "--database", "population"])
    return next(filter(None, (manage(step, side=side) for step in steps)), 0)


def site_command(address: str, port: int) -> list[str]:
    """The command line of the web server."""
    return [
        sys.executable, "-m", "gunicorn", "lamsach.site.wsgi:application",
        "--bind", f"{address}:{port}", "--worker-class", "gthread",
        "--workers", "2", "--threads", "8", "--timeout", "60", "--graceful-timeout", "20",
        "--max-requests", "20000", "--max-requests-jitter", "2000", "--log-level", "warning",
    ]  # fmt: skip


def worker_command(*, queue: str = "", concurrency: int = 4) -> list[str]:
    """The command line of a worker, for one queue or for all."""
    command = [sys.executable, "-m", "django", "run_worker", "--concurrency", str(concurrency)]
    return [*command, "--queue", queue] if queue else command


def serve(commands: Sequence[Sequence[str]], *, side: Side = "health") -> int:
    """Run commands until a signal comes; each is started again when it dies."""
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    before = {one: signal.signal(one, stop) for one in _ENDING}
    children = [_Child(command, side) for command in commands]
    try:
        while not stopping:
            for child in children:
                child.keep()
            sleep(0.2)
    finally:
        for child in children:
            child.end()
        _set_handlers(before)
    return 0


class _Child:
    """A process that is kept alive, with growing pauses when it dies at once."""

    def __init__(self, command: Sequence[str], side: Side) -> None:
        self._command = list(command)
        self._side: Side = side
        self._pause = _FIRST_PAUSE
        self._begin()

    def _begin(self) -> None:
        # A session of its own: Ctrl-C reaches us alone, and we end the children in order.
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            self._command, env=_surroundings(self._side), start_new_session=True
        )
        self._since = monotonic()
        self._again: float | None = None

    def keep(self) -> None:
        """Start the process again when it is dead and its pause is over."""
        if self._process.poll() is None:
            return
        if self._again is None:
            lived_long = monotonic() - self._since > _LONGEST_PAUSE
            self._pause = _FIRST_PAUSE if lived_long else min(self._pause * 2, _LONGEST_PAUSE)
            self._again = monotonic() + self._pause
        elif monotonic() >= self._again:
            self._begin()

    def end(self) -> None:
        """Ask the process to end; after half a minute, make it."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _surroundings(side: Side, *, as_owner: bool = False) -> dict[str, str]:
    """The environment of a process of ours."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": _SETTINGS[side],
        "LAMSACH_AS_OWNER": "1" if as_owner else "0",
    }
