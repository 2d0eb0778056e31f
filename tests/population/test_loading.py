"""Loading an extract: what the register holds afterwards, and what a broken file leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from lamsach.identity.errors import InputError
from lamsach.ledger.actions import Actor
from lamsach.ledger.models import Event
from lamsach.population import gateway
from lamsach.population.loading import Loaded, load_register
from lamsach.population.models import RegisterPerson

pytestmark = [pytest.mark.db, pytest.mark.django_db(databases=["default", "population"])]

HEAD = "personal_id,previous_id,full_name,birth_date,sex,province_code,district_code,commune_code"
AN = '070063000123,271234567,"Nguyễn ""Út"" An, con",1963,M,70,691,25243'
LAN = "070185000456,,Trần Thị Lan,1985-11-30,F,70,691,25243"


def load(folder: Path, *rows: str, catalogue: str = "2022") -> Loaded:
    file = folder / "register.csv"
    file.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return load_register([str(file)], catalogue=catalogue, actor=Actor.system("test"))


def held() -> dict[int, RegisterPerson]:
    return {one.number: one for one in RegisterPerson.objects.using("population").all()}


def test_the_register_holds_what_the_file_says(db: None, tmp_path: Path) -> None:
    loaded = load(tmp_path, AN, LAN)
    an, lan = held()[70063000123], held()[70185000456]
    assert (an.full_name, an.previous_number, an.birth) == (
        'Nguyễn "Út" An, con', 271234567, 19630000,
    )  # fmt: skip
    assert (lan.previous_number, lan.name_key, lan.birth) == (None, "tranthilan", 19851130)
    assert (loaded.added, loaded.changed, loaded.removed) == (2, 0, 0)
    version = gateway.register_version()
    assert (version.name, version.people) == (loaded.version.name, 2)


def test_the_next_extract_adds_changes_and_removes(db: None, tmp_path: Path) -> None:
    first = load(tmp_path, AN, LAN)
    second = load(
        tmp_path, LAN.replace("Lan", "Loan"), "070090000001,,Lê Bình,1990-01-02,M,70,691,25243"
    )
    assert (second.added, second.changed, second.removed) == (1, 1, 1)
    assert {one.full_name for one in held().values()} == {"Trần Thị Loan", "Lê Bình"}
    assert second.version.pk > first.version.pk
    again = load(
        tmp_path, LAN.replace("Lan", "Loan"), "070090000001,,Lê Bình,1990-01-02,M,70,691,25243"
    )
    assert (again.added, again.changed, again.removed) == (0, 0, 0)
    assert again.version == second.version
    events = Event.objects.using("population").filter(verb="register:people:load")
    assert events.count() == 2
    assert not any("Loan" in str(one.facts) for one in events)


@pytest.mark.parametrize(
    "rows", [(AN, AN), ("07006300012,,Lê An,1963,M,,,",), ("07006300012x,,Lê An,1963,M,,,",)]
)
def test_a_broken_file_changes_nothing(db: None, tmp_path: Path, rows: tuple[str, ...]) -> None:
    load(tmp_path, LAN)
    with pytest.raises(InputError) as refused:
        load(tmp_path, *rows)
    assert set(held()) == {70185000456}
    assert "0700630" not in str(refused.value)


def test_the_command_prepares_and_leaves_nothing_readable(
    db: None, nation: Path, capsys: Any
) -> None:
    call_command("load_register", str(nation / "register.parquet"))
    assert "4000 people" in capsys.readouterr().out
    folder = settings.DATA_FOLDER / "register"
    files = [one for one in folder.rglob("*") if one.is_file() and one.name != "lock"]
    assert {"register.parquet", "lookup.duckdb", "model.json"} <= {one.name for one in files}
    assert not any(one.stat().st_mode & 0o077 for one in files if "duckdb" in one.suffix)
    assert all(one.parent.stat().st_mode & 0o077 == 0 or one.parent == folder for one in files)
    assert not list(settings.DATA_FOLDER.glob("load-*"))
    exported = duckdb.sql(f"from read_parquet('{folder}/*/register.parquet')").to_arrow_table()
    given = duckdb.sql(f"from read_parquet('{nation}/register.parquet')").to_arrow_table()
    wanted = given.select(exported.column_names).sort_by("personal_id").to_pylist()
    assert exported.to_pylist() == [{k: v or "" for k, v in row.items()} for row in wanted]


def test_the_command_says_what_is_wrong_with_a_file(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="missing"):
        call_command("load_register", str(tmp_path / "missing.parquet"))
