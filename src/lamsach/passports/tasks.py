"""Background work of passports: issuing what is due, renewing, the public log and lists.

Each is safe to run twice and at the same time as another: what is done is taken away with it.
"""

from __future__ import annotations

from typing import Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lamsach.clock import now
from lamsach.jobs.actions import step
from lamsach.jobs.models import Job
from lamsach.jobs.registry import JobProblem, background, periodic
from lamsach.passports.actions import ISSUE_BULK, ISSUE_QUICK, REPLACE, look_at
from lamsach.passports.desk import RENEWED_BEFORE, do_some_due
from lamsach.passports.issuer import NoIssuerError, open_issuer
from lamsach.passports.log_keeper import LogOutOfStepError, append_waiting
from lamsach.passports.models import Due, Lane, Passport
from lamsach.passports.publishing import publish_lists
from lamsach.registry.standing import refresh_standing

__all__ = ["issue", "issue_in_bulk", "publish", "renew", "replace", "sweep"]

_AT_ONCE: Final = {Lane.QUICK: 100, Lane.BULK: 1000}
_LOG_BEHIND: Final = _(
    "The public log and the database do not agree. Restore the older of the two, then retry."
)


@background(ISSUE_QUICK, label=_("Passports to issue"))
def issue(job: Job) -> None:
    """Issue the passports that somebody may be waiting for."""
    _work_off(job, Lane.QUICK)


@background(ISSUE_BULK, label=_("Passports to issue in bulk"), bulk=True)
def issue_in_bulk(job: Job) -> None:
    """Issue all passports that are due."""
    _work_off(job, Lane.BULK)


def _work_off(job: Job, lane: Lane) -> None:
    try:
        with open_issuer() as issuer:
            while True:
                with step(job) as here:
                    done = do_some_due(here.act, issuer, lane=lane, most=_AT_ONCE[lane])
                    here.advance(done.issued)
                if done.looked_at == 0:
                    break  # busy ones are left to whoever changes them, or to the sweep
    except NoIssuerError as error:
        raise JobProblem(error.sentence) from error
    _append()


@periodic("*/5 * * * *", "passports.sweep", label=_("Passports that were left behind"))
def sweep(job: Job) -> None:
    """Do what is due and was left: the key was not to be had, a record was being changed."""
    if Due.objects.exists():
        _work_off(job, Lane.BULK)
    _append()


@periodic("0 17 * * *", "passports.renew", label=_("Passports to renew"), bulk=True)
def renew(job: Job) -> None:
    """At midnight in Vietnam: what ends within 30 days is renewed without anyone asking.

    So is what was being issued with a key while that was taken off the trust list.
    """
    while True:
        with step(job) as here:
            until = now() + RENEWED_BEFORE
            ending = Passport.objects.filter(
                Q(expires_at__lte=until) | Q(signer__distrusted_at__isnull=False),
                superseded_at=None,
                pk__gt=here.cursor.get("after", 0),
            ).order_by("pk")
            rows = list(ending.values_list("pk", "person_id")[: _AT_ONCE[Lane.BULK]])
            if not rows:
                break
            people = [person for _pk, person in rows]
            look_at(here.act, people)
            refresh_standing(people)  # what was refused is tried once more
            here.advance(len(rows), cursor={"after": rows[-1][0]})


@background(REPLACE, label=_("Passports of a key that is no longer trusted"), bulk=True)
def replace(job: Job) -> None:
    """Have the passports that rest on a distrusted key issued anew; until then they wait."""
    while True:
        with step(job) as here:
            resting = Passport.objects.filter(
                signer=job.arguments["signer"],
                superseded_at=None,
                pk__gt=here.cursor.get("after", 0),
            ).order_by("pk")
            rows = list(resting.values_list("pk", "person_id")[: _AT_ONCE[Lane.BULK]])
            if not rows:
                break
            people = [person for _pk, person in rows]
            look_at(here.act, people)
            refresh_standing(people)
            here.advance(len(rows), cursor={"after": rows[-1][0]})


@periodic("*/10 * * * *", "passports.publish", label=_("Lists for verifiers"))
def publish(job: Job) -> None:
    """Publish the trust list and the revocations anew."""
    del job
    publish_lists()


def _append() -> None:
    try:
        append_waiting()
    except LogOutOfStepError as error:
        raise JobProblem(_LOG_BEHIND) from error
