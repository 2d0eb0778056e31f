"""`lamsach worker` in its own process: take jobs from the queue and do them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lamsach.jobs.registry import BULK, QUICK
from lamsach.jobs.worker import run_worker


class Command(BaseCommand):
    """Works until a signal comes, or until nothing is left."""

    help = "Do what the site has asked for in the background."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which jobs, how many at once, and whether to stay."""
        parser.add_argument(
            "--queue", action="append", default=[], choices=[QUICK, BULK],
            help="take jobs of this queue only; may be given again",
        )  # fmt: skip
        parser.add_argument("--concurrency", type=int, default=4, help="jobs at the same time")
        parser.add_argument("--until-empty", action="store_true", help="end when nothing is left")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Work."""
        run_worker(
            queues=options["queue"],
            concurrency=options["concurrency"],
            until_empty=options["until_empty"],
        )
