"""What the ministry gives when it revokes a passport."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

__all__ = ["FraudForm"]


class FraudForm(forms.Form):
    """On what grounds a passport is revoked for fraud."""

    grounds = forms.CharField(
        label=_("Grounds"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
