"""`lamsach hcert qr`: the QR symbol of a certificate, as large and as safe as the paper allows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lamsach.cli.hcert.inputs import read_input
from lamsach.identity.errors import InputError

if TYPE_CHECKING:
    from lamsach.hcert.qr import Choice, Level

__all__ = ["qr"]

_WIDTH_MM = 45.0  # a symbol of nearly 60 mm diagonal and its quiet zone


def qr(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="HC1 text, a text file that holds it, or -.")
    ],
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="File to write: .svg or .png.")],
    error_correction: Annotated[
        Literal["L", "M", "Q", "H"] | None,
        typer.Option(help="Level of error correction; Q if the width allows, else M or L."),
    ] = None,
    width: Annotated[
        float | None,
        typer.Option(metavar="MM", help="Width on paper with its quiet zone, 45 mm if absent."),
    ] = None,
    dpi: Annotated[
        int | None, typer.Option(metavar="N", help="Dots per inch of the printer.")
    ] = None,
) -> None:
    """Draw the QR code of a certificate. Warns, and refuses, when it would be too dense to read.

    Example: lamsach hcert qr certificate.txt --out certificate.svg
    """
    from lamsach.hcert.qr import QrError, encode, has_fast_encoder  # noqa: PLC0415

    suffix = out.suffix.lower()
    if suffix not in (".svg", ".png"):
        raise InputError("name a file that ends in .svg or .png", file=str(out))
    code = read_input(text).strip()
    if not code.startswith("HC1:"):
        # A file name that was mistyped is a code that scanners read and nobody can verify.
        raise InputError("this is no HC1 text and no file that holds one: give the certificate")
    if not has_fast_encoder():
        _say("libqrencode4 is not installed: the slower library segno draws the code")
    try:
        choice = _choose(code, error_correction, width, dpi)
        for warning in choice.warnings:
            _say(warning["en"])
        symbol = encode(code, choice.level)
        if suffix == ".svg":
            data = symbol.svg(module_mm=choice.module_mm).encode()
        else:
            data = symbol.png(dots=choice.dots or 8, module_mm=choice.module_mm)
    except QrError as error:
        raise InputError(str(error)) from error
    _write(out, data)


def _choose(code: str, level: Level | None, width: float | None, dpi: int | None) -> Choice:
    """The level and size for the width that was asked; without one, whatever width is needed."""
    from lamsach.hcert.qr import QrError, choose  # noqa: PLC0415

    if width is not None:
        return choose(code, printed_mm=width, dpi=dpi, level=level)
    try:
        return choose(code, printed_mm=_WIDTH_MM, dpi=dpi, level=level)
    except QrError:
        # Nobody named a width: better a large code than none.
        return choose(code, printed_mm=4 * _WIDTH_MM, dpi=dpi, level=level)


def _write(out: Path, data: bytes) -> None:
    """Write beside and rename; the code holds a person's data, so that only the owner may read."""
    beside = out.with_name(f"{out.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        beside.replace(out)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError(f"cannot be written ({error.strerror})", file=str(out)) from error


def _say(line: str) -> None:
    print(f"lamsach: {line}", file=sys.stderr)
