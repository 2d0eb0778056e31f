"""The registry as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Registers the models, and what the registry itself says of standing."""

    name = "lamsach.registry"

    def ready(self) -> None:
        """Register the obstacle that corrections are."""
        from lamsach.registry.obstacles import CORRECTION_WAITING  # noqa: PLC0415 - models are up
        from lamsach.registry.standing import register_obstacle  # noqa: PLC0415

        register_obstacle(CORRECTION_WAITING)
