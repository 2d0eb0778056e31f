"""Which certificate authorities are trusted, and where their revocations are learned.

Several authorities stand side by side: the government's, the public ones, a ministry's own. This
room holds the configuration and gathers answers on revocation; whether a certificate is good is
decided in `checking`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from lamsach.esign.der import read_certificate
from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.fetching import Fetch, FetchError, fetch_http

__all__ = ["Authorities", "Evidence", "read_certificates"]

_LARGEST_FILE = 32 << 20
_MOST_ADDRESSES = 4  # of one kind in one certificate
_OCSP_REQUEST = "application/ocsp-request"


@dataclass(frozen=True)
class Evidence:
    """Answers on revocation, as their authorities signed them (DER).

    Archived with a signature they prove its certificate's state long after it expired.
    """

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    def __add__(self, other: Evidence) -> Evidence:
        """Both together, each answer once."""
        return Evidence(
            tuple(dict.fromkeys(self.crls + other.crls)),
            tuple(dict.fromkeys(self.ocsps + other.ocsps)),
        )

    def readable(self) -> Evidence:
        """Only what is in the form of such answers; the rest is dropped."""
        return Evidence(
            tuple(one for one in self.crls if _is_crl(one)),
            tuple(one for one in self.ocsps if _is_ocsp(one)),
        )


@dataclass(frozen=True)
class Authorities:
    """The trusted authorities.

    `roots` are the trust anchors, `intermediates` certificates that signers may leave out.
    `crls` are lists to consult always: files or http addresses; `ocsp` addresses to ask about
    every certificate. With `follow` the addresses in the certificates are asked as well, for
    certificates whose path leads to a root; without it nothing but the configured is.
    """

    roots: Sequence[x509.Certificate]
    intermediates: Sequence[x509.Certificate] = ()
    crls: Sequence[Path | str] = ()
    ocsp: Sequence[str] = ()
    follow: bool = True
    fetch: Fetch = field(default=fetch_http, repr=False)

    def evidence(self, path: Sequence[x509.Certificate], *, lists: bool = False) -> Evidence:
        """Gather answers for a path, signer first and root last, as far as there are any.

        Lists are fetched where no OCSP answer is to be had, or with `lists` always.
        What cannot be had is left out: the check that follows says what is missing.
        """
        found = Evidence(crls=tuple(self._from_files()))
        seen: dict[str, bytes | None] = {}
        for certificate, issuer in pairwise(path):
            answer = self._ask(certificate, issuer)
            if answer is not None:
                found += Evidence(ocsps=(answer,))
                if not lists:
                    continue
            addresses = [one for one in self.crls if isinstance(one, str)]
            for address in [*addresses, *(_crl_addresses(certificate) if self.follow else ())]:
                if address not in seen:
                    seen[address] = self._list(address)
                fetched = seen[address]
                if fetched is not None:
                    found += Evidence(crls=(fetched,))
        return found

    def _from_files(self) -> Iterator[bytes]:
        for source in self.crls:
            if isinstance(source, Path):
                content = _read(source)
                der = _crl_der(content)
                if der is None:
                    raise ESignError(
                        "CRL_UNREADABLE",
                        Sentence(
                            vi=f"{source} không phải là danh sách thu hồi (CRL)",
                            en=f"{source} is not a certificate revocation list (CRL)",
                        ),
                    )
                yield der

    def _list(self, address: str) -> bytes | None:
        try:
            return _crl_der(self.fetch(address))
        except FetchError:
            return None

    def _ask(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bytes | None:
        """The first OCSP answer there is for a certificate (RFC 6960)."""
        builder = ocsp.OCSPRequestBuilder()
        # SHA-1 names the certificate here, as every responder understands it (RFC 5019, 2.1.1);
        # nothing rests on its strength.
        request = builder.add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303
        body = request.public_bytes(serialization.Encoding.DER)
        for address in [*(_ocsp_addresses(certificate) if self.follow else ()), *self.ocsp]:
            try:
                answer = self.fetch(address, body, _OCSP_REQUEST)
            except FetchError:
                continue
            if _is_ocsp(answer):
                return answer
        return None


def read_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificates of a file: one in DER, or any number in PEM.

    Raises `ESignError` CERTIFICATES_UNREADABLE.
    """
    content = _read(path)
    try:
        if b"-----BEGIN CERTIFICATE-----" in content:
            return tuple(x509.load_pem_x509_certificates(content))
        return (read_certificate(content),)
    except ValueError as error:
        raise ESignError(
            "CERTIFICATES_UNREADABLE",
            Sentence(
                vi=f"{path} không phải là chứng thư số (PEM hoặc DER)",
                en=f"{path} holds no certificates (PEM or DER)",
            ),
        ) from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_FILE)
    except OSError as error:
        raise ESignError(
            "FILE_UNREADABLE",
            Sentence(
                vi=f"Không đọc được {path} ({error.strerror})",
                en=f"{path} cannot be read ({error.strerror})",
            ),
        ) from error


def _crl_der(content: bytes) -> bytes | None:
    """A CRL in DER, whether it came as DER or PEM."""
    try:
        if content.lstrip().startswith(b"-----BEGIN"):
            crl = x509.load_pem_x509_crl(content)
        else:
            crl = x509.load_der_x509_crl(content)
        return crl.public_bytes(serialization.Encoding.DER)
    except (ValueError, x509.InvalidVersion):
        return None


def _is_crl(content: bytes) -> bool:
    return _crl_der(content) == content


def _is_ocsp(content: bytes) -> bool:
    # Read by asn1crypto: some responders write fractions of seconds, which cryptography refuses.
    try:
        answer = asn1_ocsp.OCSPResponse.load(content, strict=True)
        single = answer.response_data["responses"].native
        return bool(single) and answer["response_status"].native == "successful"
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
        return False


def _crl_addresses(certificate: x509.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    names = [name for point in points for name in point.full_name or ()]
    return _web(names)


def _ocsp_addresses(certificate: x509.Certificate) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except (x509.ExtensionNotFound, ValueError):
        return []
    wanted = AuthorityInformationAccessOID.OCSP
    return _web([one.access_location for one in access.value if one.access_method == wanted])


def _web(names: Sequence[x509.GeneralName]) -> list[str]:
    values = [one.value for one in names if isinstance(one, x509.UniformResourceIdentifier)]
    return [one for one in values if one.startswith(("http://", "https://"))][:_MOST_ADDRESSES]
