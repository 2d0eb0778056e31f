"""`lamsach demo`: an installation with a synthetic province, to look at and to try everything.

Everything lies under ./var/demo. What is already there is not made again, so that a second run is
immediate and a broken one goes on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from lamsach.cli.progress import terminal_progress
from lamsach.site import running

__all__ = ["demo"]

FOLDER: Final = Path("var/demo")
PROVINCE: Final = "70"  # Bình Phước: of middling size, with many peoples
SEED: Final = 2022

demo = typer.Typer(
    name="demo",
    invoke_without_command=True,
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
)


@demo.callback()
def _demo(
    context: typer.Context,
    people: Annotated[
        int, typer.Option(min=1000, help="How many people the synthetic province has.")
    ] = 200_000,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Fill an installation with a synthetic province and serve it until Ctrl-C.

    Works under ./var/demo and resumes what is there; nobody in it is real. Prints the address and
    where the accounts are, one for each role. Without a terminal, or with DEMO_SERVE=0, it opens
    its own pages with each account and ends.

    Example: lamsach demo --people 20000
    """
    if context.invoked_subcommand is not None:
        return
    os.umask(0o077)
    folder = FOLDER.absolute()
    province = _province(people)
    os.environ["LAMSACH_DATA"] = str(_data(folder))
    with running.database():
        status = running.prepare() or _demo_process("filling", str(province), str(folder))
        if status:
            raise typer.Exit(status)
        address = f"http://127.0.0.1:{port}/"
        if os.environ.get("DEMO_SERVE") == "0" or not sys.stdout.isatty():
            raise typer.Exit(_demo_process("self_check", str(folder)))
        commands = [
            running.site_command("127.0.0.1", port),
            running.worker_command(queue="quick"),
            running.worker_command(queue="bulk", concurrency=1),
        ]
        typer.echo(f"\n{address}  (Ctrl-C ends it)")
        typer.echo(f"Accounts: {FOLDER / 'accounts.txt'}; a code: lamsach demo code clerk")
        typer.echo(f"PINs of those who sign: {FOLDER / 'pin.txt'}")
        typer.echo(f"A workbook for the clerk to import: {FOLDER / 'nhap-mau.xlsx'}\n")
        raise typer.Exit(running.serve(commands))


@demo.command()
def code(
    name: Annotated[str, typer.Argument(help="The account, as accounts.txt names it.")],
) -> None:
    """Print the present code of an account's second factor.

    Example: lamsach demo code clerk
    """
    os.environ["LAMSACH_DATA"] = str(_data(FOLDER.absolute()))
    raise typer.Exit(_demo_process("present_code", str(FOLDER.absolute()), name))


def _data(folder: Path) -> Path:
    """The installation's data folder; others may pass through it when root runs the system."""
    data = folder / "data"
    if not data.exists():
        data.mkdir(parents=True)
        if os.geteuid() == 0:
            folder.chmod(0o711)
            data.chmod(0o711)
    return data


def _demo_process(name: str, *arguments: str) -> int:
    """Run a room of the demonstration in a process that has the site's settings."""
    command = [sys.executable, "-m", "lamsach.demo", name, *arguments]
    surroundings = {**os.environ, "DJANGO_SETTINGS_MODULE": "lamsach.site.settings"}
    return subprocess.run(command, check=False, env=surroundings).returncode  # noqa: S603


def _province(people: int) -> Path:
    """The folder of the synthetic province, made if it is not there."""
    folder = FOLDER / f"province-{people}"
    if folder.exists():
        return folder.absolute()
    from lamsach.synthetic import synthesize_nation  # noqa: PLC0415 - `--help` stays quick

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
    return folder.absolute()
