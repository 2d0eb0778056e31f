"""What intake puts on officers' desks: files whose check waits for a word, files being sent."""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from lamsach.accounts.desk import Card, DeskCard, NavigationLink, Urgency
from lamsach.accounts.models import Officer
from lamsach.accounts.scope import Scope
from lamsach.intake import queries
from lamsach.registry.workflow import MAY_ENTER

__all__ = ["CARDS", "LINKS"]

_MOST: Final = 100


def _checked(officer: Officer, _scope: Scope) -> Card | None:
    waiting = queries.unfinished_for(officer)
    first = waiting.last()
    if first is None:
        return None
    return Card(
        sentence=_("workbooks were checked and wait to be entered."),
        count=waiting[:_MOST].count(),
        url=reverse("intake:batch", args=[first.public_id]),
        urgency=Urgency.TODAY,
        action=_("Open the oldest"),
    )


CARDS: Final = (DeskCard("intake-checked", 25, MAY_ENTER, _checked),)
LINKS: Final = (NavigationLink("intake", 20, MAY_ENTER, "intake:index", lambda: _("Import")),)
