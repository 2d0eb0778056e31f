"""Error pages: what happened, in words, and what to do; never a trace of the program.

They use neither database nor session, because these may be what failed.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.utils.translation import gettext_lazy as _

__all__ = ["bad_request", "csrf_failure", "forbidden", "not_found", "refused", "server_error"]

_RETRY = 30  # seconds after which a browser or program may ask again

_PAGES: dict[int, tuple[Any, Any]] = {
    400: (
        _("The request could not be read"),
        _("Go back, check what you entered and send it again."),
    ),
    403: (
        _("You may not see this"),
        _("Your role or your territory does not cover it. If it should, ask your administrator."),
    ),
    404: (
        _("There is nothing here"),
        _("The address is wrong, or what it named is not in your territory. Start again at home."),
    ),
    409: (
        _("This step is not possible now"),
        _("Somebody may have gone on in the meantime. Load the page again; nothing was changed."),
    ),
    500: (
        _("Something went wrong on our side"),
        _("Nothing was saved. Try again; if it happens twice, tell your administrator the time."),
    ),
    503: (
        _("The system is not reachable for a moment"),
        _("Nothing was saved, and nothing is lost. Wait half a minute and load the page again."),
    ),
}


def refused(status: int, *, detail: str = "") -> HttpResponse:
    """The page for a status, with one sentence more where there is something to say."""
    title, advice = _PAGES[status]
    context = {"status": status, "title": title, "advice": advice, "detail": detail}
    response = HttpResponse(get_template("error.html").render(context), status=status)
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = str(_RETRY)
    return response


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    del exception  # its words are not for people
    return refused(400)


def forbidden(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    del exception  # its words are not for people
    return refused(403)


def csrf_failure(_request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that was not made for this session; the usual cause is an old page."""
    del reason  # for programs, not for people
    return refused(403, detail=str(_("This page was too old. Load it again and repeat the step.")))


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """404; the same whether a thing does not exist or may not be seen."""
    del exception  # its words are not for people
    return refused(404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """500; or 503 when it is the database that cannot be reached or has no room left."""
    error = sys.exc_info()[1]
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError | OSError):
            return refused(503)
        if isinstance(error, SuspiciousOperation):
            return refused(400)
        error = error.__cause__
    return refused(500)
