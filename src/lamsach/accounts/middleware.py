"""No page without a full sign-in: password changed at the first time, second factor enrolled.

Whom the identity provider has named needs no password here, and no factor when it vouched for one.

One gate for all views: those marked `public` pass, and the few that a sign-in consists of; every
other waits until the officer has done what is missing. There is no way round it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lamsach.accounts.decorators import is_public
from lamsach.accounts.models import Officer
from lamsach.accounts.sign_in import came_by_provider, has_second_factor

__all__ = ["FullSignInMiddleware"]

# The steps of signing in; allauth itself guards what each of them needs.
_ENTRANCE: Final = frozenset(
    {"account_login", "account_logout", "account_inactive", "mfa_authenticate"}
)
_PASSWORD: Final = frozenset({"account_change_password", "account_reauthenticate"})
_FACTOR: Final = frozenset(
    {"mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate", "mfa_reauthenticate"}
)


class FullSignInMiddleware:
    """Sends an officer whose sign-in is not complete to the step that is missing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; what answers is judged in `process_view`."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """A redirect to what is missing, or None when the page may be shown."""
        name = request.resolver_match.url_name if request.resolver_match else None
        if name in _ENTRANCE:
            return None
        officer = request.user
        if not isinstance(officer, Officer):
            return None if is_public(view) else redirect_to_login(request.get_full_path())
        if not officer.is_active or officer.is_locked:
            logout(request)
            return HttpResponseRedirect(reverse("account_login"))
        if name == "language":
            return None
        if officer.must_change_password and not came_by_provider(request, officer):
            return None if name in _PASSWORD else _go("account_change_password")
        if not has_second_factor(request, officer):
            return None if name in _FACTOR else _go("mfa_activate_totp")
        return None


def _go(name: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(name))
