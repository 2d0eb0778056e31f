"""Addresses of sign-in: those of allauth that officers need, and no others."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from lamsach.accounts import provider_views
from lamsach.accounts.decorators import public


@public
def closed(_request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """Nobody signs up, and passwords are reset by administrators: allauth only names the pages."""
    raise Http404


urlpatterns = [
    path("login/", provider_views.sign_in, name="account_login"),
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
    path("factor/key/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("factor/key/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path("factor/key/again/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("factor/key/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("factor/key/<int:pk>/edit/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("provider/", provider_views.begin, name="provider_begin"),
    path("provider/back/", provider_views.come_back, name="provider_return"),
    path("signup/", closed, name="account_signup"),
    path("email/", closed, name="account_email"),
    path("reset/", closed, name="account_reset_password"),
    path("password/set/", closed, name="account_set_password"),
]
