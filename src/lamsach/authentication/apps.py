"""Authentication as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    """Registers the models, and with the registry what follows from answers and corrections."""

    name = "lamsach.authentication"

    def ready(self) -> None:
        """Register obstacles, the consequence of a correction, and the part of a person's page."""
        from lamsach.authentication.actions import ask_again_after  # noqa: PLC0415 - models are up
        from lamsach.authentication.obstacles import OBSTACLES  # noqa: PLC0415
        from lamsach.authentication.panel import PANEL  # noqa: PLC0415
        from lamsach.registry.consequences import (  # noqa: PLC0415
            Consequence,
            register_consequence,
        )
        from lamsach.registry.panels import register_panel  # noqa: PLC0415
        from lamsach.registry.standing import register_obstacle  # noqa: PLC0415

        for obstacle in OBSTACLES:
            register_obstacle(obstacle)
        register_consequence(
            Consequence(
                name="authentication",
                order=10,
                apply=ask_again_after,
                says="A person whose compulsory fields changed is asked about again.",
            )
        )
        register_panel(PANEL)
