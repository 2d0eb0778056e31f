"""Signatures in PDF files (PAdES; ETSI EN 319 142-1): B-B, B-T with a time stamp, B-LT.

pyHanko knows the file format; the certificate, the time stamp and revocation are judged by the
same rooms as for every other signature. This room must not know what the document says.
"""

from __future__ import annotations

import zlib
from datetime import UTC
from io import BytesIO
from typing import Any

from asn1crypto import cms, crl, ocsp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.functions import async_sign_pdf
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from lamsach.esign.certificates.authorities import Authorities, Evidence
from lamsach.esign.certificates.checking import CertificateCheck
from lamsach.esign.certificates.revocation import asn1
from lamsach.esign.certificates.signed_data import SignedData
from lamsach.esign.certificates.timestamps import check_time_stamp
from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.findings import Finding, State
from lamsach.esign.signatures.pdf_changes import is_unchanged
from lamsach.esign.signatures.results import Verification
from lamsach.esign.signatures.signing import Signer
from lamsach.esign.signatures.verifying import broken, verify_whole
from lamsach.esign.waiting import completed

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
    ArithmeticError,
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
    what `Signer.check` finds, PDF_UNREADABLE, and FIELD_SIGNED when the field bears a signature
    already: each further signer needs a field of another name.
    """
    if len(document) > _LARGEST:
        raise _not_a_pdf()
    check = signer.check()
    check.require()
    pyhanko, stamper = signer.pyhanko(check)
    metadata = PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, reason=reason
    )
    output = BytesIO()
    try:
        writer = IncrementalPdfFileWriter(BytesIO(document))
        if any(True for _ in enumerate_sig_fields(writer, filled_status=True, with_name=field)):
            raise _field_signed(field)
        completed(async_sign_pdf(writer, metadata, pyhanko, timestamper=stamper, output=output))
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
    was added since but further signatures and evidence; a file counts as signed only when
    there is a result and every one is valid, because what a later signer added is that signer's.
    Raises `ESignError` PDF_UNREADABLE when it is no PDF file or bears more than 16 signatures.
    """
    if len(document) > _LARGEST:
        raise _not_a_pdf()
    try:
        reader = PdfFileReader(BytesIO(document))
        found = _signatures(reader)
    except _UNREADABLE as error:
        raise _not_a_pdf() from error
    if len(found) > _MOST_SIGNATURES:
        raise _not_a_pdf()
    return tuple(_verify(reader, one, authorities) for one in found)


def _verify(
    reader: PdfFileReader, embedded: EmbeddedPdfSignature, authorities: Authorities
) -> Verification:
    try:
        whole = is_unchanged(reader, embedded)
        signed = SignedData.read(_message(embedded))
        covered = whole and signed.covers_digest(embedded.compute_digest(signed.digest_algorithm))
        claimed_at = embedded.self_reported_timestamp
        if claimed_at is not None:
            claimed_at = claimed_at.astimezone(UTC)
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


def _field_signed(field: str) -> ESignError:
    return ESignError(
        "FIELD_SIGNED",
        Sentence(
            vi=f"Ô chữ ký {field} của tệp PDF đã có chữ ký; hãy ký vào ô có tên khác",
            en=f"the signature field {field} of the PDF file is signed already; "
            "sign in a field of another name",
        ),
    )


def _not_a_pdf() -> ESignError:
    return ESignError(
        "PDF_UNREADABLE",
        Sentence(
            vi="Tệp PDF không đọc được hoặc có mật khẩu; hãy xuất lại tệp rồi ký",
            en="the PDF file cannot be read or is encrypted; export it anew",
        ),
    )
