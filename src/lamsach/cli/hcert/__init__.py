"""`lamsach hcert …`: health certificates on the command line, without a server.

The commands register themselves here; each is a room of its own and imports its engine only when
it is called, so that `lamsach --help` is quick.
"""

from __future__ import annotations

import typer

from lamsach.cli.hcert.decode import decode
from lamsach.cli.hcert.issue import issue
from lamsach.cli.hcert.qr import qr
from lamsach.cli.hcert.rules import rules
from lamsach.cli.hcert.verify import verify

__all__ = ["hcert"]

hcert = typer.Typer(
    name="hcert",
    help="Issue, read and verify health certificates (HC1), offline.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

hcert.command()(issue)
hcert.command()(decode)
hcert.command()(verify)
hcert.command()(qr)
hcert.command()(rules)
