"""What the hcert commands read: certificates, times, trust and revocation lists.

INPUT is an HC1 text, a text file that holds one, `-`, or a picture of the QR code. Errors name the
file and never quote what is in it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lamsach.identity.errors import InputError

if TYPE_CHECKING:
    from lamsach.hcert.trust import TrustList

__all__ = ["read_input", "read_time", "read_trust_list"]

_PREFIX = "HC1:"
_MAX_PATH = 4096
_MOST_PROBLEMS = 10  # a list of nothing but references would fill the screen


def read_input(source: str) -> str:
    """The text that INPUT stands for; raises `InputError`."""
    from lamsach.hcert.pictures import (  # noqa: PLC0415 - only a picture needs its engine
        MAX_BYTES,
        PictureError,
        is_picture,
        read_picture,
    )

    name = source
    if source == "-":
        name = "standard input"
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    elif source.lstrip().startswith(_PREFIX) or not _is_path(source):
        return source
    else:
        try:
            with Path(source).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", file=source) from error
    if len(data) > MAX_BYTES:
        raise InputError(f"has more than {MAX_BYTES >> 20} MB; this is no certificate", file=name)
    if is_picture(data):
        try:
            return read_picture(data)
        except PictureError as error:
            raise InputError(str(error), file=name) from error
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")


def _is_path(source: str) -> bool:
    """Whether INPUT names something on the disk, or looks as if it was meant to."""
    if not source or len(source) > _MAX_PATH or "\0" in source or "\n" in source:
        return False
    try:
        path = Path(source)
        return path.exists() or path.suffix.lower() in {".txt", ".png", ".jpg", ".jpeg"}
    except OSError:
        return False


def read_time(text: str | None, option: str) -> datetime | None:
    """An ISO 8601 time; a date is its first moment, a time without a zone is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter for the first and last hours of all
        raise InputError(
            f"{option} {text[:40]!r} is no time; write it as 2022-04-19T08:00:00+07:00"
        ) from None
    return moment


def read_trust_list(path: Path) -> TrustList:
    """A trust list; what in it cannot be used is said on standard error."""
    from lamsach.hcert.errors import TrustListError  # noqa: PLC0415
    from lamsach.hcert.trust import TrustList  # noqa: PLC0415

    try:
        trust = TrustList.load(path)
    except TrustListError as error:
        raise InputError(str(error)) from error
    for problem in trust.problems[:_MOST_PROBLEMS]:
        print(f"lamsach: {path}, {problem}; it is left out", file=sys.stderr)
    more = len(trust.problems) - _MOST_PROBLEMS
    if more > 0:
        print(f"lamsach: {path}, {more} more entries are left out", file=sys.stderr)
    return trust
