"""Pages of the record: find a person, their page, what waits, corrections.

Nothing personal stands in an address: what was searched for is kept in the session, under a token.
"""

from __future__ import annotations

import secrets
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lamsach.accounts.models import Officer
from lamsach.accounts.scope import scope_of
from lamsach.registry import forms, queries
from lamsach.registry.actions import unmask
from lamsach.registry.actions.reading import UnmaskPurpose
from lamsach.registry.models import Correction, CorrectionState, Person
from lamsach.registry.panels import panels
from lamsach.registry.showing import shown_person, vaccine_name
from lamsach.registry.workflow import CORRECTION_STEPS, MAY_PRESENT

__all__ = ["history", "numbers", "page", "present", "search", "waiting"]

PAGE: Final = 25
_SEARCHES_KEPT: Final = 5


def officer_of(request: HttpRequest) -> Officer:
    """Who is here; the sign-in gate lets nobody else through."""
    if not isinstance(request.user, Officer):
        raise PermissionDenied
    return request.user


def uuid_in(request: HttpRequest, name: str) -> UUID | None:
    """An identifier among the filters of a page; None for anything else."""
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


def _person(request: HttpRequest, person: UUID) -> Person:
    found = queries.person_for(officer_of(request), person)
    if found is None:
        raise Http404
    return found


@never_cache
@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Find a person among those whom one's posts open, or open the one who shows a card."""
    viewer = officer_of(request)
    if not queries.may_search(viewer):
        raise PermissionDenied
    if request.method == "POST":
        form = forms.SearchForm(request.POST)
        if form.is_valid():
            return _ask(request, viewer, form)
        return _results(request, viewer, form, {})
    token = request.GET.get("s", "")
    asked = request.session.get("searches", {}).get(token)
    if asked is None:
        return _results(request, viewer, forms.SearchForm(), {})
    typed = {"text": asked["name"] or asked["number"], "birth": asked["birth"]}
    return _results(request, viewer, forms.SearchForm(typed), asked, token)


def _ask(request: HttpRequest, viewer: Officer, form: forms.SearchForm) -> HttpResponse:
    asked = form.cleaned_data
    if asked["card"]:
        try:
            person = queries.presented_person(viewer, card=asked["card"])
        except ValidationError as error:
            form.add_error("text", error)
            return _results(request, viewer, form, {})
        if person is not None:
            return redirect("registry:person", person.public_id)
        form.add_error("text", _("No record has this card's number and date of birth."))
        return _results(request, viewer, form, {})
    token = secrets.token_urlsafe(9)
    kept = request.session.get("searches", {})
    kept[token] = {name: asked[name] for name in ("name", "number", "birth")}
    request.session["searches"] = dict(list(kept.items())[-_SEARCHES_KEPT:])
    return redirect(f"{reverse('registry:search')}?{urlencode({'s': token})}")


def _results(
    request: HttpRequest,
    viewer: Officer,
    form: forms.SearchForm,
    asked: dict[str, str],
    token: str = "",
) -> HttpResponse:
    found = None
    if asked:
        try:
            found = queries.search_people(viewer, **asked, after=uuid_in(request, "after"))
        except ValidationError as error:
            form.add_error(None, list(error.messages))
    people = found.people if found else []
    masked = queries.masked_among(viewer, people)
    standing = queries.standing_of(people)
    following = urlencode({"s": token, "after": people[-1].public_id}) if people else ""
    context = {
        "form": form,
        "found": found,
        "rows": [
            (shown_person(one, masked=one.pk in masked), standing.get(one.pk)) for one in people
        ],
        "next": f"?{following}" if found and found.more else "",
        "first": f"?{urlencode({'s': token})}" if "after" in request.GET else "",
        "token": token,
        "may_present": scope_of(viewer).may(*MAY_PRESENT)
        and bool(asked.get("number") and asked.get("birth")),
    }
    return render(request, "registry/search.html", context)


@require_POST
def present(request: HttpRequest) -> HttpResponse:
    """Open the record of the person at the table: the number and birth that were searched for."""
    viewer = officer_of(request)
    asked = request.session.get("searches", {}).get(request.POST.get("s", ""))
    if asked is None:
        raise Http404
    try:
        person = queries.presented_person(viewer, number=asked["number"], birth=asked["birth"])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("registry:search")
    if person is None:
        messages.error(request, _("No record has exactly this number and date of birth."))
        return redirect("registry:search")
    return redirect("registry:person", person.public_id)


@never_cache
@require_GET
def page(request: HttpRequest, person: UUID) -> HttpResponse:
    """A person: what stands in the way and who acts, the four fields, doses, corrections."""
    return _page(request, _person(request, person))


@never_cache
@require_POST
def numbers(request: HttpRequest, person: UUID) -> HttpResponse:
    """The same page once, with the numbers whole, after saying what for; it is recorded."""
    viewer, found = officer_of(request), _person(request, person)
    form = forms.UnmaskForm(request.POST)
    if not queries.may_unmask(viewer, found) or not form.is_valid():
        raise PermissionDenied
    purpose = UnmaskPurpose(form.cleaned_data["purpose"])
    unmask(officer=viewer, scope=scope_of(viewer), person=found, purpose=purpose)
    return _page(request, found, whole=True)


def _page(request: HttpRequest, person: Person, *, whole: bool = False) -> HttpResponse:
    viewer = officer_of(request)
    masked = bool(queries.masked_among(viewer, [person]))
    shown = shown_person(person, whole=whole, masked=masked)
    corrections = list(
        queries.corrections_for(viewer).filter(person=person).order_by("-requested_at")[:20]
    )
    context = {
        "person": shown,
        "foreigner": person.is_foreigner,
        "standing": queries.standing_of([person]).get(person.pk),
        "doses": [
            (line, vaccine_name(line.vaccine_code)) for line in queries.dose_lines(viewer, person)
        ],
        "corrections": corrections,
        "waiting": [one for one in corrections if one.state == CorrectionState.REQUESTED],
        "mine": viewer,
        "may_decide": bool(_deciding_offices(viewer)),
        "may_correct": not masked and bool(_asking_offices(viewer)),
        "unmask": forms.UnmaskForm() if queries.may_unmask(viewer, person) else None,
        "panels": _panels(request, viewer, person),
    }
    return render(request, "registry/person.html", context)


def _panels(request: HttpRequest, viewer: Officer, person: Person) -> list[SafeString]:
    made = []
    for panel in panels():
        context = panel.context(viewer, person)
        if context is not None:
            context = {"person_id": person.public_id, **context}
            made.append(render_to_string(panel.template, context, request))
    return made


def _asking_offices(viewer: Officer) -> list[Any]:
    return queries.offices_for_step(viewer, CORRECTION_STEPS["", "request"].roles)


def _deciding_offices(viewer: Officer) -> list[Any]:
    roles = CORRECTION_STEPS[CorrectionState.REQUESTED, "approve"].roles
    return queries.offices_for_step(viewer, roles)


@never_cache
@require_GET
def waiting(request: HttpRequest) -> HttpResponse:
    """The people for whom one's office acts next, along the way and by waiting time."""
    viewer = officer_of(request)
    form = forms.WaitingFilter(request.GET)
    obstacle = form.cleaned_data["obstacle"] if form.is_valid() else ""
    rows = list(
        queries.waiting_for(viewer, obstacle=obstacle, after=uuid_in(request, "after"))[: PAGE + 1]
    )
    shown = rows[:PAGE]
    people = [one.person for one in shown]
    masked, standing = queries.masked_among(viewer, people), queries.standing_of(people)
    kept = {"obstacle": obstacle} if obstacle else {}
    following = urlencode({**kept, "after": people[-1].public_id}) if people else ""
    context = {
        "form": form,
        "rows": [(shown_person(one, masked=one.pk in masked), standing[one.pk]) for one in people],
        "next": f"?{following}" if len(rows) > PAGE else "",
        "first": f"?{urlencode(kept)}" if "after" in request.GET else "",
    }
    return render(request, "registry/waiting.html", context)


@never_cache
@require_GET
def history(request: HttpRequest, person: UUID) -> HttpResponse:
    """Everything that was done with a record, readable, the newest first."""
    viewer, found = officer_of(request), _person(request, person)
    before = request.GET.get("before", "")
    lines = queries.history_of(viewer, found, before=int(before) if before.isdigit() else None)
    context = {
        "person": shown_person(found, masked=bool(queries.masked_among(viewer, [found]))),
        "lines": lines,
        "next": f"?{urlencode({'before': lines[-1].number})}" if len(lines) == 100 else "",
        "first": "?" if before else "",
    }
    return render(request, "registry/history.html", context)


def correction_in(request: HttpRequest, correction: UUID) -> Correction:
    """A correction that the officer may see, or nothing there."""
    found = queries.correction_for(officer_of(request), correction)
    if found is None:
        raise Http404
    return found
