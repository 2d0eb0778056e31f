"""Pages of accounts: find, create, appoint, shut and open, reset; for administrators alone.

An initial password is shown once, on the answer to the form that made it, and stored nowhere.
"""

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
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.administration import queries
from lamsach.administration.actions import accounts
from lamsach.administration.asked import administrator_of, asked_before, keep_asked, posted, uuid_in
from lamsach.administration.forms import (
    AccountForm,
    EndForm,
    NameForm,
    OfficersFilter,
    PostForm,
    add_all,
)
from lamsach.administration.showing import shown_posts, state_of
from lamsach.ledger.actions import action
from lamsach.places.models import Office

__all__ = ["appoint", "create", "end", "index", "officer", "rename", "step"]


@never_cache
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The accounts that were asked for; all at first."""
    viewer = administrator_of(request)
    if request.method == "POST":
        form = OfficersFilter(request.POST)
        if form.is_valid():
            token = keep_asked(request, form.cleaned_data)
            return redirect(f"{reverse('administration:officers')}?{urlencode({'s': token})}")
        return _listed(request, viewer, form, {}, "")
    token = request.GET.get("s", "")
    asked = asked_before(request, token)
    if not asked and request.GET.get("state") == "postless":
        asked = {"state": "postless"}
    return _listed(request, viewer, OfficersFilter(asked or None), asked, token if asked else "")


def _listed(
    request: HttpRequest, viewer: Officer, form: OfficersFilter, asked: dict[str, str], token: str
) -> HttpResponse:
    after = uuid_in(request.GET.get("after", ""))
    found = queries.find_officers(viewer, **asked, after=after)
    kept = {"s": token} if token else {}
    if asked and not token:
        kept = {"state": asked["state"]}
    context = {
        "form": form,
        "rows": [(one, state_of(one)) for one in found.rows],
        "asked": asked,
        "next": f"?{urlencode({**kept, 'after': found.rows[-1].public_id})}" if found.more else "",
        "first": f"?{urlencode(kept)}" if after else "",
    }
    return render(request, "administration/officers.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new account, usually with its first post; the answer shows the initial password."""
    viewer = administrator_of(request)
    at = _office_asked(request, viewer)
    form = AccountForm(posted(request), at=at)
    if request.method == "POST" and form.is_valid():
        by, post = actor_of(viewer), form.post()
        try:
            with action():
                made, password = accounts.create_account(
                    username=form.cleaned_data["username"],
                    full_name=form.cleaned_data["full_name"],
                    by=by,
                )
                if post is not None:
                    accounts.appoint(officer=made, by=by, **post)
        except ValidationError as error:
            add_all(form, error)
        else:
            return _password_shown(request, made, password)
    context = {"form": form, "at": at, "cancel": reverse("administration:officers")}
    status = 422 if form.errors else 200
    return render(request, "administration/officer_new.html", context, status=status)


def _office_asked(request: HttpRequest, viewer: Officer) -> Office | None:
    """The office from whose page the viewer comes."""
    named = request.POST.get("at", "") or request.GET.get("office", "")
    return queries.office_for(viewer, named) if uuid_in(named) else None


def _password_shown(request: HttpRequest, officer: Officer, password: str) -> HttpResponse:
    context = {"officer": officer, "password": password}
    response = render(request, "administration/password.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _found(viewer: Officer, officer: UUID) -> Officer:
    found = queries.officer_for(viewer, officer)
    if found is None:
        raise Http404
    return found


@never_cache
@require_GET
def officer(request: HttpRequest, officer: UUID) -> HttpResponse:
    """One account: its state, its posts, and what can be done."""
    viewer = administrator_of(request)
    return _page(request, viewer, _found(viewer, officer))


def _page(
    request: HttpRequest,
    viewer: Officer,
    found: Officer,
    *,
    name: NameForm | None = None,
    end: EndForm | None = None,
    status: int = 200,
) -> HttpResponse:
    posts = shown_posts(queries.posts_of_officer(viewer, found))
    context: dict[str, Any] = {
        "officer": found,
        "state": state_of(found),
        "own": found.pk == viewer.pk,
        "posts": posts,
        "working": any(one.state != "past" for one in posts),
        "has_factor": queries.has_factor(found),
        "name": name or NameForm(initial={"full_name": found.full_name}),
        "end": end or EndForm(),
    }
    return render(request, "administration/officer.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def appoint(request: HttpRequest, officer: UUID) -> HttpResponse:
    """Give an officer a post."""
    viewer = administrator_of(request)
    found = _found(viewer, officer)
    at = _office_asked(request, viewer)
    form = PostForm(posted(request), at=at)
    if request.method == "POST" and form.is_valid():
        post = form.post()
        assert post is not None  # the role is required
        try:
            accounts.appoint(officer=found, by=actor_of(viewer), **post)
        except ValidationError as error:
            add_all(form, error)
        else:
            messages.success(request, _("The post is given."))
            return redirect("administration:officer", found.public_id)
    context = {
        "form": form,
        "officer": found,
        "at": at,
        "cancel": reverse("administration:officer", args=[found.public_id]),
    }
    status = 422 if form.errors else 200
    return render(request, "administration/appoint.html", context, status=status)


@require_POST
def end(request: HttpRequest, officer: UUID) -> HttpResponse:
    """End one of an officer's posts."""
    viewer = administrator_of(request)
    found = _found(viewer, officer)
    post = queries.post_for(viewer, found, request.POST.get("post", ""))
    if post is None:
        raise Http404
    form = EndForm(request.POST)
    if not form.is_valid():
        return _page(request, viewer, found, end=form, status=422)
    try:
        accounts.end_post(post=post, by=actor_of(viewer), last_day=form.cleaned_data["last_day"])
    except ValidationError as error:
        add_all(form, error)
        return _page(request, viewer, found, end=form, status=422)
    messages.success(request, _("The post is ended."))
    return redirect("administration:officer", found.public_id)


@require_POST
def rename(request: HttpRequest, officer: UUID) -> HttpResponse:
    """Write an officer's name anew."""
    viewer = administrator_of(request)
    found = _found(viewer, officer)
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, viewer, found, name=form, status=422)
    name = form.cleaned_data["full_name"]
    accounts.rename_officer(officer=found, full_name=name, by=actor_of(viewer))
    messages.success(request, _("The name is changed."))
    return redirect("administration:officer", found.public_id)


@never_cache
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, officer: UUID, step: str) -> HttpResponse:
    """Shut, open, reset or end an account: first what will happen, then it does."""
    viewer = administrator_of(request)
    found = _found(viewer, officer)
    by = actor_of(viewer)
    if request.method == "GET":
        context = {"officer": found, "step": step, "own": found.pk == viewer.pk}
        return render(request, "administration/step.html", context)
    if step == "password":
        return _password_shown(request, found, accounts.reset_password(officer=found, by=by))
    if step == "factor":
        return _password_shown(request, found, accounts.reset_factor(officer=found, by=by))
    if step == "shut":
        accounts.shut_account(officer=found, by=by)
        messages.success(request, _("The account is shut. Its posts stay."))
    elif step == "open":
        accounts.open_account(officer=found, by=by)
        messages.success(request, _("The account is open."))
    else:
        accounts.dismiss_officer(officer=found, by=by)
        messages.success(request, _("All posts are ended and the account is shut."))
    return redirect("administration:officer", found.public_id)
