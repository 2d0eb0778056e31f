"""`lamsach authenticate`: the options of the contract, and the funnel when it is done."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from lamsach.cli.progress import terminal_progress

__all__ = ["authenticate", "funnel", "sources"]

_MEMORY = re.compile(r"\d+(\.\d+)?\s*[KMGT]i?B", re.IGNORECASE)
_ORDER = (
    "authenticated",
    "correctable",
    "ambiguous",
    "unmatched",
    "right",
    "wrong",
    "not_checkable",
    "exempt",
)


def authenticate(
    persons: Annotated[
        str,
        typer.Argument(
            metavar="PERSONS",
            help="Records to authenticate: a Parquet or CSV file, a quoted glob, or several"
            " between commas.",
        ),
    ],
    register: Annotated[
        str,
        typer.Argument(metavar="REGISTER", help="Extract of the population register, likewise."),
    ],
    *,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Folder for the answers.", show_default=False),
    ],
    side: Annotated[
        Literal["police", "health"],
        typer.Option(help="Whose eyes the output is for; health learns right or wrong, no more."),
    ] = "police",
    engine: Annotated[Literal["duckdb"], typer.Option(help="What runs the rules.")] = "duckdb",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processors to use.", show_default="all")
    ] = None,
    memory_limit: Annotated[
        str, typer.Option(metavar="SIZE", help="Memory the engine may take, for example 12GB.")
    ] = "12GB",
    temp_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where work in progress lies.", show_default="in --out"),
    ] = None,
    units: Annotated[
        Literal["2022", "2025"], typer.Option(help="Catalogue of the administrative unit codes.")
    ] = "2022",
    threshold: Annotated[
        float,
        typer.Option(min=0.5, max=1.0, help="Probability from which one candidate is proposed."),
    ] = 0.99,
    no_candidates: Annotated[
        bool, typer.Option("--no-candidates", help="Do not write candidates.parquet.")
    ] = False,
) -> None:
    """Authenticate PERSONS against REGISTER and propose explained corrections.

    Example: lamsach authenticate 'persons-*.parquet' register.parquet --out answers
    """
    if not _MEMORY.fullmatch(memory_limit):
        raise typer.BadParameter(
            f"{memory_limit!r} is no amount of memory such as 12GB", param_hint="--memory-limit"
        )
    from lamsach.identity import engine as engines  # noqa: PLC0415 - `--help` stays quick

    for line in _warnings(sources(persons), sources(register)):
        typer.echo(f"lamsach: warning: {line}", err=True)
    # Whatever the engine leaves on the disk meanwhile is for its owner only.
    os.umask(0o077)
    options = engines.Options(
        side=side,
        engine=engine,
        threads=threads or len(os.sched_getaffinity(0)),
        memory_limit=memory_limit,
        temp_dir=temp_dir,
        units=units,
        threshold=threshold,
        candidates=not no_candidates,
    )
    with terminal_progress() as progress:
        summary = engines.authenticate(sources(persons), sources(register), out, options, progress)
    typer.echo(funnel(summary.counts))
    typer.echo(f"\n{summary.html}  ({summary.seconds:,.1f} s)")


def _warnings(persons: Sequence[str], register: Sequence[str]) -> list[str]:
    """What is odd about the inputs but no error; raises InputError for what is one.

    No row is read: mistakes in names of files and columns show at once.
    """
    import duckdb  # noqa: PLC0415 - `--help` stays quick

    from lamsach.identity.tables import (  # noqa: PLC0415
        PERSONS_SCHEMA,
        REGISTER_SCHEMA,
        open_table,
    )

    with duckdb.connect() as connection:
        return [
            *open_table(connection, PERSONS_SCHEMA, persons, "persons").warnings,
            *open_table(connection, REGISTER_SCHEMA, register, "register").warnings,
        ]


def sources(argument: str) -> list[str]:
    """The files and patterns that one argument names; a comma parts them unless it is in a name.

    >>> sources("a.csv,b.parquet")
    ['a.csv', 'b.parquet']
    """
    if Path(argument).exists():
        return [argument]
    return [part for part in argument.split(",") if part] or [argument]


def funnel(counts: Mapping[str, int]) -> str:
    """Persons by outcome as a small table.

    >>> print(funnel({"authenticated": 662, "correctable": 301, "unmatched": 37}))
    outcome        persons   percent
    authenticated      662    66.20%
    correctable        301    30.10%
    unmatched           37     3.70%
    total            1,000   100.00%
    """
    known = [name for name in _ORDER if name in counts]
    names = known + [name for name in counts if name not in known]
    total = sum(counts.values())
    rows = [(name, counts[name]) for name in names] + [("total", total)]
    first = max(len(name) for name, _ in rows)
    second = max(len("persons"), *(len(f"{count:,}") for _, count in rows))
    lines = [f"{'outcome':<{first}}  {'persons':>{second}}   percent"]
    for name, count in rows:
        share = count / total if total else 0.0
        lines.append(f"{name:<{first}}  {count:>{second},}  {share:>8.2%}")
    return "\n".join(lines)
