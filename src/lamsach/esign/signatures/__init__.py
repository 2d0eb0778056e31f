"""Signatures on manifests and documents: making them, and what is found when they are verified.

`Signer` checks the certificate and signs; `verify_cms`, `verify_jws` and `verify_pdf` answer with
a `Verification`. The package knows nothing of what the signed bytes mean.
"""

from __future__ import annotations

from lamsach.esign.signatures.pdf import sign_pdf, verify_pdf
from lamsach.esign.signatures.results import Verification
from lamsach.esign.signatures.signing import Signer
from lamsach.esign.signatures.verifying import verify_cms, verify_jws

__all__ = ["Signer", "Verification", "sign_pdf", "verify_cms", "verify_jws", "verify_pdf"]
