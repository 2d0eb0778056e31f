"""`lamsach manage load_offices FILE`: the offices of a country from one table."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lamsach.administration.actions.load_offices import apply_offices, plan_offices
from lamsach.administration.management.loading import DRY, add_file, rows_of, tell
from lamsach.administration.sheets import OFFICES
from lamsach.ledger.actions import Actor
from lamsach.places.actions import load_units


class Command(BaseCommand):
    """Checks all rows first; with --apply the good ones go in. Exits with 1 after bad rows."""

    help = (
        "Open and change offices by a table with the columns "
        + ", ".join(one.identifier for one in OFFICES)
        + " (or their Vietnamese headings)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file."""
        add_file(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check, and apply."""
        actor = Actor.system("load-offices")
        load_units(actor=actor)
        plan = plan_offices(rows_of(options["file"], OFFICES))
        tell(plan.problems, self.stdout)
        self.stdout.write(
            f"{len(plan.opening):,} offices to open, {len(plan.changing):,} to change,"
            f" {plan.same:,} as they are, {len(plan.problems):,} bad rows"
        )
        if not options["apply"]:
            self.stdout.write(DRY)
        else:
            try:
                apply_offices(plan, by=actor)
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
            self.stdout.write("Done.")
        if plan.problems:
            sys.exit(1)
