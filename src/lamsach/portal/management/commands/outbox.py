"""`lamsach manage outbox`: the messages that wait, where an installation has no gateway."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from lamsach.ledger.actions import Actor
from lamsach.portal.actions import read_outbox


class Command(BaseCommand):
    """One message a line: to whom, and its text. Each that is read is recorded."""

    help = (
        "Print the messages to citizens that no gateway takes (LAMSACH_SENDING is empty) and that"
        " are still good, to be passed on by hand. Needs the installation's secret; it is recorded."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print."""
        for letter in read_outbox(actor=Actor.system("outbox")):
            self.stdout.write(f"{letter.to}\t{letter.text}")
