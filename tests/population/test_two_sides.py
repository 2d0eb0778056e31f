"""Nothing of the register is on the health side before an officer has confirmed it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections

from lamsach.population import gateway
from lamsach.population.extract import prepared_alone
from lamsach.population.gateway import Question
from lamsach.population.models import ProposalRow, RegisterVersion

from .conftest import about
from .test_bulk import write

pytestmark = [pytest.mark.db, pytest.mark.django_db(databases=["default", "population"])]

# Values that stand nowhere but in the register; the record differs from it in all four fields.
IN_REGISTER = Question(
    "", "Quách Trường Nhẫn", "1963-05-14", "M", "070063774411", "70", "691", "25243"
)
ON_RECORD = {"full_name": "Quach Truong Nhan", "birth_date": "15/05/1963", "sex": "F",
             "personal_id": "070063774412"}  # fmt: skip
SECRETS = ("Nhẫn", "1963-05-14", "19630514", "070063774411", "70063774411")


def everything_in(database: str) -> str:
    with connections[database].cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        assert len(tables) > 20
        told = []
        for table in tables:
            cursor.execute(f'select t::text from "{table}" t')
            told += [row for (row,) in cursor.fetchall()]
    return "\n".join(told)


def test_no_register_value_is_on_the_health_side(
    register: Callable[..., RegisterVersion], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with prepared_alone(register(IN_REGISTER)):
        pass
    question = replace(about(IN_REGISTER, **ON_RECORD), phone="0912345678")
    who = {"actor": "officer:clerk", "office": "facility", "purpose": "entry"}
    told: list[Any] = [gateway.ask([question], job=str(uuid4()), **who)]
    persons = write(tmp_path / "persons.parquet", [question])
    told.append(gateway.ask_in_bulk(persons, tmp_path / "answers.parquet", job="run", **who))
    answers = (tmp_path / "answers.parquet").read_bytes()
    police = {"officer": "officer:police", "office": "post"}
    told.append(gateway.overview([question.reference], units=["25243"], **police))
    told.append(gateway.proposals([question.reference], units=["99999"], **police))
    told.append(gateway.register_version())
    for secret in SECRETS:
        assert secret not in repr(told)
        assert secret.encode() not in answers
        assert secret not in caplog.text
        assert secret not in everything_in("default")
    # It was there to be found: the police post sees it, and the register's side holds it.
    assert ProposalRow.objects.using("population").get().candidates
    shown = gateway.proposals([question.reference], units=["25243"], **police)
    assert all(secret in repr(shown) for secret in ("Nhẫn", "1963-05-14", "070063774411"))
    assert "Nhẫn" in everything_in("population")
    for secret in SECRETS:
        assert secret not in caplog.text
        assert secret not in everything_in("default")


def test_the_registers_ledger_and_log_hold_digests_alone(
    register: Callable[..., RegisterVersion],
) -> None:
    with prepared_alone(register(IN_REGISTER)):
        pass
    question = about(IN_REGISTER, **ON_RECORD)
    gateway.ask([question], job="j", actor="officer:c", office="f", purpose="entry")
    police = {"officer": "officer:police", "office": "post", "units": ["25243"]}
    shown = gateway.proposals([question.reference], **police)[question.reference]
    gateway.confirm(question.reference, shown.candidates[0].key, **police)
    with connections["population"].cursor() as cursor:
        for table in ("ledger_event", "ledger_shard", "population_loggedquestion"):
            cursor.execute(f"select string_agg(t::text, '') from {table} t")
            rows = cursor.fetchone()[0]
            for secret in (*SECRETS, *ON_RECORD.values()):
                assert len(secret) == 1 or secret not in rows


def test_files_of_the_registers_side_are_its_own(
    register: Callable[..., RegisterVersion],
) -> None:
    with prepared_alone(register(IN_REGISTER)) as folder:
        assert folder.stat().st_mode & 0o077 == 0
        assert (settings.DATA_FOLDER / "register").stat().st_mode & 0o077 == 0
