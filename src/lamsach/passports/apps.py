"""The application `passports`, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class PassportsConfig(AppConfig):
    """Registers the models, and with the floors below what this one listens to."""

    name = "lamsach.passports"

    def ready(self) -> None:
        """Listen to corrections, answers and signatures; say what stands in a person's way."""
        from lamsach.accounts.desk import register_link  # noqa: PLC0415 - after the models
        from lamsach.authentication.hooks import (  # noqa: PLC0415
            register_after_answers,
        )
        from lamsach.passports.actions import (  # noqa: PLC0415
            look_at,
            look_at_corrected,
        )
        from lamsach.passports.front import LINK, PANEL  # noqa: PLC0415
        from lamsach.passports.standing import OBSTACLES  # noqa: PLC0415
        from lamsach.registry.consequences import (  # noqa: PLC0415
            Consequence,
            register_consequence,
        )
        from lamsach.registry.panels import register_panel  # noqa: PLC0415
        from lamsach.registry.standing import register_obstacle  # noqa: PLC0415
        from lamsach.signing.hooks import register_after_signing  # noqa: PLC0415

        for obstacle in OBSTACLES:
            register_obstacle(obstacle)
        register_link(LINK)
        register_panel(PANEL)
        register_after_answers(look_at)
        register_after_signing(look_at)
        register_consequence(
            Consequence(
                name="passports",
                order=30,
                apply=look_at_corrected,
                says="A passport that shows what is no longer so is issued anew, then revoked.",
            )
        )
