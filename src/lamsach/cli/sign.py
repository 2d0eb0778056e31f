"""`lamsach sign`: sign a batch at the officer's own desk, with a key that never leaves it.

The signing desk of the site hands out what is to be signed and takes the signature back. This room
shows what it is, asks for the PIN and signs; it reaches no server but those that certificates name.
"""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from lamsach.identity.errors import InputError

__all__ = ["sign"]

_PIN: Final = "LAMSACH_PIN"
_LARGEST: Final = 1 << 20


def sign(
    manifest: Annotated[
        Path, typer.Argument(metavar="MANIFEST.json", help="What is to be signed.")
    ],
    *,
    key: Annotated[str, typer.Option(help="A PKCS#12 file, or a token's key as pkcs11:… URI.")],
    authorities: Annotated[
        list[Path],
        typer.Option(help="Root certificates (PEM) of the authorities; may be given again."),
    ],
    crl: Annotated[
        list[Path] | None, typer.Option(help="A list of revoked certificates; may be given again.")
    ] = None,
    certificate: Annotated[
        list[Path] | None,
        typer.Option(help="Certificates below the root that the key's file lacks."),
    ] = None,
    time_stamps: Annotated[
        str, typer.Option(metavar="URL", help="An authority that proves the time of signing.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="The signature's file; MANIFEST.p7s if absent.")
    ] = None,
) -> None:
    """Sign a batch of doses with the key of its facility's head: one PIN, one signature.

    The PIN is read from LAMSACH_PIN, from the URI's pin-source or asked for.

    Example: lamsach sign 4e1d….json --key 'pkcs11:token=Tram%20A;object=head' \
    --authorities roots.pem
    """
    from lamsach.esign.batch import Manifest  # noqa: PLC0415 - `--help` stays quick
    from lamsach.esign.certificates import (  # noqa: PLC0415
        Authorities,
        TimeStamps,
        read_certificates,
    )
    from lamsach.esign.errors import ESignError  # noqa: PLC0415
    from lamsach.esign.keys import open_key  # noqa: PLC0415
    from lamsach.esign.signatures import Signer  # noqa: PLC0415

    content = _read(manifest)
    try:
        told = Manifest.read(content)
    except ESignError as error:
        raise InputError(f"{error}; fetch it from the signing desk", file=str(manifest)) from error
    typer.echo(_summary(told.count, told.statement), err=True)
    try:
        trusted = Authorities(
            roots=[one for file in authorities for one in read_certificates(file)],
            intermediates=[one for file in certificate or () for one in read_certificates(file)],
            crls=crl or (),
        )
        with open_key(key, pin=_pin(key), certificates=trusted.intermediates) as opened:
            stamps = TimeStamps(time_stamps) if time_stamps else None
            signature = Signer(opened, trusted, stamps).cms(content)
    except ESignError as error:
        raise InputError(f"{error.code}: {error}") from error
    target = out or manifest.with_suffix(".p7s")
    beside = target.with_name(f"{target.name}.part")
    beside.write_bytes(signature)
    beside.replace(target)
    typer.echo(f"Signed: {target}", err=True)


def _summary(count: int, statement: object) -> str:
    """What the signer confirms, in one line, as far as the manifest says it."""
    told = statement if isinstance(statement, dict) else {}
    office = told.get("office")
    name = office.get("name", "") if isinstance(office, dict) else ""
    products = told.get("products")
    parts = [f"{count} doses"]
    if isinstance(products, dict):
        parts.append(", ".join(f"{_plain(code)} {number}" for code, number in products.items()))
    parts += [_plain(part) for part in (name, f"{told.get('from', '')} … {told.get('to', '')}")]
    return "; ".join(part for part in parts if part)


def _plain(text: object) -> str:
    """Text of a stranger's file, without what would move the cursor."""
    return "".join(one for one in str(text)[:200] if one.isprintable())


def _pin(key: str) -> str | None:
    given = os.environ.get(_PIN)
    if given is None and "pin-source=" not in key and sys.stdin.isatty():
        given = getpass.getpass("PIN: ")
    return given


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=str(path)) from error
    if len(content) > _LARGEST:
        raise InputError("is larger than any manifest; is it the right one?", file=str(path))
    return content
