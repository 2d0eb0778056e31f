"""Addresses of `jobs`."""

from __future__ import annotations

from django.urls import path

from lamsach.jobs import views

app_name = "jobs"
urlpatterns = [
    path("<uuid:public_id>", views.job, name="job"),
    path("<uuid:public_id>/again", views.job_again, name="again"),
]
