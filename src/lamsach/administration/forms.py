"""Forms of accounts and offices. Offices are written by code or name, units by code or name.

What a form reads it reads through `queries`; whether it may be done is for `actions`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.roles import OFFICE_KINDS, Role
from lamsach.administration.actions.offices import CODELESS
from lamsach.administration.queries import offices_named, upper_named
from lamsach.administration.reading import LONGEST_NAME, read_text, read_username
from lamsach.administration.territories import read_units
from lamsach.clock import today
from lamsach.places.models import Office, OfficeKind, Unit
from lamsach.places.queries import catalogue_on

__all__ = [
    "AccountForm",
    "ChangeOfficeForm",
    "CloseForm",
    "DayField",
    "EndForm",
    "NameForm",
    "OfficeForm",
    "OfficersFilter",
    "OfficesFilter",
    "PostForm",
    "TerritoryForm",
    "add_all",
]

CATALOGUES: Final = [
    ("2025", _("2025: 34 provinces, no districts")),
    ("2022", _("2022: 63 provinces with districts")),
]
_STATES: Final = [
    ("", _("All")),
    ("open", _("In use")),
    ("first", _("Not signed in yet")),
    ("asleep", _("Asleep")),
    ("locked", _("Locked for now")),
    ("shut", _("Shut")),
    ("postless", _("Without a post")),
]


def add_all(form: forms.Form, error: ValidationError) -> None:
    """Put an action's sentences beside the fields that they are about."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, found in error.error_dict.items():
        form.add_error(name if name in form.fields else None, found)


class DayField(forms.DateField):
    """A day, written as day/month/year.

    A browser's own calendar writes it as the browser's language does: month first in English ones.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"],
            widget=forms.DateInput(
                format="%d/%m/%Y",
                attrs={"placeholder": "04/05/2022", "autocomplete": "off", "maxlength": 10},
            ),
            error_messages={"invalid": _("Write the day as day/month/year.")},
            **kwargs,
        )


class OfficersFilter(forms.Form):
    """Which accounts the list shows."""

    text = forms.CharField(label=_("Name or account"), required=False, max_length=100)
    office = forms.CharField(label=_("Office (code or name)"), required=False, max_length=100)
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("All")), *Role.choices]
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=_STATES)


class OfficesFilter(forms.Form):
    """Which offices the list shows."""

    text = forms.CharField(label=_("Name or code"), required=False, max_length=100)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *OfficeKind.choices]
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("In operation")), ("closed", _("Closed")), ("all", _("All"))],
    )


class _NameField(forms.CharField):
    def __init__(self, read: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_NAME, **kwargs)
        self._read = read

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        return self._read(text) if text else text


def _one_office(found: list[Office]) -> Office:
    """The office that is meant. Raises `ValidationError` that says how to say which."""
    if not found:
        raise ValidationError(_("No open office that can be meant has this code or name."))
    if len(found) > 1:
        told = "; ".join(f"{one.code or '—'} {one.name}" for one in found)
        raise ValidationError(
            _("Several offices can be meant; write the code: %(offices)s"),
            params={"offices": told},
        )
    return found[0]


class PostForm(forms.Form):
    """A post: the role, the office, from when to when."""

    role = forms.ChoiceField(label=_("Role"), choices=[("", "—"), *Role.choices])
    office = forms.CharField(
        label=_("Office"),
        max_length=LONGEST_NAME,
        help_text=_("Its code or its name. It must be of the kind that has this role."),
    )
    since = DayField(label=_("First day"), required=False, help_text=_("Empty: from today."))
    last_day = DayField(
        label=_("Last day"), required=False, help_text=_("Empty: until it is ended.")
    )

    def __init__(self, *args: Any, at: Office | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        if at is not None:
            roles = [one for one in Role if at.kind in OFFICE_KINDS[one]]
            choices = [(one.value, one.label) for one in roles]
            self.fields["role"].choices = choices  # type: ignore[attr-defined]
            del self.fields["office"]
            self.fields["at"] = forms.CharField(
                widget=forms.HiddenInput(), initial=str(at.public_id)
            )

    def clean(self) -> dict[str, Any]:
        """Find the office: among those of the kinds that have the role."""
        given = super().clean() or {}
        role, office = given.get("role"), given.get("office")
        if self.at is not None:
            given["office"] = self.at
        elif role and office:
            try:
                given["office"] = _one_office(offices_named(office, OFFICE_KINDS[Role(role)]))
            except ValidationError as error:
                self.add_error("office", error)
        return given

    def post(self) -> dict[str, Any] | None:
        """What `appoint` takes; None when no post is asked for."""
        given = self.cleaned_data
        if not given.get("role"):
            return None
        return {
            "office": given["office"],
            "role": Role(given["role"]),
            "since": given["since"],
            "last_day": given["last_day"],
        }


class AccountForm(PostForm):
    """A new account and, usually, its first post."""

    username = _NameField(
        read_username,
        label=_("Account name"),
        help_text=_("Letters a-z without marks, digits, dot, hyphen; for example lan.bp01."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"}),
    )
    full_name = _NameField(read_text, label=_("Full name"))
    field_order = ("username", "full_name", "role", "office", "since", "last_day")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].required = False
        self.fields["role"].help_text = str(_("Without a role the account opens nothing yet."))
        if "office" in self.fields:
            self.fields["office"].required = False

    def clean(self) -> dict[str, Any]:
        """A role needs an office, and an office a role."""
        given = super().clean()
        if self.at is None and bool(given.get("role")) != bool(given.get("office")):
            missing = "role" if given.get("office") else "office"
            if missing not in self.errors and "office" not in self.errors:
                self.add_error(missing, _("A post has both a role and an office."))
        return given


class NameForm(forms.Form):
    """An officer's name, written anew."""

    full_name = _NameField(read_text, label=_("Full name"))


class EndForm(forms.Form):
    """When a post ends."""

    last_day = DayField(label=_("Last day"), required=False, help_text=_("Empty: it ends at once."))


class OfficeForm(forms.Form):
    """A new office."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[("", "—"), *OfficeKind.choices])
    name = _NameField(read_text, label=_("Name of the office"))
    code = forms.CharField(
        label=_("Code"),
        required=False,
        max_length=40,
        help_text=_("As files name it; each kind has a code once. It cannot be changed later."),
    )
    above = forms.CharField(
        label=_("Office above"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=_("Its code or its name."),
    )
    territory = forms.CharField(
        label=_("Responsible for"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "One unit a line: its code, or its name with district and province after commas. A"
            " facility that has no residents of its own has none."
        ),
    )
    catalogue = forms.ChoiceField(label=_("Units as of"), choices=CATALOGUES)
    opened_on = DayField(label=_("First day"), required=False, help_text=_("Empty: from today."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["catalogue"].initial = catalogue_on(today())

    def clean(self) -> dict[str, Any]:
        """Find the office above and the units; a code is missing where one is needed."""
        given = super().clean() or {}
        kind = given.get("kind", "")
        if kind and kind not in CODELESS and not given.get("code"):
            self.add_error("code", _("Write the office's code: files name offices by it."))
        _read_above(self, given, kind)
        _read_territory(self, given)
        return given


def _read_above(form: forms.Form, given: dict[str, Any], kind: str) -> None:
    text = given.get("above", "")
    given["above"] = None
    if text and kind:
        try:
            given["above"] = _one_office(upper_named(text, kind))
        except ValidationError as error:
            form.add_error("above", error)


def _read_territory(form: forms.Form, given: dict[str, Any]) -> None:
    units: list[Unit] = []
    if given.get("territory") and given.get("catalogue"):
        try:
            units = read_units(given["territory"], given["catalogue"])
        except ValidationError as error:
            form.add_error("territory", error)
    given["territory"] = units


class ChangeOfficeForm(forms.Form):
    """Another name, or another office above."""

    name = _NameField(read_text, label=_("Name of the office"))
    above = forms.CharField(
        label=_("Office above"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=_("Its code or its name."),
    )

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        self.office = office
        above = office.above
        kwargs["initial"] = {
            "name": office.name,
            "above": (above.code or above.name) if above else "",
        }
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Find the office above; the one that is there stays when its text is unchanged."""
        given = super().clean() or {}
        if given.get("above") == self.initial["above"]:
            given["above"] = self.office.above
        else:
            _read_above(self, given, self.office.kind)
        return given


class TerritoryForm(forms.Form):
    """More units that an office is responsible for."""

    territory = forms.CharField(
        label=_("Responsible for"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One unit a line: its code, or its name with district and province."),
    )
    catalogue = forms.ChoiceField(label=_("Units as of"), choices=CATALOGUES)
    since = DayField(label=_("First day"), required=False, help_text=_("Empty: from today."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["catalogue"].initial = catalogue_on(today())

    def clean(self) -> dict[str, Any]:
        """Find the units."""
        given = super().clean() or {}
        _read_territory(self, given)
        return given


class SuccessorForm(forms.Form):
    """Which office follows one that is closed."""

    successor = forms.CharField(
        label=_("Successor"),
        max_length=LONGEST_NAME,
        help_text=_("The code or name of the office of the same kind that takes over."),
    )

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.office = office

    def clean(self) -> dict[str, Any]:
        """Find the successor."""
        given = super().clean() or {}
        text = given.get("successor", "")
        given["successor"] = None
        if text:
            found = [one for one in offices_named(text, [self.office.kind]) if one != self.office]
            try:
                given["successor"] = _one_office(found)
            except ValidationError as error:
                self.add_error("successor", error)
        return given


class CloseForm(SuccessorForm):
    """From which day an office is closed, and who follows it, if anybody does."""

    on = DayField(label=_("Closed from"), required=False, help_text=_("Empty: from today."))
    end_posts = forms.BooleanField(
        label=_("End the posts that are still held here with it"), required=False
    )
    field_order = ("on", "successor", "end_posts")

    def __init__(self, *args: Any, held: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"].required = False
        if not held:
            del self.fields["end_posts"]
