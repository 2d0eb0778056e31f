"""Our keys in pyHanko's hands: the same key signs CMS messages and PDF files.

This room translates between `SigningKey` and pyHanko's `Signer` and `TimeStamper`; it decides
nothing about what is signed.
"""

from __future__ import annotations

from typing import Any

from asn1crypto import algos, cms
from cryptography import x509
from pyhanko.sign.signers.pdf_cms import Signer as PyHankoSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from lamsach.esign.certificates.revocation import asn1
from lamsach.esign.certificates.timestamps import TimeStamps
from lamsach.esign.keys.model import Algorithm, SigningKey

__all__ = ["KeySigner", "Stamper"]

_LONGEST_ECDSA = 72


class KeySigner(PyHankoSigner):
    """A `SigningKey` as pyHanko wants its signers."""

    def __init__(
        self,
        key: SigningKey,
        algorithm: Algorithm,
        certificate: x509.Certificate,
        chain: tuple[x509.Certificate, ...],
    ) -> None:
        self._key = key
        self._algorithm = algorithm
        # The size of what a signature will take, for the room a PDF leaves for it.
        public: Any = certificate.public_key()
        self._length = _LONGEST_ECDSA if algorithm is Algorithm.ES256 else public.key_size // 8
        make: Any = SimpleCertificateStore  # pyHanko leaves it untyped
        store = make()
        for one in chain:
            store.register(asn1(one))
        super().__init__(
            signing_cert=asn1(certificate),
            cert_registry=store,
            signature_mechanism=_mechanism(algorithm),
            embed_roots=False,  # a root proves nothing that the verifier does not hold already
        )

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        """Sign the attributes; pyHanko only ever asks for SHA-256, the algorithms' own."""
        if digest_algorithm != "sha256":
            raise ValueError(f"{digest_algorithm} does not go with {self._algorithm}")
        return bytes(self._length) if dry_run else self._key.sign(data, self._algorithm, der=True)


class Stamper(TimeStamper):
    """A `TimeStamps` authority as pyHanko wants it."""

    def __init__(self, stamps: TimeStamps) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko leaves it untyped
        self._stamps = stamps

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A token over a digest."""
        if md_algorithm != "sha256":
            raise ValueError("time stamps are made over SHA-256")
        return cms.ContentInfo.load(self._stamps.token_of(message_digest))


def _mechanism(algorithm: Algorithm) -> algos.SignedDigestAlgorithm:
    if algorithm is Algorithm.ES256:
        return algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
    if algorithm is Algorithm.RS256:
        return algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    mask = algos.MaskGenAlgorithm({"algorithm": "mgf1", "parameters": sha256})
    parameters = algos.RSASSAPSSParams(
        {"hash_algorithm": sha256, "mask_gen_algorithm": mask, "salt_length": 32}
    )
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
