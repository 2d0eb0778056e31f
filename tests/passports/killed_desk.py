"""A process of the kill test: a head who signs batch after batch, or a worker who issues.

Both take only a few people at a time, so that there is much to fall into.
"""

from __future__ import annotations

import os
import sys

import django

django.setup()

from lamsach.accounts.models import Officer  # noqa: E402
from lamsach.jobs.worker import run_worker  # noqa: E402
from lamsach.passports import tasks  # noqa: E402
from lamsach.passports.models import Lane  # noqa: E402
from lamsach.places.models import Office  # noqa: E402
from lamsach.signing import actions  # noqa: E402
from lamsach.signing.errors import CannotSignError  # noqa: E402


def sign_all() -> None:
    """Sign, some doses at a time, until nothing waits."""
    officer = Officer.objects.get(pk=int(os.environ["HEAD"]))
    office = Office.objects.get(pk=int(os.environ["OFFICE"]))
    while True:
        try:
            batch = actions.prepare_batch(officer=officer, office=office)
        except CannotSignError as error:
            if error.code == "nothing":
                return
            raise
        actions.sign_batch(officer=officer, batch=batch, pin=os.environ["PIN"])


if __name__ == "__main__":  # a reader of this file (doctest) signs nothing
    actions.LARGEST_BATCH = 5  # type: ignore[misc]
    tasks._AT_ONCE.update({Lane.QUICK: 5, Lane.BULK: 5})
    sign_all() if sys.argv[1] == "sign" else run_worker()
