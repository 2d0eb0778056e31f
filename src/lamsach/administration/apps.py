"""The application `administration`, for Django; it has no tables of its own."""

from __future__ import annotations

from django.apps import AppConfig


class AdministrationConfig(AppConfig):
    """Registers its part of the desk."""

    name = "lamsach.administration"
