"""`lamsach manage first_steps`: the units are loaded, and the next step of setting up is said.

`lamsach serve` runs it each time; where everything is there it says nothing.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from lamsach.administration.queries import is_campaign_open, is_ministry_staffed, is_staffed
from lamsach.ledger.actions import Actor
from lamsach.places.actions import load_units


class Command(BaseCommand):
    """Says one thing at a time: the step after it can only be taken when this one is."""

    help = "Load the administrative units where they are missing, and say what to do next."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Load and say."""
        load_units(actor=Actor.system("first-steps"))
        if not is_staffed():
            self.stdout.write(
                "Nobody can sign in yet: this installation has no administrator. Make one, in"
                " another terminal:\n"
                '    lamsach manage create_administrator NAME --full-name "FULL NAME"\n'
                "and sign in with what it prints. docs/operating.md has the steps after it."
            )
        elif not is_ministry_staffed():
            self.stdout.write(
                "Nobody is at the ministry yet, so that no campaign can be opened: sign in as"
                " administrator, open the ministry's office and appoint an officer there."
            )
        elif not is_campaign_open():
            self.stdout.write(
                "No campaign is open, so that no dose can be entered: the ministry's officer"
                " opens one on the page “Campaigns” (Chiến dịch)."
            )
