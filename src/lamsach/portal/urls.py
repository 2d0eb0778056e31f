"""Addresses of `portal`: the verifier, and a citizen's own record."""

from __future__ import annotations

from django.urls import path

from lamsach.portal import record_views, verifier_views

app_name = "portal"
urlpatterns = [
    path("verify", verifier_views.verify, name="verify"),
    path("verify/check", verifier_views.check, name="check"),
    path("verify-worker.js", verifier_views.worker, name="worker"),
    path("record", record_views.record, name="record"),
    path("record/code", record_views.code, name="code"),
    path("record/mine", record_views.mine, name="mine"),
    path("record/passport.pdf", record_views.passport_pdf, name="passport_pdf"),
    path("record/passport", record_views.passport_code, name="passport_code"),
    path("record/close", record_views.close, name="close"),
]
