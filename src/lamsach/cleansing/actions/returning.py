"""Signing and handing a list back (2262/BYT-CNTT, step 4): a digital signature, or a signed paper.

What is signed is the list's manifest: every entry with its decision, how it was looked at, and a
salted digest of the values it brings; the values themselves stay where they can be forgotten. The
manifest is stored with the signature, both encrypted.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives import hashes
from django.utils.translation import gettext as _

from lamsach.accounts.models import Officer
from lamsach.accounts.refusals import ConflictError
from lamsach.cleansing.actions.steps import locked, refresh_people, standing_in, take_step
from lamsach.cleansing.models import CleansingEntry, CleansingList
from lamsach.clock import now
from lamsach.esign.canonical import Json, canonical
from lamsach.esign.errors import ESignError
from lamsach.esign.signatures import Signer, verify_cms
from lamsach.files.actions import keep_file
from lamsach.files.scans import cleaned_scan
from lamsach.ledger.actions import Action, action
from lamsach.ledger.verbs import Verb
from lamsach.signing.actions import certificate_of, count_wrong_pin
from lamsach.signing.errors import CannotSignError
from lamsach.signing.models import SignerCertificate
from lamsach.signing.trust import authorities, opened_key, said, time_stamps

__all__ = ["manifest_of", "return_with_pin", "return_with_scan", "return_with_signature"]

KIND: Final = "lamsach.cleansing-list.1"


def manifest_of(cleansing_list: CleansingList) -> bytes:
    """The canonical text of a list's decisions, the same bytes until one of them changes.

    Raises `ConflictError` while an entry is undecided.
    """
    entries = (
        CleansingEntry.objects.filter(list=cleansing_list)
        .select_related("decision", "decision__officer", "decision__commune", "person")
        .order_by("position")
    )
    lines: list[Json] = []
    for entry in entries:
        decision = entry.decision
        if decision is None:
            raise ConflictError(
                _("Some entries are undecided: decide them, or return the list for completion.")
            )
        changes = canonical(dict(decision.changes))
        lines.append(
            {
                "entry": str(entry.public_id),
                "person": str(entry.person.reference),
                "version": entry.person_version,
                "decision": decision.kind,
                "looked_at": decision.looked_at,
                "officer": str(decision.officer.public_id),
                "at": decision.at.isoformat(),
                "values": sha256(bytes(decision.salt) + changes).hexdigest(),
            }
        )
    fresh = cleansing_list
    return canonical(
        {
            "kind": KIND,
            "list": str(fresh.public_id),
            "commune": f"{fresh.commune.catalogue}/{fresh.commune.code}",
            "police": str(fresh.police.public_id) if fresh.police else "",
            "entries": lines,
        }
    )


def return_with_signature(
    *, officer: Officer, cleansing_list: CleansingList, signature: bytes
) -> None:
    """Hand a list back with a detached CMS signature over its manifest.

    Raises `CannotSignError` for a signature that is not good, or not by the certificate that is
    bound to the officer; `ConflictError` when the list is elsewhere or not decided.
    """
    with action() as act:
        fresh = locked(act, cleansing_list)
        standing_in(officer, fresh, "sign_and_return")
        manifest = manifest_of(fresh)
        fresh.certificate = _verified(officer, manifest, signature)
        fresh.signature = keep_file(content=signature)
        _return(act, officer, fresh, manifest, by="signature")


def return_with_pin(*, officer: Officer, cleansing_list: CleansingList, pin: str) -> None:
    """Hand a list back, signed with the officer's key on this server. Raises as with a signature.

    Nothing is locked while the key works; what changed meanwhile makes the signature no good.
    """
    standing_in(officer, cleansing_list, "sign_and_return")
    signature = _signed(officer, manifest_of(cleansing_list), pin)
    return_with_signature(officer=officer, cleansing_list=cleansing_list, signature=signature)


def _signed(officer: Officer, text: bytes, pin: str) -> bytes:
    """A signature by the officer's own key, with signing's own guard against tried PINs."""
    certificate = certificate_of(officer)
    if not certificate.key:
        raise CannotSignError(
            "no_key", _("Your key is at your own desk: sign there and send the signature file.")
        )
    if certificate.is_locked:
        raise CannotSignError(
            "locked", _("Too many wrong PINs. Wait a quarter of an hour, then try again.")
        )
    try:
        with opened_key(certificate.key, pin) as key:
            return Signer(key, authorities(), time_stamps()).cms(text)
    except ESignError as error:
        raise CannotSignError(error.code, said(error)) from error
    except CannotSignError as error:
        if error.code == "wrong_pin":
            count_wrong_pin(certificate)
        raise


def _verified(officer: Officer, manifest: bytes, signature: bytes) -> str:
    """The fingerprint of the certificate by which an officer signed a manifest."""
    found = verify_cms(signature, manifest, authorities())
    if not found.valid or found.certificate is None:
        fault = found.fault or found.integrity
        raise CannotSignError(fault.code, said(fault.error()))
    fingerprint = found.certificate.path[0].fingerprint(hashes.SHA256()).hex()
    own = SignerCertificate.objects.filter(
        officer=officer, unbound_at=None, fingerprint=fingerprint
    )
    if not own.exists():
        raise CannotSignError(
            "other_certificate",
            _("The signature is not by the certificate that is bound to you."),
        )
    return fingerprint


def return_with_scan(*, officer: Officer, cleansing_list: CleansingList, scan: bytes) -> None:
    """Hand a list back with the scan of its signed and sealed sheet.

    Raises `FileRefusedError` for what is no PDF or picture; `ConflictError` as above.
    """
    content, media_type = cleaned_scan(scan)
    with action() as act:
        fresh = locked(act, cleansing_list)
        standing_in(officer, fresh, "sign_and_return")
        manifest = manifest_of(fresh)
        fresh.scan, fresh.scan_type = keep_file(content=content), media_type
        _return(act, officer, fresh, manifest, by="scan")


def _return(
    act: Action, officer: Officer, fresh: CleansingList, manifest: bytes, *, by: str
) -> None:
    fresh.manifest = keep_file(content=manifest)
    fresh.signed_by, fresh.signed_at = officer, now()
    take_step(
        act,
        officer=officer,
        fresh=fresh,
        name="sign_and_return",
        verb=Verb.LIST_RETURN,
        facts={"by": by, "manifest": sha256(manifest).hexdigest()},
    )
    refresh_people(act, fresh)
