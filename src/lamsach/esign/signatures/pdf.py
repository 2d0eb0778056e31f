"""Signatures in PDF files (PAdES; ETSI EN 319 142-1): B-B, B-T with a time stamp, B-LT.

pyHanko knows the file format; the certificate, the time stamp and revocation are judged by the
same rooms as for every other signature. This room must not know what the document says.
"""

from __future__ import annotations

import asyncio
import zlib
from io import BytesIO
from typing import Any

from asn1crypto import cms, crl, ocsp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.functions import async_sign_pdf
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from lamsach.esign.certificates.authorities import Authorities, Evidence
from lamsach.esign.certificates.checking import CertificateCheck
from lamsach.esign.certificates.revocation import asn1
from lamsach.esign.certificates.signed_data import SignedData
from lamsach.esign.certificates.timestamps import check_time_stamp
from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.findings import Finding, State
from lamsach.esign.signatures.results import Verification
from lamsach.esign.signatures.signing import Signer
from lamsach.esign.signatures.verifying import broken, verify_whole

__all__ = ["sign_pdf", "verify_pdf"]

_LARGEST = 64 << 20
_MOST_SIGNATURES = 16
# What damaged or hostile files make pyHanko and asn1crypto raise.
_UNREADABLE = (
    PdfError,
    SignatureValidationError,
    ESignError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    AssertionError,
    OverflowError,
    RecursionError,
    NotImplementedError,
    zlib.error,
)


def sign_pdf(
    signer: Signer, document: bytes, *, field: str = "Signature1", reason: str | None = None
) -> bytes:
    """Sign a PDF file: the file with the signature appended, what was there untouched.

    The field is made when the file has none of that name. With time stamps the signature is B-T;
    the answers on revocation go into the file's security store (B-LT). Raises `ESignError`:
    what `Signer.check` finds, and PDF_UNREADABLE.
    """
    check = signer.check()
    check.require()
    pyhanko, stamper = signer.pyhanko(check)
    metadata = PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, reason=reason
    )
    output = BytesIO()
    try:
        writer = IncrementalPdfFileWriter(BytesIO(document))
        asyncio.run(async_sign_pdf(writer, metadata, pyhanko, timestamper=stamper, output=output))
    except ESignError:
        raise
    except (*_UNREADABLE, SigningError) as error:
        raise _not_a_pdf() from error
    evidence = check.evidence
    embedded = _signatures(PdfFileReader(output))[-1]
    signed = SignedData.read(_message(embedded))
    for token in signed.time_stamps:
        stamp = check_time_stamp(token, signed.signature, signer.authorities)
        fault = stamp.first_fault()
        if fault is not None:
            raise fault.error()
        if stamp.authority is not None:
            evidence += stamp.authority.evidence
    return _with_store(output, embedded, check, evidence)


def _with_store(
    output: BytesIO, embedded: EmbeddedPdfSignature, check: CertificateCheck, evidence: Evidence
) -> bytes:
    """The file with certificates and answers on revocation in its security store (DSS)."""
    add: Any = DocumentSecurityStore.add_dss
    add(
        output,
        embedded.pkcs7_content.hex().encode("ascii"),
        certs=[asn1(one) for one in check.path[:-1]],
        ocsps=[ocsp.OCSPResponse.load(one) for one in evidence.ocsps],
        crls=[crl.CertificateList.load(one) for one in evidence.crls],
    )
    return output.getvalue()


def verify_pdf(document: bytes, authorities: Authorities) -> tuple[Verification, ...]:
    """Verify all signatures of a PDF file, in the order they were made.

    Empty when the file has none. A signature holds when it covers its whole revision and nothing
    was added since but further signatures and evidence. Raises `ESignError` PDF_UNREADABLE when
    it is no PDF file.
    """
    if len(document) > _LARGEST:
        raise _not_a_pdf()
    try:
        reader = PdfFileReader(BytesIO(document))
        found = _signatures(reader)[:_MOST_SIGNATURES]
    except _UNREADABLE as error:
        raise _not_a_pdf() from error
    return tuple(_verify(reader, one, authorities) for one in found)


def _verify(
    reader: PdfFileReader, embedded: EmbeddedPdfSignature, authorities: Authorities
) -> Verification:
    try:
        whole = _unchanged(embedded)
        signed = SignedData.read(_message(embedded))
        covered = whole and signed.covers_digest(embedded.compute_digest(signed.digest_algorithm))
        claimed_at = embedded.self_reported_timestamp
        evidence = signed.evidence + _store(reader)
    except ESignError as error:
        return broken(Finding(State.FAILED, error.code, error.sentence))
    except _UNREADABLE:
        return broken()
    if not covered:
        return broken()
    return verify_whole(
        signed.certificate,
        signed.others,
        authorities,
        claimed_at=claimed_at,
        time_stamps=signed.time_stamps,
        stamped=signed.signature,
        evidence=evidence,
    )


def _signatures(reader: PdfFileReader) -> list[EmbeddedPdfSignature]:
    """The signatures of persons; a document time stamp is none."""
    return list(reader.embedded_regular_signatures)


def _unchanged(embedded: EmbeddedPdfSignature) -> bool:
    """Whether the signature covers its revision, and later ones only add what may be added."""
    compute: Any = embedded.compute_integrity_info
    compute()
    summary = embedded.summarise_integrity_info()
    if embedded.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return True
    return embedded.coverage is SignatureCoverageLevel.ENTIRE_REVISION and bool(
        summary["docmdp_ok"]
    )


def _message(embedded: EmbeddedPdfSignature) -> bytes:
    """The CMS message; the room left behind it in the file must be empty."""
    content: bytes = embedded.pkcs7_content
    message: bytes = cms.ContentInfo.load(content).dump()
    if content[: len(message)] != message or content[len(message) :].strip(b"\0"):
        raise ValueError("something stands behind the message")
    return message


def _store(reader: PdfFileReader) -> Evidence:
    """The answers on revocation in the file's security store."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return Evidence()
    return Evidence(
        crls=tuple(one.get_object().data for one in store.crls),
        ocsps=tuple(one.get_object().data for one in store.ocsps),
    )


def _not_a_pdf() -> ESignError:
    return ESignError(
        "PDF_UNREADABLE",
        Sentence(
            vi="Tệp PDF không đọc được hoặc có mật khẩu; hãy xuất lại tệp rồi ký",
            en="the PDF file cannot be read or is encrypted; export it anew",
        ),
    )
