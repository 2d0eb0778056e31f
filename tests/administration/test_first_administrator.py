"""An empty installation: who can enter it first, and what it says to whoever starts it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from lamsach.accounts.models import Officer, Post
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.administration.actions.accounts import shut_account
from lamsach.ledger.actions import Actor
from lamsach.ledger.models import Event
from lamsach.places.models import Office, OfficeKind, Succession, Unit

pytestmark = [pytest.mark.db, pytest.mark.django_db]

SYSTEM = Actor.system("test")


def run(name: str, *arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, **options)
    return out.getvalue()


def test_the_first_administrator_can_sign_in_and_the_password_is_kept_nowhere() -> None:
    said = run("create_administrator", "Quan.Tri", full_name="  Lê Thị   Quản ")
    officer = Officer.objects.get()
    assert (officer.username, officer.full_name) == ("quan.tri", "Lê Thị Quản")
    assert scope_of(officer).may(Role.ADMINISTRATOR)
    assert Office.objects.get().kind == OfficeKind.ADMINISTRATION
    password = next(line.split()[-1] for line in said.splitlines() if "password:" in line)
    assert officer.check_password(password)
    assert officer.must_change_password
    assert len(password) >= 20
    told = "".join(str(one) for one in Event.objects.values_list("facts", "subject_id", "actor"))
    assert password not in told
    assert "Quản" not in told.replace("Quản trị hệ thống", "")  # the office's name


def test_a_second_one_is_refused_unless_asked_for() -> None:
    run("create_administrator", "one", full_name="Một")
    with pytest.raises(CommandError, match="--another"):
        run("create_administrator", "two", full_name="Hai")
    assert Officer.objects.count() == 1
    run("create_administrator", "two", full_name="Hai", another=True)
    assert Post.objects.filter(role=Role.ADMINISTRATOR).count() == 2
    assert Office.objects.count() == 1


def test_where_the_only_administrator_is_shut_out_the_machine_s_keeper_makes_another() -> None:
    run("create_administrator", "one", full_name="Một")
    shut_account(officer=Officer.objects.get(), by=SYSTEM)
    run("create_administrator", "two", full_name="Hai")
    assert Officer.objects.count() == 2


@pytest.mark.parametrize(
    ("username", "full_name"), [("-x", "Một"), ("có dấu", "Một"), ("one", " "), ("one", "12")]
)
def test_names_that_cannot_be_used_change_nothing(username: str, full_name: str) -> None:
    with pytest.raises(CommandError):
        call_command("create_administrator", f"--full-name={full_name}", "--", username)
    assert not Officer.objects.exists()
    assert not Office.objects.exists()


def test_starting_says_the_next_step_and_nothing_when_there_is_none(house: Any) -> None:
    from lamsach.registry.models import Campaign

    campaign = Campaign.objects.create(
        code="c", name="C", disease="840539006", opened_on="2021-03-08"
    )
    assert run("first_steps") == ""
    campaign.delete()
    assert "No campaign" in run("first_steps")
    shut_account(officer=house.bob, by=SYSTEM)
    assert "ministry" in run("first_steps")
    shut_account(officer=house.alice, by=SYSTEM)
    said = run("first_steps")
    assert "create_administrator NAME --full-name" in said
    assert said.count("\n    ") == 1  # one thing at a time


def test_units_are_loaded_at_the_first_start() -> None:
    run("first_steps")
    assert Unit.objects.filter(catalogue="2022", level=3).count() == 10599


def test_successions_of_an_official_table_are_loaded(tmp_path: Path) -> None:
    file = tmp_path / "successions.csv"
    file.write_text("code_2022,code_2025,usual\n25195,25195,1\n25198,25195,1\n", encoding="utf-8")
    said = run("load_units", successions=file)
    assert said.splitlines() == ["14,722 units", "2 successions"]
    assert Succession.objects.filter(predecessor__code="25198", usual=True).exists()
    file.write_text("code_2022,code_2025,usual\n25195,99999,1\n", encoding="utf-8")
    with pytest.raises(CommandError, match="99999"):
        run("load_units", successions=file)
    file.write_text("old,new\n", encoding="utf-8")
    with pytest.raises(CommandError, match="code_2022"):
        run("load_units", successions=file)
    assert Succession.objects.filter(predecessor__code="25198", usual=True).exists()
