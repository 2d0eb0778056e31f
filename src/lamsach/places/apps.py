"""Places as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """Registers the models."""

    name = "lamsach.places"
