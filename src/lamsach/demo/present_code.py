"""The present code of an account: `python -m lamsach.demo present_code FOLDER NAME`.

It is read from the demonstration's own file of accounts, as an authenticator would know it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from lamsach.demo.accounts import present_code, read_accounts

__all__ = ["main"]

_BAD_INPUT: Final = 2


def main(arguments: list[str]) -> int:
    """Print the code; the exit status."""
    folder, name = arguments
    file = Path(folder) / "accounts.txt"
    try:
        accounts = {one.name: one for one in read_accounts(file)}
    except OSError:
        print("There is no demonstration here yet; run lamsach demo first.", file=sys.stderr)
        return _BAD_INPUT
    if name not in accounts:
        known = ", ".join(accounts)
        print(f"No account is named {name}; there are {known}.", file=sys.stderr)
        return _BAD_INPUT
    print(present_code(accounts[name].secret))
    return 0
