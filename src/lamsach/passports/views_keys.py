"""Pages of the keys that sign passports: which there are, and taking one off the trust list."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from lamsach.accounts.models import Officer
from lamsach.clock import now
from lamsach.passports import actions, queries
from lamsach.passports.errors import CannotRevokeError
from lamsach.passports.forms import DistrustForm
from lamsach.passports.models import Distrust
from lamsach.passports.publishing import TRUST_LIST

__all__ = ["key", "keys"]


def _viewer(request: HttpRequest) -> Officer:
    viewer = request.user
    if not isinstance(viewer, Officer) or not queries.may_see_signers(viewer):
        raise PermissionDenied
    return viewer


@never_cache
@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """The keys that sign or signed passports."""
    viewer = _viewer(request)
    moment = now()
    rows = [(one, one.is_in_use(moment)) for one in queries.signers_for(viewer)]
    context = {
        "rows": rows,
        "trusted": sum(in_use for _one, in_use in rows),
        "list": queries.published(TRUST_LIST),
    }
    return render(request, "passports/keys.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def key(request: HttpRequest, name: str) -> HttpResponse:
    """One key; for who may, taking it off the trust list after reading what that does."""
    viewer = _viewer(request)
    found = queries.signer_for(viewer, name)
    if found is None:
        raise Http404
    may = queries.may_distrust(viewer)
    form = DistrustForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        if form.is_valid():
            try:
                actions.distrust_signer(
                    officer=viewer, signer=found, reason=Distrust(form.cleaned_data["reason"])
                )
            except CannotRevokeError as error:
                messages.error(request, str(error.sentence))
            else:
                messages.success(
                    request, gettext("The key is off the trust list, which is published anew.")
                )
            return redirect("passports:key", found.name)
    context = {
        "key": found,
        "in_use": found.is_in_use(now()),
        "resting": queries.count_resting_on(found),
        "counted": queries.COUNTED,
        "form": form if may and found.distrusted_at is None else None,
    }
    status = 422 if form.errors else 200
    return render(request, "passports/key.html", context, status=status)
