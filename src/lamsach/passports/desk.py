"""The issuing desk: takes what is due, some people at a time, and does it in one transaction.

For each person due: a passport is issued, or issued anew in place of one that shows what is no
longer so, or the one there is revoked because its doses are no longer enough; or nothing, when it
is right as it is. What is done and the row that asked for it commit together, so that a worker who
is killed at any point loses and doubles nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings

from lamsach.clock import now
from lamsach.hcert.bulk import issue_many
from lamsach.hcert.envelope import open_envelope
from lamsach.hcert.issue import Issuer
from lamsach.hcert.revocation import signature_hash
from lamsach.hcert.vaccines import PRODUCTS
from lamsach.ledger.actions import Action, Actor
from lamsach.ledger.verbs import Verb
from lamsach.passports.issuer import signer_of
from lamsach.passports.models import Due, Lane, LogKind, Passport, Reason, Refusal
from lamsach.passports.payloads import columns_of
from lamsach.passports.sql import Wanted, lock_records, wanted
from lamsach.passports.writing import NewPassport, Rest, new_keys, note_in_log, write_passports
from lamsach.registry.standing import refresh_standing

__all__ = ["GRACE", "RENEWED_BEFORE", "SYSTEM", "Done", "do_some_due", "revoke"]

SYSTEM: Final = Actor.system("passports")
GRACE: Final = timedelta(hours=72)  # what a corrected passport still lives
RENEWED_BEFORE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Done:
    """What one round of the desk did.

    `busy` are people whose record somebody was changing: they are due still. When nobody was
    looked at and nobody is busy, nothing is due any more.
    """

    looked_at: int
    busy: int
    issued: int
    revoked: int
    refused: int


def do_some_due(act: Action, issuer: Issuer, *, lane: Lane, most: int) -> Done:
    """One round: up to `most` people of a lane, each wholly done when the action commits.

    Rows that another worker holds are passed over, as are people whose record is being changed.
    More urgent lanes are taken first.
    """
    rows = list(
        Due.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(lane__lte=lane)
        .order_by("lane", "id")[:most]
    )
    if not rows:
        return Done(0, 0, 0, 0, 0)
    moment = now()
    people = lock_records([row.person_id for row in rows])
    held = len(rows)
    rows = [row for row in rows if row.person_id in people]
    asked = {(row.person_id, row.campaign_id) for row in rows}
    found = {
        (one.person_id, one.campaign_id): one
        for one in wanted(sorted(people))
        if (one.person_id, one.campaign_id) in asked
    }
    current = _current(asked)
    to_issue, to_revoke = [], []
    for pair in sorted(asked):
        one = found.get(pair)
        if one is not None and one.eligible and not one.withheld:
            late = one.current_until is None or one.current_until <= moment + RENEWED_BEFORE
            if late or not one.shown:
                to_issue.append(one)
        elif pair in current and (one is None or one.ready):
            to_revoke.append(current[pair])
    issued, refused = _issue(act, issuer, to_issue, current, moment)
    revoke(act, to_revoke, Reason.WITHDRAWN, at=moment, actor=SYSTEM)
    Due.objects.filter(pk__in=[row.pk for row in rows]).delete()
    refresh_standing(people)
    return Done(len(rows), held - len(rows), issued, len(to_revoke), refused)


def _current(asked: set[tuple[int, int]]) -> dict[tuple[int, int], Passport]:
    rows = Passport.objects.filter(person__in={person for person, _ in asked}, superseded_at=None)
    return {(row.person_id, row.campaign_id): row for row in rows.select_for_update(of=("self",))}


def _issue(
    act: Action,
    issuer: Issuer,
    wishes: Sequence[Wanted],
    current: dict[tuple[int, int], Passport],
    at: datetime,
) -> tuple[int, int]:
    """Issue a passport for each; the ones that they replace are superseded, or revoked as well."""
    if not wishes:
        return 0, 0
    signer = signer_of(issuer)
    validity = issuer.validity(at)
    table = columns_of(wishes, settings.PASSPORT_ISSUER_NAME)
    answers = issue_many(table, lambda: issuer, issued_at=at).to_pylist()
    made, rests, refusals, corrected = [], [], [], []
    keys = iter(new_keys(len(wishes)))
    for one, answer in zip(wishes, answers, strict=True):
        if answer["code"] is not None:
            refusals.append(_refusal(one, answer, at))
            continue
        old = current.get((one.person_id, one.campaign_id))
        if old is not None and not one.shown:
            corrected.append(old)
        key = next(keys)
        product = PRODUCTS[one.product]
        assert one.answer_id is not None  # eligible: there is an answer
        made.append(
            NewPassport(
                id=key,
                public_id=uuid.uuid4(),
                person_id=one.person_id,
                campaign_id=one.campaign_id,
                uvci=answer["ci"],
                hc1=answer["hc1"],
                signature_hash=_signature_hash(answer["hc1"], signer.algorithm),
                signer_id=signer.pk,
                issued_at=datetime.fromtimestamp(validity.issued_at, UTC),
                expires_at=datetime.fromtimestamp(validity.expires_at, UTC),
                full_name=one.full_name,
                birth_date=one.birth_date,
                nationality=one.nationality,
                travel_name=one.travel_name,
                disease=one.disease,
                dose_number=one.doses,
                series=one.series,
                vaccinated_on=one.vaccinated_on,
                country=one.country,
                vaccine=product.prophylaxes[0],
                product=one.product,
                manufacturer=product.maker,
                issued_by=settings.PASSPORT_ISSUER_NAME,
                answer_id=one.answer_id,
                replaces_id=None if old is None else old.pk,
            )
        )
        rests += [Rest(key, dose, statement) for dose, statement in one.rests]
    # In one transaction: whoever looks sees the old one or the new one, never neither.
    replaced = [one.replaces_id for one in made if one.replaces_id is not None]
    Passport.objects.filter(pk__in=replaced).update(superseded_at=at)
    write_passports(made, rests)
    revoke(act, corrected, Reason.CORRECTED, at=at, actor=SYSTEM)
    Refusal.objects.bulk_create(
        refusals,
        update_conflicts=True,
        unique_fields=["person", "campaign"],
        update_fields=["code", "message_vi", "message_en", "at"],
    )
    if made:
        act.record(
            Verb.PASSPORT_ISSUE,
            actor=SYSTEM,
            subject=("passport_signer", signer.kid),
            facts={"count": len(made), "replaced": len(replaced), "refused": len(refusals)},
            content={"passports": [str(one.public_id) for one in made]},
        )
    return len(made), len(refusals)


def revoke(
    act: Action,
    passports: Sequence[Passport],
    reason: Reason,
    *,
    at: datetime,
    actor: Actor,
    grounds: str = "",
) -> None:
    """Revoke passports: with 72 hours' grace, in which the holder gets the new one; fraud has none.

    Inside an action; a passport that is revoked already stays as it is.
    """
    rows = [one for one in passports if one.revoked_at is None]
    if not rows:
        return
    Passport.objects.filter(pk__in=[one.pk for one in rows], superseded_at=None).update(
        superseded_at=at
    )
    Passport.objects.filter(pk__in=[one.pk for one in rows]).update(
        revoked_at=at,
        revocation_effective_at=at if reason is Reason.FRAUD else at + GRACE,
        revocation_reason=reason,
        revocation_grounds=grounds,
    )
    note_in_log(LogKind.REVOKED, [(one.pk, one.uvci, one.hc1) for one in rows])
    for one in rows:
        act.record(
            Verb.PASSPORT_REVOKE,
            actor=actor,
            subject=("passport", one.public_id),
            facts={"reason": reason.value},
            content={"grounds": grounds} if grounds else None,
        )


def _refusal(one: Wanted, answer: dict[str, Any], at: datetime) -> Refusal:
    return Refusal(
        person_id=one.person_id,
        campaign_id=one.campaign_id,
        code=answer["code"],
        message_vi=answer["message_vi"],
        message_en=answer["message_en"],
        at=at,
    )


def _signature_hash(hc1: str, algorithm: str) -> bytes:
    return signature_hash(open_envelope(hc1).message.signature, algorithm)
