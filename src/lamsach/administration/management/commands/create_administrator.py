"""`lamsach manage create_administrator NAME --full-name …`: who can enter an empty installation."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lamsach.administration.actions.accounts import create_administrator
from lamsach.ledger.actions import Actor


class Command(BaseCommand):
    """Prints the initial password once; it is kept nowhere."""

    help = "Create the first administrator; prints the initial password, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who it is."""
        parser.add_argument("username", metavar="NAME", help="the name to sign in with")
        parser.add_argument("--full-name", required=True, metavar="TEXT")
        parser.add_argument(
            "--another", action="store_true", help="although there is an administrator already"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create."""
        try:
            officer, password = create_administrator(
                username=options["username"],
                full_name=options["full_name"].strip(),
                by=Actor.system("command-line"),
                another=options["another"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Account:          {officer.username}")
        self.stdout.write(f"Initial password: {password}")
        self.stdout.write(
            "It is shown this once. Sign in, choose a password of your own and add the second"
            " factor; the account sleeps after 30 days without a sign-in."
        )
