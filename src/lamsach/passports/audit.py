"""Checks a passport's file of evidence, offline: every link down to whoever vouched for it.

It takes the file and the keys that the auditor trusts: the ministry's, the certificate authorities'
of the facilities, the register's, the log's. Where a key is not given the link is not judged, and
not knowing is not passing. Pure: needs no server, no database and no network; everything in the
file may come from a stranger.
"""

from __future__ import annotations

import json
import unicodedata
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lamsach.esign.batch import Manifest, Receipt, verify_record
from lamsach.esign.certificates import Authorities
from lamsach.esign.certificates.checking import check_certificate
from lamsach.esign.certificates.signed_data import SignedData
from lamsach.esign.errors import ESignError
from lamsach.esign.findings import Finding, State, failed, passed, unknown
from lamsach.esign.merkle import leaf_hash, verify_inclusion
from lamsach.esign.moments import english, vietnamese
from lamsach.esign.transparency import Checkpoint, NoteVerifier, digest_of
from lamsach.hcert.decode import body_of
from lamsach.hcert.envelope import open_envelope
from lamsach.hcert.errors import Refused
from lamsach.hcert.transliteration import TransliterationError, transliterate
from lamsach.hcert.trust import TrustList
from lamsach.hcert.verify import verify
from lamsach.passports.logged import log_statement
from lamsach.population.statements import verify as verify_identity
from lamsach.signing.statements import read_statement

__all__ = ["KIND", "OPENED", "Audit", "Trusted", "audit"]

KIND: Final = "lamsach.evidence.1"
#: The fields of the identity that the passport shows, and that its evidence opens.
OPENED: Final = ("birth_date", "full_name")
_LARGEST: Final = 16 << 20


@dataclass(frozen=True)
class Trusted:
    """What the auditor trusts; what is not given leaves its link unjudged."""

    ministry: TrustList | None = None
    authorities: Authorities | None = None
    register: Sequence[Ed25519PublicKey] = ()
    log: Sequence[NoteVerifier] = ()


@dataclass(frozen=True)
class Audit:
    """What was found, link by link."""

    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether every link holds."""
        return all(one.passed for one in self.findings)

    def value(self) -> dict[str, Any]:
        """The result in JSON."""
        return {
            "proven": self.passed,
            "findings": [
                {
                    "state": str(one.state),
                    "code": one.code,
                    "vi": one.sentence.vi,
                    "en": one.sentence.en,
                }
                for one in self.findings
            ],
        }


class _BrokenError(Exception):
    """A part of the file that is not of its form."""


def audit(content: bytes, trusted: Trusted) -> Audit:
    """Check a file of evidence; never raises on what is in it.

    It may raise `ESignError` for the configuration: a CRL file that cannot be read.
    """
    try:
        evidence = _read(content)
        passport = _Shown.read(_str(_map(evidence, "passport"), "hc1"))
        batches = _map(evidence, "batches")
        doses = [_Dose.read(one, batches) for one in _list(evidence, "doses")]
    except _BROKEN as error:
        return Audit((_unreadable(error),))
    found = [_issued(passport, trusted.ministry), *_rests(passport, doses)]
    found += [_signed(passport, one, trusted.authorities) for one in _once(doses)]
    for link in (_identity, _logged):
        try:
            found.append(link(evidence, passport, doses, trusted))
        except _BROKEN as error:
            found.append(_unreadable(error))
    return Audit(tuple(found))


@dataclass(frozen=True)
class _Shown:
    """The passport: what it shows and when it was issued, as its signed text says."""

    hc1: str
    body: Mapping[str, Any]
    event: Mapping[str, Any]
    at: datetime

    @classmethod
    def read(cls, hc1: str) -> _Shown:
        """Open the text; nothing of it is verified by that."""
        envelope = open_envelope(hc1)
        body = body_of(envelope)
        events = body.get("v") if isinstance(body, Mapping) else None
        if not isinstance(events, list) or not events or not isinstance(events[0], Mapping):
            raise _BrokenError("the passport shows no vaccination")
        if envelope.issued_at is None or not isinstance(body, Mapping):
            raise _BrokenError("the passport does not say when it was issued")
        return cls(hc1, body, events[0], datetime.fromtimestamp(envelope.issued_at, UTC))


@dataclass(frozen=True)
class _Dose:
    """A dose statement with its receipt, and the signed manifest of its batch."""

    said: Mapping[str, Any]
    statement: bytes
    receipt: Receipt
    manifest: bytes
    signature: bytes

    @classmethod
    def read(cls, value: Any, batches: Mapping[str, Any]) -> _Dose:
        """Read one from the file."""
        if not isinstance(value, dict):
            raise _BrokenError("a dose is not of its form")
        batch = _map(batches, _str(value, "batch"))
        statement = _bytes(value, "statement")
        return cls(
            said=read_statement(statement),
            statement=statement,
            receipt=Receipt.read(value.get("receipt")),
            manifest=_bytes(batch, "manifest"),
            signature=_bytes(batch, "signature"),
        )


def _issued(passport: _Shown, trust: TrustList | None) -> Finding:
    """The ministry's signature, as of the moment at which the passport says it was issued."""
    if trust is None:
        return unknown(
            "PASSPORT_UNCHECKED",
            "Chưa kiểm tra chữ ký của Bộ: hãy đưa danh sách tin cậy (--trust-list)",
            "the ministry's signature was not checked: give --trust-list",
        )
    result = verify(passport.hc1, trust, at=passport.at)
    if not result.valid:
        said = result.message
        return failed(f"PASSPORT_{result.code}", said["vi"], said["en"])
    return passed(
        "PASSPORT_SIGNED",
        f"Hộ chiếu do Bộ ký lúc {vietnamese(passport.at)} và còn nguyên vẹn",
        f"the ministry signed the passport at {english(passport.at)}, and it is unchanged",
    )


def _rests(passport: _Shown, doses: Sequence[_Dose]) -> list[Finding]:
    """The doses: each in its signed batch, all of one person, and such as the passport shows."""
    if doses and all(
        verify_record(one.statement, one.receipt, Manifest.read(one.manifest)) for one in doses
    ):
        within = passed(
            "DOSES_IN_BATCHES",
            f"Cả {len(doses)} mũi tiêm nằm nguyên vẹn trong lô đã ký",
            f"all {len(doses)} doses are unchanged in their signed batches",
        )
    else:
        within = failed(
            "DOSES_IN_BATCHES",
            "Có mũi tiêm không nằm trong lô được đưa ra, hoặc không có mũi nào",
            "a dose is not in the batch that is given for it, or there is none",
        )
    people = {one.said["person"] for one in doses}
    event = passport.event
    last = max(doses, key=lambda one: (one.said["date"], one.said["number"]), default=None)
    shown = (event.get("dt"), event.get("mp"), event.get("co"), event.get("dn"))
    if (
        last is not None
        and len(people) == 1
        and len({one.said["dose"] for one in doses}) == len(doses)
        and shown == (last.said["date"], last.said["product"], last.said["country"], len(doses))
    ):
        same = passed(
            "DOSES_SHOWN",
            "Hộ chiếu ghi đúng số mũi, ngày, sản phẩm của các mũi tiêm này, của một người",
            "the passport shows the number, day and product of these doses, all of one person",
        )
    else:
        same = failed(
            "DOSES_SHOWN",
            "Hộ chiếu không ghi đúng các mũi tiêm này, hoặc chúng không phải của một người",
            "the passport does not show these doses, or they are not one person's",
        )
    return [within, same]


def _once(doses: Sequence[_Dose]) -> list[_Dose]:
    """One dose of each batch."""
    return list({(one.manifest, one.signature): one for one in doses}.values())


def _signed(passport: _Shown, dose: _Dose, authorities: Authorities | None) -> Finding:
    """A facility's signature on its batch.

    Its certificate is judged as of the issue of the passport: the ministry's signature vouches for
    that moment, and before it the facility's signature had been checked.
    """
    try:
        signed = SignedData.read(dose.signature)
    except ESignError as error:
        return Finding(State.FAILED, error.code, error.sentence)
    if signed.content is not None or not signed.covers(dose.manifest):
        return failed(
            "FACILITY_SIGNATURE_BROKEN",
            "Chữ ký của cơ sở không phải của lô này, hoặc lô đã bị sửa",
            "the facility's signature is not on this batch, or the batch was changed",
        )
    if authorities is None:
        return unknown(
            "FACILITY_UNCHECKED",
            "Chưa kiểm tra chứng thư số của cơ sở: hãy đưa chứng thư số gốc (--authorities)",
            "the facility's certificate was not checked: give --authorities",
        )
    check = check_certificate(
        signed.certificate,
        signed.others,
        authorities,
        at=passport.at,
        archived=signed.evidence,
    )
    for one in check.findings:
        if not one.passed:
            return one
    holder = check.holder
    return passed(
        "FACILITY_SIGNED",
        f"{holder} đã ký lô có mũi tiêm này; chứng thư số còn giá trị khi cấp hộ chiếu",
        f"{holder} signed the batch; the certificate was good when the passport was issued",
    )


def _identity(
    evidence: Mapping[str, Any], passport: _Shown, doses: Sequence[_Dose], trusted: Trusted
) -> Finding:
    """The register's word: about the same person, with the name and birth that are shown."""
    told = _map(evidence, "identity")
    if _str(told, "answer") == "exempt":
        # 1908/BYT-CNTT: foreigners are not compared. Nobody signed that, so it is not proven here.
        return unknown(
            "IDENTITY_EXEMPT",
            "Hồ sơ ghi là người nước ngoài, không đối chiếu với CSDL dân cư: cơ sở tiêm chịu trách"
            " nhiệm về danh tính",
            "the file says a foreigner, not compared with the register: the facility answers for"
            " the identity",
        )
    if told["answer"] != "right":
        raise _BrokenError("another answer")
    if not trusted.register:
        return unknown(
            "IDENTITY_UNCHECKED",
            "Chưa kiểm tra xác nhận của CSDL dân cư: hãy đưa khóa (--register-keys)",
            "the register's word was not checked: give --register-keys",
        )
    said = verify_identity(
        _bytes(told, "statement"), _bytes(told, "signature"), list(trusted.register)
    )
    opened = _map(told, "opened")
    values = {name: _str(_map(opened, name), "value") for name in OPENED}
    opens = all(
        said.opens(_bytes(_map(opened, name), "salt"), name, value)
        for name, value in values.items()
    )
    if not (
        opens
        and _is_name(passport.body.get("nam"), values["full_name"])
        and passport.body.get("dob") == values["birth_date"]
        and {one.said["person"] for one in doses} == {said.reference}
    ):
        return failed(
            "IDENTITY_OTHER",
            "Xác nhận của CSDL dân cư là về người khác, hoặc về họ tên, ngày sinh khác",
            "the register's word is about somebody else, or about another name or birth",
        )
    return passed(
        "IDENTITY_RIGHT",
        f"CSDL dân cư xác nhận đúng họ tên và ngày sinh của người này lúc {vietnamese(said.at)}",
        f"the register confirmed this person's name and birth at {english(said.at)}",
    )


def _is_name(shown: Any, full_name: str) -> bool:
    """Whether the passport's names are the words of a full name, or of its Latin form."""
    if not isinstance(shown, Mapping):
        return False
    written = f"{shown.get('fn', '')} {shown.get('gn', '')}".split()
    latin = f"{shown.get('fnt', '')}<{shown.get('gnt', '')}".split("<")
    words = unicodedata.normalize("NFC", full_name)
    if sorted(written) == sorted(words.split()):
        return True
    try:
        form = transliterate(words).split("<")
    except TransliterationError:
        return False
    return sorted(filter(None, latin)) == sorted(form)


def _logged(
    evidence: Mapping[str, Any], passport: _Shown, _doses: Sequence[_Dose], trusted: Trusted
) -> Finding:
    """The public log: that the issue of this passport is an entry of it."""
    if evidence.get("log") is None:
        return unknown(
            "LOG_MISSING",
            "Hồ sơ không có chứng minh trong nhật ký công khai",
            "the file holds no proof from the public log",
        )
    told = _map(evidence, "log")
    if not trusted.log:
        return unknown(
            "LOG_UNCHECKED",
            "Chưa kiểm tra nhật ký công khai: hãy đưa khóa của nhật ký (--log-key)",
            "the public log was not checked: give --log-key",
        )
    note = _str(told, "checkpoint").encode()
    checkpoint = Checkpoint.open(note, _str(told, "origin"), list(trusted.log))
    statement = log_statement("issued", str(passport.event.get("ci")), passport.hc1)
    digest = digest_of(statement, _bytes(told, "salt"))
    index = told.get("index")
    if type(index) is not int or not verify_inclusion(
        leaf_hash(digest), index, checkpoint.size, _bytes(told, "proof"), checkpoint.root
    ):
        return failed(
            "LOG_OTHER",
            "Mục này của nhật ký công khai không phải là hộ chiếu này",
            "this entry of the public log is not this passport",
        )
    return passed(
        "LOGGED",
        f"Hộ chiếu có trong nhật ký công khai, mục {index}",
        f"the passport is in the public log, entry {index}",
    )


_BROKEN: Final = (_BrokenError, ESignError, Refused, ValueError, KeyError, TypeError)


def _unreadable(error: Exception) -> Finding:
    if isinstance(error, ESignError):
        return Finding(State.FAILED, error.code, error.sentence)
    return failed(
        "EVIDENCE_UNREADABLE",
        "Một phần của hồ sơ chứng cứ không đúng dạng",
        "a part of the file of evidence is not of its form",
    )


def _read(content: bytes) -> Mapping[str, Any]:
    if len(content) > _LARGEST:
        raise _BrokenError("larger than any file of evidence")
    try:
        value = json.loads(content)
    except RecursionError as error:
        raise _BrokenError("nested too deeply") from error
    if not isinstance(value, dict) or value.get("kind") != KIND:
        raise _BrokenError("another kind of file")
    return value


def _map(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    if not isinstance(found, dict):
        raise _BrokenError(name)
    return found


def _list(value: Mapping[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    if not isinstance(found, list):
        raise _BrokenError(name)
    return found


def _str(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise _BrokenError(name)
    return found


def _bytes(value: Mapping[str, Any], name: str) -> bytes:
    return b64decode(_str(value, name), validate=True)
