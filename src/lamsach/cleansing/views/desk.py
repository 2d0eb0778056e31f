"""The police desk: one card, the typed record left, the register right.

What the register proposes is fetched while the page is made and is in no other place: not in the
session, not in the form (a candidate has an opaque key), not in a cache.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lamsach.accounts.models import Officer
from lamsach.accounts.refusals import ConflictError
from lamsach.cleansing import queries
from lamsach.cleansing.actions import Judgement, decide_entries
from lamsach.cleansing.actions.deciding import undo_decision
from lamsach.cleansing.blocks import MOST, may_be_in_block, opening_of
from lamsach.cleansing.forms import DecisionForm
from lamsach.cleansing.marking import Line, compared, shown_birth
from lamsach.cleansing.models import (
    CleansingEntry,
    CleansingList,
    DecisionKind,
    ListState,
    LookedAt,
)
from lamsach.cleansing.register import confirmed_fields, proposals_for
from lamsach.cleansing.telling import heard_told, why_listed
from lamsach.cleansing.views.common import police_list, unkept
from lamsach.clock import now, today
from lamsach.identity.wording import difference
from lamsach.population.messages import Candidate, Proposal

__all__ = ["block", "card", "confirm", "decide", "undo"]

#: How many of the next entries a block is chosen from.
_AHEAD: Final = 60


def _entry(cleansing_list: CleansingList, public_id: uuid.UUID) -> CleansingEntry:
    found = queries.entry_of(cleansing_list, public_id)
    if found is None:
        raise Http404
    return found


@require_GET
def card(
    request: HttpRequest, public_id: uuid.UUID, entry: uuid.UUID | None = None
) -> HttpResponse:
    """The card of an entry, or of the next undecided one (`?after=` a position)."""
    viewer, found = police_list(request, public_id)
    if entry is not None:
        shown: CleansingEntry | None = _entry(found, entry)
    else:
        after = request.GET.get("after", "")
        shown = queries.entry_after(found, int(after[:9]) if after.isdigit() else 0)
    return _card(request, viewer, found, shown, DecisionForm())


def _card(
    request: HttpRequest,
    viewer: Officer,
    found: CleansingList,
    entry: CleansingEntry | None,
    form: DecisionForm,
    *,
    status: int = 200,
) -> HttpResponse:
    counts = queries.counts_of(found)
    looks, taken = queries.single_looks(viewer, found)
    context: dict[str, Any] = {
        "list": found,
        "counts": counts,
        "pace": queries.pace_of(viewer, found, counts.undecided),
        "late": found.due_at is not None and found.due_at < now(),
        "opening": opening_of(looks, taken),
        "entry": entry,
        "form": form,
    }
    if entry is not None:
        proposal, trouble = _proposal(viewer, found, entry)
        best = proposal.best if proposal else None
        others = proposal.candidates if proposal else ()
        context |= {
            "person": entry.person,
            "why": why_listed(entry.obstacle),
            "heard": heard_told(entry.suggestion, entry.suggestion_note),
            "household": queries.household_of(entry),
            "before": queries.entry_before(found, entry.position),
            "proposal": proposal,
            "trouble": trouble,
            "candidates": [_beside(entry, one) for one in others],
            "lines": _lines(entry, best),
            "sure": best is not None,
        }
        queries.note_reading(viewer, found, what="desk")
    return unkept(render(request, "cleansing/desk.html", context, status=status))


def _proposal(
    viewer: Officer, found: CleansingList, entry: CleansingEntry
) -> tuple[Proposal | None, str]:
    """What the register proposes; a sentence when it cannot be asked now."""
    try:
        proposals = proposals_for(viewer, found, [entry])
    except OSError:
        return None, _("The register cannot be reached now. Try again, or decide by hand.")
    return proposals.get(str(entry.person.reference)), ""


def _lines(entry: CleansingEntry, candidate: Candidate | None) -> list[Line]:
    person = entry.person
    return [
        compared(name, typed, register)
        for name, typed, register in (
            ("full_name", person.full_name, candidate.full_name if candidate else ""),
            (
                "birth_date",
                shown_birth(person.birth_date),
                shown_birth(candidate.birth_date) if candidate else "",
            ),
            ("sex", person.get_sex_display(), _sex(candidate)),
            ("personal_id", person.personal_id, candidate.personal_id if candidate else ""),
        )
    ]


def _sex(candidate: Candidate | None) -> str:
    return {"M": _("Male"), "F": _("Female")}.get(candidate.sex, "") if candidate else ""


def _beside(entry: CleansingEntry, one: Candidate) -> dict[str, Any]:
    """A candidate for the page: its key, and what differs in the page's language."""
    return {
        "key": one.key,
        "lines": _lines(entry, one),
        "words": [_said(code) for code in one.differences],
        "percent": int(one.probability * 100),
        "previous_id": one.previous_id,
    }


def _said(code: str) -> str:
    words = difference(code)
    return words.vi if (get_language() or "").startswith("vi") else words.en


@require_POST
def confirm(request: HttpRequest, public_id: uuid.UUID, entry: uuid.UUID) -> HttpResponse:
    """Confirm a candidate: now, and only now, its four fields come to the health side."""
    viewer, found = police_list(request, public_id)
    shown = _entry(found, entry)
    try:
        fields = confirmed_fields(viewer, found, shown, request.POST.get("candidate", ""))
    except OSError:
        messages.error(request, _("The register cannot be reached now. Nothing was decided."))
        return unkept(redirect("cleansing:entry", found.public_id, shown.public_id))
    except LookupError as error:
        raise ConflictError(_("The register proposes somebody else by now.")) from error
    judgement = Judgement(shown.public_id, DecisionKind.CONFIRMED_PROPOSAL, fields)
    try:
        decide_entries(
            officer=viewer,
            cleansing_list=found,
            judgements=[judgement],
            looked_at=LookedAt.SINGLY,
        )
    except ValidationError:
        messages.error(
            request, _("The record says the same as the register; choose another decision.")
        )
        return unkept(redirect("cleansing:entry", found.public_id, shown.public_id))
    return _next(found, shown)


def _next(found: CleansingList, shown: CleansingEntry) -> HttpResponse:
    address = redirect("cleansing:desk", found.public_id)
    address["Location"] += f"?after={shown.position}"
    return unkept(address)


@require_POST
def decide(request: HttpRequest, public_id: uuid.UUID, entry: uuid.UUID) -> HttpResponse:
    """Keep any other decision about an entry."""
    viewer, found = police_list(request, public_id)
    shown = _entry(found, entry)
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            decide_entries(
                officer=viewer,
                cleansing_list=found,
                judgements=[form.judgement(found, shown.public_id)],
                looked_at=LookedAt.SINGLY,
            )
        except ValidationError as error:
            form.add_all(error)
        else:
            return _next(found, shown)
    return _card(request, viewer, found, shown, form, status=422)


@require_POST
def undo(request: HttpRequest, public_id: uuid.UUID, entry: uuid.UUID) -> HttpResponse:
    """Leave an entry undecided again."""
    viewer, found = police_list(request, public_id)
    shown = _entry(found, entry)
    undo_decision(officer=viewer, cleansing_list=found, entry=shown.public_id)
    return unkept(redirect("cleansing:entry", found.public_id, shown.public_id))


@require_http_methods(["GET", "POST"])
def block(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The next entries that may be confirmed together, each on a line of its own."""
    viewer, found = police_list(request, public_id)
    opening = opening_of(*queries.single_looks(viewer, found))
    if not opening.is_open:
        raise ConflictError(str(opening.reason))
    ahead = list(queries.entries_of(found).filter(decision=None, is_open=True)[:_AHEAD])
    try:
        proposals = proposals_for(viewer, found, ahead)
    except OSError:
        messages.error(request, _("The register cannot be reached now. Nothing was decided."))
        return unkept(redirect("cleansing:list", found.public_id))
    together = may_be_in_block(
        ahead, proposals, shared_numbers=queries.sharing_numbers(ahead), today=today()
    )
    if request.method == "POST":
        return _confirm_block(request, viewer, found, together)
    queries.note_reading(viewer, found, what="block")
    context = {
        "list": found,
        "rows": [
            {"entry": entry, "key": best.key, **_beside(entry, best)} for entry, best in together
        ],
        "most": MOST,
    }
    return unkept(render(request, "cleansing/block.html", context))


def _confirm_block(
    request: HttpRequest,
    viewer: Officer,
    found: CleansingList,
    together: list[tuple[CleansingEntry, Candidate]],
) -> HttpResponse:
    """Confirm those lines that were on the page, are ticked and may still stand in a block."""
    asked = set(request.POST.getlist("line"))
    judgements = []
    for entry, best in together:
        if f"{entry.public_id}/{best.key}" not in asked:
            continue
        try:
            fields = confirmed_fields(viewer, found, entry, best.key)
        except (OSError, LookupError):
            continue
        judgements.append(Judgement(entry.public_id, DecisionKind.CONFIRMED_PROPOSAL, fields))
    if judgements:
        decide_entries(
            officer=viewer,
            cleansing_list=found,
            judgements=judgements,
            looked_at=LookedAt.BLOCK,
        )
    messages.success(request, _("Confirmed together: %(count)s.") % {"count": len(judgements)})
    assert found.state == ListState.POLICE_CHECK
    return unkept(redirect("cleansing:list", found.public_id))
