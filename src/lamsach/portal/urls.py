"""Addresses of `portal`: the verifier, and a citizen's own record."""

from __future__ import annotations

from django.urls import path

from lamsach.portal import verifier_views

app_name = "portal"
urlpatterns = [
    path("verify", verifier_views.verify, name="verify"),
    path("verify/check", verifier_views.check, name="check"),
    path("verify-worker.js", verifier_views.worker, name="worker"),
]
