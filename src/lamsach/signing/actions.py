"""Writing signatures: binding certificates, preparing, signing and abandoning batches.

Stored first, then signed: a batch is committed with its manifest, statements and receipts before
a key sees it, so that a signer who is killed at any point loses nothing; and a signature is kept
once, under a lock of its batch, so that nothing is signed twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.clock import VIETNAM, now
from lamsach.esign.batch import Batch
from lamsach.esign.certificates import Holder, check_certificate
from lamsach.esign.errors import ESignError
from lamsach.esign.signatures import Signer, verify_cms
from lamsach.ledger.actions import Action, Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office
from lamsach.registry.models import Correction
from lamsach.registry.standing import hold_people, refresh_standing
from lamsach.signing import sql
from lamsach.signing.errors import CannotSignError, NotNowError
from lamsach.signing.hooks import run_after_signing
from lamsach.signing.models import BatchState, DoseStatement, SignerCertificate, SigningBatch
from lamsach.signing.statements import KIND, PURPOSE, counts_of, dose_statement, summary_of
from lamsach.signing.trust import authorities, opened_key, said, time_stamps

__all__ = [
    "LARGEST_BATCH",
    "Checked",
    "abandon_batch",
    "accept_signature",
    "bind_certificate",
    "certificate_of",
    "count_wrong_pin",
    "may_sign",
    "prepare_batch",
    "sign_batch",
    "unbind_certificate",
    "void_statements",
]

LARGEST_BATCH: Final = 100_000
DAILY_CEILING: Final = 10_000  # unless the administrator who binds a certificate says otherwise
_TRIES: Final = 5
_LOCKED_FOR: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a signed batch came to: doses that are signed now, and those that changed meanwhile."""

    signed: int
    left_out: int


def may_sign(officer: Officer, office: Office) -> bool:
    """Whether an officer signs for an office today: its head (8938/BYT-DP, facility track)."""
    return any(
        grant.role is Role.FACILITY_HEAD and grant.office_id == office.pk
        for grant in scope_of(officer).grants
    )


def bind_certificate(
    *,
    officer: Officer,
    certificate: x509.Certificate,
    by: Actor,
    key: str = "",
    daily_ceiling: int = DAILY_CEILING,
) -> SignerCertificate:
    """Bind a certificate to the officer whose own it is; the one before it is no longer theirs.

    `key` says where its key lies on this server, if it does. Raises `PermissionDenied` when
    somebody binds their own, `CannotSignError` when the certificate is not good now.
    """
    if by == actor_of(officer):
        raise PermissionDenied
    try:
        check_certificate(certificate, (), authorities()).require()
    except ESignError as error:
        raise CannotSignError(error.code, said(error)) from error
    with action() as act:
        moment = now()
        fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
        present = SignerCertificate.objects.select_for_update().filter(unbound_at=None)
        if present.filter(fingerprint=fingerprint).exclude(officer=officer).exists():
            raise CannotSignError(
                "somebody_elses", _("This certificate is bound to another officer already.")
            )
        present.filter(officer=officer).update(unbound_at=moment)
        bound = SignerCertificate.objects.create(
            officer=officer,
            fingerprint=fingerprint,
            certificate=certificate.public_bytes(Encoding.DER),
            holder=str(Holder.of(certificate)),
            valid_from=certificate.not_valid_before_utc,
            valid_until=certificate.not_valid_after_utc,
            key=key,
            daily_ceiling=daily_ceiling,
            bound_at=moment,
        )
        act.record(
            Verb.SIGNER_BIND,
            actor=by,
            subject=("officer", officer.public_id),
            facts={"certificate": fingerprint, "ceiling": daily_ceiling},
        )
    return bound


def unbind_certificate(*, officer: Officer, by: Actor) -> None:
    """Take an officer's certificate away: lost, stolen, or the officer leaves."""
    with action() as act:
        own = SignerCertificate.objects.filter(officer=officer, unbound_at=None)
        if own.update(unbound_at=now()):
            act.record(Verb.SIGNER_UNBIND, actor=by, subject=("officer", officer.public_id))


def prepare_batch(*, officer: Officer, office: Office) -> SigningBatch:
    """Put the doses that wait for an office's signature into a batch, up to the day's ceiling.

    The batch that the office has prepared already, if there is one. What offices whose place it has
    taken left prepared is given up: nobody else could sign it. Raises `PermissionDenied`,
    `CannotSignError` (no certificate, nothing to sign, the ceiling reached).
    """
    if not may_sign(officer, office):
        raise PermissionDenied
    with action() as act:
        offices = sql.signs_for(office.pk)
        sql.lock_offices(offices)
        open_one = SigningBatch.objects.filter(office=office, state=BatchState.PREPARED).first()
        if open_one is not None:
            return open_one
        certificate = certificate_of(officer)
        left = SigningBatch.objects.filter(office__in=offices, state=BatchState.PREPARED)
        for batch in left.select_for_update().order_by("pk"):
            _give_up(act, batch, officer)
        doses = sql.awaiting_doses(offices, min(_left_today(certificate), LARGEST_BATCH))
        if not doses:
            raise CannotSignError("nothing", _("No dose waits for your signature."))
        moment = now()
        statements = [dose_statement(dose) for dose in doses]
        signed = Batch(
            statements,
            {
                "purpose": PURPOSE,
                "office": {"id": str(office.public_id), "name": office.name},
                "records": KIND,
                **summary_of(doses),
            },
            created=moment,
        )
        batch = SigningBatch.objects.create(
            office=office,
            officer=officer,
            count=len(doses),
            counts=counts_of(doses, at=moment),
            manifest=bytes(signed.manifest),
            prepared_at=moment,
        )
        sql.copy_statements(batch.pk, doses, statements, signed.receipts())
        _record(act, Verb.BATCH_PREPARE, batch, officer, count=batch.count)
    return batch


def sign_batch(*, officer: Officer, batch: SigningBatch, pin: str) -> Checked:
    """Sign a prepared batch with the officer's key on this server: one PIN, one signature.

    Nothing is locked while the key works. Raises as `accept_signature`, and `CannotSignError`
    with `wrong_pin` or what else the key says.
    """
    certificate = _may_sign_now(officer, batch)
    if not certificate.key:
        raise CannotSignError(
            "no_key", _("Your key is at your own desk: sign there with `lamsach sign`.")
        )
    if certificate.is_locked:
        raise CannotSignError(
            "locked", _("Too many wrong PINs. Wait a quarter of an hour, then try again.")
        )
    try:
        with opened_key(certificate.key, pin) as key:
            own = key.certificate
            if own is None or own.fingerprint(hashes.SHA256()).hex() != certificate.fingerprint:
                raise CannotSignError(
                    "other_certificate",
                    _("This key's certificate is not the one that is bound to you."),
                )
            signer = Signer(key, authorities(), time_stamps())
            signature = signer.cms(bytes(batch.manifest))
    except ESignError as error:
        raise CannotSignError(error.code, said(error)) from error
    except CannotSignError as error:
        if error.code == "wrong_pin":
            count_wrong_pin(certificate)
        raise
    return accept_signature(officer=officer, batch=batch, signature=signature)


def accept_signature(*, officer: Officer, batch: SigningBatch, signature: bytes) -> Checked:
    """Keep a signature on a prepared batch, made here or at the officer's own desk.

    It must be a good detached CMS signature on the stored manifest, with the certificate that is
    bound to the officer. What changed since the batch was prepared stays unsigned. Raises
    `PermissionDenied`, `NotNowError` when the batch is not waiting, `CannotSignError`.
    """
    certificate = _may_sign_now(officer, batch)
    found = verify_cms(signature, bytes(batch.manifest), authorities())
    if not found.valid or found.certificate is None:
        fault = found.fault or found.integrity
        raise CannotSignError(fault.code, said(fault.error()))
    path = found.certificate.path
    if path[0].fingerprint(hashes.SHA256()).hex() != certificate.fingerprint:
        raise CannotSignError(
            "other_certificate",
            _("The signature is not by the certificate that is bound to you."),
        )
    with action() as act:
        waiting = SigningBatch.objects.select_for_update().get(pk=batch.pk)
        if waiting.state != BatchState.PREPARED:
            raise _not_now()
        # Others that this officer signs at the same moment count towards the same ceiling.
        SignerCertificate.objects.select_for_update().get(pk=certificate.pk)
        if waiting.count > _left_today(certificate):
            raise _ceiling(certificate)
        people = sql.people_of(waiting.pk)
        hold_people(people)  # nobody corrects them while it is looked at what changed
        moment = now()
        waiting.state = BatchState.SIGNED
        waiting.officer = officer
        waiting.certificate = certificate
        waiting.signature = signature
        waiting.closed_at = moment
        waiting.save()
        sql.void_stale(waiting.pk, moment)
        left_out = waiting.statements.exclude(voided_at=None).count()
        SignerCertificate.objects.filter(pk=certificate.pk).update(
            failed_tries=0, locked_until=None
        )
        run_after_signing(act, people)
        refresh_standing(people)
        _record(act, Verb.DOSES_SIGN, waiting, officer, count=waiting.count, left_out=left_out)
    return Checked(waiting.count - left_out, left_out)


def abandon_batch(*, officer: Officer, batch: SigningBatch) -> None:
    """Give a prepared batch up; its doses wait again. Raises `NotNowError` when it is not open."""
    if not may_sign(officer, batch.office):
        raise PermissionDenied
    with action() as act:
        waiting = SigningBatch.objects.select_for_update().get(pk=batch.pk)
        if waiting.state != BatchState.PREPARED:
            raise _not_now()
        _give_up(act, waiting, officer)


def _give_up(act: Action, batch: SigningBatch, officer: Officer) -> None:
    """Give a locked batch up. Its doses were waiting all the time, and can be put into another."""
    DoseStatement.objects.filter(batch=batch).delete()  # never signed, so no evidence
    batch.state = BatchState.ABANDONED
    batch.closed_at = now()
    batch.save()
    _record(act, Verb.BATCH_ABANDON, batch, officer)


def void_statements(act: Action, corrections: Sequence[Correction]) -> None:
    """Consequence: a corrected dose's statement no longer holds; the dose waits again."""
    by_dose = {one.dose_id: one for one in corrections if one.dose_id is not None}
    voided = sql.void_corrected({dose: one.pk for dose, one in by_dose.items()}, now())
    number = Counter(voided)
    batches = SigningBatch.objects.select_related("office").filter(pk__in=number).order_by("pk")
    for batch in batches:
        act.record(
            Verb.DOSE_SIGNATURE_VOID,
            actor=Actor.system("correction"),
            office=str(batch.office.public_id),
            subject=("signing_batch", batch.public_id),
            facts={"doses": number[batch.pk]},
        )


def certificate_of(officer: Officer) -> SignerCertificate:
    """The certificate that is bound to an officer. Raises `CannotSignError` without a good one."""
    own = SignerCertificate.objects.filter(officer=officer, unbound_at=None).first()
    if own is None:
        raise CannotSignError(
            "no_certificate",
            _("No certificate is bound to you. Ask your administrator to bind yours."),
        )
    if not own.is_valid(now()):
        raise CannotSignError(
            "expired", _("Your certificate is not valid today. Have it renewed and bound anew.")
        )
    return own


def _left_today(certificate: SignerCertificate) -> int:
    """How many doses an officer may still sign today (the day in Vietnam)."""
    midnight = now().astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
    done = SigningBatch.objects.filter(
        officer=certificate.officer_id, state=BatchState.SIGNED, closed_at__gte=midnight
    ).aggregate(total=Sum("count"))["total"]
    left = certificate.daily_ceiling - (done or 0)
    if left <= 0:
        raise _ceiling(certificate)
    return left


def _may_sign_now(officer: Officer, batch: SigningBatch) -> SignerCertificate:
    if not may_sign(officer, batch.office):
        raise PermissionDenied
    if batch.state != BatchState.PREPARED:
        raise _not_now()
    return certificate_of(officer)


def count_wrong_pin(certificate: SignerCertificate) -> None:
    """Count a wrong PIN; after some, the key stays shut for a while, as a token would do."""
    with action() as act:
        own = SignerCertificate.objects.select_for_update().get(pk=certificate.pk)
        own.failed_tries += 1
        if own.failed_tries >= _TRIES:
            own.failed_tries = 0
            own.locked_until = now() + _LOCKED_FOR
        own.save(update_fields=["failed_tries", "locked_until"])
        act.record(
            Verb.SIGNER_PIN_REFUSE,
            actor=actor_of(own.officer),
            subject=("officer", own.officer.public_id),
        )


def _record(act: Action, verb: Verb, batch: SigningBatch, officer: Officer, **facts: int) -> None:
    act.record(
        verb,
        actor=actor_of(officer),
        office=str(batch.office.public_id),
        subject=("signing_batch", batch.public_id),
        facts=facts,
    )


def _not_now() -> NotNowError:
    return NotNowError("not_waiting", _("This batch was signed or abandoned in the meantime."))


def _ceiling(certificate: SignerCertificate) -> CannotSignError:
    sentence = gettext("Today's ceiling of %(count)s doses is reached. Go on tomorrow.")
    return CannotSignError("ceiling", sentence % {"count": certificate.daily_ceiling})
