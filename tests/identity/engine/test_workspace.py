"""The workspace: steps that are done once, whatever kills a run between or inside them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from lamsach.identity.engine.workspace import StepCounter, Workspace
from lamsach.identity.errors import ResourceError
from lamsach.identity.progress import SilentProgress

Work = Callable[[duckdb.DuckDBPyConnection], None]


def opened(file: Path, identity: str = "inputs 1") -> Workspace:
    return Workspace(
        file,
        identity=identity,
        threads=1,
        memory_limit="500MB",
        progress=SilentProgress(),
        steps=StepCounter(2),
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "work" / "run.duckdb"


def made(calls: list[str], table: str) -> Work:
    def work(connection: duckdb.DuckDBPyConnection) -> None:
        calls.append(table)
        connection.execute(f"create table {table} as select 1 as x")

    return work


def run(file: Path, identity: str = "inputs 1") -> list[str]:
    """Do the two steps; which of them had to be done?"""
    calls: list[str] = []
    with opened(file, identity) as workspace:
        workspace.step("one", made(calls, "one"))
        workspace.step("two", made(calls, "two"))
        assert workspace.value("select count(*) from one, two") == 1
        assert [name for name, _, _ in workspace.stages] == calls
    return calls


def test_a_finished_step_is_not_done_again(file: Path) -> None:
    assert run(file) == ["one", "two"]
    assert run(file) == []


def test_another_identity_empties_the_workspace(file: Path) -> None:
    run(file)
    with opened(file, "inputs 2") as workspace:
        assert not workspace.is_done("one")
        assert workspace.value("select count(*) from duckdb_tables() where table_name = 'one'") == 0
    assert run(file, "inputs 2") == ["one", "two"]
    assert run(file, "inputs 1") == ["one", "two"]


def test_a_step_that_fails_leaves_nothing(file: Path) -> None:
    def fails(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("create table half as select 1 as x")
        raise KeyboardInterrupt

    with opened(file) as workspace:
        workspace.step("one", made([], "one"))
        with pytest.raises(KeyboardInterrupt):
            workspace.step("two", fails)
        assert workspace.is_done("one")
        assert not workspace.is_done("two")
        assert (
            workspace.value("select count(*) from duckdb_tables() where table_name = 'half'") == 0
        )
    assert run(file) == ["two"]


KILLED_RUN = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from lamsach.identity.engine.workspace import StepCounter, Workspace
    from lamsach.identity.progress import SilentProgress

    workspace = Workspace(
        Path(sys.argv[1]), identity="inputs 1", threads=1, memory_limit="500MB",
        progress=SilentProgress(), steps=StepCounter(2),
    )
    workspace.step("one", lambda c: c.execute("create table one as select 1 as x"))

    def killed(connection):
        connection.execute("create table half as select range as x from range(300000)")
        connection.execute("create table two as select 1 as x")
        os._exit(9)

    workspace.step("two", killed)
    """
)


def test_a_run_killed_inside_a_step_goes_on_before_it(file: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED_RUN, str(file)], check=False)
    assert ended.returncode == 9
    with opened(file) as workspace:
        tables = workspace.connection.execute("select table_name from duckdb_tables()").fetchall()
    assert {name for (name,) in tables} == {"steps", "purpose", "one"}
    assert run(file) == ["two"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda good: b"not a database" * 1000,
        lambda good: b"",
        lambda good: good[: len(good) // 2],
        lambda good: good[:5000],
        lambda good: good[:4096] + bytes(8192) + good[12288:],
        lambda good: good[:12288] + os.urandom(len(good) - 12288),
    ],
    ids=["text", "empty", "half", "header only", "no header", "noise"],
)
def test_a_damaged_workspace_is_made_anew(file: Path, damage: Callable[[bytes], bytes]) -> None:
    run(file)
    file.write_bytes(damage(file.read_bytes()))
    assert run(file) == ["one", "two"]
    assert run(file) == []


def test_a_workspace_in_use_is_left_alone(file: Path) -> None:
    run(file)
    code = (
        f"import duckdb, sys; c = duckdb.connect({str(file)!r}); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ResourceError, match="another run is at work"):
            opened(file)
        other.communicate("\n")
    assert run(file) == []


def test_only_its_owner_can_read_it(file: Path) -> None:
    run(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_another_database_can_be_read_beside_it(file: Path, tmp_path: Path) -> None:
    run(file)
    with Workspace(
        tmp_path / "other.duckdb",
        identity="x",
        threads=1,
        memory_limit="500MB",
        progress=SilentProgress(),
        steps=StepCounter(1),
        attach={"first": file},
    ) as workspace:
        assert workspace.value("select x from first.one") == 1
        with pytest.raises(duckdb.Error):
            workspace.connection.execute("create table first.three as select 1")
