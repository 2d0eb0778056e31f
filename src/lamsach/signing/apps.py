"""The application `signing`, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class SigningConfig(AppConfig):
    """Registers the models, and with the floors below what this one listens to."""

    name = "lamsach.signing"

    def ready(self) -> None:
        """Tell the registry what stands in the way of a person, and what a correction voids."""
        from lamsach.registry.consequences import (  # noqa: PLC0415 - after the models
            Consequence,
            register_consequence,
        )
        from lamsach.registry.standing import register_obstacle  # noqa: PLC0415
        from lamsach.signing.actions import void_statements  # noqa: PLC0415
        from lamsach.signing.standing import UNSIGNED  # noqa: PLC0415

        register_obstacle(UNSIGNED)
        register_consequence(
            Consequence(
                name="signing",
                order=20,
                apply=void_statements,
                says="A corrected dose loses its signature and waits for a new one.",
            )
        )
