"""The pages of the house itself: home, the language switch, a sign of life."""

from __future__ import annotations

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_GET, require_POST

from lamsach.accounts.decorators import public
from lamsach.accounts.desk import cards_for
from lamsach.accounts.models import Officer
from lamsach.accounts.queries import posts_of
from lamsach.registry.forms import SearchForm
from lamsach.registry.queries import may_search

__all__ = ["health", "home", "icon", "language"]

_A_YEAR = 365 * 24 * 60 * 60


@public
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What this officer should do now, by their posts; for visitors, the way in."""
    officer = request.user
    if not isinstance(officer, Officer):
        return render(request, "home.html")
    context = {
        "cards": cards_for(officer),
        "posts": posts_of(officer),
        "search": SearchForm() if may_search(officer) else None,
    }
    return render(request, "home.html", context)


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language, in a cookie, and go back to where the visitor was."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    response = redirect(back if safe else "home")
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES) and check_for_language(chosen):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=_A_YEAR,
            samesite="Lax",
            secure=request.is_secure(),
            httponly=True,
        )
    return response


@public
@require_GET
def health(_request: HttpRequest) -> HttpResponse:
    """A sign of life for whoever watches the server: 200 when the database answers, else 503."""
    with connections["default"].cursor() as cursor:
        cursor.execute("select 1")
    return HttpResponse("ok\n", content_type="text/plain")


@public
@require_GET
def icon(_request: HttpRequest) -> HttpResponse:
    """The house's mark, for browsers that ask for it where no page named it (a file, an error)."""
    return redirect(static("lamsach/mark.svg"))
