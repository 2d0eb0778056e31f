"""Addresses of `intake`."""

from __future__ import annotations

from django.urls import path

from lamsach.intake import views

app_name = "intake"
urlpatterns = [
    path("", views.index, name="index"),
    path("template.xlsx", views.template, name="template"),
    path("<uuid:public_id>", views.batch, name="batch"),
    path("<uuid:public_id>/apply", views.apply, name="apply"),
    path("<uuid:public_id>/discard", views.discard, name="discard"),
    path("<uuid:public_id>/returned.xlsx", views.returned, name="returned"),
]
