"""Pages of offices: find, open, change, territory, close; for administrators alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.administration import queries
from lamsach.administration.actions import offices
from lamsach.administration.asked import administrator_of, posted, uuid_in
from lamsach.administration.forms import (
    ChangeOfficeForm,
    CloseForm,
    OfficeForm,
    OfficesFilter,
    SuccessorForm,
    TerritoryForm,
    add_all,
)
from lamsach.administration.showing import shown_posts
from lamsach.clock import today
from lamsach.places.actions import change_office
from lamsach.places.models import Office
from lamsach.signing.queries import COUNTED, unsigned_at

__all__ = [
    "change",
    "close",
    "create",
    "end_territory",
    "index",
    "office",
    "successor",
    "territory",
]

_SHOWN_POSTS = 200


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The offices that were asked for; all open ones at first."""
    viewer = administrator_of(request)
    form = OfficesFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    after = uuid_in(request.GET.get("after", ""))
    found = queries.find_offices(viewer, **asked, after=after)
    kept = {name: value for name, value in asked.items() if value}
    last = found.rows[-1].public_id if found.rows else ""
    context = {
        "form": form,
        "rows": found.rows,
        "asked": kept,
        "next": f"?{urlencode({**kept, 'after': last})}" if found.more else "",
        "first": f"?{urlencode(kept)}" if after else "",
        "today": today(),
    }
    return render(request, "administration/offices.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Open an office."""
    viewer = administrator_of(request)
    form = OfficeForm(posted(request), initial={"kind": request.GET.get("kind", "")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = offices.open_office(
                kind=given["kind"],
                name=given["name"],
                code=given["code"],
                territory=given["territory"],
                above=given["above"],
                opened_on=given["opened_on"],
                by=actor_of(viewer),
            )
        except ValidationError as error:
            add_all(form, error)
        else:
            messages.success(request, _("The office is open. Give somebody a post there."))
            return redirect("administration:office", made.public_id)
    context = {"form": form, "cancel": reverse("administration:offices")}
    status = 422 if form.errors else 200
    return render(request, "administration/office_new.html", context, status=status)


def _found(viewer: Officer, office: UUID) -> Office:
    found = queries.office_for(viewer, office)
    if found is None:
        raise Http404
    return found


@never_cache
@require_GET
def office(request: HttpRequest, office: UUID) -> HttpResponse:
    """One office: what it is, what it is responsible for, who works there."""
    viewer = administrator_of(request)
    return _page(request, viewer, _found(viewer, office))


def _page(
    request: HttpRequest,
    viewer: Officer,
    found: Office,
    *,
    territory: TerritoryForm | None = None,
    successor: SuccessorForm | None = None,
    status: int = 200,
) -> HttpResponse:
    posts = list(queries.posts_in(viewer, found)[: _SHOWN_POSTS + 1])
    below = queries.offices_below(viewer, found)
    context: dict[str, Any] = {
        "office": found,
        "closed": found.closed_on is not None and found.closed_on <= today(),
        "posts": shown_posts(posts[:_SHOWN_POSTS]),
        "more_posts": len(posts) > _SHOWN_POSTS,
        "territory": queries.territory_of(viewer, found),
        "below": below.rows,
        "more_below": below.more,
        "form": territory or TerritoryForm(),
    }
    if found.closed_on is not None and found.successor is None:
        context["successor"] = successor or SuccessorForm(office=found)
    return render(request, "administration/office.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, office: UUID) -> HttpResponse:
    """Change an office's name or the office above it."""
    viewer = administrator_of(request)
    found = _found(viewer, office)
    form = ChangeOfficeForm(posted(request), office=found)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            change_office(
                office=found, name=given["name"], above=given["above"], actor=actor_of(viewer)
            )
        except ValidationError as error:
            add_all(form, error)
        else:
            messages.success(request, _("The office is changed."))
            return redirect("administration:office", found.public_id)
    context = {
        "form": form,
        "office": found,
        "cancel": reverse("administration:office", args=[found.public_id]),
    }
    status = 422 if form.errors else 200
    return render(request, "administration/office_change.html", context, status=status)


@require_POST
def territory(request: HttpRequest, office: UUID) -> HttpResponse:
    """Make an office responsible for more units."""
    viewer = administrator_of(request)
    found = _found(viewer, office)
    form = TerritoryForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            count = offices.add_territory(
                office=found, units=given["territory"], since=given["since"], by=actor_of(viewer)
            )
        except ValidationError as error:
            add_all(form, error)
        else:
            messages.success(
                request,
                ngettext("%(count)d unit is new.", "%(count)d units are new.", count)
                % {"count": count},
            )
            return redirect("administration:office", found.public_id)
    return _page(request, viewer, found, territory=form, status=422)


@require_POST
def end_territory(request: HttpRequest, office: UUID) -> HttpResponse:
    """End an office's responsibility for a unit."""
    viewer = administrator_of(request)
    found = _found(viewer, office)
    one = queries.territory_for(viewer, found, request.POST.get("territory", ""))
    if one is None:
        raise Http404
    offices.end_territory(territory=one, by=actor_of(viewer))
    messages.success(request, _("The office is not responsible for this unit any more."))
    return redirect("administration:office", found.public_id)


@never_cache
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, office: UUID) -> HttpResponse:
    """Close an office: first who still has a post there."""
    viewer = administrator_of(request)
    found = _found(viewer, office)
    posts = list(queries.posts_in(viewer, found)[: _SHOWN_POSTS + 1])
    form = CloseForm(posted(request), office=found, held=len(posts))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            offices.close_office(
                office=found,
                on=given["on"],
                successor=given["successor"],
                end_posts=given.get("end_posts", False),
                by=actor_of(viewer),
            )
        except ValidationError as error:
            add_all(form, error)
        else:
            messages.success(request, _("The office is closed."))
            return redirect("administration:office", found.public_id)
    context = {
        "form": form,
        "office": found,
        "posts": shown_posts(posts[:_SHOWN_POSTS]),
        "unsigned": unsigned_at(found),
        "counted": COUNTED,
        "cancel": reverse("administration:office", args=[found.public_id]),
    }
    status = 422 if form.errors else 200
    return render(request, "administration/office_close.html", context, status=status)


@require_POST
def successor(request: HttpRequest, office: UUID) -> HttpResponse:
    """Name who follows an office that was closed without a successor."""
    viewer = administrator_of(request)
    found = _found(viewer, office)
    form = SuccessorForm(request.POST, office=found)
    if form.is_valid():
        try:
            offices.name_successor(
                office=found, successor=form.cleaned_data["successor"], by=actor_of(viewer)
            )
        except ValidationError as error:
            add_all(form, error)
        else:
            messages.success(request, _("The successor is named."))
            return redirect("administration:office", found.public_id)
    return _page(request, viewer, found, successor=form, status=422)
