"""Accounts as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the models, and listens to allauth for second factors (it has no other hook)."""

    name = "lamsach.accounts"

    def ready(self) -> None:
        """Record second factors as they come and go."""
        from allauth.mfa import signals  # noqa: PLC0415 - the framework is up only now

        from lamsach.accounts.sign_in import factor_added, factor_removed  # noqa: PLC0415

        signals.authenticator_added.connect(factor_added)
        signals.authenticator_removed.connect(factor_removed)
