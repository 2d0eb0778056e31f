"""The application `administration`, for Django; it has no tables of its own."""

from __future__ import annotations

from django.apps import AppConfig


class AdministrationConfig(AppConfig):
    """Registers its part of the desk."""

    name = "lamsach.administration"

    def ready(self) -> None:
        """Register the cards and the navigation."""
        # Models are up only now.
        from lamsach.accounts.desk import register_card, register_link  # noqa: PLC0415
        from lamsach.administration.front import CARDS, LINKS  # noqa: PLC0415

        for card in CARDS:
            register_card(card)
        for link in LINKS:
            register_link(link)
