"""CMS SignedData around a batch: what the gateway's members upload and download.

RFC 5652 with the content inside and one signer. Opening checks the signature when certificates to
trust are given; without them it only unwraps, as one does with a file that was put there by hand.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from asn1crypto import algos, cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from lamsach.hcert.revocation.hashes import RevocationError

__all__ = ["open_cms", "sign_cms"]

_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def sign_cms(
    content: bytes,
    certificate: x509.Certificate,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
) -> bytes:
    """Content in a CMS signed by an upload key: base64 of the DER, as the gateway takes it."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    signed = builder.add_signer(certificate, key, hashes.SHA256()).sign(
        serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary]
    )
    return base64.b64encode(signed)


def open_cms(data: bytes, trusted: Sequence[x509.Certificate] | None = None) -> bytes:
    """The content of a CMS in DER or base64.

    With `trusted` the one signer has to be one of these certificates and its signature right; the
    certificates in the CMS itself are never believed. Raises RevocationError.
    """
    try:
        der = (
            data if data[:1] == b"\x30" else base64.b64decode(b"".join(data.split()), validate=True)
        )
        info = cms.ContentInfo.load(der, strict=True)
        if info["content_type"].native != "signed_data":
            raise ValueError("no signed data")
        signed: Any = info["content"]
        content: bytes | None = signed["encap_content_info"]["content"].native
        signers = list(signed["signer_infos"])
        if content is None:
            raise ValueError("no content")
        if trusted is not None:
            _verify(content, signers, trusted)
    except RevocationError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError):
        raise RevocationError(
            "neither JSON nor a CMS message with its content: fetch the file again"
        ) from None
    return content


def _verify(content: bytes, signers: list[Any], trusted: Sequence[x509.Certificate]) -> None:
    if len(signers) != 1:
        raise RevocationError("the CMS message must have exactly one signer")
    signer = signers[0]
    digest = signer["digest_algorithm"]["algorithm"].native
    if digest not in _DIGESTS:
        raise RevocationError("the CMS message was signed with a hash that is no longer safe")
    message = content
    if signer["signed_attrs"]:
        attributes = {item["type"].native: item["values"][0] for item in signer["signed_attrs"]}
        said = attributes["message_digest"].native
        if said != hashlib.new(digest, content).digest():
            raise RevocationError("the CMS message was changed after it was signed")
        # RFC 5652, 5.4: the signature is over the attributes as a SET.
        message = signer["signed_attrs"].untag().dump()
    signature, algorithm = signer["signature"].native, signer["signature_algorithm"]
    if not any(
        _signed_by(certificate, signature, message, algorithm, _DIGESTS[digest])
        for certificate in trusted
    ):
        raise RevocationError("nobody who is trusted signed this CMS message")


def _signed_by(
    certificate: x509.Certificate,
    signature: bytes,
    message: bytes,
    algorithm: algos.SignedDigestAlgorithm,
    digest: hashes.HashAlgorithm,
) -> bool:
    key = certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm.signature_algo == "rsassa_pss":
            key.verify(
                signature, message, padding.PSS(padding.MGF1(digest), padding.PSS.AUTO), digest
            )
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), digest)
        else:
            return False
    except InvalidSignature:
        return False
    return True
