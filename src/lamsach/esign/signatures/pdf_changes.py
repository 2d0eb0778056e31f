"""What may be added to a PDF file after it was signed: further signatures and evidence.

Anybody can append to a signed file what a reader then shows over the signed page. pyHanko compares
the revisions; here stands what is allowed. This room must not know who signed, nor whether the
signatures are good.
"""

from __future__ import annotations

from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    FormUpdatingRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
)
from pyhanko.sign.diff_analysis.rules.form_field_rules import is_field_visible
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

__all__ = ["is_unchanged"]

# pyHanko leaves these untyped.
_created: Any = SigFieldCreationRule
_is_visible: Any = is_field_visible
# Its own policy without the rule for other form fields: what a signed form says is signed.
_SIGNATURES_AND_EVIDENCE = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FormUpdatingRule(field_rules=[_created(), SigFieldModificationRule()]),
)


def is_unchanged(reader: PdfFileReader, embedded: EmbeddedPdfSignature) -> bool:
    """Whether the signature covers its revision, and later ones only add what may be added.

    Raises what pyHanko raises on damaged files.
    """
    compute: Any = embedded.compute_integrity_info
    compute(diff_policy=_SIGNATURES_AND_EVIDENCE)
    if embedded.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return True
    return (
        embedded.coverage is SignatureCoverageLevel.ENTIRE_REVISION
        and bool(embedded.summarise_integrity_info()["docmdp_ok"])
        and _nothing_covers_the_page(reader, embedded)
    )


def _nothing_covers_the_page(reader: PdfFileReader, embedded: EmbeddedPdfSignature) -> bool:
    """Whether every visible field that was added or filled bears a person's signature.

    Its picture may lie over the page, so somebody whose signature is shown must stand for it.
    """
    signed = {one.field_name for one in reader.embedded_regular_signatures}
    before = _fields(reader.get_historical_resolver(embedded.signed_revision))
    return all(
        name in signed or not visible or before.get(name) == (filled, visible)
        for name, (filled, visible) in _fields(reader).items()
    )


def _fields(handler: Any) -> dict[str, tuple[bool, bool]]:
    """The signature fields of a revision: whether each is filled, and visible."""
    return {
        name: (value is not None, _is_visible(field.get_object()))
        for name, value, field in enumerate_sig_fields(handler)
    }
