"""What can go wrong outside the program, in sentences for the person who can act on it.

Two kinds: an input that cannot be used (`InputError`) and a machine that cannot go on
(`ResourceError`). This room knows nothing of tables, engines or the command line; it only
words errors and recognises, among other people's exceptions, those that mean a lack of room.
"""

from __future__ import annotations

import errno
import re

__all__ = ["InputError", "ResourceError", "resource_error"]


class InputError(Exception):
    """An input that cannot be used as it is: which file, which row, which column, what to do.

    `row` counts the rows of data from 1, the header not among them; `line` is the line of a
    text file, from 1, where it is known. The sentence holds no more of a person than is needed
    to find the row.

    >>> str(InputError("the cell holds a NUL byte", file="a.csv", row=3, line=4, column="sex"))
    'a.csv, row 3 (line 4), column sex: the cell holds a NUL byte'
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | None = None,
        row: int | None = None,
        line: int | None = None,
        column: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = file
        self.row = row
        self.line = line
        self.column = column
        super().__init__(problem)

    def __str__(self) -> str:
        place = place_of(self.file, self.row, self.line, self.column)
        return f"{place}: {self.problem}" if place else self.problem


def place_of(file: str | None, row: int | None, line: int | None, column: str | None = None) -> str:
    """A place in the words of an error: `a.csv, row 3 (line 4), column sex`.

    >>> place_of("a.parquet", 7, None)
    'a.parquet, row 7'
    """
    parts = [] if file is None else [file]
    if row is not None:
        parts.append(f"row {row}" if line is None else f"row {row} (line {line})")
    elif line is not None:
        parts.append(f"line {line}")
    if column is not None:
        parts.append(f"column {column}")
    return ", ".join(parts)


class ResourceError(Exception):
    """The machine cannot go on: what is lacking, where, what to do.

    >>> str(ResourceError("the disk is full", where="/var/out", advice="free some space"))
    '/var/out: the disk is full; free some space'
    """

    def __init__(self, problem: str, *, where: str | None = None, advice: str | None = None):
        self.problem = problem
        self.where = where
        self.advice = advice
        super().__init__(problem)

    def __str__(self) -> str:
        place = "" if self.where is None else f"{self.where}: "
        advice = "" if self.advice is None else f"; {self.advice}"
        return f"{place}{self.problem}{advice}"


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_TEXT = re.compile(r"No space left on device|Disk quota exceeded|File too large")
_READ_ONLY = {errno.EROFS}
_READ_ONLY_TEXT = re.compile(r"Read-only file system")
_TEMP_FULL_TEXT = re.compile(r"max_temp_directory_size|failed to offload data block")
_MEMORY_TEXT = re.compile(r"^Out of Memory Error")
_CHAIN = 10
_PATH_TEXT = re.compile(r'file "([^"]+)"')


def resource_error(error: BaseException, where: str | None = None) -> ResourceError | None:
    """Read an exception of the system or the engine as a lack of room, or answer None.

    `where` is the folder concerned, when the caller knows it better than the message does. An
    exception raised while another was handled (a rollback that failed because the disk is full)
    is read as the first one.

    >>> str(resource_error(OSError(errno.ENOSPC, "No space left on device", "/out/a.parquet")))
    '/out/a.parquet: the disk is full; free some space there or choose another folder'
    >>> resource_error(ValueError("anything else")) is None
    True
    """
    for _ in range(_CHAIN):
        lack = _lack(error, where)
        earlier = error.__cause__ if error.__suppress_context__ else error.__context__
        if lack is not None or earlier is None:
            return lack
        error = earlier
    return None


def _lack(error: BaseException, where: str | None) -> ResourceError | None:
    """One exception as a lack of room, or None."""
    if isinstance(error, ResourceError):
        return error
    text = str(error)
    number = error.errno if isinstance(error, OSError) else None
    if where is None:
        named = _PATH_TEXT.search(text)
        if named:
            where = named[1]
        elif isinstance(error, OSError) and error.filename is not None:
            where = str(error.filename)
    if _TEMP_FULL_TEXT.search(text):
        return ResourceError(
            "the folder for temporary data is full",
            where=where,
            advice="free some space there, or name a larger one with --temp-dir",
        )
    if number in _FULL or _FULL_TEXT.search(text):
        return ResourceError(
            "the disk is full",
            where=where,
            advice="free some space there or choose another folder",
        )
    if number in _READ_ONLY or _READ_ONLY_TEXT.search(text):
        return ResourceError(
            "the disk can only be read", where=where, advice="choose another folder"
        )
    if isinstance(error, MemoryError) or _MEMORY_TEXT.match(text):
        return ResourceError(
            "there is not enough memory",
            advice="raise --memory-limit, or lower --threads so that each has more",
        )
    return None
