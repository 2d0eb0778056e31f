"""`lamsach manage rebuild_standing`: project everyone's standing anew, as a recount does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from lamsach.ledger.actions import action
from lamsach.registry.standing import rebuild_standing


class Command(BaseCommand):
    """One statement over all people; safe at any time and any number of times."""

    help = "Project anew what stands in the way of each person's passport, and who acts next."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Rebuild."""
        with action():
            rebuild_standing()
        self.stdout.write("the standing of all people is projected anew")
