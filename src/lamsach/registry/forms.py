"""Forms of the record: looking for people, asking for a correction, deciding one.

Sensitive numbers are never filled in beforehand: an empty field leaves them as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lamsach.hcert.vaccines import PRODUCTS
from lamsach.identity import units as catalogues
from lamsach.identity.card import CardError, parse_card
from lamsach.places.models import Office
from lamsach.registry import keys
from lamsach.registry.actions.reading import UnmaskPurpose
from lamsach.registry.fields import WITHDRAWN, texts_of
from lamsach.registry.models import CorrectionState, Dose, Person, Presence, Sex
from lamsach.registry.showing import birth_text
from lamsach.registry.standing import obstacles

__all__ = [
    "CorrectionsFilter",
    "DoseCorrectionForm",
    "PersonCorrectionForm",
    "RefusalForm",
    "SearchForm",
    "UnmaskForm",
    "WaitingFilter",
]

_LINE: Final = {"autocomplete": "off", "spellcheck": "false"}


class SearchForm(forms.Form):
    """One field for a name, a number or a card's line, and one for the birth."""

    text = forms.CharField(
        label=_("Name, personal number, or scan of the card"),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={**_LINE, "data-search": "", "autofocus": True}),
    )
    birth = forms.CharField(
        label=_("Date of birth"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={**_LINE, "placeholder": "04/05/1963", "size": 12}),
    )

    def clean(self) -> dict[str, str]:
        """What was typed, told apart: a card's line, a number, or a name."""
        given = super().clean() or {}
        text = given.get("text", "")
        asked = {"birth": given.get("birth", ""), "name": "", "number": "", "card": ""}
        if text.count("|") >= 6:
            try:
                parse_card(text)
            except CardError as error:
                raise ValidationError({"text": _("This is no identity card's code.")}) from error
            asked["card"] = text
        elif sum(map(str.isdigit, text)) >= 6:
            asked["number"] = text
        else:
            asked["name"] = text
        return asked


class WaitingFilter(forms.Form):
    """Which obstacle the list is about."""

    obstacle = forms.ChoiceField(label=_("What is in the way"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(one.code, one.label) for one in obstacles()]
        self.fields["obstacle"].choices = [("", _("Everything")), *known]  # type: ignore[attr-defined]


class CorrectionsFilter(forms.Form):
    """Which corrections the list shows."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *CorrectionState.choices]
    )


class UnmaskForm(forms.Form):
    """What an officer needs whole numbers for."""

    purpose = forms.ChoiceField(label=_("What for"), choices=UnmaskPurpose.choices)


class RefusalForm(forms.Form):
    """Why a correction is refused."""

    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class _CorrectionForm(forms.Form):
    """What all requests have: the grounds, and the office the officer acts for."""

    office = forms.ChoiceField(label=_("For which office"))
    grounds = forms.CharField(
        label=_("Grounds"),
        help_text=_("Which document shows that the change is right."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, shown: Mapping[str, str], offices: list[Office], **kwargs: Any):
        self.offices = {str(one.public_id): one for one in offices}
        kwargs["initial"] = {**shown, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        choices = [(public, one.name) for public, one in self.offices.items()]
        self.fields["office"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["office"].widget = forms.HiddenInput()
            self.fields["office"].initial = choices[0][0]

    @property
    def chosen_office(self) -> Office:
        """The office that was chosen."""
        return self.offices[self.cleaned_data["office"]]


class PersonCorrectionForm(_CorrectionForm):
    """Changes to a person."""

    full_name = forms.CharField(label=_("Full name"), max_length=200)
    birth_date = forms.CharField(
        label=_("Date of birth"),
        required=False,
        max_length=40,
        help_text=_("Day/month/year, or the year alone."),
    )
    sex = forms.ChoiceField(label=_("Sex"), required=False, choices=[("", "—"), *Sex.choices])
    personal_id = forms.CharField(
        label=_("Personal number"),
        required=False,
        max_length=40,
        help_text=_("Leave empty to keep the number that is there."),
        widget=forms.TextInput(attrs={**_LINE, "inputmode": "numeric"}),
    )
    no_number = forms.BooleanField(
        label=_("The number is not this person's: remove it"), required=False
    )
    province = forms.ChoiceField(label=_("Province of residence"), required=False)
    commune = forms.CharField(
        label=_("Commune"),
        required=False,
        max_length=100,
        help_text=_("Its name or code. Leave empty to keep the residence that is there."),
    )
    hamlet = forms.CharField(label=_("Hamlet"), required=False, max_length=200)
    address = forms.CharField(label=_("Address"), required=False, max_length=400)
    phone = forms.CharField(
        label=_("Telephone"),
        required=False,
        max_length=30,
        help_text=_("Leave empty to keep the number that is there."),
        widget=forms.TextInput(attrs={**_LINE, "inputmode": "tel"}),
    )
    guardian_name = forms.CharField(label=_("Guardian"), required=False, max_length=200)
    travel_name = forms.CharField(
        label=_("Name in the travel document"), required=False, max_length=200
    )

    field_order = (
        "full_name", "birth_date", "sex", "personal_id", "no_number", "province", "commune",
        "hamlet", "address", "phone", "guardian_name", "travel_name", "grounds", "office",
    )  # fmt: skip
    _KEPT_IF_EMPTY: Final = ("personal_id", "phone")
    _SHOWN: Final = (
        "full_name", "birth_date", "sex", "hamlet", "address", "guardian_name", "travel_name",
    )  # fmt: skip

    def __init__(self, *args: Any, record: Person, **kwargs: Any) -> None:
        texts = texts_of(record)
        shown = {name: texts[name] for name in self._SHOWN}
        shown["birth_date"] = birth_text(shown["birth_date"])
        super().__init__(*args, shown=shown, **kwargs)
        self._catalogue: catalogues.Catalogue = (
            "2025" if record.residence and record.residence.catalogue == "2025" else "2022"
        )
        names = [
            (code, catalogues.short_name(code, self._catalogue))
            for code in catalogues.provinces(self._catalogue)
        ]
        provinces = sorted(names, key=lambda one: keys.name_key(one[1]))
        self.fields["province"].choices = [("", "—"), *provinces]  # type: ignore[attr-defined]
        if record.residence:
            here = catalogues.province_of(record.residence.code, self._catalogue)
            self.initial.setdefault("province", here)

    def clean(self) -> dict[str, Any]:
        """Find the commune, and see that a number is not both given and removed."""
        given = super().clean() or {}
        if given.get("personal_id") and given.get("no_number"):
            self.add_error("no_number", _("Give a number or remove it, not both."))
        if given.get("commune"):
            given["residence"] = self._commune(given["commune"], given.get("province", ""))
        return given

    def _commune(self, text: str, province: str) -> str:
        """`catalogue/code` of a commune named by code or, within a province, by name."""
        wanted = keys.name_key(text)
        known = [one for one in catalogues.all_units(self._catalogue) if len(one.code) == 5]
        inside = [
            one
            for one in known
            if not province or catalogues.province_of(one.code, self._catalogue) == province
        ]
        if text.strip().isdigit():
            found = [one for one in known if one.code == text.strip()]
        else:
            found = [one for one in inside if keys.name_key(one.name) == wanted] or [
                one for one in inside if keys.name_key(one.name).endswith(f" {wanted}")
            ]
        if len(found) == 1:
            return f"{self._catalogue}/{found[0].code}"
        if not found:
            self.add_error("commune", _("No commune of this name or code is in the province."))
        else:
            several = "; ".join(
                f"{one.code} {catalogues.place_name(one.code, self._catalogue)}"
                for one in found[:8]
            )
            self.add_error(
                "commune",
                ValidationError(
                    _("Several communes bear this name; write the code: %(communes)s"),
                    params={"communes": several},
                ),
            )
        return ""

    def changes(self) -> Mapping[str, str]:
        """What differs from what was shown, and the numbers that were given."""
        given = self.cleaned_data
        changed = {name: given[name] for name in self._SHOWN if given[name] != self.initial[name]}
        changed |= {name: given[name] for name in self._KEPT_IF_EMPTY if given[name]}
        if given.get("no_number"):
            changed["personal_id"] = ""
        if given.get("residence"):
            changed["residence"] = given["residence"]
        return changed


class DoseCorrectionForm(_CorrectionForm):
    """Changes to a dose, or its withdrawal."""

    vaccine_code = forms.ChoiceField(label=_("Vaccine"))
    lot = forms.CharField(label=_("Lot"), required=False, max_length=60)
    vaccinated_on = forms.CharField(label=_("Day of the dose"), max_length=40)
    dose_number = forms.IntegerField(label=_("Number in the series"), min_value=1, max_value=20)
    presence = forms.ChoiceField(label=_("Identity check"), choices=Presence.choices)
    withdrawn = forms.BooleanField(
        label=_("This dose was never given to this person: withdraw it"), required=False
    )

    field_order = (
        "vaccine_code", "lot", "vaccinated_on", "dose_number", "presence", "withdrawn", "grounds",
        "office",
    )  # fmt: skip
    _SHOWN: Final = ("vaccine_code", "lot", "vaccinated_on", "dose_number", "presence")

    def __init__(self, *args: Any, record: Dose, **kwargs: Any) -> None:
        texts = texts_of(record)
        shown = {name: texts[name] for name in self._SHOWN}
        shown["vaccinated_on"] = birth_text(shown["vaccinated_on"])
        super().__init__(*args, shown=shown, **kwargs)
        codes = record.campaign.vaccines or sorted(PRODUCTS, key=lambda one: PRODUCTS[one].name)
        known = {code: PRODUCTS[code].name if code in PRODUCTS else code for code in codes}
        known.setdefault(record.vaccine_code, record.vaccine_code)
        self.fields["vaccine_code"].choices = list(known.items())  # type: ignore[attr-defined]

    def changes(self) -> Mapping[str, str]:
        """What differs; a withdrawal stands alone."""
        given = self.cleaned_data
        if given["withdrawn"]:
            return {WITHDRAWN: "yes"}
        return {
            name: str(given[name]) for name in self._SHOWN if str(given[name]) != self.initial[name]
        }
