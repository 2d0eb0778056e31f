"""Pages of corrections: ask for one, see old beside new, approve, refuse, take back."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lamsach.accounts.models import Officer
from lamsach.accounts.scope import scope_of
from lamsach.places.models import Office
from lamsach.registry import forms, queries
from lamsach.registry.actions import (
    approve_corrections,
    refuse_correction,
    request_correction,
    unmask,
    withdraw_correction,
)
from lamsach.registry.actions.reading import UnmaskPurpose
from lamsach.registry.models import Correction, CorrectionState, Dose, Person
from lamsach.registry.showing import NUMBERS, shown_changes, shown_person
from lamsach.registry.views import PAGE, correction_in, officer_of, uuid_in
from lamsach.registry.workflow import CORRECTION_STEPS

__all__ = ["approve", "ask", "ask_about_dose", "correction", "listed", "refuse", "withdraw"]


@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, person: UUID) -> HttpResponse:
    """Ask for a change to a person."""
    viewer = officer_of(request)
    found = queries.person_for(viewer, person)
    if found is None:
        raise Http404
    form = forms.PersonCorrectionForm(
        request.POST or None, record=found, offices=_asking_offices(viewer, found)
    )
    return _ask(request, viewer, form, found, None)


@never_cache
@require_http_methods(["GET", "POST"])
def ask_about_dose(request: HttpRequest, dose: UUID) -> HttpResponse:
    """Ask for a change to a dose, or for its withdrawal."""
    viewer = officer_of(request)
    found = queries.dose_for(viewer, dose)
    person = queries.person_for(viewer, found.person.public_id) if found else None
    if found is None or person is None:
        raise Http404
    form = forms.DoseCorrectionForm(
        request.POST or None, record=found, offices=_asking_offices(viewer, person)
    )
    return _ask(request, viewer, form, person, found)


def _asking_offices(viewer: Officer, person: Person) -> list[Office]:
    offices = queries.offices_for_step(viewer, CORRECTION_STEPS["", "request"].roles)
    if not offices or queries.masked_among(viewer, [person]):
        raise PermissionDenied
    return offices


def _ask(
    request: HttpRequest,
    viewer: Officer,
    form: forms.PersonCorrectionForm | forms.DoseCorrectionForm,
    person: Person,
    dose: Dose | None,
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            request_correction(
                officer=viewer,
                office=form.chosen_office,
                person=person,
                dose=dose,
                changes=form.changes(),
                grounds=form.cleaned_data["grounds"],
            )
        except ValidationError as error:
            _tell(form, error)
        else:
            messages.success(request, _("The correction waits for another officer's approval."))
            return redirect("registry:person", person.public_id)
    context = {
        "form": form,
        "person": shown_person(person),
        "dose": dose,
        "cancel": reverse("registry:person", args=[person.public_id]),
    }
    return render(request, "registry/correct.html", context, status=200)


def _tell(
    form: forms.PersonCorrectionForm | forms.DoseCorrectionForm, error: ValidationError
) -> None:
    """Put an action's refusals beside the fields that they are about."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, found in error.error_dict.items():
        beside = {"residence": "commune"}.get(name, name)
        form.add_error(beside if beside in form.fields else None, found)


@never_cache
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """Corrections that one may decide, and all that one may see, the newest first."""
    viewer = officer_of(request)
    form = forms.CorrectionsFilter(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    rows = queries.corrections_for(viewer).order_by("-id")
    if state:
        rows = rows.filter(state=state)
    after = uuid_in(request, "after")
    last = rows.filter(public_id=after).first() if after else None
    if last:
        rows = rows.filter(pk__lt=last.pk)
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    masked = queries.masked_among(viewer, [one.person for one in shown])
    kept = {"state": state} if state else {}
    following = urlencode({**kept, "after": shown[-1].public_id}) if shown else ""
    context = {
        "form": form,
        "rows": [
            (
                one,
                shown_person(one.person, masked=one.person_id in masked),
                shown_changes(one, facilities={}),
            )
            for one in shown
        ],
        "decidable": queries.decidable_for(viewer)[:1000].count(),
        "next": f"?{following}" if len(found) > PAGE else "",
        "first": f"?{urlencode(kept)}" if last else "",
    }
    return render(request, "registry/corrections.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def correction(request: HttpRequest, correction: UUID) -> HttpResponse:
    """One correction: old beside new, its grounds, and the decision. POST shows numbers whole."""
    return _correction(request, correction_in(request, correction))


def _correction(
    request: HttpRequest, found: Correction, refusal: forms.RefusalForm | None = None
) -> HttpResponse:
    viewer = officer_of(request)
    may_unmask = queries.may_unmask(viewer, found.person)
    whole = request.method == "POST" and "whole" in request.POST
    if whole:
        if not may_unmask:
            raise PermissionDenied
        purpose = UnmaskPurpose.CORRECTION
        unmask(officer=viewer, scope=scope_of(viewer), person=found.person, purpose=purpose)
    waits = found.state == CorrectionState.REQUESTED
    mine = found.requested_by_id == viewer.pk
    offices = queries.offices_deciding(viewer, found) if waits and not mine else []
    masked = bool(queries.masked_among(viewer, [found.person]))
    context = {
        "correction": found,
        "person": shown_person(found.person, masked=masked),
        "changes": shown_changes(found, facilities=queries.facility_names(found), whole=whole),
        "hidden": may_unmask and not whole and bool(NUMBERS & set(found.changes)),
        "offices": offices,
        "refusal": refusal or forms.RefusalForm(),
        "withdrawable": waits and mine,
    }
    return render(request, "registry/correction.html", context)


def _office(request: HttpRequest, found: Correction) -> Office:
    """The office that the officer decides for, among those that may."""
    offices = queries.offices_deciding(officer_of(request), found)
    for one in offices:
        if str(one.public_id) == request.POST.get("office"):
            return one
    raise PermissionDenied


@require_POST
def approve(request: HttpRequest, correction: UUID) -> HttpResponse:
    """Approve a correction: the record changes, with all that follows."""
    found = correction_in(request, correction)
    approve_corrections(
        officer=officer_of(request), office=_office(request, found), corrections=[found]
    )
    messages.success(request, _("Approved. The record is corrected."))
    return redirect("registry:correction", found.public_id)


@require_POST
def refuse(request: HttpRequest, correction: UUID) -> HttpResponse:
    """Refuse a correction, with a reason."""
    found = correction_in(request, correction)
    form = forms.RefusalForm(request.POST)
    if not form.is_valid():
        return _correction(request, found, form)
    refuse_correction(
        officer=officer_of(request),
        office=_office(request, found),
        correction=found,
        reason=form.cleaned_data["reason"],
    )
    messages.success(request, _("Refused. Whoever asked for it sees the reason."))
    return redirect("registry:correction", found.public_id)


@require_POST
def withdraw(request: HttpRequest, correction: UUID) -> HttpResponse:
    """Take one's own request back."""
    found = correction_in(request, correction)
    withdraw_correction(officer=officer_of(request), correction=found)
    messages.success(request, _("Taken back. Nothing was changed."))
    return redirect("registry:person", found.person.public_id)
