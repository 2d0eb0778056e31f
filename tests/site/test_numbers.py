"""Numbers as people read them, and as forms and addresses need them."""

from __future__ import annotations

import pytest
from django.template import engines
from django.utils import translation

SAID = "{{ n|grouped }} {{ none|grouped }}<input value='{{ n }}'>"
TOLD = "{% load i18n %}{% blocktranslate with n=n|grouped %}left: {{ n }}{% endblocktranslate %}"


@pytest.mark.parametrize(("language", "shown"), [("vi", "15.000.001"), ("en", "15,000,001")])
def test_a_number_is_grouped_where_it_is_read_and_plain_where_it_is_sent(
    language: str, shown: str
) -> None:
    django = engines["django"]
    with translation.override(language):
        said = django.from_string(SAID).render({"n": 15_000_001, "none": None})
        assert said == f"{shown} <input value='15000001'>"
        assert django.from_string(TOLD).render({"n": 15_000_001}) == f"left: {shown}"
