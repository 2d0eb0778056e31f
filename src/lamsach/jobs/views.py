"""The page of a job: how far it is, and that nobody needs to wait for it."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.jobs import registry
from lamsach.jobs.actions import retry_job
from lamsach.jobs.models import Job
from lamsach.jobs.queries import idle_since, job_for

__all__ = ["job", "job_again"]


def _found(request: HttpRequest, public_id: uuid.UUID) -> tuple[Officer, Job]:
    viewer = request.user
    found = job_for(viewer, public_id) if isinstance(viewer, Officer) else None
    if found is None or not isinstance(viewer, Officer):
        raise Http404
    return viewer, found


@require_GET
def job(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """How far a job is; htmx asks for the part that changes, others load the page again."""
    _viewer, found = _found(request, public_id)
    kind = registry.work(found.task)
    result = kind.result(found) if kind and kind.result and found.state == "done" else ""
    share = min(100, found.done * 100 // found.total) if found.total else None
    context = {
        "job": found,
        "label": kind.label if kind else "",
        "result": result,
        "idle_since": idle_since(found),
        "share": 100 if found.state == "done" else share,
    }
    partial = bool(getattr(request, "htmx", False))
    response = render(request, "jobs/progress.html" if partial else "jobs/job.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def job_again(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Let a job that stopped go on."""
    viewer, found = _found(request, public_id)
    retry_job(job=found, actor=actor_of(viewer))
    return redirect("jobs:job", found.public_id)
