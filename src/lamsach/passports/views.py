"""Pages of passports: one passport for officers; the lists and the log for everyone."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import condition, require_GET, require_POST

from lamsach.accounts.decorators import public
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.clock import now
from lamsach.passports import actions, pdf, queries
from lamsach.passports.errors import CannotRevokeError
from lamsach.passports.forms import FraudForm
from lamsach.passports.models import Passport, Reason
from lamsach.passports.wording import fields_of

__all__ = ["code", "log_file", "passport", "passport_pdf", "published", "release", "revoke"]

_A_WHILE = 300  # seconds for which a list need not be asked for again
_LOG_FILE = re.compile(r"checkpoint|tile/(?:[0-9]|entries)/[0-9x/]+(?:\.p/[0-9]{1,3})?", re.ASCII)


def _viewer(request: HttpRequest) -> Officer:
    assert isinstance(request.user, Officer)  # the middleware lets nobody else through
    return request.user


def _passport(request: HttpRequest, public_id: UUID) -> Passport:
    found = queries.passport_for(_viewer(request), public_id)
    if found is None:
        raise Http404
    return found


@require_GET
def passport(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One passport: what it shows, what it rests on; for the ministry, revoking it."""
    return _show(request, _passport(request, public_id))


@require_GET
def passport_pdf(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The passport on paper."""
    found = _passport(request, public_id)
    response = HttpResponse(pdf.render(found), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{found.public_id}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


@require_GET
def code(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The passport's QR code."""
    found = _passport(request, public_id)
    response = HttpResponse(pdf.qr_svg(found), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Revoke a passport for fraud."""
    found = _passport(request, public_id)
    form = FraudForm(request.POST)
    if form.is_valid():
        try:
            actions.revoke_for_fraud(
                officer=_viewer(request), passport=found, grounds=form.cleaned_data["grounds"]
            )
        except CannotRevokeError as error:
            form.add_error("grounds", str(error.sentence))
        else:
            messages.success(request, gettext("The passport is revoked."))
            return redirect("passports:passport", found.public_id)
    return _show(request, found, form=form, status=422)


@require_POST
def release(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let the person of a passport revoked for fraud have a new one."""
    found = _passport(request, public_id)
    try:
        actions.release_person(officer=_viewer(request), passport=found)
    except CannotRevokeError as error:
        messages.error(request, str(error.sentence))
    else:
        messages.success(request, gettext("A new passport will be issued when all is there."))
    return redirect("passports:passport", found.public_id)


def _show(
    request: HttpRequest, found: Passport, *, form: FraudForm | None = None, status: int = 200
) -> HttpResponse:
    vietnamese = (get_language() or "").startswith("vi")
    ministry = scope_of(_viewer(request)).may(Role.MINISTRY)
    kept_back = found.revocation_reason == Reason.FRAUD and found.released_at is None
    context = {
        "passport": found,
        "state": found.state(now()),
        "fields": [
            {
                "name": one.vi if vietnamese else one.en,
                "value": one.value_vi if vietnamese else one.value_en,
            }
            for one in fields_of(found)
        ],
        "doses": queries.doses_under(found),
        "place": queries.place_in_log(found),
        "may_revoke": ministry and found.revoked_at is None,
        "may_release": ministry and kept_back,
        "form": form or FraudForm(),
    }
    return render(request, "passports/passport.html", context, status=status)


def _etag(_request: HttpRequest, name: str) -> str | None:
    found = queries.published(name)
    return f'"{found.digest}"' if found is not None else None


def _changed(_request: HttpRequest, name: str) -> datetime | None:
    found = queries.published(name)
    return found.changed_at if found is not None else None


@public
@require_GET
@condition(etag_func=_etag, last_modified_func=_changed)
def published(_request: HttpRequest, name: str) -> HttpResponse:
    """A list for verifiers: whoever has the newest one is told so without getting it again."""
    found = queries.published_content(name)
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.content), content_type="application/json")
    response.headers["Cache-Control"] = f"public, max-age={_A_WHILE}"
    response.headers["Access-Control-Allow-Origin"] = "*"  # for every country's verifiers
    return response


@public
@require_GET
def log_file(_request: HttpRequest, path: str) -> HttpResponse:
    """A file of the public log (c2sp.org/tlog-tiles), for whoever watches it."""
    if not _LOG_FILE.fullmatch(path):
        raise Http404
    try:
        content = (settings.TRANSPARENCY_LOG / path).read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise Http404 from error
    kind = "text/plain; charset=utf-8" if path == "checkpoint" else "application/octet-stream"
    response = HttpResponse(content, content_type=kind)
    lasting = path != "checkpoint"  # what a checkpoint covers is never written again
    age = 31_536_000 if lasting else 10
    response.headers["Cache-Control"] = f"public, max-age={age}{', immutable' if lasting else ''}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
