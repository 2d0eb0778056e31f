"""Addresses of `administration`."""

from __future__ import annotations

from django.urls import path

from lamsach.administration import (
    views_campaigns,
    views_officers,
    views_offices,
    views_tables,
)

app_name = "administration"
_STEPS = ("password", "factor", "shut", "open", "leave")

urlpatterns = [
    path("officers/", views_officers.index, name="officers"),
    path("officers/new/", views_officers.create, name="officer_new"),
    path("officers/table/", views_tables.officers, name="officers_table"),
    path("officers/<uuid:officer>/", views_officers.officer, name="officer"),
    path("officers/<uuid:officer>/post/", views_officers.appoint, name="appoint"),
    path("officers/<uuid:officer>/end/", views_officers.end, name="end_post"),
    path("officers/<uuid:officer>/name/", views_officers.rename, name="rename"),
    *(
        path(f"officers/<uuid:officer>/{one}/", views_officers.step, {"step": one}, name=one)
        for one in _STEPS
    ),
    path("offices/", views_offices.index, name="offices"),
    path("offices/new/", views_offices.create, name="office_new"),
    path("offices/table/", views_tables.offices, name="offices_table"),
    path("offices/<uuid:office>/", views_offices.office, name="office"),
    path("offices/<uuid:office>/change/", views_offices.change, name="office_change"),
    path("offices/<uuid:office>/territory/", views_offices.territory, name="territory"),
    path("offices/<uuid:office>/territory/end/", views_offices.end_territory, name="end_territory"),
    path("offices/<uuid:office>/successor/", views_offices.successor, name="office_successor"),
    path("offices/<uuid:office>/close/", views_offices.close, name="office_close"),
    path("campaigns/", views_campaigns.index, name="campaigns"),
    path("campaigns/new/", views_campaigns.create, name="campaign_new"),
    path("campaigns/<slug:code>/", views_campaigns.campaign, name="campaign"),
    path("campaigns/<slug:code>/close/", views_campaigns.close, name="campaign_close"),
]
