"""`lamsach passport evidence ID`: a passport's chain of evidence in one file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lamsach.ledger.actions import Actor
from lamsach.passports.evidence import evidence_of
from lamsach.passports.queries import passport_for_evidence

__all__ = ["Command"]


class Command(BaseCommand):
    """Writes what proves a passport, for who runs the installation; giving it out is recorded."""

    help = "Write a passport's chain of evidence as JSON, by its identifier (UVCI or public id)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which passport, and where to."""
        parser.add_argument("identifier")
        parser.add_argument("--out", default="")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Write the file, or print it."""
        given: str = options["identifier"]
        try:
            passport = passport_for_evidence(UUID(given))
        except ValueError:
            passport = passport_for_evidence(given)
        if passport is None:
            raise CommandError("There is no such passport; give its certificate code or public id.")
        actor = Actor.system("passport-evidence")
        text = json.dumps(evidence_of(passport, actor=actor), ensure_ascii=False, indent=1) + "\n"
        if not options["out"]:
            self.stdout.write(text, ending="")
            return
        target = Path(options["out"])
        beside = target.with_name(f"{target.name}.part")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(target)
