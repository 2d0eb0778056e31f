"""`lamsach hcert issue`: sign a vaccination certificate with a key in a file or in a token."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lamsach.cli.hcert.inputs import read_time
from lamsach.identity.errors import InputError

if TYPE_CHECKING:
    from lamsach.hcert.signer import Signer

__all__ = ["issue"]

_TOKEN = "pkcs11:"  # noqa: S105 - a URI scheme, not a secret
_PIN = "LAMSACH_PIN"
_PASSPHRASE = "LAMSACH_KEY_PASSPHRASE"  # noqa: S105 - where to find one
_MAX_FILE = 1 << 20
_HOME = "VN"  # who issues when neither the command nor the signing certificate says it


def issue(
    payload: Annotated[
        Path, typer.Argument(metavar="PAYLOAD", help="JSON file of the DCC object.")
    ],
    *,
    key: Annotated[
        str, typer.Option(help=f"PEM file, or a token's pkcs11: URI (PIN: ${_PIN} or asked).")
    ],
    cert: Annotated[Path, typer.Option(help="The signing certificate (DSC), PEM or DER.")],
    alg: Annotated[
        Literal["ES256", "PS256"] | None, typer.Option(help="The key's own if absent.")
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="Issuing country; the signing certificate's if absent.")
    ] = None,
    issued_at: Annotated[
        str | None, typer.Option(metavar="T", help="Time of issue (ISO 8601); now if absent.")
    ] = None,
    expires_at: Annotated[
        str | None, typer.Option(metavar="T", help="Time of expiry; 12 months later if absent.")
    ] = None,
    allow_test_certificate: Annotated[
        bool, typer.Option("--allow-test-certificate", help="Sign with a test certificate.")
    ] = False,
) -> None:
    """Issue a certificate: prints its HC1 text, or refuses and says why.

    A passphrase of the key file is read from LAMSACH_KEY_PASSPHRASE, or asked for.

    Example: lamsach hcert issue dose.json --key key.pem --cert dsc.pem > certificate.txt
    """
    from lamsach.hcert.errors import IssueError  # noqa: PLC0415 - `--help` stays quick
    from lamsach.hcert.issue import Issuer  # noqa: PLC0415
    from lamsach.hcert.trust import CertificateError, TrustedKey  # noqa: PLC0415

    body = _payload(payload)
    moments = read_time(issued_at, "--issued-at"), read_time(expires_at, "--expires-at")
    certificate = _certificate(cert)
    try:
        signing = TrustedKey.from_der(certificate)
    except CertificateError as error:
        raise InputError(f"{error}; give the signing certificate (DSC)", file=str(cert)) from error
    with _signer(key, alg, signing.algorithm_name) as signer:
        try:
            issuer = Issuer(
                signer,
                certificate,
                country=country or signing.country or _HOME,
                allow_test_certificate=allow_test_certificate,
            )
        except IssueError as error:
            raise InputError(f"refused, {error}", file=str(cert)) from error
        try:
            issued = issuer.issue(body, issued_at=moments[0], expires_at=moments[1])
        except IssueError as error:
            raise InputError(f"refused, {error}", file=str(payload)) from error
    typer.echo(issued.text)


def _payload(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(_read(path), object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        reason = error if isinstance(error, _Twice) else "it is no JSON text in UTF-8"
        raise InputError(f"{reason}; give the DCC object", file=str(path)) from error
    if not isinstance(body, dict):
        raise InputError("holds no JSON object; give the DCC object", file=str(path))
    return body


class _Twice(ValueError):
    """A JSON object that holds one key twice: nobody can know which one was meant."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Twice("an object holds the same key twice")
    return made


def _no_number(_text: str) -> None:
    raise ValueError("JSON has no NaN and no Infinity")


def _certificate(path: Path) -> bytes:
    """The first certificate in a PEM file, or a DER file as it is."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    data = _read(path)
    if b"-----BEGIN" not in data:
        return data
    try:
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    except (ValueError, x509.InvalidVersion) as error:
        raise InputError("holds no certificate that can be read", file=str(path)) from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=str(path)) from error
    if len(data) > _MAX_FILE:
        raise InputError("is larger than any such file; is it the right one?", file=str(path))
    return data


@contextmanager
def _signer(key: str, wanted: str | None, own: str) -> Iterator[Signer]:
    """The signing key, held while it is used. `own` is the certificate's algorithm."""
    if wanted is not None and wanted != own:
        raise InputError(f"--alg {wanted} does not fit the certificate's key, which signs {own}")
    if key.startswith(_TOKEN):
        from lamsach.cli.hcert.token import token_signer  # noqa: PLC0415

        pin = None if "pin-source=" in key else _secret(_PIN, "PIN: ")
        with token_signer(key, own, pin) as signer:
            yield signer
        return
    yield _file_signer(Path(key))


def _file_signer(path: Path) -> Signer:
    from lamsach.hcert.errors import IssueError  # noqa: PLC0415
    from lamsach.hcert.signer import KeySigner  # noqa: PLC0415

    pem = _read(path)
    encrypted = b"ENCRYPTED" in pem
    secret = _secret(_PASSPHRASE, "Passphrase: ") if encrypted else None
    try:
        return KeySigner.from_pem(pem, None if secret is None else secret.encode())
    except IssueError as error:
        hint = f" (${_PASSPHRASE})" if encrypted else ""
        raise InputError(f"{error.en}{hint}", file=str(path)) from error


def _secret(variable: str, question: str) -> str | None:
    """A secret from the environment, else from the terminal, else none."""
    given = os.environ.get(variable)
    if given is None and sys.stdin.isatty():
        given = getpass.getpass(question)
    return given
