"""At the doors: the hamlet group notes on screen what it heard of each person (2262/BYT-CNTT).

The same as filling in the workbook: suggestions, which change nothing until the police decide. The
station may note so while a list is still its own. Numbers are masked for the hamlet group, who need
not know them to ask.
"""

from __future__ import annotations

import uuid
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.cleansing import queries
from lamsach.cleansing.actions.deciding import suggest
from lamsach.cleansing.forms import DoorForm, DoorsFilter
from lamsach.cleansing.marking import shown_birth
from lamsach.cleansing.models import CleansingEntry, CleansingList, ListState
from lamsach.cleansing.sheets import masked
from lamsach.cleansing.telling import heard_told, why_listed
from lamsach.cleansing.views.common import found_list, is_in, unkept, viewer_of

__all__ = ["door", "doors"]

_PAGE: Final = 50


def _list(request: HttpRequest, public_id: uuid.UUID) -> tuple[Officer, CleansingList, bool]:
    """A list on which the viewer may note what was heard now, and whether numbers are masked."""
    viewer = viewer_of(request)
    found = found_list(viewer, public_id)
    hamlet = is_in(viewer, found.hamlet_group, Role.HAMLET_GROUP)
    if found.state == ListState.HAMLET_REVIEW and hamlet:
        return viewer, found, True
    if found.state == ListState.DRAFT and is_in(viewer, found.station, Role.STATION):
        return viewer, found, False
    raise Http404


@require_GET
def doors(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Whom to ask about, and what was heard so far."""
    viewer, found, _masked = _list(request, public_id)
    form = DoorsFilter(request.GET)
    shown = form.cleaned_data["shown"] if form.is_valid() else ""
    after = request.GET.get("after", "")
    place = int(after[:9]) if after.isdigit() else 0
    rows = list(queries.entries_to_ask(found, shown=shown, after=place)[: _PAGE + 1])
    kept = {"shown": shown} if shown else {}
    page = rows[:_PAGE]
    following = urlencode({**kept, "after": page[-1].position}) if page else ""
    asked, everyone = queries.asked_of(found)
    queries.note_reading(viewer, found, what="doors")
    context = {
        "list": found,
        "form": form,
        "rows": [_row(one) for one in page],
        "asked": asked,
        "everyone": everyone,
        "start": queries.entries_to_ask(found, shown="open", after=0).first(),
        "is_hamlet": found.state == ListState.HAMLET_REVIEW,
        "next": f"?{following}" if len(rows) > _PAGE else "",
        "first": f"?{urlencode(kept)}" if after else "",
    }
    return unkept(render(request, "cleansing/doors.html", context))


def _row(entry: CleansingEntry) -> dict[str, Any]:
    return {
        "entry": entry,
        "birth": shown_birth(entry.person.birth_date),
        "why": why_listed(entry.obstacle),
        "heard": heard_told(entry.suggestion, entry.suggestion_note),
    }


@require_http_methods(["GET", "POST"])
def door(request: HttpRequest, public_id: uuid.UUID, entry: uuid.UUID) -> HttpResponse:
    """One person: as recorded, and what was heard at the door."""
    viewer, found, hidden = _list(request, public_id)
    shown = queries.entry_of(found, entry)
    if shown is None:
        raise Http404
    form = DoorForm(shown, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        forget = "forget" in request.POST
        if forget or form.is_valid():
            told = ({}, "") if forget else form.suggestion()
            suggest(officer=viewer, cleansing_list=found, suggestions={shown.public_id: told})
            return unkept(_go_on(request, found, shown, forget=forget))
    queries.note_reading(viewer, found, what="door")
    person = shown.person
    context = {
        "list": found,
        "entry": shown,
        "person": person,
        "birth": shown_birth(person.birth_date),
        "number": masked(person.personal_id) if hidden else person.personal_id,
        "why": why_listed(shown.obstacle),
        "heard": heard_told(shown.suggestion, shown.suggestion_note),
        "form": form,
        "before": queries.entry_before(found, shown.position),
        "after": queries.entries_to_ask(found, shown="", after=shown.position).first(),
    }
    status = 422 if form.errors else 200
    return unkept(render(request, "cleansing/door.html", context, status=status))


def _go_on(
    request: HttpRequest, found: CleansingList, shown: CleansingEntry, *, forget: bool
) -> HttpResponse:
    if forget:
        messages.success(request, _("Taken back: nothing is noted of this person."))
        return redirect("cleansing:door", found.public_id, shown.public_id)
    messages.success(request, _("Noted."))
    following = queries.entries_to_ask(found, shown="open", after=shown.position).first()
    if following is None:
        return redirect("cleansing:doors", found.public_id)
    return redirect("cleansing:door", found.public_id, following.public_id)
