"""The application `jobs`, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Registers the models, and with the floors below what this one listens to."""

    name = "lamsach.jobs"
