"""`lamsach manage verify_ledger`: is every event as it was written, and none gone?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lamsach.ledger.keys import known_verifiers
from lamsach.ledger.verifying import verify_ledger


class Command(BaseCommand):
    """Prints what was found; exit status 1 when that is anything."""

    help = "Check that no event of the ledger was edited, removed, moved or cut off."

    def add_arguments(self, parser: CommandParser) -> None:
        """The database, and exports kept elsewhere."""
        parser.add_argument("--database", default="default")
        parser.add_argument(
            "--kept", action="append", default=[], metavar="FOLDER",
            help="a folder with heads.txt and heads.note, as export_heads wrote them",
        )  # fmt: skip

    def handle(self, *_args: Any, **options: Any) -> None:
        """Walk the ledger."""
        kept = []
        for folder in map(Path, options["kept"]):
            try:
                heads = (folder / "heads.txt").read_text(encoding="utf-8").rstrip("\n")
                kept.append((heads, (folder / "heads.note").read_text(encoding="utf-8")))
            except OSError as error:
                raise CommandError(f"{folder}: cannot be read ({error.strerror})") from error
        findings = verify_ledger(known_verifiers(), kept=kept, using=options["database"])
        for finding in findings:
            self.stdout.write(str(finding))
        if findings:
            raise CommandError(f"the ledger was altered: {len(findings)} findings")
        self.stdout.write("the ledger is whole")
