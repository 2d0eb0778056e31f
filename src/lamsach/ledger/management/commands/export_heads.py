"""`lamsach manage export_heads FOLDER`: sign where the chains stand, for others to keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lamsach.ledger.actions import Actor
from lamsach.ledger.heads import export_heads, write_export
from lamsach.ledger.keys import heads_key


class Command(BaseCommand):
    """Writes heads.txt and heads.note into a folder of the moment's name."""

    help = "Sign and export the heads of the ledger's chains."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, and of which database."""
        parser.add_argument("folder")
        parser.add_argument("--database", default="default")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Export."""
        export = export_heads(
            heads_key(), actor=Actor.system("heads-export"), using=options["database"]
        )
        self.stdout.write(str(write_export(export, Path(options["folder"]))))
