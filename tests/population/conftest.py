"""A small register, and questions about its people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from lamsach.clock import now
from lamsach.population.answers import name_key, probed_birth
from lamsach.population.messages import Question
from lamsach.population.models import RegisterPerson, RegisterVersion

AN = Question(str(uuid4()), "Nguyễn Văn An", "1963-05-04", "M", "070063000123")
BAO = Question(str(uuid4()), "Trần Thị Bảo Lộc", "1985-11-30", "F", "070185000456")


@pytest.fixture
def register(db: None) -> Callable[..., RegisterVersion]:
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
