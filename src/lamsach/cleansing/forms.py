"""Forms of cleansing: making a list, asking at doors, deciding, sending on, handing back."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lamsach.cleansing import queries
from lamsach.cleansing.actions import Judgement
from lamsach.cleansing.actions.deciding import BRINGS_CHANGES, check_suggestion
from lamsach.cleansing.marking import shown_birth
from lamsach.cleansing.models import CleansingEntry, CleansingList, DecisionKind
from lamsach.cleansing.telling import FIELDS, Heard, heard_in, remark_of
from lamsach.places.models import Office, Unit
from lamsach.places.queries import unit
from lamsach.registry.models import Campaign, Sex

__all__ = [
    "DecisionForm",
    "DoorForm",
    "DoorsFilter",
    "MakeForm",
    "NoteForm",
    "ScanForm",
    "SendForm",
    "SignForm",
]


class MakeForm(forms.Form):
    """Which commune, and which hamlet if it is to be one."""

    commune: forms.ModelChoiceField[Unit] = forms.ModelChoiceField(
        queryset=None, label=_("Commune"), empty_label=None
    )
    campaign: forms.ModelChoiceField[Campaign] = forms.ModelChoiceField(
        queryset=None, label=_("Campaign"), empty_label=None
    )
    hamlet = forms.CharField(
        label=_("Hamlet"), required=False, max_length=100, help_text=_("Empty: the whole commune.")
    )

    def __init__(self, station: Office, data: Any = None) -> None:
        super().__init__(data, prefix=f"s{station.pk}")
        for name, choices in (
            ("commune", queries.communes_of(station)),
            ("campaign", queries.campaigns()),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = choices
            field.initial = choices.first()


class DecisionForm(forms.Form):
    """What the police decide by hand about one entry."""

    kind = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            pair for pair in DecisionKind.choices if pair[0] != DecisionKind.CONFIRMED_PROPOSAL
        ],
        initial=DecisionKind.CORRECTED.value,
    )
    full_name = forms.CharField(label=_("Right full name"), required=False, max_length=200)
    birth_date = forms.CharField(label=_("Right date of birth"), required=False, max_length=40)
    sex = forms.ChoiceField(label=_("Right sex"), required=False, choices=[("", "—"), *Sex.choices])
    personal_id = forms.CharField(label=_("Right personal number"), required=False, max_length=40)
    commune = forms.CharField(
        label=_("Code of the commune where the person lives"),
        required=False,
        max_length=12,
        help_text=_("Only for somebody who lives in another commune."),
    )
    duplicate_of = forms.UUIDField(
        label=_("Identifier of the other record"),
        required=False,
        help_text=_("Only for the same person as another record: from the address of its page."),
    )
    nationality = forms.CharField(
        label=_("Citizen of"),
        required=False,
        max_length=60,
        help_text=_("Only for somebody who is not a Vietnamese citizen."),
    )
    note = forms.CharField(
        label=_("Remark"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def judgement(self, cleansing_list: CleansingList, entry: uuid.UUID) -> Judgement:
        """The decision; only the fields that its kind has count."""
        said = self.cleaned_data
        kind = DecisionKind(said["kind"])
        fields = BRINGS_CHANGES.get(kind, frozenset())
        commune = unit(said["commune"].strip(), cleansing_list.commune.catalogue)
        other = said["duplicate_of"]
        person = queries.person_named(cleansing_list, other) if other else None
        return Judgement(
            entry=entry,
            kind=kind,
            changes={name: said[name] for name in sorted(fields) if said.get(name)},
            commune=commune,
            duplicate_of=person,
            note=said["note"],
        )

    def add_all(self, error: ValidationError) -> None:
        """Put an action's sentences beside their fields."""
        if hasattr(error, "error_dict"):
            for name, errors in error.error_dict.items():
                self.add_error(name if name in self.fields else None, errors)
        else:
            self.add_error(None, error)


class DoorsFilter(forms.Form):
    """Of whom the list of doors tells."""

    shown = forms.ChoiceField(
        label=_("Which people"),
        required=False,
        choices=[("", _("Everyone")), ("open", _("Not asked yet"))],
    )


class DoorForm(forms.Form):
    """What was heard of one person at the door; a field is filled in only where it differs."""

    heard = forms.ChoiceField(
        label=_("What did you hear?"),
        choices=Heard.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you heard.")},
    )
    full_name = forms.CharField(label=_("Right full name"), required=False, max_length=200)
    birth_date = forms.CharField(
        label=_("Right date of birth"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "04/05/1963"}),
    )
    sex = forms.ChoiceField(label=_("Right sex"), required=False, choices=[("", "—"), *Sex.choices])
    personal_id = forms.CharField(
        label=_("Right personal number"),
        required=False,
        max_length=40,
        help_text=_("As the identity card shows it: 12 digits, or 9 on an old card."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    hamlet = forms.CharField(label=_("Right hamlet"), required=False, max_length=100)
    phone = forms.CharField(
        label=_("Right telephone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    note = forms.CharField(
        label=_("Remark"), required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, entry: CleansingEntry, data: Any = None) -> None:
        kept = entry.suggestion
        heard, remark = heard_in(entry.suggestion_note, changed=bool(kept))
        birth = shown_birth(kept.get("birth_date", ""))
        super().__init__(
            data, initial={**kept, "birth_date": birth, "heard": heard, "note": remark}
        )
        self._entry = entry

    def clean(self) -> dict[str, Any]:
        """What differs counts where something does; elsewhere the fields are left aside."""
        given = super().clean() or {}
        if given.get("heard") != Heard.CHANGED or self.errors:
            return given
        try:
            found = check_suggestion(self._values(given), self._entry.person)
        except ValidationError as error:
            for name, errors in error.error_dict.items():
                self.add_error(name if name in self.fields else None, errors)
            return given
        if not found and not given["note"].strip():
            self.add_error("heard", _("Enter below what is different, or write a remark."))
        return given

    @staticmethod
    def _values(given: dict[str, Any]) -> dict[str, str]:
        return {name: given[name] for name in FIELDS if given.get(name)}

    def suggestion(self) -> tuple[dict[str, str], str]:
        """The values and the remark to keep."""
        heard = Heard(self.cleaned_data["heard"])
        values = self._values(self.cleaned_data) if heard == Heard.CHANGED else {}
        return values, remark_of(heard, self.cleaned_data["note"])


class SendForm(forms.Form):
    """Where a list goes, when there are several offices it could go to."""

    office: forms.ModelChoiceField[Office] = forms.ModelChoiceField(
        queryset=None, label=_("Send to"), empty_label=None
    )

    def __init__(self, choices: Any, *args: Any, label: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["office"]
        field.label = label or field.label
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = choices
        field.initial = choices.first()


class NoteForm(forms.Form):
    """Why a list is given back."""

    note = forms.CharField(
        label=_("What is to be completed"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SignForm(forms.Form):
    """A digital signature over the list: with the key on this server, or made elsewhere."""

    pin = forms.CharField(
        label=_("PIN of your key"),
        required=False,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    signature = forms.FileField(label=_("Signature file (.p7s)"), required=False, max_length=200)


class ScanForm(forms.Form):
    """The scan of the signed and sealed sheet."""

    scan = forms.FileField(label=_("Scan of the signed sheet (PDF, JPEG or PNG)"))
