"""Background work of the public pages: answering look-ups, and sweeping up after them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from lamsach.jobs.actions import step
from lamsach.jobs.models import Job
from lamsach.jobs.registry import background, periodic
from lamsach.portal import actions
from lamsach.portal.limits import sweep_tallies
from lamsach.portal.models import Message

__all__ = ["answer_lookup", "sweep"]


@background(actions.ANSWER, label=_("Code for a citizen's look-up"))
def answer_lookup(job: Job) -> None:
    """Answer one look-up, then hand its message over; both safe to do again."""
    with step(job) as here:
        if not here.cursor:
            message = actions.answer_lookup(here.act, public_id=job.subject_id)
            here.advance(1, cursor={"message": message.pk if message else None})
    waiting = Message.objects.filter(pk=job.cursor["message"]).first()
    if waiting is not None:
        actions.deliver_message(message=waiting)


@periodic("15 * * * *", "portal.sweep", label=_("Clearing away of look-ups"))
def sweep(job: Job) -> None:
    """Remove what is over."""
    with step(job) as here:
        here.advance(actions.sweep() + sweep_tallies())
