"""What verifying a signature found, as a structure and in sentences.

The law wants the result in Vietnamese with signer, time and integrity (TT 15/2025/TT-BKHCN); it
comes in English as well. This room words results; it verifies nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lamsach.esign.certificates.checking import CertificateCheck
from lamsach.esign.certificates.holders import Holder
from lamsach.esign.errors import Sentence
from lamsach.esign.findings import Finding, State
from lamsach.esign.moments import english, vietnamese

__all__ = ["Verification"]


@dataclass(frozen=True)
class Verification:
    """The result of verifying one signature.

    `claimed_at` is the time by the signer's own clock, `proven_at` that of a good time stamp;
    `certificate` is None when the signature does not hold together, and nothing of what it
    claims is then shown as true.
    """

    integrity: Finding
    time: Finding
    claimed_at: datetime | None
    proven_at: datetime | None
    certificate: CertificateCheck | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything checked: integrity, time, then the certificate's."""
        beyond = () if self.certificate is None else self.certificate.findings
        return (self.integrity, self.time, *beyond)

    @property
    def valid(self) -> bool:
        """Whether the signature is good: whole, by a good certificate, no false time stamp.

        A time that is only claimed does not spoil it; the certificate is then good as of now.
        """
        return (
            self.integrity.passed
            and self.time.state is not State.FAILED
            and self.certificate is not None
            and self.certificate.passed
        )

    @property
    def signer(self) -> Holder | None:
        """Who signed, with the office title that the certificate states."""
        return None if self.certificate is None else self.certificate.holder

    @property
    def fault(self) -> Finding | None:
        """The first reason why it is not valid, None when it is."""
        if self.valid:
            return None
        # A time that is only claimed is no reason.
        reasons = [one for one in self.findings if one is not self.time]
        if self.time.state is State.FAILED:
            reasons.insert(1, self.time)
        return next((one for one in reasons if not one.passed), self.integrity)

    @property
    def summary(self) -> Sentence:
        """Signer, time and integrity in one sentence."""
        fault = self.fault
        if fault is not None:
            return Sentence(
                vi=f"Chữ ký số KHÔNG hợp lệ: {fault.sentence.vi}",
                en=f"The signature is NOT valid: {fault.sentence.en}",
            )
        moment = self.proven_at or self.claimed_at
        vi_time = "không rõ thời gian" if moment is None else f"lúc {vietnamese(moment)}"
        en_time = "at an unknown time" if moment is None else f"at {english(moment)}"
        return Sentence(
            vi=f"Chữ ký số hợp lệ: {self.signer} đã ký {vi_time}, {self.time.sentence.vi}; "
            "nội dung còn nguyên vẹn",
            en=f"The signature is valid: {self.signer} signed {en_time}, {self.time.sentence.en}; "
            "the content is unchanged",
        )

    def value(self) -> dict[str, Any]:
        """The result in JSON: what was found, each with its code and both sentences."""
        signer = self.signer
        return {
            "valid": self.valid,
            "summary": _both(self.summary),
            "signer": None
            if signer is None
            else {
                "name": signer.name,
                "title": signer.title,
                "unit": signer.unit,
                "organization": signer.organization,
                "country": signer.country,
                "issuer": signer.issuer,
                "serial": signer.serial,
                "valid_from": signer.valid_from.isoformat(),
                "valid_until": signer.valid_until.isoformat(),
            },
            "claimed_at": None if self.claimed_at is None else self.claimed_at.isoformat(),
            "proven_at": None if self.proven_at is None else self.proven_at.isoformat(),
            "findings": [
                {"state": str(one.state), "code": one.code, **_both(one.sentence)}
                for one in self.findings
            ],
        }


def _both(sentence: Sentence) -> dict[str, str]:
    return {"vi": sentence.vi, "en": sentence.en}
