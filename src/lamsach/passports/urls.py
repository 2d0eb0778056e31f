"""Addresses of `passports`."""

from __future__ import annotations

from django.urls import path

from lamsach.passports import views, views_keys
from lamsach.passports.publishing import LISTS, REVOCATIONS, TRUST_LIST

app_name = "passports"
urlpatterns = [
    *(
        path(name, views.published, {"name": name}, name=name.removesuffix(".json"))
        for name in (TRUST_LIST, REVOCATIONS, LISTS)
    ),
    path("keys/", views_keys.keys, name="keys"),
    path("keys/<slug:name>/", views_keys.key, name="key"),
    path("log/<path:path>", views.log_file, name="log"),
    path("<uuid:public_id>/", views.passport, name="passport"),
    path("<uuid:public_id>/passport.pdf", views.passport_pdf, name="pdf"),
    path("<uuid:public_id>/code.svg", views.code, name="code"),
    path("<uuid:public_id>/revoke/", views.revoke, name="revoke"),
    path("<uuid:public_id>/release/", views.release, name="release"),
]
