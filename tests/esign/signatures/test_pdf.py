from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
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


def appended(signed: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """The file with an incremental update behind it."""
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    change(writer)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def test_what_a_form_says_is_signed(signer: Any, authorities: Any, document: bytes) -> None:
    def with_field(writer: IncrementalPdfFileWriter) -> None:
        field = generic.DictionaryObject(
            {
                pdf_name("/FT"): pdf_name("/Tx"),
                pdf_name("/T"): pdf_string("doses"),
                pdf_name("/V"): pdf_string("10"),
            }
        )
        form = generic.DictionaryObject(
            {pdf_name("/Fields"): generic.ArrayObject([writer.add_object(field)])}
        )
        writer.root["/AcroForm"] = form
        writer.update_root()

    def with_other_value(writer: IncrementalPdfFileWriter) -> None:
        field = writer.root["/AcroForm"]["/Fields"][0]
        field["/V"] = pdf_string("10000")
        writer.update_container(field)

    signed = sign_pdf(signer("deputy"), appended(document, with_field))
    (found,) = verify_pdf(signed, authorities)
    assert found.valid, found.findings
    (found,) = verify_pdf(appended(signed, with_other_value), authorities)
    assert found.integrity.code == "CONTENT_CHANGED"


@pytest.mark.parametrize("kind", ["empty", "DocTimeStamp", "Other"])
def test_a_picture_laid_over_the_signed_page_is_found(
    signer: Any, authorities: Any, document: bytes, kind: str
) -> None:
    def with_visible_field(writer: IncrementalPdfFileWriter) -> None:
        append_signature_field(
            writer,
            SigFieldSpec("Seal", on_page=0, box=(0, 0, 200, 200), empty_field_appearance=True),
        )
        if kind != "empty":
            field = writer.root["/AcroForm"]["/Fields"][-1]
            value = generic.DictionaryObject({pdf_name("/Type"): pdf_name(f"/{kind}")})
            field["/V"] = writer.add_object(value)
            writer.update_container(field)

    signed = sign_pdf(signer("deputy"), document)
    results = verify_pdf(appended(signed, with_visible_field), authorities)
    assert [one.integrity.passed for one in results] == [False]


def test_a_visible_signature_of_a_second_person_leaves_the_first_valid(
    signer: Any, authorities: Any, document: bytes
) -> None:
    signed = sign_pdf(signer("head"), document)
    box = SigFieldSpec("Seal", on_page=0, box=(0, 0, 50, 50))
    sealed = appended(signed, lambda writer: append_signature_field(writer, box))
    both = sign_pdf(signer("deputy"), sealed, field="Seal")
    assert [one.valid for one in verify_pdf(both, authorities)] == [True, True]


def test_a_field_is_signed_once(signer: Any, document: bytes) -> None:
    signed = sign_pdf(signer("deputy"), document)
    with pytest.raises(ESignError, match="another name") as caught:
        sign_pdf(signer("head"), signed)
    assert caught.value.code == "FIELD_SIGNED"


def test_what_is_no_pdf_is_refused(signer: Any, authorities: Any, document: bytes) -> None:
    no_number = document.replace(b"/Type /Catalog", b"/Type 1.1.1   ")
    assert no_number != document
    for garbage in (b"", b"hello", b"%PDF-1.7\n", document[:200], no_number):
        with pytest.raises(ESignError) as caught:
            verify_pdf(garbage, authorities)
        assert caught.value.code == "PDF_UNREADABLE"
        with pytest.raises(ESignError):
            sign_pdf(signer("deputy"), garbage)
    assert verify_pdf(document, authorities) == ()
