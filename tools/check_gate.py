"""Rows are read and written through the gate alone: refuse managers anywhere else.

In floors that have tables, `.objects` and its like may stand in models, actions, queries, tasks,
migrations and management commands; a view, form or panel that reaches for a table by itself would
walk round the scope of the officer who asks. The few other places are named here with their reason.

Usage: python tools/check_gate.py [FOLDER]
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent / "src" / "lamsach"

FILES = frozenset({"models.py", "actions.py", "queries.py", "tasks.py"})
#: The register's side has one door for everybody (`gateway`), and no officer's scope behind it.
OTHER_SIDE = "population"
FOLDERS = frozenset({"actions", "queries", "tasks", "migrations", "management"})
REFUSED = frozenset(
    {"objects", "_default_manager", "_base_manager", "get_object_or_404", "get_list_or_404"}
)
#: Places of another kind, each with the reason why it is no way round the gate.
EXCEPTIONS = {
    "accounts/scope.py": "it is the gate: an officer's own posts",
    "accounts/sign_in.py": "finds the account that signs in, before there is a viewer",
    "ledger/heads.py": "where the chains stand: digests, nobody's data",
    "ledger/verifying.py": "walks the chains: digests, nobody's data",
    "passports/desk.py": "the actions of issuing, many at once; a job calls them, no officer",
    "passports/issuer.py": "the ministry's own certificate",
    "passports/log_keeper.py": "places in the public log: digests, nobody's data",
    "passports/publishing.py": "the public lists",
    "portal/limits.py": "counts of attempts under keyed digests",
}


def findings(house: Path) -> Iterator[str]:
    """Each place that walks round the gate, and each exception that is none any more."""
    needed = set()
    for path in sorted(house.rglob("*.py")):
        place = path.relative_to(house)
        if place.name in FILES or FOLDERS & set(place.parts[:-1]):
            continue
        if place.parts[0] == OTHER_SIDE:
            continue
        if not (house / place.parts[0] / "apps.py").exists() and place.parts[0] != "site":
            continue  # a library: it has no tables
        for line, name in _reaches(ast.parse(path.read_text(encoding="utf-8"))):
            if str(place) in EXCEPTIONS:
                needed.add(str(place))
            else:
                yield (
                    f"{place}:{line}: `{name}` walks round the gate; read through a query that"
                    " takes the viewer, write through an action"
                )
    for place in sorted(EXCEPTIONS.keys() - needed):
        if (house / place).exists():
            yield f"{place}: needs no exception any more; take it off the list"


def _reaches(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in REFUSED:
            yield node.lineno, node.attr
        elif isinstance(node, ast.Name) and node.id in REFUSED:
            yield node.lineno, node.id
        elif isinstance(node, ast.Constant) and node.value in REFUSED:
            yield node.lineno, node.value  # getattr(model, "objects")
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                if one.name in REFUSED:
                    yield node.lineno, one.name


def main() -> int:
    house = Path(sys.argv[1]) if len(sys.argv) > 1 else HOUSE
    found = list(findings(house))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
