"""The workers of the kill test: the real worker, with one kind of work more.

Its steps each add three rows to a table without any constraint, slowly, so that most kills fall
into the middle of one. For each line of its input this program begets a worker process and prints
its number: to load everything anew for each takes longer than all that is tested.
"""

from __future__ import annotations

import os
import signal
import sys

import django

django.setup()

from django.db import connection  # noqa: E402

from lamsach.jobs import registry  # noqa: E402
from lamsach.jobs.actions import step  # noqa: E402
from lamsach.jobs.models import Job  # noqa: E402
from lamsach.jobs.worker import run_worker  # noqa: E402


def rows(job: Job) -> None:
    """Add the numbers below `total`, each once."""
    while True:
        with step(job) as here:
            begin = here.cursor.get("next", 0)
            if begin >= job.arguments["total"]:
                return
            with connection.cursor() as cursor:
                for number in range(begin, begin + 3):
                    cursor.execute("insert into test_rows values (%s, %s)", [number, os.getpid()])
                    cursor.execute("select pg_sleep(0.005)")
            here.advance(3, cursor={"next": begin + 3})


def beget() -> None:
    """Beget workers, one for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _line in sys.stdin:
        number = os.fork()
        if number == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            run_worker()
            os._exit(0)
        print(number, flush=True)


if __name__ == "__main__":  # a reader of this file (doctest) registers nothing
    registry.background("test.rows")(rows)
    beget()
