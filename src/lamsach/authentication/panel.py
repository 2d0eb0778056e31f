"""The register's answers on a person's page: what it said, when, and of which version."""

from __future__ import annotations

from typing import Any, Final

from lamsach.accounts.models import Officer
from lamsach.authentication.queries import answers_about
from lamsach.registry.models import Person
from lamsach.registry.panels import Panel

__all__ = ["PANEL"]

_MOST: Final = 20


def _content(viewer: Officer, person: Person) -> dict[str, Any]:
    return {"answers": list(answers_about(viewer, person)[:_MOST]), "version": person.version}


PANEL: Final = Panel(
    name="authentication", order=10, template="authentication/panel.html", context=_content
)
