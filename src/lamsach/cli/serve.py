"""`lamsach serve`, `lamsach manage`: the web application and its administration."""

from __future__ import annotations

from typing import Annotated

import typer

from lamsach.site import running

__all__ = ["manage", "serve"]


def serve(
    *,
    address: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Run the web application, with a PostgreSQL of its own unless DATABASE_URL names one.

    Example: lamsach serve --port 8080
    """
    with running.database():
        status = running.prepare()
        if status:
            raise typer.Exit(status)
        typer.echo(f"http://{address}:{port}/  (Ctrl-C ends it)")
        raise typer.Exit(running.serve([running.site_command(address, port)]))


def manage(context: typer.Context) -> None:
    """Run Django's management command.

    Example: lamsach manage verify_ledger
    """
    with running.database():
        raise typer.Exit(running.manage(context.args))
