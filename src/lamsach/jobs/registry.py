"""What can be done in the background: floors register their work here, by name.

`tasks.py` of each application is imported when the framework is up; its functions are registered
with `background` (work that somebody asks for) and `periodic` (work that the clock asks for). This
room starts nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.functional import Promise

if TYPE_CHECKING:
    from lamsach.jobs.models import Job

__all__ = ["BULK", "QUICK", "JobProblem", "Work", "background", "periodic", "periodics", "work"]

#: Queues: what somebody waits for at a screen, and what takes long.
QUICK: Final = "quick"
BULK: Final = "bulk"

Function = Callable[["Job"], None]
_WORK: Final[dict[str, Work]] = {}
_PERIODIC: Final[dict[str, str]] = {}


class JobProblem(Exception):
    """Why a job cannot go on and trying again would not help: a sentence for who asked for it."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__("a job cannot go on")
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work: what does it, what pages call it, and where its result is to be seen."""

    name: str
    function: Function
    label: str | Promise
    queue: str
    result: Callable[[Job], str] | None


def background(
    name: str,
    *,
    label: str | Promise = "",
    bulk: bool = False,
    result: Callable[[Job], str] | None = None,
) -> Callable[[Function], Function]:
    """Register a function as the work of jobs of this name.

    It is called with the job, at the first time and again whenever it was broken off, until it
    returns: it goes on from `step(job)`'s cursor. `bulk` work has workers of its own, so that
    nobody at a screen waits for it. `result` gives the address of what came out. Raises ValueError
    when the name is taken.

    Example: `@background("intake.apply", label=_("Import of a file"))`
    """

    def register(function: Function) -> Function:
        known = _WORK.get(name)
        if known is not None and known.function is not function:
            raise ValueError(f"{name}: another function has this name already")
        _WORK[name] = Work(name, function, label, BULK if bulk else QUICK, result)
        return function

    return register


def periodic(
    cron: str, name: str, *, label: str | Promise = "", bulk: bool = False
) -> Callable[[Function], Function]:
    """Register work that the clock asks for: a job of its own each time, `cron` in UTC.

    Example: `@periodic("0 18 * * *", "authentication.nightly")` (at one o'clock in Vietnam)
    """

    def register(function: Function) -> Function:
        background(name, label=label, bulk=bulk)(function)
        _PERIODIC[name] = cron
        return function

    return register


def work(name: str) -> Work | None:
    """The work of a name; None when no floor has registered it."""
    return _WORK.get(name)


def periodics() -> dict[str, str]:
    """What the clock asks for: name and cron line."""
    return dict(_PERIODIC)
