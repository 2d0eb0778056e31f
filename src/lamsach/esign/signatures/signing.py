"""Signing: the certificate is checked first, then one signature is made and its evidence kept.

A signature comes as CMS (CAdES: detached, with the signer's certificate bound in), as JWS
(detached, JSON) or inside a PDF (PAdES). This room puts keys, certificates and time stamps
together; it must not know what the signed bytes mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from asn1crypto import cms as messages
from asn1crypto import crl, ocsp
from cryptography import x509
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

from lamsach.esign.certificates.authorities import Authorities, Evidence
from lamsach.esign.certificates.checking import CertificateCheck, check_certificate
from lamsach.esign.certificates.timestamps import TimeStamps, check_time_stamp
from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.keys.model import Algorithm, SigningKey, chosen
from lamsach.esign.signatures import jws
from lamsach.esign.signatures.key_signer import KeySigner, Stamper
from lamsach.esign.waiting import completed

__all__ = ["Signer"]


@dataclass(frozen=True)
class Signer:
    """A key whose certificate is checked before each signature.

    `authorities` decide whether the certificate is good; `time_stamps` is the authority that
    proves the time, None for none (then the time is only what this machine's clock says);
    `algorithm` defaults to the key's usual one.
    """

    key: SigningKey
    authorities: Authorities
    time_stamps: TimeStamps | None = None
    algorithm: str | None = None
    certificates: Sequence[x509.Certificate] = field(default=(), repr=False)

    def check(self) -> CertificateCheck:
        """Check the certificate for now: path, dates, usage, revocation.

        Raises `ESignError` CERTIFICATE_MISSING when the key has none; what else is wrong is in
        the answer, and `require()` of it raises.
        """
        certificate = self.key.certificate
        if certificate is None:
            raise ESignError(
                "CERTIFICATE_MISSING",
                Sentence(
                    vi="Không có chứng thư số đi với khóa này; hãy chỉ ra tệp chứng thư số",
                    en="there is no certificate with this key; name the certificate's file",
                ),
            )
        others = [*self.key.chain, *self.certificates]
        return check_certificate(certificate, others, self.authorities)

    def cms(self, data: bytes) -> bytes:
        """A detached CAdES signature on `data`: a CMS ContentInfo in DER.

        Signed are the content's digest, the signer's certificate (signingCertificateV2) and the
        time by this clock (ETSI EN 319 122-1, B-B); a time stamp (B-T) and the answers on
        revocation (CRLs and OCSP answers in SignedData.crls; RFC 5652, 10.2.1) go with it.
        """
        check = self._checked()
        signer, stamper = self.pyhanko(check)
        attributes = PdfCMSSignedAttributes(
            signing_time=_now(), cades_signed_attrs=CAdESSignedAttrSpec()
        )
        message = completed(
            signer.async_sign_general_data(
                data,
                "sha256",
                use_cades=True,
                timestamper=stamper,
                signed_attr_settings=attributes,
            )
        )
        evidence = check.evidence
        if stamper is not None:
            evidence += self._of_stamp(message)
        return _with_evidence(message, evidence)

    def jws(self, data: bytes) -> bytes:
        """A detached JWS on `data` in flattened JSON (RFC 7515, 7.2.2 and appendix F).

        The protected header binds the algorithm, the certificate (x5t#S256, x5c) and the time by
        this clock (iat); a time stamp and the answers on revocation stand beside it as JAdES
        has them (ETSI TS 119 182-1: etsiU with sigTst and rVals).
        """
        check = self._checked()
        made = jws.sign(data, self.key, self._algorithm(), check.path, _now())
        evidence = check.evidence
        token = None
        if self.time_stamps is not None:
            token = self.time_stamps.token(made.stamped)
            evidence += self._trusted_stamp(token, made.stamped)
        return made.with_evidence(token, evidence)

    def pyhanko(self, check: CertificateCheck) -> tuple[KeySigner, Stamper | None]:
        """This signer in the form pyHanko wants, after its certificate was checked."""
        certificate, *above = check.path
        signer = KeySigner(self.key, self._algorithm(), certificate, tuple(above))
        return signer, None if self.time_stamps is None else Stamper(self.time_stamps)

    def _checked(self) -> CertificateCheck:
        check = self.check()
        check.require()
        return check

    def _algorithm(self) -> Algorithm:
        offered = self.key.algorithms
        return chosen(self.algorithm or offered[0], offered)

    def _of_stamp(self, message: messages.ContentInfo) -> Evidence:
        """The evidence on the time stamp's authority, while it can still be had."""
        signer = message["content"]["signer_infos"][0]
        attribute = next(
            one
            for one in signer["unsigned_attrs"]
            if one["type"].native == "signature_time_stamp_token"
        )
        token: bytes = attribute["values"][0].dump()
        return self._trusted_stamp(token, signer["signature"].native)

    def _trusted_stamp(self, token: bytes, data: bytes) -> Evidence:
        """Refuse a stamp that no one would accept later; else the evidence for it."""
        stamp = check_time_stamp(token, data, self.authorities)
        fault = stamp.first_fault()
        if fault is not None:
            raise fault.error()
        return Evidence() if stamp.authority is None else stamp.authority.evidence


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _with_evidence(message: messages.ContentInfo, evidence: Evidence) -> bytes:
    """The message with the answers on revocation put in; they are signed by themselves."""
    data = message["content"]
    choices = [
        messages.RevocationInfoChoice({"crl": crl.CertificateList.load(one)})
        for one in evidence.crls
    ]
    for answer in evidence.ocsps:
        other = messages.OtherRevocationInfoFormat(
            {
                "other_rev_info_format": "ocsp_response",
                "other_rev_info": ocsp.OCSPResponse.load(answer),
            }
        )
        choices.append(messages.RevocationInfoChoice(name="other", value=other))
    data["crls"] = messages.RevocationInfoChoices(choices)
    if evidence.ocsps:
        data["version"] = messages.CMSVersion(5)  # RFC 5652, 5.1: other revocation information
    dumped: bytes = message.dump()
    return dumped
