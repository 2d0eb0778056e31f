"""`lamsach manage rebuild_standing`: project everyone's standing anew, as a recount does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from lamsach.registry.standing import rebuild_standing


class Command(BaseCommand):
    """All people, some at a time; safe beside the site, any number of times."""

    help = (
        "Project anew what stands in the way of each person's passport and who acts next,"
        " and what else is kept of each person."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Rebuild."""
        rebuild_standing()
        self.stdout.write("the standing of all people is projected anew")
