"""Writing passports: what calls for one, fraud and its end. Issuing itself is the desk's (`desk`).

Whatever changes a record notes here, in its own transaction, whose passport is to be looked at,
and starts the job that does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.clock import now
from lamsach.jobs.actions import start_job
from lamsach.ledger.actions import Action, action
from lamsach.ledger.verbs import Verb
from lamsach.passports.desk import RENEWED_BEFORE, SYSTEM, revoke
from lamsach.passports.errors import CannotRevokeError
from lamsach.passports.models import Distrust, Lane, Passport, PassportSigner, Reason
from lamsach.passports.publishing import publish_lists
from lamsach.passports.queries import may_distrust
from lamsach.passports.sql import make_due
from lamsach.registry.models import Correction
from lamsach.registry.standing import hold_people, refresh_standing

__all__ = [
    "ISSUE_BULK",
    "ISSUE_QUICK",
    "REPLACE",
    "distrust_signer",
    "look_at",
    "look_at_corrected",
    "release_person",
    "revoke_for_fraud",
]

ISSUE_QUICK: Final = "passports.issue"
ISSUE_BULK: Final = "passports.issue_bulk"
REPLACE: Final = "passports.replace"
#: So many people at once are nobody's screen: they do not hold up a single correction.
_FEW: Final = 500


def look_at(act: Action, people: Sequence[int]) -> None:
    """Have these people's passports issued, renewed or revoked where the record calls for it.

    Inside the action that changed the record; a constant number of statements.
    """
    if not people:
        return
    hold_people(people)
    moment = now()
    lane = Lane.QUICK if len(people) <= _FEW else Lane.BULK
    due = make_due(people, lane=lane, now=moment, renew=moment + RENEWED_BEFORE)
    if due:
        task = ISSUE_QUICK if lane is Lane.QUICK else ISSUE_BULK
        # A row of its own for each time it is asked for: the key tells one time from another.
        start_job(act, task, key=f"{task}/{max(due)}/{moment.timestamp()}", actor=SYSTEM)


def look_at_corrected(act: Action, corrections: Sequence[Correction]) -> None:
    """Consequence: what a correction changes of a passport; the new one exists before the old goes.

    Where the register or a facility has to speak first, their answer calls for the passport.
    """
    look_at(act, sorted({one.person_id for one in corrections}))


def revoke_for_fraud(*, officer: Officer, passport: Passport, grounds: str) -> None:
    """Revoke a passport at once, without grace; its person gets no other until released.

    Raises `PermissionDenied`, `CannotRevokeError` when it is revoked already or without grounds.
    """
    _must_be_ministry(officer)
    if not grounds.strip():
        raise CannotRevokeError(_("Say on what grounds the passport is revoked."))
    with action() as act:
        hold_people([passport.person_id])
        row = Passport.objects.select_for_update().get(pk=passport.pk)
        if row.revoked_at is not None:
            raise CannotRevokeError(_("This passport has been revoked in the meantime."))
        revoke(
            act,
            [row],
            Reason.FRAUD,
            at=now(),
            actor=actor_of(officer),
            grounds=grounds.strip(),
        )
        refresh_standing([row.person_id])


def release_person(*, officer: Officer, passport: Passport) -> None:
    """Let the person of a passport that was revoked for fraud have a new one.

    Raises `PermissionDenied`, `CannotRevokeError` when nothing keeps it back.
    """
    _must_be_ministry(officer)
    with action() as act:
        hold_people([passport.person_id])
        kept = Passport.objects.filter(
            pk=passport.pk, revocation_reason=Reason.FRAUD, released_at=None
        )
        if not kept.update(released_at=now()):
            raise CannotRevokeError(_("Nothing keeps a new passport from this person."))
        act.record(
            Verb.PASSPORT_RELEASE,
            actor=actor_of(officer),
            subject=("passport", passport.public_id),
        )
        look_at(act, [passport.person_id])
        refresh_standing([passport.person_id])


def distrust_signer(*, officer: Officer, signer: PassportSigner, reason: Distrust) -> None:
    """Take a key off the trust list, which is published anew at once; it cannot be put back.

    Passports that rest on it no longer count; a job has them issued anew with another key. Raises
    `PermissionDenied`, `CannotRevokeError` when it was done before.
    """
    if not may_distrust(officer):
        raise PermissionDenied
    with action() as act:
        row = PassportSigner.objects.select_for_update().get(pk=signer.pk)
        if row.distrusted_at is not None:
            raise CannotRevokeError(_("This key was taken off the trust list in the meantime."))
        row.distrusted_at = now()
        row.save(update_fields=["distrusted_at"])
        act.record(
            Verb.PASSPORT_SIGNER_DISTRUST,
            actor=actor_of(officer),
            subject=("passport_signer", row.kid),
            facts={"reason": reason.value},
        )
        publish_lists()
        start_job(
            act,
            REPLACE,
            key=f"{REPLACE}/{row.kid}",
            subject=("passport_signer", row.kid),
            arguments={"signer": row.pk},
            actor=actor_of(officer),
        )


def _must_be_ministry(officer: Officer) -> None:
    if not scope_of(officer).may(Role.MINISTRY):
        raise PermissionDenied
