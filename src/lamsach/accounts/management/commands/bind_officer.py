"""`lamsach manage bind_officer NAME`: whom the identity provider may sign in as this officer."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lamsach.accounts.actions import bind_identity, unbind_identity
from lamsach.accounts.models import Officer
from lamsach.accounts.provider import configured_provider
from lamsach.ledger.actions import Actor


class Command(BaseCommand):
    """Reads the provider's name for the person (`sub`) from its input: it may be their number.

    As an argument it would stand in the list of processes and in the shell's history.
    """

    help = "Bind an officer to the identity provider's name for them, read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """The officer, and whether the bond is to end."""
        parser.add_argument("username", help="the officer's account name")
        parser.add_argument("--remove", action="store_true", help="end the bond instead")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Bind, or unbind."""
        provider = configured_provider()
        if provider is None:
            raise CommandError("there is no identity provider; set LAMSACH_OIDC_ISSUER")
        officer = Officer.objects.filter(username=options["username"].lower()).first()
        if officer is None:
            raise CommandError(f"there is no account {options['username']}")
        by = Actor.system("bind-officer")
        if options["remove"]:
            if not unbind_identity(officer=officer, issuer=provider.issuer, by=by):
                raise CommandError(f"{officer.username} is not bound to {provider.issuer}")
            self.stdout.write(f"{officer.username} can no longer sign in by {provider.issuer}")
            return
        prompt = f"the subject (sub) by which {provider.issuer} knows the officer: "
        told = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()
        if not told.strip():
            raise CommandError("no subject was given; write it on standard input")
        try:
            bind_identity(officer=officer, issuer=provider.issuer, subject=told.strip(), by=by)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{officer.username} can sign in by {provider.issuer}")
