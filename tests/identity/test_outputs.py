"""The output folder: everything appears together or nothing does."""

from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from lamsach.identity.errors import ResourceError, resource_error
from lamsach.identity.outputs import OutputDirectory


def write(out: Path, *names: str, text: str = "new") -> None:
    with OutputDirectory(out) as output:
        for name in names:
            output.file(name).write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_appear_when_the_block_ends(tmp_path: Path) -> None:
    out = tmp_path / "a" / "out"
    with OutputDirectory(out) as output:
        output.file("one").write_text("1")
        assert not (out / "one").exists()
        output.file("two").write_text("2")
    assert names(out) == ["one", "two"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert {stat.S_IMODE((out / name).stat().st_mode) for name in names(out)} == {0o600}


def test_what_is_being_written_is_for_its_owner_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with OutputDirectory(tmp_path) as output:
        part = output.file("one")
        part.write_text("1")
        assert stat.S_IMODE(part.parent.stat().st_mode) == 0o700
        assert part.parent.name.startswith(".")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755, "a folder that exists keeps its mode"


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_nothing_changes_when_the_block_fails(tmp_path: Path, error: BaseException) -> None:
    (tmp_path / "one").write_text("old")

    def fail() -> None:
        with OutputDirectory(tmp_path) as output:
            output.file("one").write_text("new")
            output.file("two").write_text("new")
            output.drop("one")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert names(tmp_path) == ["one"]
    assert (tmp_path / "one").read_text() == "old"


def test_a_folder_made_for_nothing_is_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(ValueError, match="x"), OutputDirectory(out):
        raise ValueError("x")
    assert not out.exists()


def test_a_file_that_was_promised_and_not_written_is_an_error(tmp_path: Path) -> None:
    def forget() -> None:
        with OutputDirectory(tmp_path) as output:
            output.file("one").write_text("1")
            output.file("two")

    with pytest.raises(ResourceError):
        forget()
    assert names(tmp_path) == []


def test_a_file_of_an_earlier_run_goes_with_the_new_files_coming(tmp_path: Path) -> None:
    write(tmp_path, "one", "two", text="old")
    with OutputDirectory(tmp_path) as output:
        output.file("one").write_text("new")
        output.drop("two")
        output.drop("never there")
        assert (tmp_path / "two").exists()
    assert names(tmp_path) == ["one"]


def test_what_a_killed_run_left_is_removed_and_a_live_one_is_respected(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from lamsach.identity.outputs import OutputDirectory\n"
        "with OutputDirectory(sys.argv[1]) as output:\n"
        "    output.file('one').write_text('half')\n"
        "    print('writing', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"writing\n"
        before = names(tmp_path)
        with pytest.raises(ResourceError, match=f"another run .process {run.pid}. is writing"):
            write(tmp_path, "two")
        assert names(tmp_path) == before
        run.kill()
    assert names(tmp_path) == before
    write(tmp_path, "two")
    assert names(tmp_path) == ["two"]


def test_a_number_of_a_process_that_was_given_again_is_not_the_old_run(tmp_path: Path) -> None:
    (tmp_path / f".lamsach-{os.getpid()}-1.part").mkdir()
    (tmp_path / f".lamsach-{os.getpid()}-1.part" / "one").write_text("half")
    write(tmp_path, "two")
    assert names(tmp_path) == ["two"]


def test_other_hidden_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".lamsach-notes").write_text("mine")
    (tmp_path / ".lamsach-x.part").write_text("mine")
    write(tmp_path, "one")
    assert ".lamsach-notes" in names(tmp_path)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for out in (tmp_path / "out", tmp_path / "out" / "below"):
        with pytest.raises(ResourceError, match="no folder, or stands below a file"):
            write(out, "one")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_under_the_name_of_an_output_file(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with pytest.raises(ResourceError, match="a folder has the name of an output file"):
        write(tmp_path, "one")
    assert names(tmp_path) == ["one"]


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.EROFS, "the disk can only be read"),
        (errno.EACCES, "cannot be written by this user"),
    ],
)
def test_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, says: str
) -> None:
    # Root may write everywhere but on a disk that can only be read, so the answer is played.
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ResourceError, match=says) as caught:
        write(tmp_path, "one")
    assert str(tmp_path) in str(caught.value)


def test_a_disk_that_is_full_from_the_start_is_known_before_the_work(tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(ResourceError, match="the disk is full"), OutputDirectory(out):
            raise AssertionError("the work must not begin")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not out.exists()


def test_a_disk_that_fills_up_while_the_engine_writes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        with OutputDirectory(out) as output, duckdb.connect() as connection:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
            connection.execute(
                "copy (select md5(i::varchar) from range(200000) r(i))"
                f" to '{output.file('one.parquet')}' (format parquet)"
            )

    try:
        with pytest.raises(ResourceError, match="the disk is full"):
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not out.exists()


def test_what_is_a_lack_of_room_and_what_is_not() -> None:
    full = resource_error(OSError(errno.ENOSPC, "No space left on device"), where="there")
    assert str(full) == ("there: the disk is full; free some space there or choose another folder")
    assert "memory" in str(resource_error(MemoryError()))
    assert "memory" in str(resource_error(duckdb.OutOfMemoryException("Out of Memory Error: x")))
    assert resource_error(FileNotFoundError(errno.ENOENT, "No such file")) is None
    assert resource_error(duckdb.BinderException("memory")) is None


def test_a_failure_while_cleaning_up_does_not_hide_a_full_disk() -> None:
    def fail() -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device", "/there/file")
        finally:
            raise duckdb.TransactionException("cannot rollback - no transaction is active")

    with pytest.raises(duckdb.TransactionException) as caught:
        fail()
    assert str(resource_error(caught.value)).startswith("/there/file: the disk is full")
