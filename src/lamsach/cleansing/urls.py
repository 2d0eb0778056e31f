"""Addresses of `cleansing`."""

from __future__ import annotations

from django.urls import path

from lamsach.cleansing.views import desk, doors, lists, sheets

app_name = "cleansing"
urlpatterns = [
    path("", lists.index, name="index"),
    path("<uuid:public_id>", lists.cleansing_list, name="list"),
    path("<uuid:public_id>/step/<slug:step>", lists.step, name="step"),
    path("<uuid:public_id>/return", lists.hand_over, name="return"),
    path("<uuid:public_id>/manifest.json", lists.manifest, name="manifest"),
    path("<uuid:public_id>/scan", lists.scan, name="scan"),
    path("<uuid:public_id>/list.xlsx", sheets.export, name="export"),
    path("<uuid:public_id>/import", sheets.import_, name="import"),
    path("<uuid:public_id>/sheet", sheets.sheet, name="sheet"),
    path("<uuid:public_id>/desk", desk.card, name="desk"),
    path("<uuid:public_id>/desk/<uuid:entry>", desk.card, name="entry"),
    path("<uuid:public_id>/desk/<uuid:entry>/confirm", desk.confirm, name="confirm"),
    path("<uuid:public_id>/desk/<uuid:entry>/decide", desk.decide, name="decide"),
    path("<uuid:public_id>/desk/<uuid:entry>/undo", desk.undo, name="undo"),
    path("<uuid:public_id>/doors", doors.doors, name="doors"),
    path("<uuid:public_id>/doors/<uuid:entry>", doors.door, name="door"),
    path("<uuid:public_id>/block", desk.block, name="block"),
]
