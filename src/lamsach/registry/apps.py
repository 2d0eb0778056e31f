"""The registry as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Registers the models, what the registry says of standing, and its part of the desk."""

    name = "lamsach.registry"

    def ready(self) -> None:
        """Register the obstacle that corrections are, the cards and the navigation."""
        # Models are up only now.
        from lamsach.accounts.desk import register_card, register_link  # noqa: PLC0415
        from lamsach.registry.desk import CARDS, LINKS  # noqa: PLC0415
        from lamsach.registry.obstacles import CORRECTION_WAITING  # noqa: PLC0415
        from lamsach.registry.standing import register_obstacle  # noqa: PLC0415

        register_obstacle(CORRECTION_WAITING)
        for card in CARDS:
            register_card(card)
        for link in LINKS:
            register_link(link)
