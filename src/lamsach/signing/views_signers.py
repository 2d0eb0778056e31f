"""Pages of signers: who has a certificate, one officer's, binding one after looking at it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lamsach.accounts.models import Officer
from lamsach.files.errors import REFUSALS
from lamsach.files.uploads import TOO_LARGE, bounded_upload
from lamsach.signing import binding, queries
from lamsach.signing.errors import CannotSignError
from lamsach.signing.forms import CertificateForm, SignersFilter

__all__ = ["bind", "signer", "signers", "unbind"]

_PAGE = 50


def _viewer(request: HttpRequest) -> Officer:
    viewer = request.user
    if not isinstance(viewer, Officer) or not queries.may_see_signers(viewer):
        raise PermissionDenied
    return viewer


def _signer(viewer: Officer, officer: UUID) -> queries.Signer:
    found = queries.signer_for(viewer, officer)
    if found is None:
        raise Http404
    return found


@never_cache
@require_GET
def signers(request: HttpRequest) -> HttpResponse:
    """Who signs, with which certificate and until when."""
    viewer = _viewer(request)
    form = SignersFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {"shown": "", "name": ""}
    after = request.GET.get("after", "")
    rows = queries.signers_for(viewer, shown=asked["shown"], name=asked["name"], after=after)
    found = rows[: _PAGE + 1]
    page = queries.with_certificates(found[:_PAGE])
    kept = {name: one for name, one in asked.items() if one}
    following = urlencode({**kept, "after": page[-1].officer.username}) if page else ""
    context = {
        "form": form,
        "rows": page,
        "open": queries.open_signers(viewer),
        "most": queries.OPEN_SIGNERS,
        "may_bind": binding.may_bind(viewer),
        "next": f"?{following}" if len(found) > _PAGE else "",
        "first": f"?{urlencode(kept)}" if after else "",
    }
    return render(request, "signing/signers.html", context)


@never_cache
@require_GET
def signer(request: HttpRequest, officer: UUID) -> HttpResponse:
    """One officer's certificate; for the administrator, binding another."""
    viewer = _viewer(request)
    return _show(request, viewer, _signer(viewer, officer))


def _show(
    request: HttpRequest,
    viewer: Officer,
    found: queries.Signer,
    *,
    form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    own = viewer.pk == found.officer.pk
    may_bind = binding.may_bind(viewer) and not own
    given = found.certificate.daily_ceiling if found.certificate else None
    initial = {"daily_ceiling": given} if given else {}
    context: dict[str, Any] = {
        "signer": found,
        "may_bind": may_bind,
        "own": own,
        "form": (form or CertificateForm(initial=initial)) if may_bind else None,
        "past": queries.past_certificates(found.officer),
    }
    return render(request, "signing/signer.html", context, status=status)


@never_cache
@bounded_upload
@require_POST
def bind(request: HttpRequest, officer: UUID) -> HttpResponse:
    """Show what an uploaded certificate says; the second time, bind it."""
    viewer = _viewer(request)
    found = _signer(viewer, officer)
    if not binding.may_bind(viewer) or viewer.pk == found.officer.pk:
        raise PermissionDenied
    form = CertificateForm(request.POST, request.FILES)
    if request.META.get(TOO_LARGE):
        form.is_valid()
        form.errors["certificate"] = form.error_class([str(REFUSALS["too_large"])])
        return _show(request, viewer, found, form=form, status=422)
    if not form.is_valid():
        return _show(request, viewer, found, form=form, status=422)
    certificate = form.cleaned_data["read"]
    try:
        if "sure" not in request.POST:
            judged = binding.judge(certificate, found.officer)
            context = {"signer": found, "judged": judged, "form": form}
            return render(request, "signing/bind.html", context)
        binding.bind_judged(
            by=viewer,
            officer=found.officer,
            certificate=certificate,
            key=form.cleaned_data["key"],
            daily_ceiling=form.cleaned_data["daily_ceiling"],
        )
    except CannotSignError as error:
        form.add_error("certificate", str(error.sentence))
        return _show(request, viewer, found, form=form, status=422)
    messages.success(request, gettext("The certificate is bound. Its officer can sign now."))
    return redirect("signing:signer", found.officer.public_id)


@require_POST
def unbind(request: HttpRequest, officer: UUID) -> HttpResponse:
    """Take an officer's certificate away."""
    viewer = _viewer(request)
    found = _signer(viewer, officer)
    binding.unbind(by=viewer, officer=found.officer)
    said = gettext("The certificate is taken away. What was signed with it stays signed.")
    messages.success(request, said)
    return redirect("signing:signer", found.officer.public_id)
