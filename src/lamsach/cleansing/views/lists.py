"""Pages of lists: what there is, one list and what to do with it now, its steps, its return."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.cleansing import actions, queries
from lamsach.cleansing.blocks import opening_of
from lamsach.cleansing.forms import MakeForm, NoteForm, ScanForm, SendForm, SignForm
from lamsach.cleansing.models import CleansingList, ListState
from lamsach.cleansing.register import found_by_machine
from lamsach.cleansing.telling import why_listed
from lamsach.cleansing.views.common import found_list, is_in, police_list, unkept, viewer_of
from lamsach.clock import now
from lamsach.files.errors import REFUSALS, FileRefusedError
from lamsach.files.serving import content_response, file_response
from lamsach.files.uploads import TOO_LARGE, bounded_upload
from lamsach.places.models import OfficeKind
from lamsach.signing.errors import CannotSignError

__all__ = ["cleansing_list", "hand_over", "index", "manifest", "scan", "step"]

_SHOWN: Final = 50


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The lists; for a station, what is waiting to be listed and the form that lists it."""
    viewer = viewer_of(request)
    stations: list[dict[str, Any]] = []
    for station in queries.stations_of(viewer):
        sent = request.method == "POST" and request.POST.get("station") == str(station.public_id)
        form = MakeForm(station, request.POST if sent else None)
        if sent and form.is_valid():
            try:
                made = actions.make_list(officer=viewer, station=station, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return redirect("cleansing:list", made.public_id)
        waiting = queries.waiting_people(station)
        stations.append({"office": station, "form": form, "waiting": sum(waiting.values())})
    before = request.GET.get("before", "")
    lists = queries.lists_for(viewer)
    if before.isdigit():
        lists = lists.filter(pk__lt=int(before[:18]))
    shown = list(lists[: _SHOWN + 1])
    context = {
        "stations": stations,
        "lists": shown[:_SHOWN],
        "next": f"?before={shown[_SHOWN - 1].pk}" if len(shown) > _SHOWN else "",
        "now": now(),
    }
    status = 422 if any(one["form"].errors for one in stations) else 200
    return unkept(render(request, "cleansing/index.html", context, status=status))


@require_GET
def cleansing_list(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One list: what to do now, how it stands, what happened to it."""
    viewer = viewer_of(request)
    found = found_list(viewer, public_id)
    return _page(request, viewer, found)


def _page(
    request: HttpRequest,
    viewer: Officer,
    found: CleansingList,
    *,
    form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    counts = queries.counts_of(found)
    sides = {
        "is_station": is_in(viewer, found.station, Role.STATION),
        "is_hamlet": is_in(viewer, found.hamlet_group, Role.HAMLET_GROUP),
        "is_police": is_in(viewer, found.police, Role.COMMUNE_POLICE),
    }
    context: dict[str, Any] = {
        "list": found,
        "counts": counts,
        "steps": queries.steps_of(found),
        "late": found.due_at is not None and found.due_at < now(),
        "obstacles": [
            (why_listed(code), count) for code, count in sorted(counts.obstacles.items())
        ],
        "form": form,
        **sides,
    }
    if sides["is_police"] and found.state == ListState.POLICE_CHECK:
        context |= _for_police(viewer, found, counts, form)
    if sides["is_station"] and found.state in (ListState.DRAFT, ListState.HAMLET_REVIEW):
        kinds = {"hamlet": OfficeKind.HAMLET_GROUP, "police": OfficeKind.COMMUNE_POLICE}
        for name, kind in kinds.items():
            offices = queries.offices_to_send_to(found, kind)
            context[f"{name}_form"] = (
                SendForm(offices, label=kind.label, auto_id=f"{name}_%s")
                if offices.exists()
                else None
            )
    return unkept(render(request, "cleansing/list.html", context, status=status))


def _for_police(
    viewer: Officer, found: CleansingList, counts: queries.Counts, form: forms.Form | None
) -> dict[str, Any]:
    """What the police post sees of its list: the machine's part, the pace, the way back."""
    references = queries.undecided_references(found)
    try:
        by_machine: int | None = found_by_machine(viewer, found, references)
    except OSError:
        by_machine = None
    return {
        "by_machine": by_machine,
        "pace": queries.pace_of(viewer, found, counts.undecided),
        "opening": opening_of(*queries.single_looks(viewer, found)),
        "sign_form": form if isinstance(form, SignForm) else SignForm(),
        "scan_form": form if isinstance(form, ScanForm) else ScanForm(),
        "note_form": form if isinstance(form, NoteForm) else NoteForm(),
    }


_Step = Callable[[Officer, CleansingList, HttpRequest], None]


def _chosen(found: CleansingList, kind: OfficeKind, request: HttpRequest) -> Any:
    form = SendForm(queries.offices_to_send_to(found, kind), request.POST)
    return form.cleaned_data["office"] if form.is_valid() else None


def _send_to_hamlet(viewer: Officer, found: CleansingList, request: HttpRequest) -> None:
    group = _chosen(found, OfficeKind.HAMLET_GROUP, request)
    actions.send_to_hamlet(officer=viewer, cleansing_list=found, hamlet_group=group)


def _send_to_police(viewer: Officer, found: CleansingList, request: HttpRequest) -> None:
    police = _chosen(found, OfficeKind.COMMUNE_POLICE, request)
    actions.send_to_police(officer=viewer, cleansing_list=found, police=police)


def _complete(viewer: Officer, found: CleansingList, request: HttpRequest) -> None:
    note = request.POST.get("note", "")[:500]
    actions.return_for_completion(officer=viewer, cleansing_list=found, note=note)


_STEPS: Final[dict[str, _Step]] = {
    "send-to-hamlet": _send_to_hamlet,
    "send-to-police": _send_to_police,
    "return-for-completion": _complete,
    "hand-back": lambda viewer, found, request: actions.hand_back(
        officer=viewer, cleansing_list=found, note=request.POST.get("note", "")[:500]
    ),
    "call-back": lambda viewer, found, _request: actions.call_back(
        officer=viewer, cleansing_list=found
    ),
    "discard": lambda viewer, found, _request: actions.discard_list(
        officer=viewer, cleansing_list=found
    ),
    "close": lambda viewer, found, _request: actions.close_list(
        officer=viewer, cleansing_list=found
    ),
    "apply": lambda viewer, found, _request: _apply(viewer, found),
}


def _apply(viewer: Officer, found: CleansingList) -> None:
    actions.apply_list(officer=viewer, cleansing_list=found)


@require_POST
def step(request: HttpRequest, public_id: uuid.UUID, step: str) -> HttpResponse:
    """Take a step of the workflow; one that is not possible now is refused with 409."""
    viewer = viewer_of(request)
    found = found_list(viewer, public_id)
    taken = _STEPS.get(step)
    if taken is None:
        raise Http404
    try:
        taken(viewer, found, request)
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
        return unkept(redirect("cleansing:list", found.public_id))
    still = queries.list_for(viewer, found.public_id)
    if still is None:  # it has left for another office
        messages.success(request, _("The list is on its way."))
        return unkept(redirect("cleansing:index"))
    return unkept(redirect("cleansing:list", found.public_id))


@bounded_upload
@require_POST
def hand_over(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hand a decided list back: by PIN, by a signature made elsewhere, or by the paper's scan."""
    viewer, found = police_list(request, public_id)
    form: forms.Form
    if "scan" in request.FILES or request.POST.get("by") == "scan":
        form = ScanForm(request.POST, request.FILES)
    else:
        form = SignForm(request.POST, request.FILES)
    if request.META.get(TOO_LARGE):
        form.is_valid()
        form.add_error(None, str(REFUSALS["too_large"]))
    elif form.is_valid():
        try:
            _hand_over(viewer, found, form)
        except FileRefusedError as error:
            form.add_error("scan", error.sentence)
        except CannotSignError as error:
            form.add_error(None, str(error.sentence))
        else:
            messages.success(request, _("Signed and returned to the health station."))
            return unkept(redirect("cleansing:list", found.public_id))
    return _page(request, viewer, found, form=form, status=422)


def _hand_over(viewer: Officer, found: CleansingList, form: forms.Form) -> None:
    if isinstance(form, ScanForm):
        scan = form.cleaned_data["scan"].read()
        actions.return_with_scan(officer=viewer, cleansing_list=found, scan=scan)
    elif form.cleaned_data["signature"]:
        signature = form.cleaned_data["signature"].read(1 << 20)
        actions.return_with_signature(officer=viewer, cleansing_list=found, signature=signature)
    else:
        pin = form.cleaned_data["pin"]
        actions.return_with_pin(officer=viewer, cleansing_list=found, pin=pin)


@require_GET
def manifest(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """What the police officer signs at their own desk."""
    _viewer, found = police_list(request, public_id)
    return content_response(
        actions.manifest_of(found), name="danh-sach.json", media_type="application/json"
    )


@require_GET
def scan(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The signed sheet that stays with the list."""
    viewer = viewer_of(request)
    found = found_list(viewer, public_id)
    is_of_list = is_in(viewer, found.station, Role.STATION) or is_in(
        viewer, found.police, Role.COMMUNE_POLICE
    )
    if found.scan is None or not is_of_list:
        raise Http404
    queries.note_reading(viewer, found, what="scan")
    ending = ".pdf" if found.scan_type == "application/pdf" else ".jpg"
    return file_response(found.scan, name=f"danh-sach-da-ky{ending}", media_type=found.scan_type)
