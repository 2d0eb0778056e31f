"""Pages of intake: send a workbook, see what its check found, enter it, fetch what came back."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lamsach.accounts.models import Officer
from lamsach.files.errors import REFUSALS, FileRefusedError
from lamsach.files.serving import content_response, file_response
from lamsach.files.uploads import TOO_LARGE, bounded_upload
from lamsach.intake.actions import apply_batch, discard_batch, upload_batch
from lamsach.intake.forms import UploadForm
from lamsach.intake.models import Batch, BatchState
from lamsach.intake.queries import (
    batch_for,
    batches_for,
    campaign_of_code,
    offices_to_enter_in,
    open_campaigns,
)
from lamsach.intake.returning import template_workbook
from lamsach.intake.telling import findings_told, first_told
from lamsach.jobs.queries import idle_since

__all__ = ["apply", "batch", "discard", "index", "returned", "template"]

_SHOWN = 30


def _viewer(request: HttpRequest) -> Officer:
    viewer = request.user
    if not isinstance(viewer, Officer) or not offices_to_enter_in(viewer).exists():
        raise PermissionDenied
    return viewer


def _found(viewer: Officer, public_id: uuid.UUID) -> Batch:
    found = batch_for(viewer, public_id)
    if found is None:
        raise Http404
    return found


@bounded_upload
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Send a workbook; below, those sent before."""
    viewer = _viewer(request)
    form, status = UploadForm(viewer), 200
    if request.method == "POST":
        form = UploadForm(viewer, request.POST, request.FILES)
        if request.META.get(TOO_LARGE):
            form.is_valid()
            form.errors["file"] = form.error_class([str(REFUSALS["too_large"])])
        elif form.is_valid():
            sent = form.cleaned_data["file"]
            try:
                made = upload_batch(
                    officer=viewer,
                    office=form.cleaned_data["office"],
                    campaign=form.cleaned_data["campaign"],
                    content=sent.read(),
                    name=sent.name,
                )
            except FileRefusedError as error:
                form.add_error("file", error.sentence)
            else:
                return redirect("intake:batch", made.public_id)
        status = 422
    before = request.GET.get("before", "")
    batches = batches_for(viewer)
    if before.isdigit():
        batches = batches.filter(pk__lt=int(before[:18]))
    shown = list(batches[: _SHOWN + 1])
    context: dict[str, Any] = {
        "form": form,
        "campaigns": open_campaigns(),
        "batches": shown[:_SHOWN],
        "next": f"?before={shown[_SHOWN - 1].pk}" if len(shown) > _SHOWN else "",
    }
    return render(request, "intake/index.html", context, status=status)


@require_GET
def batch(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """What stands with one file, and what to do now."""
    found = _found(_viewer(request), public_id)
    waits = found.state in (BatchState.CHECKING, BatchState.APPLYING)
    context = {
        "batch": found,
        "waits": waits,
        "idle_since": idle_since(found.job) if waits and found.job else None,
        "refusal": REFUSALS.get(found.refusal, ""),
        "first": first_told(found.first_problems),
        "problems": findings_told(found.problems),
        "remarks": findings_told(found.remarks, remarks=True),
    }
    name = "intake/state.html" if getattr(request, "htmx", False) else "intake/batch.html"
    response = render(request, name, context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def apply(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Have the good rows entered."""
    viewer = _viewer(request)
    found = _found(viewer, public_id)
    apply_batch(officer=viewer, batch=found)
    return redirect("intake:batch", found.public_id)


@require_POST
def discard(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Leave a checked file alone."""
    viewer = _viewer(request)
    found = _found(viewer, public_id)
    discard_batch(officer=viewer, batch=found)
    return redirect("intake:batch", found.public_id)


@require_GET
def returned(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The workbook of the bad rows."""
    found = _found(_viewer(request), public_id)
    if found.returned is None:
        raise Http404
    stem = slugify(found.file_name.rpartition(".")[0], allow_unicode=True)[:60] or "tep"
    return file_response(found.returned, name=f"{stem}-tra-ve.xlsx")


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """The workbook to fill in for a campaign (`?campaign=` its code)."""
    _viewer(request)
    campaign = campaign_of_code(request.GET.get("campaign", ""))
    if campaign is None:
        raise Http404
    return content_response(template_workbook(campaign), name=f"mau-nhap-{campaign.code}.xlsx")
