"""Pages of campaigns: list, open, change, close; for the ministry alone."""

from __future__ import annotations

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
from lamsach.administration.actions import campaigns
from lamsach.administration.asked import ministry_of, posted
from lamsach.administration.forms import add_all
from lamsach.administration.forms_campaigns import CampaignForm, CloseCampaignForm
from lamsach.clock import today
from lamsach.registry.models import Campaign

__all__ = ["campaign", "close", "create", "index"]


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All campaigns."""
    viewer = ministry_of(request)
    context = {"campaigns": queries.campaigns_for(viewer), "today": today()}
    return render(request, "administration/campaigns.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Open a campaign."""
    viewer = ministry_of(request)
    form = CampaignForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = campaigns.open_campaign(
                code=form.cleaned_data["code"], rules=form.rules(), by=actor_of(viewer)
            )
        except ValidationError as error:
            add_all(form, error)
        else:
            messages.success(request, _("The campaign is open: facilities can enter doses."))
            return redirect("administration:campaign", made.code)
    return _shown(request, form, None)


@never_cache
@require_http_methods(["GET", "POST"])
def campaign(request: HttpRequest, code: str) -> HttpResponse:
    """One campaign and its rules, to be changed."""
    viewer = ministry_of(request)
    found = _found(viewer, code)
    form = CampaignForm(posted(request), campaign=found)
    if request.method == "POST" and form.is_valid():
        try:
            campaigns.change_campaign(campaign=found, rules=form.rules(), by=actor_of(viewer))
        except ValidationError as error:
            add_all(form, error)
        else:
            messages.success(request, _("The campaign is as you wrote it."))
            return redirect("administration:campaign", found.code)
    return _shown(request, form, found)


def _found(viewer: Officer, code: str) -> Campaign:
    found = queries.campaign_for(viewer, code)
    if found is None:
        raise Http404
    return found


def _shown(
    request: HttpRequest,
    form: CampaignForm,
    found: Campaign | None,
    close: CloseCampaignForm | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "campaign": found,
        "close": close or CloseCampaignForm(prefix="close"),
        "over": found is not None and found.closed_on is not None and found.closed_on <= today(),
        "cancel": reverse("administration:campaigns"),
    }
    wrong = (form.is_bound and form.errors) or close is not None
    return render(request, "administration/campaign.html", context, status=422 if wrong else 200)


@require_POST
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Let a campaign end with a day."""
    viewer = ministry_of(request)
    found = _found(viewer, code)
    form = CloseCampaignForm(request.POST, prefix="close")
    if form.is_valid():
        try:
            campaigns.close_campaign(campaign=found, last_day=form.chosen(), by=actor_of(viewer))
        except ValidationError as error:
            add_all(form, error)
        else:
            messages.success(request, _("The campaign has a last day."))
            return redirect("administration:campaign", found.code)
    return _shown(request, CampaignForm(campaign=found), found, form)
