from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from lamsach.esign.errors import ESignError
from lamsach.esign.signatures import sign_pdf, verify_pdf


@pytest.fixture(scope="module")
def document() -> bytes:
    """A page with a line on it."""
    writer = PdfFileWriter()
    content = RawContent(b"BT /F1 12 Tf 50 100 Td (Bien ban) Tj ET")
    stream = writer.add_object(generic.StreamObject(stream_data=content.render()))
    box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 200, 200)))
    writer.insert_page(PageObject(contents=stream, media_box=box))
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


@pytest.mark.parametrize("label", ["head", "deputy"])
@pytest.mark.parametrize("stamps", [False, True])
def test_a_signed_file_verifies_here_and_in_pyhanko(
    signer: Any, authorities: Any, pki: Any, document: bytes, label: str, stamps: bool
) -> None:
    signed = sign_pdf(signer(label, stamps=stamps), document, reason="Xác nhận mũi tiêm")
    assert signed.startswith(document)
    (found,) = verify_pdf(signed, authorities)
    assert found.valid, found.findings
    assert (found.proven_at is not None) == stamps
    assert "Trưởng trạm" in found.summary.vi

    root = asn1_x509.Certificate.load(pki.certificate("root").public_bytes(Encoding.DER))
    (embedded,) = PdfFileReader(BytesIO(signed)).embedded_regular_signatures
    context = ValidationContext(trust_roots=[root])
    status = asyncio.run(async_validate_pdf_signature(embedded, context, context))
    assert status.bottom_line
    assert embedded.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_evidence_in_the_file_serves_without_a_network(
    signer: Any, authorities: Any, document: bytes
) -> None:
    offline = replace(authorities, follow=False)
    (stamped,) = verify_pdf(sign_pdf(signer("deputy", stamps=True), document), offline)
    assert stamped.valid, stamped.findings
    # Without a time stamp nothing proves that the answers are of the time of signing.
    (bare,) = verify_pdf(sign_pdf(signer("deputy"), document), offline)
    assert bare.integrity.passed
    assert bare.fault is not None
    assert bare.fault.code == "REVOCATION_UNKNOWN"


def test_two_persons_sign_one_after_the_other(
    signer: Any, authorities: Any, document: bytes
) -> None:
    first = sign_pdf(signer("head"), document, field="Head")
    both = sign_pdf(signer("deputy", "public"), first, field="Deputy")
    results = verify_pdf(both, authorities)
    assert [one.valid for one in results] == [True, True]
    names = [one.signer.name for one in results if one.signer is not None]
    assert names == ["Trần Thị Ngát (head)", "Trần Thị Ngát (deputy)"]


def test_a_change_anywhere_in_what_was_signed_is_found(
    signer: Any, authorities: Any, document: bytes
) -> None:
    signed = sign_pdf(signer("deputy"), document)
    embedded = PdfFileReader(BytesIO(signed)).embedded_regular_signatures[0]
    start, length, after, rest = (int(one) for one in embedded.byte_range)
    covered = [*range(start, start + length), *range(after, after + rest)]
    offline = replace(authorities, follow=False)
    for at in random.Random(1).sample(covered, 80):
        changed = bytearray(signed)
        changed[at] ^= 1
        try:
            results = verify_pdf(bytes(changed), offline)
        except ESignError:
            continue
        assert not any(one.integrity.passed for one in results), at


def test_something_hidden_behind_the_message_is_found(
    signer: Any, authorities: Any, document: bytes
) -> None:
    signed = bytearray(sign_pdf(signer("deputy"), document))
    embedded = PdfFileReader(BytesIO(bytes(signed))).embedded_regular_signatures[0]
    last = int(embedded.byte_range[2]) - 2  # before the ">" that ends the room left for it
    assert signed[last : last + 2] == b"0>"
    signed[last] = ord("1")
    (found,) = verify_pdf(bytes(signed), authorities)
    assert not found.integrity.passed


def test_a_page_put_in_after_signing_is_found(
    signer: Any, authorities: Any, document: bytes
) -> None:
    signed = sign_pdf(signer("deputy"), document)
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT (Khac) Tj ET"))
    writer.update_container(page)
    output = BytesIO()
    writer.write(output)
    (found,) = verify_pdf(output.getvalue(), authorities)
    assert found.integrity.code == "CONTENT_CHANGED"
    assert found.signer is None


def test_what_is_no_pdf_is_refused(signer: Any, authorities: Any, document: bytes) -> None:
    for garbage in (b"", b"hello", b"%PDF-1.7\n", document[:200]):
        with pytest.raises(ESignError) as caught:
            verify_pdf(garbage, authorities)
        assert caught.value.code == "PDF_UNREADABLE"
        with pytest.raises(ESignError):
            sign_pdf(signer("deputy"), garbage)
    assert verify_pdf(document, authorities) == ()
