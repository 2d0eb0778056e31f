"""`lamsach manage consequences`: what an approved correction sets in motion, in order."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from lamsach.registry.consequences import consequences


class Command(BaseCommand):
    """One line a listener: its place, its name, what it does."""

    help = "List what an approved correction sets in motion, in the order in which it happens."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print."""
        for one in consequences():
            self.stdout.write(f"{one.order:>3}  {one.name}: {one.says}")
        self.stdout.write("     registry: the standing of the people concerned is projected anew")
