"""Addresses of `passports`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "passports"
urlpatterns: list[URLPattern] = []
