"""Serve the demonstration, open its pages with each account, end: `… self_check FOLDER`."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from lamsach.demo.accounts import read_accounts
from lamsach.demo.checking import PageError, check_pages
from lamsach.site.running import site_command

__all__ = ["main"]

_PATIENCE: Final = 60.0


def main(arguments: list[str]) -> int:
    """Check all pages; the exit status."""
    (folder,) = arguments
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(site_command("127.0.0.1", port))  # noqa: S603 - our own program
    try:
        _wait(address)
        accounts = read_accounts(Path(folder) / "accounts.txt")
        seen = check_pages(address, accounts)
    except PageError as error:
        print(f"The demonstration is not whole: {error}", file=sys.stderr)
        return 1
    finally:
        server.terminate()
        server.wait(30)
    print(f"{seen} pages opened with {len(accounts)} accounts: all answer.")
    return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str) -> None:
    end = monotonic() + _PATIENCE
    while True:
        try:
            with urlopen(f"{address}/health", timeout=5):  # noqa: S310 - our own server
                return
        except (URLError, OSError):
            if monotonic() > end:
                raise
            sleep(0.2)
