"""A run from file to file: the same answers as single questions, once, however often it breaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings

from lamsach.ledger.models import Event
from lamsach.ledger.verifying import verify_ledger
from lamsach.population import bulk, gateway
from lamsach.population.extract import prepared_alone
from lamsach.population.gateway import BulkResult, Question, QuestionError
from lamsach.population.keys import identity_keys
from lamsach.population.models import LoggedQuestion, ProposalRow, RegisterVersion, StoppedAccount
from lamsach.population.proposing import household_key
from lamsach.population.statements import verify

from .conftest import about, questions_of

pytestmark = [pytest.mark.db, pytest.mark.django_db(databases=["default", "population"])]

NIGHT = {"actor": "system:night", "office": "", "purpose": "campaign"}
COLUMNS = (
    "full_name", "birth_date", "sex", "personal_id", "province_code", "district_code",
    "commune_code", "phone",
)  # fmt: skip


def write(file: Path, questions: Sequence[Question], **more: Sequence[str]) -> Path:
    columns = {name: [getattr(one, name) for one in questions] for name in COLUMNS}
    told = {"person_id": [one.reference for one in questions], **columns, **more}
    pq.write_table(pa.table(told), file)
    return file


def run(
    folder: Path, questions: Sequence[Question], *, job: str = "run", **more: Sequence[str]
) -> tuple[BulkResult, dict[str, dict[str, Any]]]:
    answers = folder / f"{job}-answers.parquet"
    persons = write(folder / f"{job}-persons.parquet", questions, **more)
    done = gateway.ask_in_bulk(persons, answers, job=job, **NIGHT)
    rows = {row["reference"]: row for row in pq.read_table(answers).to_pylist()}
    assert len(rows) == len(questions)
    assert answers.stat().st_mode & 0o077 == 0
    return done, rows


def proposed() -> dict[UUID, tuple[str, list[int], str]]:
    return {
        row.reference: (row.status, [one["number"] for one in row.candidates[:1]], row.household)
        for row in ProposalRow.objects.using("population").all()
    }


def test_a_run_answers_as_single_questions_do(
    nation: Path, loaded: RegisterVersion, tmp_path: Path, settings: Any
) -> None:
    settings.REGISTER_BUDGETS = {"officer": (10**6, 10**6), "office": (10**6, 10**6)}
    questions = list(questions_of(nation).values())
    done, rows = run(tmp_path, questions)
    in_bulk = proposed()
    households = {key: household for key, (_, _, household) in in_bulk.items()}
    assert len(set(households.values())) > 100
    single = {}
    for begin in range(0, len(questions), 1000):
        part = questions[begin : begin + 1000]
        for reply in gateway.ask(part, job=f"single/{begin}", **NIGHT):
            single[reply.reference] = reply
    assert {one: row["answer"] for one, row in rows.items()} == {
        one: reply.kind for one, reply in single.items()
    }
    assert done.counts == dict(Counter(row["answer"] for row in rows.values()))
    assert done.counts["right"] > 1000
    assert done.counts["wrong"] > 500
    log = LoggedQuestion.objects.using("population").order_by("reference")
    told = ("reference", "answer", "fields", "probe", "guess")
    run_log, single_log = (
        [
            (*row[:2], bytes(row[2]), *row[3:])
            for row in log.filter(job__startswith=job).values_list(*told)
        ]
        for job in ("run", "single")
    )
    assert run_log == single_log
    # Proposals too: the look-up has the run's own model and claims.
    one_by_one = proposed()
    assert one_by_one.keys() == in_bulk.keys()
    assert sum(one_by_one[key] != value for key, value in in_bulk.items()) <= len(in_bulk) // 200


def test_right_answers_come_signed_and_others_bare(
    nation: Path, loaded: RegisterVersion, tmp_path: Path
) -> None:
    questions = list(questions_of(nation, 300).values())
    _, rows = run(tmp_path, questions)
    keys = identity_keys()
    for question in questions:
        row = rows[question.reference]
        if row["answer"] == "right":
            said = verify(row["statement"], row["signature"], keys)
            assert said.reference == question.reference
            assert said.is_about(row["salt"], question.four_fields)
            (again,) = gateway.ask([question], job="run", **NIGHT)
            assert (again.statement, again.signature, again.salt) == (
                row["statement"], row["signature"], row["salt"],
            )  # fmt: skip
        else:
            assert (row["statement"], row["signature"], row["salt"]) == (None, None, None)
    assert len({row["salt"] for row in rows.values()}) > 100


def test_foreigners_are_exempt_and_not_asked_about(
    nation: Path, loaded: RegisterVersion, tmp_path: Path
) -> None:
    questions = list(questions_of(nation, 20).values())
    _, rows = run(tmp_path, questions, nationality=["LA"] + ["VN"] * 19)
    assert rows[questions[0].reference]["answer"] == "exempt"
    asked = LoggedQuestion.objects.using("population")
    assert asked.count() == 19
    assert not asked.filter(reference=questions[0].reference).exists()


def test_the_same_job_hears_the_same_and_is_logged_once(
    nation: Path, loaded: RegisterVersion, tmp_path: Path
) -> None:
    questions = list(questions_of(nation, 300).values())
    first = run(tmp_path, questions)
    assert run(tmp_path, questions) == first
    assert LoggedQuestion.objects.using("population").count() == len(questions)
    (event,) = Event.objects.using("population").filter(verb="register:question:answer")
    assert event.facts == {**first[0].counts, "ground": first[0].ground}
    assert first[0].ground


def test_a_record_that_changed_under_its_job_is_refused(
    nation: Path, loaded: RegisterVersion, tmp_path: Path
) -> None:
    questions = list(questions_of(nation, 300).values())
    _, first = run(tmp_path, questions)
    changed = [replace(one, full_name=f"{one.full_name} Hai") for one in questions[:20]]
    new = [about(VICTIM)]
    done, rows = run(tmp_path, [*changed, *questions[20:], *new])
    assert {rows[one.reference]["answer"] for one in changed} == {"refused"}
    for one in questions[20:]:
        assert rows[one.reference] == first[one.reference]
    assert rows[new[0].reference]["answer"] == "wrong"
    assert done.counts == dict(Counter(row["answer"] for row in rows.values()))
    assert LoggedQuestion.objects.using("population").count() == 301


def test_the_newest_run_decides_what_is_proposed(
    register: Callable[..., RegisterVersion], tmp_path: Path
) -> None:
    person = replace(VICTIM, sex="F", phone="0084 912 345 678", commune_code="25243")
    neighbour = replace(VICTIM, full_name="Lê Văn Tám", personal_id="070063000999")
    with prepared_alone(register(person, neighbour)):
        pass
    typed, other = about(person, full_name="Đặng Thị Tuyết Mại"), about(neighbour, sex="F")
    run(tmp_path, [typed, other], job="first")
    kept = {str(row.reference): row for row in ProposalRow.objects.using("population").all()}
    assert kept.keys() == {typed.reference, other.reference}
    assert kept[typed.reference].candidates[0]["number"] == int(person.personal_id)
    assert kept[typed.reference].household == household_key("(0912) 345-678", "25243")
    assert kept[other.reference].household == ""
    run(tmp_path, [replace(person, reference=typed.reference), other], job="second")
    (left,) = ProposalRow.objects.using("population").all()
    assert (str(left.reference), left.job) == (other.reference, "second")


@pytest.mark.parametrize("phone", ["", "0912345678", "+84 912.345.678", "٠٩١٢٣٤٥٦٧٨", "x", "12"])
def test_a_household_is_told_alike_in_a_run_and_singly(
    register: Callable[..., RegisterVersion], tmp_path: Path, phone: str
) -> None:
    person = replace(VICTIM, sex="F", commune_code="25243")
    with prepared_alone(register(person)):
        pass
    typed = about(person, full_name="Đặng Thị Tuyết Mại", phone=phone)
    run(tmp_path, [typed])
    in_bulk = proposed()
    gateway.ask([typed], job="single", **NIGHT)
    assert {key: one[2] for key, one in in_bulk.items()} == {
        key: one[2] for key, one in proposed().items()
    }
    assert [one[2] for one in in_bulk.values()] == [household_key(phone, "25243")]


@pytest.mark.parametrize("broken_after", [0, 1, 2])
def test_a_run_that_broke_off_goes_on(
    nation: Path,
    loaded: RegisterVersion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    broken_after: int,
) -> None:
    questions = list(questions_of(nation, 300).values())
    monkeypatch.setattr(bulk, "_PART", 100)
    real, parts = bulk._log, []

    def breaks(*arguments: Any) -> Any:
        if len(parts) == broken_after:
            raise KeyboardInterrupt
        parts.append(1)
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(bulk, "_log", breaks)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, questions)
    assert not (tmp_path / "run-answers.parquet").exists()
    assert LoggedQuestion.objects.using("population").count() == 100 * broken_after
    done, rows = run(tmp_path, questions)
    assert LoggedQuestion.objects.using("population").count() == 300
    counted = Counter(LoggedQuestion.objects.using("population").values_list("answer", flat=True))
    assert counted == done.counts == Counter(row["answer"] for row in rows.values())
    keys = identity_keys()
    for row in rows.values():
        if row["answer"] == "right":
            verify(row["statement"], row["signature"], keys)


def test_nothing_of_what_was_asked_stays_in_files(
    nation: Path, loaded: RegisterVersion, tmp_path: Path
) -> None:
    questions = list(questions_of(nation, 50).values())
    run(tmp_path, questions)
    left = {one.name for one in (settings.DATA_FOLDER / "register").rglob("*") if one.is_file()}
    assert "run.duckdb" not in left
    assert not left & {"work.duckdb", "results.parquet", "candidates.parquet"}


def test_a_file_of_guesses_is_not_answered(
    register: Callable[..., RegisterVersion], tmp_path: Path
) -> None:
    """One name and birth with many numbers, the right one among them, hidden in honest rows."""
    victim = Question(about(VICTIM).reference, *_fields(VICTIM))
    register(victim)
    honest = [
        about(victim, full_name=f"Lê Văn {name}", personal_id=f"07006300{i:04}")
        for i, name in enumerate(("Bình", "Cường", "Dũng"))
    ]
    guesses = [about(victim, personal_id=f"070063{number:06}") for number in range(100, 400)]
    assert victim.personal_id in {one.personal_id for one in guesses}
    _, rows = run(tmp_path, [*honest, *guesses], office=["hospital"] * 303)
    assert {rows[one.reference]["answer"] for one in guesses} == {"refused"}
    assert {rows[one.reference]["answer"] for one in honest} == {"wrong"}
    assert not StoppedAccount.objects.using("population").exists()
    # A night later, a few at a time: what was refused was no try, what is answered is.
    answered = []
    for night, (begin, end) in enumerate([(0, 3), (3, 6), (6, 7), (7, 8)]):
        part = guesses[begin:end]
        _, rows = run(tmp_path, part, job=f"night-{night}", office=["hospital"] * len(part))
        answered.append({row["answer"] for row in rows.values()})
    assert answered == [{"wrong"}, {"refused"}, {"wrong"}, {"refused"}]
    # Another office's record of the same person is answered.
    _, rows = run(tmp_path, [about(victim)], job="other", office=["station"])
    assert [row["answer"] for row in rows.values()] == ["right"]


VICTIM = Question("", "Đặng Thị Tuyết Mai", "1963-05-04", "M", "070063000123")


def _fields(one: Question) -> tuple[str, ...]:
    return one.full_name, one.birth_date, one.sex, one.personal_id


def test_namesakes_are_not_taken_for_guesses(
    register: Callable[..., RegisterVersion], tmp_path: Path
) -> None:
    people = [about(VICTIM, personal_id=f"0700630{i:05}") for i in range(40)]
    register(*people)
    _, rows = run(tmp_path, people)
    assert {row["answer"] for row in rows.values()} == {"right"}


def test_a_stopped_account_starts_no_run(
    nation: Path, loaded: RegisterVersion, tmp_path: Path
) -> None:
    StoppedAccount.objects.using("population").create(
        actor="system:night", office="", stopped_at=loaded.loaded_at, job="x"
    )
    done, _ = run(tmp_path, list(questions_of(nation, 20).values()))
    assert done.counts == {"refused": 20}


def test_an_empty_register_refuses(db: None, tmp_path: Path) -> None:
    done, _ = run(tmp_path, [about(VICTIM)])
    assert done.counts == {"refused": 1}


def test_a_run_needs_references(loaded: RegisterVersion, tmp_path: Path) -> None:
    with pytest.raises(QuestionError):
        run(tmp_path, [replace(VICTIM, reference="079063012345")])


def test_the_ledger_of_runs_verifies(nation: Path, loaded: RegisterVersion, tmp_path: Path) -> None:
    run(tmp_path, list(questions_of(nation, 50).values()))
    assert list(verify_ledger([], using="population")) == []
