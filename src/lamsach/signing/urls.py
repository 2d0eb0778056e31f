"""Addresses of `signing`."""

from __future__ import annotations

from django.urls import path

from lamsach.signing import views, views_signers

app_name = "signing"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("prepare/", views.prepare, name="prepare"),
    path("signers/", views_signers.signers, name="signers"),
    path("signers/<uuid:officer>/", views_signers.signer, name="signer"),
    path("signers/<uuid:officer>/bind/", views_signers.bind, name="bind"),
    path("signers/<uuid:officer>/unbind/", views_signers.unbind, name="unbind"),
    path("<uuid:public_id>/", views.batch, name="batch"),
    path("<uuid:public_id>/sign/", views.sign, name="sign"),
    path("<uuid:public_id>/signature/", views.upload, name="upload"),
    path("<uuid:public_id>/abandon/", views.abandon, name="abandon"),
    path("<uuid:public_id>/manifest.json", views.manifest, name="manifest"),
]
