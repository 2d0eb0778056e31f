"""`lamsach hcert decode`: what is in a certificate, verified or not."""

from __future__ import annotations

from typing import Annotated

import typer

from lamsach.cli.hcert.inputs import read_input
from lamsach.cli.hcert.outputs import json_text
from lamsach.identity.errors import InputError

__all__ = ["decode"]


def decode(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT", help="HC1 text, a text file, - or a PNG/JPEG of the QR code."
        ),
    ],
) -> None:
    """Show what a certificate holds. Nothing is verified: see `lamsach hcert verify`.

    Example: lamsach hcert decode certificate.png
    """
    from lamsach.hcert.decode import decode as read  # noqa: PLC0415 - `--help` stays quick
    from lamsach.hcert.errors import Refused, sentence  # noqa: PLC0415

    try:
        decoded = read(read_input(source))
    except Refused as refused:
        problem = f"{refused.code.value}: {sentence(refused.code)['en']} ({refused.detail})"
        raise InputError(problem) from refused
    typer.echo(json_text(decoded))
