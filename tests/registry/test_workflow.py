"""The paper about corrections says what the table of steps says."""

from __future__ import annotations

from pathlib import Path

from lamsach.registry.workflow import CORRECTION_STEPS

PAPER = Path(__file__).parents[2] / "docs" / "registry.md"


def test_the_paper_draws_the_steps() -> None:
    rows = [
        f"| {state or '–'} | {step} | {leads_to.value} | {', '.join(sorted(roles))} |"
        for (state, step), (leads_to, roles) in CORRECTION_STEPS.items()
    ]
    drawn = PAPER.read_text(encoding="utf-8").split("<!-- begin: steps -->")[1]
    drawn = drawn.split("<!-- end: steps -->")[0]
    assert [line for line in drawn.splitlines() if line][2:] == rows
