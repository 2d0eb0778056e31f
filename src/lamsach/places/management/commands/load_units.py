"""`lamsach manage load_units`: both catalogues of units, and who went where in 2025."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lamsach.ledger.actions import Actor
from lamsach.places.actions import load_successions, load_units

_COLUMNS = {"code_2022", "code_2025", "usual"}


class Command(BaseCommand):
    """Run again it changes nothing; successions replace those before them."""

    help = "Load the units of 2022 and 2025, and the communes' successions of an official table."

    def add_arguments(self, parser: CommandParser) -> None:
        """The table of successions."""
        parser.add_argument(
            "--successions",
            type=Path,
            metavar="FILE.csv",
            help="columns code_2022, code_2025 and usual (1: where most of the commune went)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load."""
        actor = Actor.system("load-units")
        self.stdout.write(f"{load_units(actor=actor):,} units")
        file: Path | None = options["successions"]
        if file is None:
            return
        try:
            count = load_successions(rows=_rows(file), actor=actor)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        self.stdout.write(f"{count:,} successions")


def _rows(file: Path) -> Iterator[tuple[str, str, bool]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = _COLUMNS - set(reader.fieldnames or ())
        if missing:
            raise CommandError(f"{file}: the columns {', '.join(sorted(missing))} are missing")
        for row in reader:
            yield row["code_2022"].strip(), row["code_2025"].strip(), row["usual"].strip() == "1"
