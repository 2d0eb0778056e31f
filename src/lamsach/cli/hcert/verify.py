"""`lamsach hcert verify`: whether a certificate may be believed, and why not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from lamsach.cli.hcert.inputs import read_input, read_time, read_trust_list
from lamsach.cli.hcert.outputs import json_text
from lamsach.identity.errors import InputError

if TYPE_CHECKING:
    from lamsach.hcert.revocation import RevocationList
    from lamsach.hcert.verify import Verification

__all__ = ["verify"]

_MAX_LINE = 1 << 20  # bytes of one line of --stdin; a longer one is no certificate anyway
_MAX_READ = 1 << 16


def verify(
    *,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="INPUT", help="HC1 text, a text file, - or a PNG/JPEG of the QR code."
        ),
    ] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read one certificate a line, write one JSON line each.")
    ] = False,
    trust_list: Annotated[
        Path,
        typer.Option(help="PEM bundle, JSON {kid: DER}, gateway list, DID document or zip."),
    ],
    at: Annotated[
        str | None,
        typer.Option(metavar="T", help="Time of verification; now if absent."),
    ] = None,
    revocation: Annotated[
        Path | None,
        typer.Option(help="Batches (JSON or CMS; its signer is not checked) or filters' index."),
    ] = None,
) -> None:
    """Verify a certificate against a trust list: JSON on standard output, status 0 if valid.

    Example: lamsach hcert verify certificate.png --trust-list dsc.pem
    """
    if (source is None) != stdin:
        raise InputError("give either INPUT or --stdin")
    from lamsach.hcert.verify import verify_many  # noqa: PLC0415 - `--help` stays quick

    trust = read_trust_list(trust_list)
    moment = read_time(at, "--at")
    revocations = None if revocation is None else _revocations(revocation)

    def checked(texts: list[str]) -> Iterator[Verification]:
        return verify_many(texts, trust, at=moment, revocations=revocations)

    if source is not None:
        [result] = checked([read_input(source)])
        typer.echo(json_text(result.as_json()))
        raise typer.Exit(0 if result.valid else 1)
    all_valid = True
    for lines in _arrivals(cast(BufferedReader, sys.stdin.buffer)):
        for result in checked(lines):
            all_valid = all_valid and result.valid
            sys.stdout.write(json_text(result.as_json(), indent=None) + "\n")
        sys.stdout.flush()  # whoever writes a line at a gate waits for its answer
    raise typer.Exit(0 if all_valid else 1)


def _arrivals(stream: BufferedReader) -> Iterator[list[str]]:
    """Lines as they arrive, those that came together in one list.

    A line is of bounded length; what exceeds the bound is dropped, the line stays one.
    """
    begun = b""
    while read := stream.read1(_MAX_READ):
        *ended, begun = (begun + read).split(b"\n")
        begun = begun[:_MAX_LINE]
        yield [line.decode("utf-8", errors="replace") for line in ended]
    if begun:
        yield [begun.decode("utf-8", errors="replace")]


def _revocations(path: Path) -> RevocationList:
    from lamsach.hcert.errors import HcertError  # noqa: PLC0415
    from lamsach.hcert.revocation import RevocationList  # noqa: PLC0415

    try:
        return RevocationList.load(path)
    except HcertError as error:
        raise InputError(str(error), file=str(path)) from error
