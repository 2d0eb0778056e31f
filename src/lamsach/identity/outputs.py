"""The folder a run writes into: all of its files appear together when it succeeds, or none does.

Files are written in a hidden folder inside the output folder (so that a rename suffices), made
safe on the disk, given to their owner only and renamed. This room knows nothing of what is
written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path
from types import TracebackType

import duckdb

from lamsach.identity.errors import ResourceError, resource_error

__all__ = ["OutputDirectory"]

_PREFIX = ".lamsach-"
_SUFFIX = ".part"
_PROBE_BYTES = 64 * 1024


class OutputDirectory:
    """A folder whose files change only when the block ends well.

    The folder is made if need be (for its owner only). Files are renamed in the order in which
    they were asked for, so that the last one vouches for the others. Raises ResourceError when the
    folder cannot be written, when the disk is full, or while another run writes there; on any
    exception nothing under a final name has changed. What a killed run left behind is removed.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with OutputDirectory(Path(folder) / "out") as output:
    ...         _ = output.file("summary.json").write_text("{}")
    ...     (Path(folder) / "out" / "summary.json").read_text()
    '{}'
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._part = self.path / f"{_PREFIX}{os.getpid()}-{_started(os.getpid())}{_SUFFIX}"
        self._names: list[str] = []
        self._dropped: list[str] = []
        self._made = False

    def file(self, name: str) -> Path:
        """Where to write the file that will be called `name`; it must exist when the block ends."""
        if (self.path / name).is_dir():
            raise ResourceError(
                "a folder has the name of an output file",
                where=str(self.path / name),
                advice="remove it or choose another output folder",
            )
        if name not in self._names:
            self._names.append(name)
        return self._part / name

    def drop(self, name: str) -> None:
        """Let a file of an earlier run that this one does not write go when the block ends well."""
        self._dropped.append(name)

    def __enter__(self) -> OutputDirectory:
        try:
            self._make()
            self._sweep()
            self._probe()
        except OSError as error:
            self._discard()
            raise self._lack(error) from error
        except ResourceError:
            self._discard()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if error is None:
            try:
                self._publish()
            except OSError as failure:
                self._discard()
                raise self._lack(failure) from failure
            return
        self._discard()
        if isinstance(error, OSError | MemoryError | duckdb.Error):
            lack = resource_error(error)
            if lack is not None:
                raise lack from error

    def _make(self) -> None:
        """Make the folder, for its owner only."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            self.path.mkdir(mode=0o700)
            self._made = True

    def _sweep(self) -> None:
        """Remove what runs that are no longer alive left behind."""
        for part in self.path.glob(f"{_PREFIX}*{_SUFFIX}"):
            owner, _, started = part.name[len(_PREFIX) : -len(_SUFFIX)].partition("-")
            if owner.isdecimal() and _started(int(owner)) == started:
                raise ResourceError(
                    f"another run (process {owner}) is writing here",
                    where=str(self.path),
                    advice="wait until it ends or choose another folder",
                )
            shutil.rmtree(part, ignore_errors=True)

    def _probe(self) -> None:
        """Write a little, so that a disk that is full or read-only is known before the work."""
        self._part.mkdir(mode=0o700)
        probe = self._part / "probe"
        with probe.open("wb") as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
        probe.unlink()

    def _publish(self) -> None:
        """Make the files safe on the disk, then let them appear under their names."""
        for name in self._names:
            part = self._part / name
            part.chmod(0o600)
            _sync(part)
        for name in self._dropped:
            (self.path / name).unlink(missing_ok=True)
        for name in self._names:
            (self._part / name).replace(self.path / name)
        _sync(self.path)
        shutil.rmtree(self._part)

    def _discard(self) -> None:
        """Leave the folder as it was found."""
        shutil.rmtree(self._part, ignore_errors=True)
        if self._made:
            with contextlib.suppress(OSError):  # the work may have put something else there
                self.path.rmdir()

    def _lack(self, error: OSError) -> Exception:
        """An error of the system about this folder, as a sentence."""
        lack = resource_error(error, where=str(self.path))
        if lack is not None:
            return lack
        if error.errno in (errno.EEXIST, errno.ENOTDIR):
            problem = "this is no folder, or stands below a file"
        elif error.errno in (errno.EACCES, errno.EPERM):
            problem = "the output folder cannot be written by this user"
        else:
            problem = f"the output folder cannot be used ({(error.strerror or '').lower()})"
        return ResourceError(problem, where=str(self.path), advice="choose another folder")


def _sync(path: Path) -> None:
    """Wait until a file or folder stands on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _started(process: int) -> str:
    """When a process began, in the system's own ticks; empty if there is none.

    Numbers of processes return (in a container at once), a number with its beginning does not.
    """
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
        facts = status.rpartition(")")[2].split()
        return "" if facts[0] in "ZX" else facts[19]  # a zombie writes no more
    except OSError:
        pass
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        return "alive"
    return "alive"
