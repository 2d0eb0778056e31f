"""Addresses of sign-in: those of allauth that officers need, and no others."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from lamsach.accounts.decorators import public


@public
def closed(_request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """Nobody signs up, and passwords are reset by administrators: allauth only names the pages."""
    raise Http404


urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("factor/", base.index, name="mfa_index"),
    path("factor/code/", base.authenticate, name="mfa_authenticate"),
    path("factor/again/", base.reauthenticate, name="mfa_reauthenticate"),
    path("factor/totp/", totp.activate_totp, name="mfa_activate_totp"),
    path("factor/totp/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("factor/recovery/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "factor/recovery/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"
    ),
    path(
        "factor/recovery/file/",
        recovery.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("signup/", closed, name="account_signup"),
    path("email/", closed, name="account_email"),
    path("reset/", closed, name="account_reset_password"),
    path("password/set/", closed, name="account_set_password"),
]
