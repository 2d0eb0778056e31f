"""`lamsach duplicates`: the options of the contract, and what was found when it is done."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamsach.cli.authenticate import sources
from lamsach.cli.progress import terminal_progress

if TYPE_CHECKING:
    from lamsach.identity.deduplicate import EventSource, Summary

__all__ = ["duplicates", "findings"]

_MEMORY = re.compile(r"\d+(\.\d+)?\s*[KMGT]i?B", re.IGNORECASE)
#: What the columns of DOSES mean to the finder of duplicates.
DOSES_AS_EVENTS = {
    "person_id": "person_id",
    "kind": "vaccine_code",
    "day": "vaccinated_on",
    "place": "facility_code",
    "number": "dose_number",
}


def duplicates(
    persons: Annotated[
        str,
        typer.Argument(
            metavar="PERSONS",
            help="Person records: a Parquet or CSV file, a quoted glob, or several between commas.",
        ),
    ],
    *,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Folder for the answers.", show_default=False),
    ],
    doses: Annotated[
        str | None,
        typer.Option(
            metavar="DOSES",
            help="Doses of these persons, likewise: one dose recorded for two of them is evidence.",
            show_default="none",
        ),
    ] = None,
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
    threshold: Annotated[
        float,
        typer.Option(min=0.5, max=1.0, help="Probability from which two records are one person."),
    ] = 0.99,
) -> None:
    """Find persons who are recorded more than once among PERSONS.

    Example: lamsach duplicates persons.parquet --doses doses.parquet --out duplicates
    """
    if not _MEMORY.fullmatch(memory_limit):
        raise typer.BadParameter(
            f"{memory_limit!r} is no amount of memory such as 12GB", param_hint="--memory-limit"
        )
    from lamsach.identity import deduplicate as finder  # noqa: PLC0415 - `--help` stays quick
    from lamsach.identity.tables import DOSES_SCHEMA  # noqa: PLC0415

    events = None
    if doses is not None:
        events = finder.EventSource(sources(doses), DOSES_SCHEMA, DOSES_AS_EVENTS)
    for line in _warnings(sources(persons), events):
        typer.echo(f"lamsach: warning: {line}", err=True)
    # Whatever the engine leaves on the disk meanwhile is for its owner only.
    os.umask(0o077)
    options = finder.Options(
        threads=threads or len(os.sched_getaffinity(0)),
        memory_limit=memory_limit,
        temp_dir=temp_dir,
        threshold=threshold,
    )
    with terminal_progress() as progress:
        summary = finder.deduplicate(sources(persons), out, events, options, progress)
    typer.echo(findings(summary))
    typer.echo(f"\n{out / 'clusters.parquet'}  ({summary.seconds:,.1f} s)")


def _warnings(persons: list[str], events: EventSource | None) -> list[str]:
    """What is odd about the inputs but no error; raises InputError for what is one."""
    import duckdb  # noqa: PLC0415 - `--help` stays quick

    from lamsach.identity.tables import PERSONS_SCHEMA, open_table  # noqa: PLC0415

    with duckdb.connect() as connection:
        warnings = open_table(connection, PERSONS_SCHEMA, persons, "persons").warnings
        if events is not None:
            table = open_table(connection, events.schema, events.sources, "events")
            warnings = [*warnings, *table.warnings]
        return warnings


def findings(summary: Summary) -> str:
    """What was found as a small table.

    >>> from lamsach.identity.deduplicate import Summary
    >>> pairs = {"match": 21, "possible": 4, "different": 7}
    >>> print(findings(Summary(1000, 979, 20, pairs, 0.1)))
    records                         1,000
    persons                           979
    persons recorded several times     20
    pairs: match                       21
    pairs: possible                     4
    pairs: different                    7
    """
    rows = [
        ("records", summary.records),
        ("persons", summary.persons),
        ("persons recorded several times", summary.clusters),
        *((f"pairs: {verdict}", count) for verdict, count in summary.pairs.items()),
    ]
    first = max(len(name) for name, _ in rows)
    second = max(len(f"{count:,}") for _, count in rows)
    return "\n".join(f"{name:<{first}}  {count:>{second},}" for name, count in rows)
