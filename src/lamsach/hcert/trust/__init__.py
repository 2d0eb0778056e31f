"""Whom a verifier trusts: signer certificates by key identifier, from any published list.

The list itself is taken at its word: whoever hands it over has checked where it comes from.
"""

from __future__ import annotations

from lamsach.hcert.trust.keys import CertificateError, TrustedKey, key_identifier
from lamsach.hcert.trust.lists import TrustList

__all__ = ["CertificateError", "TrustList", "TrustedKey", "key_identifier"]
