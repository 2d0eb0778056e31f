"""Authentication as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    """Registers the models."""

    name = "lamsach.authentication"
