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
    answers = list(answers_about(viewer, person)[:_MOST])
    # A refusal leaves no answer and must look like one that has not come yet: both are told alike.
    waits = all(one.person_version != person.version for one in answers)
    return {"answers": answers, "version": person.version, "waits": waits}


PANEL: Final = Panel(
    name="authentication", order=10, template="authentication/panel.html", context=_content
)
