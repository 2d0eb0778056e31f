"""A small register, and questions about its people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import NAMESPACE_OID, uuid4, uuid5

import duckdb
import pytest

from lamsach.clock import now
from lamsach.ledger.actions import Actor
from lamsach.population.answers import name_key, probed_birth
from lamsach.population.extract import prepared_alone
from lamsach.population.loading import load_register
from lamsach.population.messages import Question
from lamsach.population.models import RegisterPerson, RegisterVersion
from lamsach.synthetic import synthesize_nation

AN = Question(str(uuid4()), "Nguyễn Văn An", "1963-05-04", "M", "070063000123")
BAO = Question(str(uuid4()), "Trần Thị Bảo Lộc", "1985-11-30", "F", "070185000456")


@pytest.fixture
def register(db: None, fill: Callable[..., RegisterVersion]) -> Callable[..., RegisterVersion]:
    """`fill`, in a transaction of the test's own."""
    return fill


@pytest.fixture
def fill() -> Callable[..., RegisterVersion]:
    """Puts people (as questions that are right about them) into the register."""

    def fill(*people: Question) -> RegisterVersion:
        RegisterPerson.objects.using("population").bulk_create(
            RegisterPerson(
                number=int(one.personal_id),
                full_name=one.full_name,
                birth_date=one.birth_date,
                sex=one.sex,
                province_code=one.province_code,
                district_code=one.district_code,
                commune_code=one.commune_code,
                name_key=name_key(one.full_name),
                birth=probed_birth(one.birth_date),
            )
            for one in people
        )
        return RegisterVersion.objects.using("population").create(
            loaded_at=now(), people=len(people), catalogue="2022"
        )

    return fill


def about(person: Question, **changes: str) -> Question:
    """A record of its own about a person, with what was typed otherwise."""
    return replace(person, reference=str(uuid4()), **changes)


@pytest.fixture(scope="session")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a made-up register of 3,000 people and the records about them."""
    folder = tmp_path_factory.mktemp("nation")
    synthesize_nation(4000, 5, folder, province="70", doses=False)
    return folder


@pytest.fixture
def loaded(nation: Path, db: None) -> RegisterVersion:
    """That register, loaded and prepared."""
    done = load_register(
        [str(nation / "register.parquet")], catalogue="2022", actor=Actor.system("test")
    )
    with prepared_alone(done.version):
        return done.version


def questions_of(nation: Path, limit: int = 10_000) -> dict[str, Question]:
    """Questions about the nation's records (foreigners left out), by the record's own key."""
    rows = duckdb.sql(
        f"""
        select person_id, full_name, birth_date, sex, personal_id, province_code, district_code,
          commune_code, phone
        from read_parquet('{nation}/persons.parquet')
        where coalesce(nationality, '') in ('', 'VN', 'VNM') order by person_id limit {limit}
        """
    ).fetchall()
    return {
        row[0]: Question(str(uuid5(NAMESPACE_OID, row[0])), *(text or "" for text in row[1:]))
        for row in rows
    }
