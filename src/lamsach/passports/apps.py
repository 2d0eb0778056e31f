"""The application `passports`, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class PassportsConfig(AppConfig):
    """Registers the models, and with the floors below what this one listens to."""

    name = "lamsach.passports"
