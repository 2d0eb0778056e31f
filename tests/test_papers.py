"""The papers say what the program does: examples run, links lead somewhere, sheets are current."""

from __future__ import annotations

import doctest
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAPERS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NEEDED = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "LICENSE",
    "docs/architecture.md",
    "docs/dependencies.md",
    "docs/benchmarks.md",
    "docs/status.md",
)


def tool(name: str) -> ModuleType:
    """A script of tools/ as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def headings(paper: Path) -> set[str]:
    """The anchors of a paper's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", paper.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", NEEDED)
def test_the_paper_is_there(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.relative_to(ROOT)))
def test_links_lead_somewhere(paper: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", paper.read_text(encoding="utf-8"))
    for link in links:
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (paper.parent / path) if path else paper
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.relative_to(ROOT)))
def test_examples_run(paper: Path) -> None:
    outcome = doctest.testfile(str(paper), module_relative=False)
    assert outcome.failed == 0


def test_the_sheets_of_the_readme_are_what_the_program_prints() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert tool("update_readme").with_sheets(readme) == readme, "run tools/update_readme.py"


def test_every_make_target_of_the_papers_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for paper in PAPERS:
        text = paper.read_text(encoding="utf-8")
        named = re.findall(r"^make ([a-z]+)", text, re.MULTILINE) + re.findall(
            r"`make ([a-z]+)", text
        )
        assert set(named) <= targets, paper


def test_every_dependency_is_accounted_for() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    required = re.findall(r'^    "([a-z][a-z-]+)>=', text, re.MULTILINE)
    papers = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert required
    for name in required:
        assert f"| [{name}](" in papers, name


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    for page in folder.glob("0*.md"):
        title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        number, _, name = title.partition(" ")
        assert f"- [{number}]({page.name}) {name}" in listed
