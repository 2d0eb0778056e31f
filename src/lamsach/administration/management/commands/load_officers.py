"""`lamsach manage load_officers FILE --passwords OUT`: accounts and posts from one table."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lamsach.administration.actions.load_officers import (
    Initial,
    apply_officers,
    passwords_file,
    plan_officers,
)
from lamsach.administration.management.loading import DRY, add_file, rows_of, tell
from lamsach.administration.sheets import OFFICERS
from lamsach.ledger.actions import Actor


class Command(BaseCommand):
    """Initial passwords go to a file that its owner alone can read, and nowhere else."""

    help = (
        "Make accounts and give posts by a table with the columns "
        + ", ".join(one.identifier for one in OFFICERS)
        + " (or their Vietnamese headings)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and where the passwords go."""
        add_file(parser)
        parser.add_argument(
            "--passwords", type=Path, metavar="OUT.csv", help="a new file for initial passwords"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check, and apply."""
        plan = plan_officers(rows_of(options["file"], OFFICERS))
        tell(plan.problems, self.stdout)
        self.stdout.write(
            f"{len(plan.accounts):,} new accounts, {len(plan.posts):,} new posts,"
            f" {plan.same:,} as they are, {len(plan.problems):,} bad rows"
        )
        out: Path | None = options["passwords"]
        if not options["apply"]:
            self.stdout.write(DRY)
        elif plan.accounts and out is None:
            raise CommandError("say by --passwords into which new file the passwords go")
        else:
            self._apply(plan, out)
        if plan.problems:
            sys.exit(1)

    def _apply(self, plan: Any, out: Path | None) -> None:
        written: list[Path] = []

        def keep(told: list[Initial]) -> None:
            if told and out is not None:
                _write(out, told)
                written.append(out)

        try:
            apply_officers(plan, by=Actor.system("load-officers"), keep=keep)
        except BaseException:
            for file in written:  # none of these accounts exists
                file.unlink(missing_ok=True)
            raise
        self.stdout.write("Done.")
        if written:
            self.stdout.write(
                f"Initial passwords: {out}. Hand them over office by office, then delete the file."
            )


def _write(file: Path, told: list[Initial]) -> None:
    """Write a new file, by office, so that it can be parted."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise CommandError(f"{file} is there already; name a new file") from error
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as out:
        out.write(passwords_file(told))
        out.flush()
        os.fsync(out.fileno())
