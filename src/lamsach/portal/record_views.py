"""A citizen's own record: the questions, the code, the record, and what can be taken from it.

Every answer to a complete set of questions is the same page after the same work, whether there is
such a record or not. Nothing that is typed stands in an address; nothing may be kept by a cache.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lamsach.accounts.decorators import public
from lamsach.passports import pdf
from lamsach.passports.models import Passport
from lamsach.passports.queries import current_passport
from lamsach.passports.wording import shown_birth
from lamsach.portal import actions, queries
from lamsach.portal.forms import QUESTIONS, Question, asked_from, first_problem
from lamsach.portal.limits import network_of
from lamsach.portal.models import Lookup
from lamsach.registry.models import Person

__all__ = ["close", "code", "mine", "passport_code", "passport_pdf", "record"]

_LOOKUP_COOKIE: Final = "record_lookup"
_SESSION_COOKIE: Final = "record_session"
_FIELDS: Final = tuple(question.field for question in QUESTIONS)
_BY_FIELD: Final = {question.field: question for question in QUESTIONS}
_STEPS: Final = 4


@public
@never_cache
@require_http_methods(["GET", "POST"])
def record(request: HttpRequest) -> HttpResponse:
    """One question at a time; after the last, a code is on its way, if there is anywhere to."""
    if request.method == "GET":
        return _ask(request, QUESTIONS[0], {})
    answers = {field: request.POST.get(field, "").strip()[:200] for field in _FIELDS}
    shown = _BY_FIELD.get(request.POST.get("question", ""), QUESTIONS[0])
    by_dose = shown.field == "dosed_on"
    turn = _BY_FIELD.get(request.POST.get("turn", ""))
    if turn is not None:  # back, or to the other way of the last question
        return _ask(request, turn, answers)
    wrong = first_problem(answers, shown.field, by_dose=by_dose)
    if wrong is not None:
        return _ask(request, wrong[0], answers, problem=wrong[1])
    place = _FIELDS.index(shown.field)
    if place < _STEPS - 1:
        return _ask(request, QUESTIONS[place + 1], answers)
    try:
        lookup = actions.begin_lookup(
            asked=asked_from(answers, by_dose=by_dose),
            network=network_of(request),
            language=get_language() or "vi",
        )
    except actions.TooManyAttemptsError:
        return _too_many(request)
    response = redirect("portal:code")
    _set_cookie(request, response, _LOOKUP_COOKIE, str(lookup.public_id), actions.CODE_LIVES)
    return response


def _ask(
    request: HttpRequest, question: Question, answers: dict[str, str], *, problem: str = ""
) -> HttpResponse:
    place = min(_FIELDS.index(question.field), _STEPS - 1)
    before = QUESTIONS[place - 1] if place else None
    other = {"number": _BY_FIELD["dosed_on"], "dosed_on": _BY_FIELD["number"]}
    context = {
        "question": question,
        "answer": answers.get(question.field, ""),
        "others": [(field, answers.get(field, "")) for field in _FIELDS if field != question.field],
        "before": before,
        "other": other.get(question.field),
        "problem": problem,
        "place": place + 1,
        "steps": _STEPS,
    }
    return render(request, "portal/question.html", context, status=422 if problem else 200)


def _too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/too_many.html", status=429)


@public
@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code that was sent opens the record."""
    lookup = queries.waiting_lookup(request.COOKIES.get(_LOOKUP_COOKIE))
    if lookup is None:
        return redirect("portal:record")
    problem = ""
    if request.method == "POST":
        try:
            token = actions.open_record(
                lookup=lookup,
                code=request.POST.get("code", "")[:20],
                network=network_of(request),
            )
        except actions.TooManyAttemptsError:
            return _too_many(request)
        if token is not None:
            response = redirect("portal:mine")
            _set_cookie(request, response, _SESSION_COOKIE, token, actions.SESSION_LIVES)
            response.delete_cookie(_LOOKUP_COOKIE, path=_path())
            return response
        problem = _("This is not the code. Look at the last message, and try again.")
    return render(request, "portal/code.html", {"problem": problem}, status=422 if problem else 200)


def _path() -> str:
    return reverse("portal:record")


def _set_cookie(
    request: HttpRequest, response: HttpResponse, name: str, value: str, lives: timedelta
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lives.total_seconds()),
        path=_path(),
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        httponly=True,
        samesite="Strict",
    )


def _opened(
    view: Callable[[HttpRequest, Lookup, Person], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """A view of the record that this browser's cookie opened; else back to the questions."""

    @public
    @never_cache
    @wraps(view)
    def opened(request: HttpRequest) -> HttpResponse:
        lookup = queries.opened_lookup(request.COOKIES.get(_SESSION_COOKIE))
        if lookup is None or lookup.person is None:
            response = HttpResponseRedirect(_path())
            response.delete_cookie(_SESSION_COOKIE, path=_path())
            return response
        return view(request, lookup, lookup.person)

    return opened


@require_GET
@_opened
def mine(request: HttpRequest, lookup: Lookup, person: Person) -> HttpResponse:
    """The record: doses, what stands in the way of a passport, the passport, who has looked."""
    doses = queries.doses_of(person)
    context: dict[str, Any] = {
        "person": person,
        "birth": shown_birth(person.birth_date),
        "doses": doses,
        "count": sum(not dose.withdrawn for dose in doses),
        "passport": current_passport(person),
        "obstacle": queries.obstacle_of(person),
        "readings": queries.readings_of(person),
        "until": lookup.closes_at,
    }
    return render(request, "portal/mine.html", context)


@require_GET
@_opened
def passport_pdf(_request: HttpRequest, lookup: Lookup, person: Person) -> HttpResponse:
    """The passport on paper."""
    passport = _taken(lookup, person)
    response = HttpResponse(pdf.render(passport), content_type="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="vaccine-passport.pdf"'
    return response


@require_GET
@_opened
def passport_code(request: HttpRequest, lookup: Lookup, person: Person) -> HttpResponse:
    """The passport's QR code, to be shown on the screen."""
    passport = _taken(lookup, person)
    context = {"code": pdf.qr_svg(passport), "passport": passport, "person": person}
    return render(request, "portal/passport_code.html", context)


def _taken(lookup: Lookup, person: Person) -> Passport:
    passport = current_passport(person)
    if passport is None:
        raise Http404
    actions.note_passport_read(lookup=lookup, passport=str(passport.public_id))
    return passport


@require_POST
@_opened
def close(_request: HttpRequest, lookup: Lookup, _person: Person) -> HttpResponse:
    """Leave the record: this browser forgets it."""
    actions.close_record(lookup=lookup)
    response = redirect("home")
    response.delete_cookie(_SESSION_COOKIE, path=_path())
    return response
