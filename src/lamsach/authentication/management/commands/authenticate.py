"""`lamsach manage authenticate`: ask the register about everyone, or about a campaign's people."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lamsach.authentication.actions import start_run
from lamsach.registry.models import Campaign


class Command(BaseCommand):
    """Starts a run; the worker carries it out."""

    help = "Ask the population register about everyone; the worker carries it out."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--campaign CODE`, `--only-unasked`."""
        parser.add_argument("--campaign", help="only people with doses of this campaign")
        parser.add_argument(
            "--only-unasked", action="store_true", help="only people nobody has an answer about"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Start the run."""
        campaign = None
        if code := options["campaign"]:
            campaign = Campaign.objects.filter(code=code).first()
            if campaign is None:
                known = ", ".join(Campaign.objects.values_list("code", flat=True)) or "none"
                raise CommandError(f"there is no campaign {code}; there are: {known}")
        run = start_run(campaign=campaign, only_unasked=options["only_unasked"])
        self.stdout.write(f"run {run.public_id}: waits for the worker")
