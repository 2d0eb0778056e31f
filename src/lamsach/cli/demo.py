"""`lamsach demo`: a synthetic province, its records authenticated, one of them explained.

Everything lies under ./var/demo. What is already there is not made again, so that a second run is
immediate and a broken one goes on.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from lamsach.cli.authenticate import funnel
from lamsach.cli.progress import terminal_progress

__all__ = ["demo"]

FOLDER = Path("var/demo")
PROVINCE = "70"  # Bình Phước: of middling size, with many peoples
SEED = 2022

# What a reader understands at a glance comes first; a record may show two of them at once.
_TELLING = (
    "birth_date.day_month_swapped",
    "name.spelling",
    "name.typing",
    "name.accents",
    "personal_id.transposed",
    "personal_id.missing",
)


def demo(
    *,
    people: Annotated[
        int, typer.Option(min=1000, help="How many people the synthetic province has.")
    ] = 1_000_000,
) -> None:
    """Authenticate the records of a synthetic province and explain one that is wrong.

    Works under ./var/demo and resumes what is there; nobody in it is real.

    Example: lamsach demo --people 100000
    """
    from lamsach.identity import engine  # noqa: PLC0415 - `--help` stays quick
    from lamsach.identity.explain import explain  # noqa: PLC0415
    from lamsach.identity.explain_sheet import render  # noqa: PLC0415

    os.umask(0o077)
    province = _province(people)
    answers = FOLDER / f"answers-{people}"
    typer.echo("Authenticating its records against its register…")
    with terminal_progress() as progress:
        summary = engine.authenticate(
            [str(province / "persons.parquet")],
            [str(province / "register.parquet")],
            answers,
            engine.Options(memory_limit=_memory()),
            progress,
        )
    typer.echo(f"\n{funnel(summary.counts)}\n")
    person = telling_record(answers / "results.parquet")
    if person is not None:
        sheet = render(explain(person, answers), "vi", encoding=sys.stdout.encoding or "ascii")
        typer.echo(f"One wrong record (lamsach explain {person} {answers}):\n\n{sheet}\n")
    typer.echo(f"The summary: {summary.html.resolve().as_uri()}")


def _province(people: int) -> Path:
    """The folder of the synthetic province, made if it is not there."""
    folder = FOLDER / f"province-{people}"
    if folder.exists():
        return folder
    from lamsach.synthetic import synthesize_nation  # noqa: PLC0415

    typer.echo(f"Making a synthetic province of {people:,} people…")
    half = folder.with_name(folder.name + ".part")
    shutil.rmtree(half, ignore_errors=True)
    half.parent.mkdir(parents=True, exist_ok=True)
    with terminal_progress() as progress:
        progress.step("people, records and the truth about them", 1, 1, people)
        made = synthesize_nation(
            people,
            SEED,
            half,
            province=PROVINCE,
            progress=lambda done, total: progress.advance(done / total),
        )
        progress.done(made.rows["persons"])
    half.rename(folder)
    return folder


def telling_record(results: Path) -> str | None:
    """The person_id of a corrected record whose differences tell the most; None if none was.

    The same one every time: of those that show the two most telling differences and little else.
    """
    import duckdb  # noqa: PLC0415

    worth = " + ".join(
        f"case when list_contains(differences, '{code}') then {2 ** (len(_TELLING) - place)}"
        " else 0 end"
        for place, code in enumerate(_TELLING)
    )
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select person_id from read_parquet(?) where outcome = 'correctable'"
            f" order by len(differences) > 2, {worth} desc, len(differences) desc, person_id"
            f" limit 1",
            [str(results)],
        ).fetchall()
    return str(found[0][0]) if found else None


def _memory() -> str:
    """Half of what the machine has, as the engine writes it."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{max(1, total // 2**31)}GiB"
