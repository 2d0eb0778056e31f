"""The clock has the ledger's heads signed and written for others to keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from lamsach.jobs import registry, tasks
from lamsach.jobs.actions import carry_out
from lamsach.jobs.models import Job
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.models import HeadsExport
from lamsach.ledger.verbs import Verb

pytestmark = pytest.mark.db


@pytest.fixture
def heads(committed: None, settings: Any, tmp_path: Path) -> Path:
    settings.LEDGER_HEADS = str(tmp_path / "heads")
    return tmp_path / "heads"


def record(using: str) -> None:
    with action(using=using) as act:
        act.record(Verb.UNITS_LOAD, actor=Actor.system("test"), office="somewhere")


def test_what_is_cut_off_after_the_export_is_found_with_the_files_alone(
    heads: Path, run_jobs: Callable[[], int], superuser: Any
) -> None:
    assert registry.periodics()["ledger.heads"].split()[2:] == ["*", "*", "*"], "daily"
    record("default")
    record("population")
    for _ in range(2):  # the same moment twice is one job
        tasks.start_periodic_job("ledger.heads", 1_900_000_000)
    run_jobs()
    for side, alias, database in (
        ("health", "default", "lamsach"),
        ("register", "population", "lamsach_register"),
    ):
        (folder,) = (heads / side).iterdir()
        assert {one.name for one in folder.iterdir()} == {"heads.txt", "heads.note"}
        told = ["verify_ledger", "--database", alias, "--kept", str(folder)]
        call_command(*told)
        with superuser(database) as opened:  # no trace is left in the database
            for table in ("ledger_event", "ledger_shard", "ledger_headsexport"):
                opened.execute(f"alter table {table} disable trigger user")
            opened.execute("truncate ledger_event, ledger_shard, ledger_headsexport cascade")
        with pytest.raises(CommandError, match="altered"):
            call_command(*told)


def test_broken_off_before_the_files_it_goes_on_with_the_same_export(
    heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record("default")
    tasks.start_periodic_job("ledger.heads", 1_900_000_000)
    job = Job.objects.get(task="ledger.heads")
    write = tasks.write_export

    def full(*_arguments: Any) -> Path:
        raise OSError(28, "no space left")

    monkeypatch.setattr(tasks, "write_export", full)
    with pytest.raises(OSError, match="no space"):
        carry_out(job)
    monkeypatch.setattr(tasks, "write_export", write)
    carry_out(job)
    assert job.state == "done"
    (export,) = HeadsExport.objects.all()
    (folder,) = (heads / "health").iterdir()
    assert (folder / "heads.note").read_text(encoding="utf-8") == export.note
    assert not list(heads.rglob(".*"))
