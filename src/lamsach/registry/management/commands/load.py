"""`lamsach manage load PERSONS DOSES`: bring the records of a whole platform in, by COPY."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lamsach.identity.errors import InputError, ResourceError
from lamsach.ledger.actions import Actor
from lamsach.registry.actions.loading import load_people


class Command(BaseCommand):
    """Prints rows and rows a second; after an error nothing is in."""

    help = "Load people and their doses (Parquet or CSV, contracts.md section 1), all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """The files, and what they belong to."""
        parser.add_argument("persons", metavar="PERSONS")
        parser.add_argument("doses", metavar="DOSES")
        parser.add_argument("--campaign", required=True, metavar="CODE")
        parser.add_argument(
            "--facilities", type=Path, metavar="FILE", help="opens the facilities that are missing"
        )
        parser.add_argument(
            "--office", default="", metavar="CODE", help="facility that enters people without doses"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load."""
        started = time.monotonic()

        def say(step: str) -> None:
            self.stderr.write(f"{time.monotonic() - started:8.1f} s  {step}…")

        try:
            loaded = load_people(
                persons=options["persons"].split(","),
                doses=options["doses"].split(","),
                campaign=options["campaign"],
                facilities=options["facilities"],
                office=options["office"],
                actor=Actor.system("load"),
                say=say,
            )
        except (InputError, ResourceError) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        seconds = time.monotonic() - started
        rows = loaded.people + loaded.doses
        self.stdout.write(
            f"{loaded.people:,} people and {loaded.doses:,} doses in {seconds:,.1f} s"
            f" ({rows / seconds:,.0f} rows/s); {loaded.doubles:,} doses stood twice in the file"
        )
