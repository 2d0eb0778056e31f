"""The application `signing`, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class SigningConfig(AppConfig):
    """Registers the models, and with the floors below what this one listens to."""

    name = "lamsach.signing"

    def ready(self) -> None:
        """Tell the floors below what stands in a person's way and waits, what a correction voids.

        Registered twice, each stays once.
        """
        from lamsach.accounts.desk import (  # noqa: PLC0415 - after the models
            register_card,
            register_link,
        )
        from lamsach.registry.consequences import (  # noqa: PLC0415
            Consequence,
            register_consequence,
        )
        from lamsach.registry.panels import register_panel  # noqa: PLC0415
        from lamsach.registry.standing import (  # noqa: PLC0415
            register_obstacle,
            register_projection,
        )
        from lamsach.signing.actions import void_statements  # noqa: PLC0415
        from lamsach.signing.front import CARDS, LINKS, PANEL  # noqa: PLC0415
        from lamsach.signing.standing import AWAITING, UNSIGNED  # noqa: PLC0415

        register_obstacle(UNSIGNED)
        register_projection(AWAITING)
        for card in CARDS:
            register_card(card)
        for link in LINKS:
            register_link(link)
        register_panel(PANEL)
        register_consequence(
            Consequence(
                name="signing",
                order=20,
                apply=void_statements,
                says="A corrected dose loses its signature and waits for a new one.",
            )
        )
