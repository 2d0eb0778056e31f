"""Signing in by the installation's identity provider: out to it, and back with who is there.

Whom it names must have been bound to an officer by an administrator; nobody is made here. What is
refused gets one page with what to do, and a line in the log and the ledger that names the reason.
After that the steps are allauth's, the second factor among them.
"""

from __future__ import annotations

import hmac
import logging
from dataclasses import asdict
from typing import Any, Final

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.views import LoginView
from allauth.core import ratelimit
from allauth.mfa.utils import is_mfa_enabled
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lamsach.accounts.actions import note_refused_identity
from lamsach.accounts.decorators import public
from lamsach.accounts.models import Officer
from lamsach.accounts.provider import (
    Attempt,
    Provider,
    ProviderUnavailableError,
    TokenRefusedError,
    configured_provider,
)
from lamsach.accounts.queries import officer_of_identity
from lamsach.accounts.sign_in import PROVIDER, is_open

__all__ = ["begin", "come_back", "sign_in"]

_KEPT_AS: Final = "provider_sign_in"
log = logging.getLogger(__name__)


class _SignIn(LoginView):  # type: ignore[misc]
    """allauth's page, which also offers the provider where there is one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the provider's name, if any."""
        told: dict[str, Any] = super().get_context_data(**kwargs)
        return {**told, "identity_provider": configured_provider()}


sign_in = _SignIn.as_view()


@public
@never_cache
@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider.

    A link and no form, because the page's policy lets no form lead to another site; so a page of
    somebody else's must not be able to follow it.
    """
    provider = _provider()
    if request.headers.get("Sec-Fetch-Site", "none") == "cross-site":
        return _refused(request, provider, "elsewhere", 403)
    if not ratelimit.consume(request, action="login"):
        return _refused(request, provider, "often", 429)
    attempt = Attempt.begin()
    try:
        address = provider.authorization_address(attempt, _back(request))
    except ProviderUnavailableError as error:
        return _unreachable(request, provider, error)
    request.session[_KEPT_AS] = {**asdict(attempt), "next": _next(request)}
    return HttpResponseRedirect(address)


@public
@never_cache
@require_GET
def come_back(request: HttpRequest) -> HttpResponse:
    """Where the provider sends the browser back: sign in whom it names, or say why not."""
    provider = _provider()
    kept = request.session.pop(_KEPT_AS, None)
    told = request.GET.get("state", "")
    if kept is None or not hmac.compare_digest(told.encode(), kept["state"].encode()):
        return _refused(request, provider, "state", 403)
    if request.GET.get("iss", provider.issuer) != provider.issuer:  # RFC 9207
        return _refused(request, provider, "issuer", 403)
    if not request.GET.get("code"):
        cancelled = request.GET.get("error") == "access_denied"
        return _refused(request, provider, "cancelled" if cancelled else "error", 403)
    next_page = kept.pop("next")
    try:
        identity = provider.identity(request.GET["code"], Attempt(**kept), _back(request))
    except ProviderUnavailableError as error:
        return _unreachable(request, provider, error)
    except TokenRefusedError as error:
        log.warning("an identity token was refused: %s", error)
        note_refused_identity(reason="token")
        return _refused(request, provider, "token", 403)
    officer = officer_of_identity(provider.issuer, identity.subject)
    if officer is None or not is_open(officer):
        # One answer: who is not let in does not learn which accounts there are.
        note_refused_identity(reason="shut" if officer else "unknown", officer=officer)
        return _refused(request, provider, "unknown", 403)
    return _enter(request, officer, second_factor=identity.second_factor, next_page=next_page)


def _enter(
    request: HttpRequest, officer: Officer, *, second_factor: bool, next_page: str
) -> HttpResponse:
    record_authentication(
        request,
        officer,
        PROVIDER,
        second_factor=second_factor,
        # Who enrols the first factor has just shown who they are; later it takes that factor.
        reauthenticated=not is_mfa_enabled(officer),
    )
    login = Login(user=officer, redirect_url=next_page or None, state={PROVIDER: second_factor})
    response: HttpResponse = perform_login(request, login)
    return response


def _provider() -> Provider:
    provider = configured_provider()
    if provider is None:
        raise Http404
    return provider


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("provider_return"))


def _next(request: HttpRequest) -> str:
    """The page to go on with, when it is one of ours."""
    told = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(told, {request.get_host()}, request.is_secure())
    return told if ours else ""


def _refused(request: HttpRequest, provider: Provider, reason: str, status: int) -> HttpResponse:
    log.info("a sign-in by the identity provider was refused: %s", reason)
    # The address here holds what is good once: who changes the language goes on elsewhere.
    context = {"provider": provider, "reason": reason, "go_on_at": reverse("account_login")}
    return render(request, "account/provider_refused.html", context, status=status)


def _unreachable(
    request: HttpRequest, provider: Provider, error: ProviderUnavailableError
) -> HttpResponse:
    log.warning("the identity provider is out of reach: %s", error)
    response = _refused(request, provider, "unreachable", 503)
    response.headers["Retry-After"] = "30"
    return response
