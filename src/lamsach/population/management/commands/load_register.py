"""`lamsach manage load_register FILE…`: an extract of the register becomes the register."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lamsach.identity.errors import InputError
from lamsach.ledger.actions import Actor
from lamsach.population.extract import prepared_alone
from lamsach.population.loading import load_register


class Command(BaseCommand):
    """Replaces what the register holds; people who are not in the files are removed."""

    help = "Load the population register from Parquet or CSV (the contract's REGISTER form)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The files, and whose unit codes they bear."""
        parser.add_argument("files", nargs="+", help="Parquet or CSV files or globs")
        parser.add_argument(
            "--units", choices=["2022", "2025"], default="2022", help="the unit codes' catalogue"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load, then prepare what the engine works with."""
        try:
            loaded = load_register(
                options["files"], catalogue=options["units"], actor=Actor.system("load-register")
            )
        except InputError as error:
            raise CommandError(str(error)) from error
        with prepared_alone(loaded.version):
            self.stdout.write(
                f"{loaded.version.people} people in version {loaded.version.name}: "
                f"{loaded.added} added, {loaded.changed} changed, {loaded.removed} removed"
            )
