"""The application `intake`, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Registers the models and intake's part of the desk."""

    name = "lamsach.intake"

    def ready(self) -> None:
        """Register the card of files that wait, and the navigation."""
        # Models are up only now.
        from lamsach.accounts.desk import register_card, register_link  # noqa: PLC0415
        from lamsach.intake.desk import CARDS, LINKS  # noqa: PLC0415

        for card in CARDS:
            register_card(card)
        for link in LINKS:
            register_link(link)
