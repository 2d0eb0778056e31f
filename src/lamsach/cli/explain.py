"""`lamsach explain`: one record beside its proposal, as a sheet to print and hang up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = ["explain"]


def explain(
    person_id: Annotated[
        str,
        typer.Argument(metavar="PERSON_ID", help="The record's key, as in PERSONS."),
    ],
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Folder that `lamsach authenticate --out` wrote."),
    ],
    language: Annotated[
        Literal["vi", "en"],
        typer.Option(help="Language of the sheet."),
    ] = "vi",
) -> None:
    """Explain one record: what was typed, what the register proposes, and why.

    For the register's side only: the sheet names a register person. The inputs of the run must
    still be where they were.

    Example: lamsach explain 0f3c9a52e1d84b7e out/ | lpr
    """
    from lamsach.identity import explain as explaining  # noqa: PLC0415 - `--help` stays quick
    from lamsach.identity.explain_sheet import render  # noqa: PLC0415

    explanation = explaining.explain(person_id, directory)
    typer.echo(render(explanation, language, encoding=sys.stdout.encoding or "ascii"))
