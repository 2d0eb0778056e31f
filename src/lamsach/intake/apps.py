"""The application `intake`, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Registers the models, and with the floors below what this one listens to."""

    name = "lamsach.intake"
