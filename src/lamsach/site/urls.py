"""Addresses of the site; each application has its own below them."""

from __future__ import annotations

from django.urls import include, path

from lamsach.site import errors, views

urlpatterns = [
    path("", views.home, name="home"),
    path("language/", views.language, name="language"),
    path("accounts/", include("lamsach.accounts.urls")),
    path("jobs/", include("lamsach.jobs.urls")),
    path("people/", include("lamsach.registry.urls")),
    path("signing/", include("lamsach.signing.urls")),
    path("intake/", include("lamsach.intake.urls")),
    path("cleansing/", include("lamsach.cleansing.urls")),
    path("passports/", include("lamsach.passports.urls")),
    path("administration/", include("lamsach.administration.urls")),
    path("", include("lamsach.portal.urls")),
    path("favicon.ico", views.icon, name="icon"),
    path("health", views.health, name="health"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
