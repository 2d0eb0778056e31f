"""Reading CMS SignedData (RFC 5652) with one signer: CAdES signatures and time stamps alike.

This room takes the structure apart and says whether it holds together; whose certificate it is
and whether to trust it is for `certificates`, what was signed for `signatures`. Everything here
may come from a stranger: whatever is not understood is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import cms, core
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from lamsach.esign.certificates.authorities import Evidence
from lamsach.esign.der import check_sound, read_certificate
from lamsach.esign.errors import ESignError, Sentence

__all__ = ["SignedData"]

_LARGEST = 64 << 20
_MOST_CERTIFICATES = 32
_NO_PARAMETERS = b"\x05\x00"
_TRAILER = "trailer_field_bc"  # RFC 4055, 3.1: nothing else
_VERSIONS = {"v1", "v3", "v4", "v5"}  # RFC 5652, 5.1
_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
# asn1crypto reads lazily and answers what it cannot read with all of these.
_GARBLED = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)
_OCTETS = (core.OctetString, core.ParsableOctetString)
_MINIMUM_RSA_BITS = 2048  # TT 15/2025/TT-BKHCN
_MINIMUM_CURVE_BITS = 256
_UTC = timedelta(0)


@dataclass(frozen=True)
class SignedData:
    """One signer's signature with what came along with it."""

    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    evidence: Evidence
    content_type: str
    content: bytes | None
    signing_time: datetime | None
    time_stamps: tuple[bytes, ...]
    signature: bytes
    digest_algorithm: str
    _signer: Any = field(repr=False)

    @classmethod
    def read(cls, der: bytes) -> SignedData:
        """Read a ContentInfo; `ESignError` SIGNATURE_UNREADABLE when it is none such."""
        try:
            return cls._read(der)
        except _GARBLED as error:
            raise ESignError(
                "SIGNATURE_UNREADABLE",
                Sentence(
                    vi="Chữ ký không đúng định dạng CMS với một người ký",
                    en="this is not a CMS signature of one signer",
                ),
            ) from error

    @classmethod
    def _read(cls, der: bytes) -> SignedData:
        if len(der) > _LARGEST:
            raise ValueError("too large")
        info = cms.ContentInfo.load(der, strict=True)
        if info["content_type"].native != "signed_data":
            raise ValueError("no signed data")
        data = info["content"]
        signers = data["signer_infos"]
        if len(signers) != 1:
            raise ValueError("not one signer")
        signer = signers[0]
        encapsulated = data["encap_content_info"]
        content = encapsulated["content"]
        certificates = [
            read_certificate(one.chosen.dump())
            for one in data["certificates"] or ()
            if one.name == "certificate"
        ]
        if len(certificates) > _MOST_CERTIFICATES:
            raise ValueError("too many certificates")
        for part in (data["version"], data["digest_algorithms"], encapsulated, signer):
            check_sound(part.dump())
        if data["version"].native not in _VERSIONS or signer["version"].native != "v1":
            raise ValueError("another version")
        digest = signer["digest_algorithm"]["algorithm"].native
        if digest not in _DIGESTS or not isinstance(signer["signed_attrs"], cms.CMSAttributes):
            raise ValueError("an unsuitable digest, or no signed attributes")
        if [one["algorithm"].native for one in data["digest_algorithms"]] != [digest]:
            raise ValueError("two digests")
        for algorithm in (*data["digest_algorithms"], signer["digest_algorithm"]):
            _check_parameters(algorithm)
        own = _own(certificates, signer)
        if _one(signer, "content_type") != encapsulated["content_type"].native:
            raise ValueError("two content types")
        time = _one(signer, "signing_time", optional=True)
        if time is not None and not (isinstance(time, datetime) and time.utcoffset() == _UTC):
            raise ValueError("a time that is not in UTC")  # RFC 5652, 11.3
        return cls(
            certificate=own,
            others=tuple(one for one in certificates if one != own),
            evidence=_evidence(data["crls"]),
            content_type=encapsulated["content_type"].native,
            content=bytes(content) if isinstance(content, _OCTETS) else None,
            signing_time=time,
            time_stamps=tuple(_time_stamps(signer["unsigned_attrs"])),
            signature=signer["signature"].native,
            digest_algorithm=digest,
            _signer=signer,
        )

    @property
    def stamped(self) -> bytes:
        """What a time stamp is made over: the signature (RFC 3161, appendix A)."""
        return self.signature

    def signs(self, data: bytes) -> bool:
        """Whether this is a detached signature on data of no special type, and a good one."""
        return self.content is None and self.content_type == "data" and self.covers(data)

    def covers(self, content: bytes) -> bool:
        """Whether the signature is a good one on `content` by the certificate inside."""
        return self.covers_digest(hashlib.new(self.digest_algorithm, content).digest())

    def covers_digest(self, digest: bytes) -> bool:
        """The same for content of which only the digest (by `digest_algorithm`) is at hand."""
        try:
            stated = _one(self._signer, "message_digest")
            if not isinstance(stated, bytes) or not hmac.compare_digest(stated, digest):
                return False
            return _names(self._signer, self.certificate) and self._verifies()
        except _GARBLED:
            return False

    def _verifies(self) -> bool:
        """The signature on the signed attributes (RFC 5652, 5.4 and 5.6)."""
        algorithm = self._signer["signature_algorithm"]
        # The attributes are signed as a SET OF, not under the tag they carry in the message.
        attributes = self._signer["signed_attrs"].untag().dump()
        if algorithm.signature_algo != "rsassa_pss":
            _check_parameters(algorithm)
        try:
            key = self.certificate.public_key()
            kind = algorithm.signature_algo
            if isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
                if key.key_size < _MINIMUM_CURVE_BITS:
                    return False
                key.verify(self.signature, attributes, ec.ECDSA(self._hash(algorithm)))
            elif isinstance(key, rsa.RSAPublicKey) and kind in {"rsassa_pkcs1v15", "rsassa_pss"}:
                if key.key_size < _MINIMUM_RSA_BITS:
                    return False
                scheme = _pss(algorithm) if kind == "rsassa_pss" else padding.PKCS1v15()
                key.verify(self.signature, attributes, scheme, self._hash(algorithm))
            else:
                return False
        except (InvalidSignature, UnsupportedAlgorithm):
            return False
        return True

    def _hash(self, algorithm: Any) -> hashes.HashAlgorithm:
        """The hash of the signature, which must be that of the message (RFC 8933, 3.1)."""
        kind = algorithm["algorithm"].native
        named = self.digest_algorithm if kind == "rsassa_pkcs1v15" else algorithm.hash_algo
        if named != self.digest_algorithm:
            raise ValueError("two hash algorithms")
        return _DIGESTS[named]()


def _pss(algorithm: Any) -> padding.PSS:
    parameters = algorithm["parameters"]
    mask = parameters["mask_gen_algorithm"]
    if mask["algorithm"].native != "mgf1" or parameters["trailer_field"].native != _TRAILER:
        raise ValueError("another mask or trailer")
    for inner in (parameters["hash_algorithm"], mask["parameters"]):
        _check_parameters(inner)
    generator = padding.MGF1(_DIGESTS[mask["parameters"]["algorithm"].native]())
    return padding.PSS(generator, parameters["salt_length"].native)


def _check_parameters(algorithm: Any) -> None:
    """Hash and plain signature algorithms have no parameters, or the empty ones."""
    if algorithm["parameters"].dump() not in {b"", _NO_PARAMETERS}:
        raise ValueError("parameters where there are none")


def _one(signer: Any, kind: str, optional: bool = False) -> Any:
    """The value of the one signed attribute of a kind (RFC 5652, 11: never several)."""
    found = [one for one in signer["signed_attrs"] if one["type"].native == kind]
    if not found and optional:
        return None
    if len(found) != 1 or len(found[0]["values"]) != 1:
        raise ValueError(f"not one {kind}")
    return found[0]["values"][0].native


def _own(certificates: list[x509.Certificate], signer: Any) -> x509.Certificate:
    """The signer's certificate among those sent along, by issuer and serial number."""
    identifier = signer["sid"]
    if identifier.name != "issuer_and_serial_number":
        raise ValueError("the signer is named in another way")
    issuer = identifier.chosen["issuer"].dump()
    serial = identifier.chosen["serial_number"].native
    for one in certificates:
        if one.serial_number == serial and one.issuer.public_bytes() == issuer:
            return one
    raise ValueError("the signer's certificate is not there")


def _names(signer: Any, certificate: x509.Certificate) -> bool:
    """Whether the signed attributes name this very certificate (RFC 5035, 3; RFC 2634, 5.4)."""
    der = certificate.fingerprint
    for attribute in signer["signed_attrs"]:
        kind = attribute["type"].native
        if kind == "signing_certificate_v2":
            first = attribute["values"][0]["certs"][0]
            named = _DIGESTS.get(first["hash_algorithm"]["algorithm"].native)
            return named is not None and hmac.compare_digest(
                first["cert_hash"].native, der(named())
            )
        if kind == "signing_certificate" and _one(signer, "content_type") == "tst_info":
            # The older form, still usual in time stamps (RFC 3161, 2.4.2), knows only SHA-1.
            first = attribute["values"][0]["certs"][0]
            return hmac.compare_digest(
                first["cert_hash"].native,
                der(hashes.SHA1()),  # noqa: S303
            )
    return False


def _time_stamps(attributes: Any) -> list[bytes]:
    if not isinstance(attributes, cms.CMSAttributes):
        return []
    found = [one for one in attributes if one["type"].native == "signature_time_stamp_token"]
    return [value.dump() for one in found for value in one["values"]]


def _evidence(choices: Any) -> Evidence:
    """The answers on revocation sent along (RFC 5652, 10.2.1; RFC 5940)."""
    crls, ocsps = [], []
    for one in choices or ():
        if one.name == "crl":
            crls.append(one.chosen.dump())
        elif one.chosen["other_rev_info_format"].native == "ocsp_response":
            ocsps.append(one.chosen["other_rev_info"].dump())
    return Evidence(tuple(crls), tuple(ocsps))
