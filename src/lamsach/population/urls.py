"""Addresses of the register's own process: its door, and nothing else."""

from __future__ import annotations

from django.urls import path

from lamsach.population import views

urlpatterns = [
    path("gateway/v1/bulk", views.bulk_run, name="gateway-bulk"),
    path("gateway/v1/<slug:name>", views.message, name="gateway"),
]
