"""`lamsach serve`, `worker`, `manage`: the web application, its workers, its administration."""

from __future__ import annotations

from typing import Annotated

import typer

from lamsach.site import running

__all__ = ["manage", "register", "serve", "worker"]

register = typer.Typer(
    name="register",
    help="The register's side: its gateway, its administration.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def serve(
    *,
    address: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Run the web application and its workers, with a PostgreSQL unless DATABASE_URL names one.

    Example: lamsach serve --port 8080
    """
    with running.database():
        status = running.prepare()
        if status:
            raise typer.Exit(status)
        status = running.manage(["first_steps"])
        if status:
            raise typer.Exit(status)
        typer.echo(f"http://{address}:{port}/  (Ctrl-C ends it)")
        # Bulk work has a process of its own: nobody at a screen waits for it.
        workers = [
            running.worker_command(queue="quick"),
            running.worker_command(queue="bulk", concurrency=1),
        ]
        raise typer.Exit(running.serve([running.site_command(address, port), *workers]))


def worker(
    *,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Jobs at the same time.")] = 4,
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help="End when nothing is left to do.")
    ] = False,
) -> None:
    """Run background jobs alone, beside a site that runs elsewhere.

    Example: lamsach worker
    """
    with running.database():
        if until_empty:
            raise typer.Exit(running.manage(["run_worker", "--until-empty"]))
        raise typer.Exit(running.serve([running.worker_command(concurrency=concurrency)]))


def manage(context: typer.Context) -> None:
    """Run Django's management command.

    Example: lamsach manage verify_ledger
    """
    with running.database():
        raise typer.Exit(running.manage(context.args))


@register.command("serve")
def serve_register(
    *,
    address: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8001,
) -> None:
    """Run the register's gateway alone; REGISTER_GATEWAY_SECRET is what its callers hold.

    Example: lamsach register serve --port 8001
    """
    with running.database(side="register"):
        status = running.prepare(side="register")
        if status:
            raise typer.Exit(status)
        typer.echo(f"http://{address}:{port}/gateway/v1/  (Ctrl-C ends it)")
        command = running.site_command(address, port)
        raise typer.Exit(running.serve([command], side="register"))


@register.command(
    "manage",
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    },
)
def manage_register(context: typer.Context) -> None:
    """Run Django's management command on the register's side.

    Example: lamsach register manage load_register register.parquet
    """
    with running.database(side="register"):
        raise typer.Exit(running.manage(context.args, side="register"))
