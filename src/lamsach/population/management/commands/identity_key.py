"""`lamsach manage identity_key`: the public key by which identity statements are verified."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from lamsach.population.keys import identity_keys, public_pem


class Command(BaseCommand):
    """PEM, the present key first; the private half never leaves the register's side."""

    help = "Print the public keys by which the register's identity statements are verified."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print."""
        for key in identity_keys():
            self.stdout.write(public_pem(key), ending="")
