"""Addresses of `cleansing`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "cleansing"
urlpatterns: list[URLPattern] = []
