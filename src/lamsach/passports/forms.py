"""What the ministry gives when it revokes a passport or stops trusting a key."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from lamsach.passports.models import Distrust

__all__ = ["DistrustForm", "FraudForm"]


class FraudForm(forms.Form):
    """On what grounds a passport is revoked for fraud."""

    grounds = forms.CharField(
        label=_("Grounds"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class DistrustForm(forms.Form):
    """Why a key is taken off the trust list, and that it is meant."""

    reason = forms.ChoiceField(label=_("Why"), choices=Distrust.choices, widget=forms.RadioSelect)
    sure = forms.BooleanField(
        label=_("I have read what this does."),
        error_messages={"required": _("Read what this does, then tick the box.")},
    )
