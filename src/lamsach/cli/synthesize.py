"""`lamsach synthesize`: makes a nation that no one lives in, for tests and benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamsach.cli.progress import terminal_progress
from lamsach.identity.errors import InputError
from lamsach.synthetic import DEFAULT, MIXES, synthesize_nation

__all__ = ["synthesize"]


def synthesize(
    *,
    people: Annotated[int, typer.Option(help="People in the register.")],
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same data.")] = 1,
    province: Annotated[
        str | None, typer.Option(help="Only this province: its code of 2022, e.g. 70.")
    ] = None,
    mix: Annotated[str, typer.Option(help=f"Mix of errors: {', '.join(MIXES)}.")] = DEFAULT,
    doses: Annotated[bool, typer.Option(help="Write the doses too.")] = True,
    threads: Annotated[int, typer.Option(min=1, help="Threads; the data do not depend on it.")] = 2,
) -> None:
    """Make a register, records with errors, and the truth about them.

    Nobody in it is real. Writes register, persons, doses, truth and facilities as Parquet.

    Example: lamsach synthesize --people 1000000 --seed 7 --out nation
    """
    with terminal_progress() as progress:
        progress.step("people, records and the truth about them", 1, 1, people)
        try:
            made = synthesize_nation(
                people,
                seed,
                out,
                province=province,
                mix=mix,
                doses=doses,
                threads=threads,
                progress=lambda done, total: progress.advance(done / total),
            )
        except ValueError as error:
            raise InputError(str(error)) from error
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            problem = f"cannot be written ({error.strerror}); choose another folder"
            raise InputError(problem, file=str(out)) from error
        progress.done(made.rows["persons"])
    for name, rows in made.rows.items():
        typer.echo(f"{rows:>13,}  {name}.parquet")
