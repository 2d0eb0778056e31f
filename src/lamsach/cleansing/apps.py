"""The application `cleansing`, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class CleansingConfig(AppConfig):
    """Registers the models, what lists say of people, whom they open, and its part of the desk."""

    name = "lamsach.cleansing"

    def ready(self) -> None:
        """Register obstacles, visibility, the panel on the person's page, cards and navigation."""
        # Models are up only now.
        from lamsach.accounts.desk import register_card, register_link  # noqa: PLC0415
        from lamsach.accounts.roles import View  # noqa: PLC0415
        from lamsach.cleansing import standing  # noqa: PLC0415
        from lamsach.cleansing.desk import CARDS, LINKS  # noqa: PLC0415
        from lamsach.cleansing.panel import PANEL  # noqa: PLC0415
        from lamsach.registry.panels import register_panel  # noqa: PLC0415
        from lamsach.registry.standing import register_obstacle  # noqa: PLC0415
        from lamsach.registry.visibility import register_visibility  # noqa: PLC0415

        for obstacle in standing.OBSTACLES:
            register_obstacle(obstacle)
        register_visibility(View.SENT_LISTS, standing.with_police)
        register_visibility(View.SHARED_LISTS, standing.with_hamlet)
        register_visibility(View.LISTS_AND_BATCHES, standing.with_chair)
        register_panel(PANEL)
        for card in CARDS:
            register_card(card)
        for link in LINKS:
            register_link(link)
