"""What keeps the yes or no from being an oracle: budgets, counted guesses, stopped accounts."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.names import compare_names
from lamsach.ledger.models import Event
from lamsach.population import gateway, limits
from lamsach.population.answers import name_key
from lamsach.population.gateway import Question
from lamsach.population.models import LoggedQuestion, RegisterVersion, StoppedAccount, Usage

from .conftest import AN, BAO, about

pytestmark = [pytest.mark.db, pytest.mark.django_db(databases=["default", "population"])]

Register = Callable[..., RegisterVersion]


def ask(*questions: Question, actor: str = "officer:clerk", office: str = "facility") -> list[str]:
    replies = gateway.ask(questions, actor=actor, office=office, purpose="entry", job=str(uuid4()))
    return [reply.kind for reply in replies]


def guess(person: Question, number: int, **changes: str) -> Question:
    return about(person, personal_id=f"070063{number:06}", **changes)


def test_varying_numbers_for_one_name_and_birth_stop_the_account(register: Register) -> None:
    register(AN, BAO)
    assert [ask(guess(AN, n))[0] for n in (1, 2, 3, 4)] == ["wrong"] * 4
    assert ask(guess(AN, 5)) == ["refused"]
    assert ask(about(BAO), about(AN)) == ["refused", "refused"]  # whatever it asks
    assert ask(about(BAO), actor="officer:colleague") == ["right"]
    (event,) = Event.objects.using("population").filter(verb="register:account:stop")
    assert event.actor == "officer:clerk"


@pytest.mark.parametrize(
    "changes",
    [
        {"full_name": "NGUYỄN VĂN AN"},
        {"full_name": "nguyen van an"},
        {"full_name": "Nguyễn  VănAn"},
        {"full_name": "NguyÔn V¨n An"},
        {"birth_date": "4/5/1963"},
        {"sex": "F"},
        {"sex": "nam"},
    ],
)
def test_another_writing_is_no_other_guess(register: Register, changes: dict[str, str]) -> None:
    register(AN, BAO)
    for number in (1, 2, 3, 4):
        ask(guess(AN, number, **changes))
    assert ask(guess(AN, 5)) == ["refused"]


def test_many_guesses_at_once_are_not_answered_at_all(register: Register) -> None:
    register(AN, BAO)
    several = [guess(AN, number) for number in range(121, 126)]
    assert AN.personal_id in {one.personal_id for one in several}
    assert set(ask(*several, about(BAO))) == {"refused"}


def test_the_refusal_does_not_rest_on_the_answer(register: Register) -> None:
    """After the allowed tries the right number is refused as any other is."""
    register(AN)
    for number in (1, 2, 3, 4):
        ask(guess(AN, number))
    assert ask(about(AN)) == ["refused"]


def test_honest_work_does_not_stop_an_account(register: Register) -> None:
    """The same record asked again, numbers that cannot be right, many people of one name."""
    namesakes = [guess(AN, number) for number in range(30)]
    register(BAO, *namesakes)
    assert {ask(about(BAO))[0] for _ in range(10)} == {"right"}
    assert {ask(about(BAO, personal_id=str(n)))[0] for n in range(10)} == {"wrong"}
    assert {ask(one)[0] for one in namesakes} == {"right"}
    assert not StoppedAccount.objects.using("population").exists()


def test_all_accounts_together_guess_no_more_than_a_few_times(register: Register) -> None:
    register(AN, BAO)
    heard = [
        ask(guess(AN, 10 * clerk + n), actor=f"officer:{clerk}")[0]
        for clerk in range(8)
        for n in range(3)
    ]
    assert heard == ["wrong"] * 14 + ["refused"] * 10
    assert ask(about(BAO), actor="officer:7") == ["right"]  # nobody is stopped for it


def test_an_administrator_reopens_a_stopped_account(register: Register, capsys: Any) -> None:
    register(AN, BAO)
    ask(*[guess(AN, number) for number in range(5)])
    call_command("reopen_account")
    assert "officer:clerk  facility" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("reopen_account", "officer:clerk", "facility")
    by = ["--by", "le-van-quan", "--grounds", "a school class, looked at on paper"]
    with pytest.raises(CommandError):
        call_command("reopen_account", "officer:other", "facility", *by)
    call_command("reopen_account", "officer:clerk", "facility", *by)
    assert ask(about(BAO)) == ["right"]
    assert [ask(guess(AN, n))[0] for n in (11, 12, 13, 14, 15)] == ["wrong"] * 4 + ["refused"]
    assert Event.objects.using("population").filter(verb="register:account:reopen").count() == 1


@pytest.mark.parametrize(
    ("budgets", "heard"),
    [
        ({"officer": (3, 99), "office": (99, 99)}, ["wrong"] * 3 + ["refused"] * 3),
        ({"officer": (99, 2), "office": (99, 99)}, ["wrong"] * 2 + ["refused"] * 4),
        ({"officer": (99, 99), "office": (4, 99)}, ["wrong"] * 4 + ["refused"] * 2),
        ({"officer": (99, 99), "office": (99, 1)}, ["wrong"] * 1 + ["refused"] * 5),
    ],
)
@pytest.mark.parametrize("at_once", [False, True])
def test_a_day_has_a_budget(
    register: Register, settings: Any, clock_at: Any, budgets: Any, heard: list[str], at_once: bool
) -> None:
    settings.REGISTER_BUDGETS = budgets
    register(AN)
    people = [
        about(BAO, full_name=f"Trần Thị {name}")
        for name in ["Ba", "Bốn", "Năm", "Sáu", "Bảy", "Tám"]
    ]
    with clock_at(datetime(2022, 4, 19, 3, tzinfo=UTC)):
        said = ask(*people) if at_once else [ask(one)[0] for one in people]
        assert said == heard
    with clock_at(datetime(2022, 4, 19, 17, 30, tzinfo=UTC)):  # after midnight in Vietnam
        assert ask(about(people[5])) == ["wrong"]


def test_what_was_refused_is_not_counted(register: Register, settings: Any) -> None:
    settings.REGISTER_BUDGETS = {"officer": (2, 2), "office": (99, 99)}
    register(AN)
    for _ in range(5):
        ask(about(BAO))
    assert {(row.questions, row.wrong) for row in Usage.objects.using("population").all()} == {
        (2, 2)
    }


def test_a_guess_that_was_refused_is_no_try(register: Register, settings: Any) -> None:
    """What the day's budget held back told nobody anything; it must not stop an account later."""
    settings.REGISTER_BUDGETS = {"officer": (1, 1), "office": (99, 99)}
    register(AN)
    heard = [ask(guess(AN, number))[0] for number in (1, 2, 3, 4)]
    assert heard == ["wrong", "refused", "refused", "refused"]
    settings.REGISTER_BUDGETS = {"officer": (99, 99), "office": (99, 99)}
    assert [ask(guess(AN, number))[0] for number in (5, 6, 7)] == ["wrong"] * 3
    assert not StoppedAccount.objects.using("population").exists()
    assert ask(guess(AN, 8)) == ["refused"]
    assert StoppedAccount.objects.using("population").exists()


def test_the_log_holds_nobodys_data(register: Register) -> None:
    register(AN, BAO)
    ask(about(AN), about(BAO, sex="M"))
    for row in LoggedQuestion.objects.using("population").all():
        told = repr([bytes(v) if isinstance(v, memoryview) else v for v in vars(row).values()])
        for person in (AN, BAO):
            for secret in (person.full_name, person.personal_id, person.personal_id.lstrip("0")):
                assert secret not in told


NAMES = ("Nguyễn Thị Hoà", "Trần Quý", "Lê Văn Đức", "Huỳnh Thuý Uyên", "Y Moan Êñuôl")
WAYS: tuple[Callable[[str], str], ...] = (
    str.upper, str.lower, str.title, lambda n: n.replace(" ", "  "), lambda n: f" {n}\u00a0",
    lambda n: n.replace("oà", "òa").replace("uý", "úy"), lambda n: n.replace("Đ", "Ð"),
    lambda n: n.replace(" ", ""), lambda n: n.replace(" ", "-"), lambda n: n + ".",
    lambda n: __import__("unicodedata").normalize("NFD", n),
)  # fmt: skip


@given(st.sampled_from(NAMES), st.lists(st.sampled_from(WAYS), max_size=4))
def test_writings_that_agree_are_one_guess(name: str, ways: list[Callable[[str], str]]) -> None:
    written = name
    for way in ways:
        written = way(written)
    if compare_names(written, name).level == "same":
        assert name_key(written) == name_key(name)


def test_a_clerk_learns_no_number_in_a_month(register: Register, clock_at: Any) -> None:
    """The attacker has an account and knows name, birth, sex and province of 1,000 people.

    Six digits of each number remain. Best play against the limits: never one guess too many for
    anybody, the whole of each day's budget, the likeliest numbers first (the last digits of the
    register's numbers are not evenly spread: low ones were given out first), other writings of
    the name where they might count as another person's, several small batches.
    """
    chance = random.Random(11)
    names = [f"{a} {b} {c}" for a in ("Nguyễn", "Trần", "Lê", "Phạm", "Vũ") for b in
             ("Văn", "Hữu", "Đình", "Quang") for c in chance.sample(
                 ["An", "Bình", "Cường", "Dũng", "Hải", "Khánh", "Lâm", "Minh", "Nam", "Phúc"], 10
             )]  # fmt: skip
    victims = [
        Question(
            str(uuid4()), chance.choice(names), f"1963-{chance.randint(1, 12):02}-"
            f"{chance.randint(1, 28):02}", "M", f"070063{chance.randrange(10**6):06}",
        )
        for _ in range(1000)
    ]  # fmt: skip
    victims = list({one.personal_id: one for one in victims}.values())
    register(*victims)
    tried: dict[str, int] = dict.fromkeys((one.reference for one in victims), 0)
    learned, answered = set(), 0
    begin = datetime(2022, 4, 1, 2, tzinfo=UTC)
    for day in range(30):
        with clock_at(begin + timedelta(days=day)):
            while True:
                targets = sorted(victims, key=lambda one: tried[one.reference])[:25]
                batch = []
                for one in targets:
                    tried[one.reference] += 1
                    number = f"070063{tried[one.reference] * 977 % 10**6:06}"
                    style = (str.upper, str.title, str.lower)[tried[one.reference] % 3]
                    batch.append(
                        (one, about(one, personal_id=number, full_name=style(one.full_name)))
                    )
                heard = ask(*[question for _, question in batch])
                answered += sum(kind != "refused" for kind in heard)
                learned |= {
                    one.reference
                    for (one, _), kind in zip(batch, heard, strict=True)
                    if kind == "right"
                }
                if "refused" in heard:
                    break
    # What the limits let through, and what it is worth: 1,500 guesses of a million each.
    assert answered <= 30 * 50
    assert len(learned) <= 1
    most = sum(limits.allowance(1) for _ in victims)
    assert (answered + most) / 10**6 < 0.01  # and all that nightly runs would answer besides
    assert not StoppedAccount.objects.using("population").exists()  # he played it well
    # An honest colleague was served all the while.
    assert ask(about(victims[0]), actor="officer:colleague") == ["right"]


def test_without_the_limits_the_attack_would_succeed(
    register: Register, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the test above shows something: the same questions, nothing counted."""
    settings.REGISTER_BUDGETS = {"officer": (10**9, 10**9), "office": (10**9, 10**9)}
    monkeypatch.setattr(limits, "SLIPS", 10**9)
    monkeypatch.setattr(limits, "SLIPS_EVERYWHERE", 10**9)
    victim = replace(AN, personal_id="070063001500")
    register(victim)
    heard = ask(*[guess(victim, n) for n in range(1000)]) + ask(
        *[guess(victim, n) for n in range(1000, 2000)]
    )
    assert heard.count("right") == 1
