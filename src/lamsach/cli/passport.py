"""`lamsach passport evidence|audit`: a passport's chain of evidence, written and checked.

`evidence` asks this installation; `audit` needs nothing but the file and the keys one trusts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lamsach.identity.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["passport"]

_END: Final = "-----END PUBLIC KEY-----"

passport = typer.Typer(
    name="passport",
    help="A passport's chain of evidence: write it, check it anywhere.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@passport.command()
def evidence(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="The certificate code (UVCI) or the public id.")
    ],
    *,
    out: Annotated[Path | None, typer.Option(help="The file; standard output if absent.")] = None,
) -> None:
    """Write the file that proves, offline, what a passport rests on.

    Example: lamsach passport evidence 'URN:UVCI:01:VN:…#C' --out evidence.json
    """
    from lamsach.site import running  # noqa: PLC0415 - `--help` stays quick

    more = [] if out is None else ["--out", str(out)]
    with running.database():
        raise typer.Exit(running.manage(["passport_evidence", *more, "--", identifier]))


@passport.command()
def audit(
    file: Annotated[Path, typer.Argument(metavar="EVIDENCE.json", help="The file of evidence.")],
    *,
    trust_list: Annotated[
        Path | None, typer.Option(help="The ministry's keys, in any form of a trust list.")
    ] = None,
    authorities: Annotated[
        list[Path] | None,
        typer.Option(help="Roots (PEM) of the facilities' certificates; may be given again."),
    ] = None,
    crl: Annotated[
        list[Path] | None, typer.Option(help="A list of revoked certificates; may be given again.")
    ] = None,
    register_keys: Annotated[
        Path | None, typer.Option(help="The register's public keys (PEM, Ed25519).")
    ] = None,
    log_key: Annotated[
        str, typer.Option(metavar="NAME+ID+KEY", help="The key of the public log.")
    ] = "",
) -> None:
    """Check a file of evidence, link by link, with the keys that you trust.

    Prints JSON. Status 0 when every link is proven, else 1: a link for which no key was given is
    not proven.

    Example: lamsach passport audit evidence.json --trust-list trust-list.json \
    --authorities roots.pem --register-keys register.pem --log-key 'lamsach/passports+…'
    """
    from lamsach.esign.certificates import Authorities, read_certificates  # noqa: PLC0415
    from lamsach.esign.errors import ESignError  # noqa: PLC0415
    from lamsach.esign.transparency import NoteVerifier  # noqa: PLC0415
    from lamsach.hcert.errors import HcertError  # noqa: PLC0415
    from lamsach.hcert.trust import TrustList  # noqa: PLC0415
    from lamsach.passports.audit import Trusted  # noqa: PLC0415
    from lamsach.passports.audit import audit as check  # noqa: PLC0415

    try:
        content = file.read_bytes()
        trusted = Trusted(
            ministry=None if trust_list is None else TrustList.load(trust_list),
            authorities=None
            if authorities is None
            else Authorities(
                roots=[one for path in authorities for one in read_certificates(path)],
                crls=crl or (),
                follow=False,
            ),
            register=() if register_keys is None else _keys(register_keys),
            log=[NoteVerifier.read(log_key)] if log_key else (),
        )
        found = check(content, trusted)
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", file=str(error.filename or file)
        ) from error
    except ESignError as error:
        raise InputError(f"{error.code}: {error}") from error
    except HcertError as error:
        raise InputError(str(error), file=str(trust_list)) from error
    result: dict[str, Any] = found.value()
    typer.echo(json.dumps(result, ensure_ascii=False, indent=1))
    raise typer.Exit(0 if found.passed else 1)


def _keys(path: Path) -> list[Ed25519PublicKey]:
    """The Ed25519 keys of a PEM file."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    found: list[Ed25519PublicKey] = []
    for part in path.read_text(encoding="utf-8", errors="replace").split(_END)[:-1]:
        try:
            key = load_pem_public_key(f"{part.strip()}\n{_END}\n".encode())
        except ValueError as error:
            raise InputError("holds no public key in PEM", file=str(path)) from error
        if not isinstance(key, Ed25519PublicKey):
            raise InputError("holds a key that is not Ed25519", file=str(path))
        found.append(key)
    if not found:
        raise InputError("holds no public key in PEM", file=str(path))
    return found
