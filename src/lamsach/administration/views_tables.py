"""Pages for tables of offices and officers: check a file, then send it again to have it done.

Nothing of the file is kept between the two. Initial passwords are the answer to the second, as a
file; larger tables are for the command, whose answer waits for no browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.administration.actions import load_officers, load_offices
from lamsach.administration.asked import administrator_of
from lamsach.administration.sheets import OFFICERS, OFFICES, SheetRow, read_table
from lamsach.files.errors import REFUSALS
from lamsach.files.serving import content_response
from lamsach.files.uploads import TOO_LARGE, bounded_upload

__all__ = ["MOST_ROWS", "officers", "offices"]

MOST_ROWS: Final = 2000
_SHOWN: Final = 200


class TableForm(forms.Form):
    """The file, and whether it is to be done."""

    file = forms.FileField(
        label=gettext_lazy("Table (.xlsx or CSV)"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text=gettext_lazy("At most 2,000 rows; for more there is a command."),
    )


@dataclass(frozen=True, slots=True)
class _Checked:
    """What a check found: sentences with numbers, the bad rows, whether there is anything to do."""

    counts: list[tuple[str, int]]
    problems: list[Any]
    does: bool


@never_cache
@bounded_upload
@require_http_methods(["GET", "POST"])
def offices(request: HttpRequest) -> HttpResponse:
    """A table of offices."""
    viewer = administrator_of(request)
    form, rows = _sent(request, OFFICES)
    if rows is None:
        return _page(request, "offices", form, None)
    plan = load_offices.plan_offices(rows)
    done = False
    if "apply" in request.POST:
        try:
            load_offices.apply_offices(plan, by=actor_of(viewer))
        except ValidationError as error:
            form.add_error("file", error)
        else:
            done = True
    checked = _Checked(
        [
            (_("Offices to open"), len(plan.opening)),
            (_("Offices to change"), len(plan.changing)),
            (_("As they are"), plan.same),
            (_("Rows that cannot be taken"), len(plan.problems)),
        ],
        plan.problems,
        bool(plan.opening or plan.changing),
    )
    return _page(request, "offices", form, checked, done=done)


@never_cache
@bounded_upload
@require_http_methods(["GET", "POST"])
def officers(request: HttpRequest) -> HttpResponse:
    """A table of officers; the answer to doing it is the file of initial passwords."""
    viewer = administrator_of(request)
    form, rows = _sent(request, OFFICERS)
    if rows is None:
        return _page(request, "officers", form, None)
    plan = load_officers.plan_officers(rows, own=viewer.username)
    done = False
    if "apply" in request.POST and plan.posts:
        told = _apply(plan, viewer)
        if told:
            return content_response(
                load_officers.passwords_file(told),
                name="mat-khau-ban-dau.csv",
                media_type="text/csv",
            )
        done = True
    checked = _Checked(
        [
            (_("New accounts"), len(plan.accounts)),
            (_("New posts"), len(plan.posts)),
            (_("As they are"), plan.same),
            (_("Rows that cannot be taken"), len(plan.problems)),
        ],
        plan.problems,
        bool(plan.posts),
    )
    return _page(request, "officers", form, checked, done=done)


def _apply(plan: load_officers.OfficersPlan, viewer: Officer) -> list[load_officers.Initial]:
    return load_officers.apply_officers(plan, by=actor_of(viewer), keep=lambda _told: None)


def _sent(request: HttpRequest, columns: Any) -> tuple[TableForm, list[SheetRow] | None]:
    """The form and the rows of the file that was sent; no rows when there is nothing to check."""
    if request.method != "POST":
        return TableForm(), None
    form = TableForm(request.POST, request.FILES)
    if request.META.get(TOO_LARGE):
        form.is_valid()
        form.errors["file"] = form.error_class([str(REFUSALS["too_large"])])
        return form, None
    if not form.is_valid():
        return form, None
    try:
        rows = read_table(form.cleaned_data["file"].read(), columns)
    except ValidationError as error:
        form.add_error("file", error)
        return form, None
    if len(rows) > MOST_ROWS:
        form.add_error(
            "file", _("This table has more than 2,000 rows; part it, or use the command.")
        )
        return form, None
    return form, rows


def _page(
    request: HttpRequest,
    what: str,
    form: TableForm,
    checked: _Checked | None,
    *,
    done: bool = False,
) -> HttpResponse:
    context = {
        "what": what,
        "form": form,
        "columns": OFFICES if what == "offices" else OFFICERS,
        "checked": checked,
        "problems": checked.problems[:_SHOWN] if checked else [],
        "more": checked is not None and len(checked.problems) > _SHOWN,
        "done": done,
    }
    status = 422 if form.errors else 200
    return render(request, "administration/table.html", context, status=status)
