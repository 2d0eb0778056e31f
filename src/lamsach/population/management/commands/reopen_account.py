"""`lamsach manage reopen_account`: an account that was stopped for guessing may ask again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lamsach.population.asking import reopen_account, stopped_accounts


class Command(BaseCommand):
    """For an administrator of the register's side, after the case was looked into."""

    help = "List the accounts that the register no longer answers, or re-open one of them."

    def add_arguments(self, parser: CommandParser) -> None:
        """The account, who re-opens it, and why."""
        parser.add_argument("actor", nargs="?", help="the account, as the list shows it")
        parser.add_argument("office", nargs="?", default="", help="its office")
        parser.add_argument("--by", default="", help="your own name on the register's side")
        parser.add_argument("--grounds", default="", help="what was found, for the ledger")

    def handle(self, *_args: Any, **options: Any) -> None:
        """List, or re-open."""
        if not options["actor"]:
            for one in stopped_accounts():
                self.stdout.write(f"{one.stopped_at:%Y-%m-%d %H:%M}  {one.actor}  {one.office}")
            return
        if not options["by"] or not options["grounds"]:
            raise CommandError("say who re-opens the account (--by) and why (--grounds)")
        done = reopen_account(
            actor=options["actor"],
            office=options["office"],
            by=options["by"],
            grounds=options["grounds"],
        )
        if not done:
            raise CommandError("this account is not stopped; run without arguments for the list")
        self.stdout.write("the account may ask again")
