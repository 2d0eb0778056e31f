"""The application `cleansing`, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class CleansingConfig(AppConfig):
    """Registers the models, and with the floors below what this one listens to."""

    name = "lamsach.cleansing"
