"""Addresses of `registry`."""

from __future__ import annotations

from django.urls import path

from lamsach.registry import views, views_corrections

app_name = "registry"
urlpatterns = [
    path("", views.search, name="search"),
    path("present/", views.present, name="present"),
    path("waiting/", views.waiting, name="waiting"),
    path("corrections/", views_corrections.listed, name="corrections"),
    path("corrections/<uuid:correction>/", views_corrections.correction, name="correction"),
    path("corrections/<uuid:correction>/approve/", views_corrections.approve, name="approve"),
    path("corrections/<uuid:correction>/refuse/", views_corrections.refuse, name="refuse"),
    path("corrections/<uuid:correction>/withdraw/", views_corrections.withdraw, name="withdraw"),
    path("doses/<uuid:dose>/correct/", views_corrections.ask_about_dose, name="correct_dose"),
    path("<uuid:person>/", views.page, name="person"),
    path("<uuid:person>/numbers/", views.numbers, name="numbers"),
    path("<uuid:person>/correct/", views_corrections.ask, name="correct"),
    path("<uuid:person>/history/", views.history, name="history"),
]
