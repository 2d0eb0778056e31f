"""The `lamsach` command: its sub-commands, and what every one of them does with an error.

Exit status (contracts): 0 on success, 2 on bad usage or unreadable input, 1 on any other failure,
130 when the user breaks off; always one line on standard error. Engines are imported by the
sub-command that needs them, so that `lamsach --help` is quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from lamsach import __version__
from lamsach.cli.authenticate import authenticate
from lamsach.cli.demo import demo
from lamsach.cli.duplicates import duplicates
from lamsach.cli.explain import explain
from lamsach.cli.hcert import hcert
from lamsach.cli.passport import passport
from lamsach.cli.serve import manage, register, serve, worker
from lamsach.cli.sign import sign
from lamsach.identity.errors import InputError, ResourceError, resource_error
from lamsach.site.embedded import ServerError
from lamsach.site.environment import SettingError

__all__ = ["app", "main", "run"]

BAD_INPUT = 2
FAILURE = 1
BROKEN_OFF = 130

app = typer.Typer(
    name="lamsach",
    help="Authenticate person records against a population register and explain what is wrong.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lamsach {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _shown: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Authenticate person records against a population register and explain what is wrong."""


class _Synthesize(TyperCommand):
    """Stands for a command whose room loads what help need not wait for, until it is called."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """The context of the command itself."""
        from lamsach.cli.synthesize import synthesize  # noqa: PLC0415

        room = typer.Typer(add_completion=False, rich_markup_mode=None)
        room.command("synthesize")(synthesize)
        return typer.main.get_command(room).make_context(*arguments, **options)


app.command()(authenticate)
app.command()(explain)
app.command()(duplicates)
app.add_typer(demo)
app.add_typer(hcert)
app.add_typer(register)
app.add_typer(passport)
app.command()(serve)
app.command()(sign)
app.command()(worker)
app.command(
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    }
)(manage)


@app.command(cls=_Synthesize)
def synthesize() -> None:
    """Make a register, records with errors, and the truth about them."""


def run(arguments: Sequence[str]) -> int:
    """Run the command with these arguments and return its exit status.

    >>> run(["--version"])
    lamsach 0.1.0
    0
    """
    try:
        status = app(args=list(arguments), prog_name="lamsach", standalone_mode=False)
    except Exception as error:
        if os.environ.get("LAMSACH_DEBUG"):
            raise
        status, line = _outcome(error)
        if line:
            print(f"lamsach: {line}", file=sys.stderr)
        return status
    if status == BROKEN_OFF:  # the way in which typer passes a keyboard interrupt on
        print(
            "lamsach: broken off; finished steps are kept, run the same command to go on",
            file=sys.stderr,
        )
    return status if isinstance(status, int) else 0


def _outcome(error: Exception) -> tuple[int, str]:
    """The exit status of an error and the line that says it."""
    if isinstance(error, InputError | ResourceError | ServerError | SettingError):
        return BAD_INPUT, _one_line(str(error))
    if isinstance(error, typer.TyperException):
        return BAD_INPUT, _usage(error)
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has had enough; the interpreter must not try to flush it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE, ""
    lack = resource_error(error)
    if lack is not None:
        return BAD_INPUT, _one_line(str(lack))
    # The text of an unforeseen error may quote a person's data: its kind must do.
    return FAILURE, (
        f"an error that was not foreseen ({type(error).__name__});"
        " run again with LAMSACH_DEBUG=1 to see where"
    )


def _usage(error: typer.TyperException) -> str:
    """A mistake in the command line, and where to read how it is used."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "lamsach"
    message = _one_line(error.format_message()).removesuffix(".")
    return f"{message}; see {command} --help"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def main() -> None:
    """The entry point of the `lamsach` command."""
    sys.exit(run(sys.argv[1:]))
