"""Measuring: one command in a child process, its time and its memory.

The engine has helpers of its own, so memory is that of the whole family of processes. Must not
know what the command does.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

__all__ = ["Failed", "Measurement", "keep_to_two_cores", "measure", "processor_seconds"]

CORES = 2
_EVERY = 0.05  # seconds between two looks at the memory
_PAGE = resource.getpagesize()
_TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A measured command did not end well; the message holds what it said last."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a command took: seconds by the clock and of processors, bytes resident at the peak.

    The peak is the sum over the command and its helpers at one moment; memory that they share is
    counted for each, so that the figure errs on the high side.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    said: str


def keep_to_two_cores() -> int:
    """Keep this process and all its children to two processors; how many it has now."""
    mine = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, mine)
    return len(mine)


def measure(*command: object) -> Measurement:
    """Run a command, given part by part, to its end and say what it took; raises `Failed`.

    >>> measure("echo", 42).said
    '42\\n'
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        child = subprocess.Popen(  # noqa: S603 - the benchmarks' own commands
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
        )
        peak = _Peak(child.pid)
        peak.start()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        peak.stop()
        said, complained = _read(out), _read(errors)
    if child.returncode:
        ended = f"{' '.join(map(str, command))}\nended with status {child.returncode}:\n"
        raise Failed(ended + (said + complained)[-2000:])
    return Measurement(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        # Not ru_maxrss: what a child was before it became the command counts there, too.
        peak_bytes=peak.bytes,
        said=said,
    )


def processor_seconds(pid: int) -> float:
    """What a process, its children that live and those that have ended took of the processors.

    For servers: what a command has them do is the difference between before and after it. A process
    that ends meanwhile is counted by its parent.
    """
    return sum(map(_ticks, _family(pid))) / _TICKS


def _ticks(pid: int) -> int:
    try:
        # The name in brackets may hold anything; times are the 14th to the 17th field.
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, told[11:15]))


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


class _Peak(threading.Thread):
    """Looks at the memory of a process and of all below it, and keeps the highest sum."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.bytes = pid, 0
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(_EVERY):
            self.bytes = max(self.bytes, sum(map(_resident, _family(self.pid))))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _family(pid: int) -> list[int]:
    """A process and all below it, as far as they still live."""
    family = [pid]
    for member in family:
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            try:
                family.extend(map(int, children.read_text().split()))
            except OSError:
                continue
    return family


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
