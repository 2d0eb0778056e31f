"""Cleansing's background work: applying a returned list, part by part."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.models import Officer
from lamsach.cleansing.actions import apply_part, finish_list
from lamsach.cleansing.models import CleansingEntry, CleansingList, ListState
from lamsach.jobs.actions import step
from lamsach.jobs.models import Job
from lamsach.jobs.registry import JobProblem, background

__all__ = ["apply"]

PART: Final = 500


def _page_of(job: Job) -> str:
    return reverse("cleansing:list", args=[job.arguments["list"]])


@background("cleansing.apply", label=_("Applying a cleansing list"), result=_page_of)
def apply(job: Job) -> None:
    """Apply what is left of a list; it can be broken off anywhere."""
    cleansing_list = CleansingList.objects.get(public_id=job.arguments["list"])
    officer = Officer.objects.get(public_id=job.arguments["officer"])
    if cleansing_list.state != ListState.RETURNED:
        return
    left = CleansingEntry.objects.filter(list=cleansing_list, is_open=True)
    try:
        while left.exists():
            with step(job) as here:
                done = apply_part(
                    here.act, officer=officer, cleansing_list=cleansing_list, most=PART
                )
                here.advance(done)
        with step(job) as here:
            finish_list(here.act, officer=officer, cleansing_list=cleansing_list)
    except PermissionDenied as error:
        raise JobProblem(
            _("Who had this list applied no longer works there; a colleague has to do it.")
        ) from error
