"""The forms of campaigns: rules, with each vaccine and the doses of its course in a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lamsach.administration.actions.campaigns import COMPULSORY, Rules, narrows
from lamsach.administration.forms import CATALOGUES, DayField
from lamsach.administration.reading import LONGEST_NAME
from lamsach.clock import today
from lamsach.hcert.vaccines import DISEASES, PRODUCTS, Product
from lamsach.registry.models import Campaign

__all__ = ["CampaignForm", "CloseCampaignForm"]

_DISEASE_NAMES: Final = {"840539006": "COVID-19"}
#: Those that Vietnam licensed come first.
_CHOSEN_FROM: Final = sorted(
    (one for one in PRODUCTS.values() if one.active),
    key=lambda one: ("VN" not in one.licensed, one.name),
)


class CampaignForm(forms.Form):
    """A campaign's rules; `campaign` is the one that is changed."""

    code = forms.CharField(
        label=_("Code"),
        max_length=50,
        help_text=_("Small letters, digits and hyphens, for example covid-19; files name it."),
    )
    name = forms.CharField(label=_("Name of the campaign"), max_length=LONGEST_NAME)
    disease = forms.ChoiceField(
        label=_("Disease"),
        choices=[(one, _DISEASE_NAMES.get(one, one)) for one in sorted(DISEASES)],
    )
    legal_basis = forms.CharField(
        label=_("Legal basis"), max_length=300, help_text=_("The decision, with its number.")
    )
    opened_on = DayField(label=_("First day"), help_text=_("The day of the first dose."))
    last_day = DayField(
        label=_("Last day"), required=False, help_text=_("Empty: until it is closed.")
    )
    minimum_doses = forms.IntegerField(
        label=_("Doses that a passport needs"),
        required=False,
        min_value=1,
        max_value=9,
        help_text=_("Empty: the full course of the vaccine (5772/QĐ-BYT)."),
    )
    units_as_of = forms.ChoiceField(label=_("Units as of"), choices=CATALOGUES, initial="2025")
    compulsory_fields = forms.MultipleChoiceField(
        label=_("What each row must have beside the name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    vaccines = forms.MultipleChoiceField(
        label=_("Vaccines"),
        choices=[(one.code, one.name) for one in _CHOSEN_FROM],
        error_messages={
            "required": _("Choose at least one vaccine: without one no dose can be entered.")
        },
    )
    confirmed = forms.BooleanField(
        label=_("Passports that the new rules do not allow any more shall be revoked"),
        required=False,
        help_text=_("Asked when a vaccine goes or more doses are needed."),
    )

    def __init__(self, *args: Any, campaign: Campaign | None = None, **kwargs: Any) -> None:
        self.campaign = campaign
        if campaign is not None:
            kwargs["initial"] = _initial(campaign)
        super().__init__(*args, **kwargs)
        vietnamese = (get_language() or "vi").startswith("vi")
        self.fields["compulsory_fields"].choices = [  # type: ignore[attr-defined]
            (one.identifier, one.vi if vietnamese else one.en) for one in COMPULSORY
        ]
        for place, product in enumerate(_CHOSEN_FROM):
            self.fields[f"doses_{place}"] = forms.IntegerField(
                label=_("Doses of the course of %(vaccine)s") % {"vaccine": product.name},
                required=False,
                min_value=1,
                max_value=9,
                initial=product.doses or 2,
                widget=forms.NumberInput(attrs={"size": 3}),
            )
        if campaign is None:
            del self.fields["confirmed"]
        else:
            for name in ("code", "disease", "units_as_of"):
                del self.fields[name]

    def vaccine_rows(self) -> Iterator[tuple[Product, bool, BoundField]]:
        """Each vaccine: the product, whether it is chosen, its field of doses."""
        chosen = set(self["vaccines"].value() or ())
        for place, product in enumerate(_CHOSEN_FROM):
            yield product, product.code in chosen, self[f"doses_{place}"]

    def plain_fields(self) -> list[BoundField]:
        """The fields that stand for themselves."""
        return [one for one in self if one.name != "vaccines" and not one.name.startswith("doses_")]

    def clean(self) -> dict[str, Any]:
        """Doses for each vaccine; a word when passports could be taken away."""
        given = super().clean() or {}
        doses = {
            product.code: given.get(f"doses_{place}")
            for place, product in enumerate(_CHOSEN_FROM)
            if product.code in given.get("vaccines", ())
        }
        if any(count is None for count in doses.values()):
            self.add_error("vaccines", _("Write for each vaccine how many doses its course has."))
        given["doses_required"] = doses
        unsaid = self.campaign is not None and not self.errors and not given.get("confirmed")
        if self.campaign is not None and unsaid and narrows(self.campaign, self.rules()):
            self.add_error(
                "confirmed",
                _("A vaccine goes or more doses are needed: confirm that passports are revoked."),
            )
        return given

    def rules(self) -> Rules:
        """What was asked for."""
        given, there = self.cleaned_data, self.campaign
        return Rules(
            name=given["name"],
            disease=there.disease if there else given["disease"],
            legal_basis=given["legal_basis"],
            vaccines=tuple(given["vaccines"]),
            doses_required=given["doses_required"],
            minimum_doses=given["minimum_doses"],
            compulsory_fields=tuple(given["compulsory_fields"]),
            units_as_of=there.units_as_of if there else given["units_as_of"],
            opened_on=given["opened_on"],
            last_day=given["last_day"],
        )


def _initial(campaign: Campaign) -> dict[str, Any]:
    closed = campaign.closed_on
    other = campaign.doses_required.get("")
    found: dict[str, Any] = {
        "name": campaign.name,
        "legal_basis": campaign.legal_basis,
        "opened_on": campaign.opened_on,
        "last_day": closed - timedelta(1) if closed else None,
        "minimum_doses": campaign.minimum_doses,
        "compulsory_fields": campaign.compulsory_fields,
        "vaccines": campaign.vaccines,
    }
    for place, product in enumerate(_CHOSEN_FROM):
        count = campaign.doses_required.get(product.code, other)
        if count is not None:
            found[f"doses_{place}"] = count
    return found


class CloseCampaignForm(forms.Form):
    """With which day a campaign ends."""

    last_day = DayField(label=_("Last day"), required=False, help_text=_("Empty: today."))

    def chosen(self) -> Any:
        """The day."""
        return self.cleaned_data["last_day"] or today()
