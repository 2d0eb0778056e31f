"""The rule that tables are reached through queries and actions alone holds, and finds breaches."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

import lamsach

TOOL = Path(__file__).parent.parent / "tools" / "check_gate.py"


@pytest.fixture
def rule() -> Any:
    spec = importlib.util.spec_from_file_location("check_gate", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_house_keeps_the_rule(rule: Any) -> None:
    assert list(rule.findings(Path(lamsach.__file__).parent)) == []


@pytest.mark.parametrize(
    ("place", "line", "refused"),
    [
        ("floor/views.py", "Person.objects.all()", True),
        ("floor/forms.py", "manager = Person._default_manager", True),
        ("floor/panels.py", "getattr(Person, 'objects')", True),
        ("floor/views.py", "from django.shortcuts import get_object_or_404", True),
        ("site/views.py", "Person.objects.get(pk=1)", True),
        ("floor/views.py", "persons_for(viewer)  # Person.objects", False),
        ("floor/queries.py", "Person.objects.all()", False),
        ("floor/actions/entering.py", "Person.objects.all()", False),
        ("floor/migrations/0002_more.py", "apps.get_model('x', 'Y').objects.all()", False),
        ("floor/management/commands/load.py", "Person.objects.all()", False),
        ("library/views.py", "thing.objects", False),
    ],
)
def test_it_finds_what_walks_round_the_gate(
    rule: Any, tmp_path: Path, place: str, line: str, refused: bool
) -> None:
    (tmp_path / "floor").mkdir()
    (tmp_path / "floor" / "apps.py").touch()
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line + "\n", encoding="utf-8")
    found = list(rule.findings(tmp_path))
    assert [one.split(":")[0] for one in found] == ([place] if refused else [])


def test_an_exception_that_is_none_any_more_is_named(rule: Any, tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "apps.py").touch()
    (tmp_path / "ledger" / "heads.py").write_text("x = 1\n", encoding="utf-8")
    assert [one.split(":")[0] for one in rule.findings(tmp_path)] == ["ledger/heads.py"]
