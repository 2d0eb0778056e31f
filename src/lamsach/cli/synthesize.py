"""`lamsach synthesize`: makes a nation that no one lives in, for tests and benchmarks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from lamsach.synthetic.mixes import DEFAULT, MIXES
from lamsach.synthetic.nation import synthesize_nation


def synthesize(
    people: Annotated[int, typer.Option(help="People in the register.")],
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same data.")] = 1,
    province: Annotated[
        str | None, typer.Option(help="Only this province: its code of 2022, e.g. 70.")
    ] = None,
    mix: Annotated[str, typer.Option(help=f"Mix of errors: {', '.join(MIXES)}.")] = DEFAULT,
    doses: Annotated[bool, typer.Option(help="Write the doses too.")] = True,
    threads: Annotated[int, typer.Option(min=1, help="Threads; the data do not depend on it.")] = 2,
) -> None:
    """Make a synthetic register, vaccination records with errors, and the truth about them."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(f"{people:,} people", total=None)
        try:
            made = synthesize_nation(
                people,
                seed,
                out,
                province=province,
                mix=mix,
                with_doses=doses,
                threads=threads,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except ValueError as error:
            typer.echo(f"lamsach synthesize: {error}", err=True)
            raise typer.Exit(2) from error
        except OSError as error:
            typer.echo(f"lamsach synthesize: cannot write {out}: {error.strerror}", err=True)
            raise typer.Exit(2) from error
    for name, rows in made.rows.items():
        typer.echo(f"{rows:>13,}  {name}.parquet")
