"""The application `files`, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Registers the models."""

    name = "lamsach.files"
