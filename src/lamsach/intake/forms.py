"""The form by which a workbook comes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.models import Officer
from lamsach.intake.queries import offices_to_enter_in, open_campaigns
from lamsach.places.models import Office
from lamsach.registry.models import Campaign

__all__ = ["UploadForm"]


class UploadForm(forms.Form):
    """Which facility sends, for which campaign, and the file; the usual is chosen already."""

    office: forms.ModelChoiceField[Office] = forms.ModelChoiceField(
        queryset=None, label=_("Facility"), empty_label=None
    )
    campaign: forms.ModelChoiceField[Campaign] = forms.ModelChoiceField(
        queryset=None, label=_("Campaign"), empty_label=None
    )
    file = forms.FileField(
        label=_("Workbook"),
        widget=forms.FileInput(attrs={"accept": ".xlsx", "class": "drop"}),
        error_messages={
            "required": _("Choose the workbook that you filled in."),
            "empty": _("The file is empty. Choose the workbook that you filled in."),
        },
        help_text=_("At most 200,000 rows. Nothing is entered before you have seen the check."),
    )

    def __init__(self, viewer: Officer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("office", offices_to_enter_in(viewer)),
            ("campaign", open_campaigns()),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = choices
            field.initial = choices.first()
