"""Addresses of `signing`."""

from __future__ import annotations

from django.urls import path

from lamsach.signing import views

app_name = "signing"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("prepare/", views.prepare, name="prepare"),
    path("<uuid:public_id>/", views.batch, name="batch"),
    path("<uuid:public_id>/sign/", views.sign, name="sign"),
    path("<uuid:public_id>/signature/", views.upload, name="upload"),
    path("<uuid:public_id>/abandon/", views.abandon, name="abandon"),
    path("<uuid:public_id>/manifest.json", views.manifest, name="manifest"),
]
