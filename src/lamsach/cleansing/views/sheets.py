"""What leaves as a file and comes back: the list as a workbook, and the sheet to be signed."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lamsach.accounts.roles import Role
from lamsach.cleansing import queries
from lamsach.cleansing.sheets import import_workbook, list_workbook
from lamsach.cleansing.views.common import found_list, is_in, unkept, viewer_of
from lamsach.files.errors import REFUSALS, FileRefusedError
from lamsach.files.serving import content_response
from lamsach.files.uploads import TOO_LARGE, bounded_upload

__all__ = ["export", "import_", "sheet"]


@require_GET
def export(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The list as a workbook, with numbers masked for whoever does not decide."""
    viewer = viewer_of(request)
    found = found_list(viewer, public_id)
    whole = is_in(viewer, found.station, Role.STATION) or is_in(
        viewer, found.police, Role.COMMUNE_POLICE
    )
    if not (whole or is_in(viewer, found.hamlet_group, Role.HAMLET_GROUP)):
        raise Http404
    content = list_workbook(viewer, found, whole=whole)
    queries.note_reading(viewer, found, what="export")
    return unkept(content_response(content, name=f"danh-sach-{found.made_at:%d-%m-%Y}.xlsx"))


@bounded_upload
@require_POST
def import_(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """A workbook of the list comes back: what was heard at the door, or what the police decided."""
    viewer = viewer_of(request)
    found = found_list(viewer, public_id)
    sent = request.FILES.get("file")
    try:
        if request.META.get(TOO_LARGE):
            raise FileRefusedError("too_large")
        if sent is None:
            raise FileRefusedError("empty")
        taken, wrong = import_workbook(viewer, found, sent.read())
    except FileRefusedError as error:
        messages.error(request, str(REFUSALS[error.code]))
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
    else:
        messages.success(request, _("Rows taken: %(count)s.") % {"count": taken})
        for number, reason in wrong[:20]:
            messages.error(
                request,
                _("Row %(row)s was not taken: %(reason)s") % {"row": number, "reason": reason},
            )
    return unkept(redirect("cleansing:list", found.public_id))


@require_GET
def sheet(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The sheet at the end: each decision, and whether it was looked at alone or in a block."""
    viewer = viewer_of(request)
    found = found_list(viewer, public_id)
    if not (
        is_in(viewer, found.police, Role.COMMUNE_POLICE)
        or is_in(viewer, found.station, Role.STATION)
    ):
        raise Http404
    queries.note_reading(viewer, found, what="sheet")
    context = {
        "list": found,
        "entries": queries.entries_of(found),
        "counts": queries.counts_of(found),
        "viewer": viewer,
    }
    return unkept(render(request, "cleansing/sheet.html", context))
