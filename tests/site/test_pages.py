"""Pages of the house: languages, policy, errors that say what to do, a sign of life."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.db import OperationalError
from django.test import Client

from lamsach.site import logs, views


@pytest.mark.db
@pytest.mark.django_db
def test_the_first_page_is_vietnamese_and_can_be_english() -> None:
    client = Client()
    page = client.get("/").content.decode()
    assert '<html lang="vi">' in page
    assert "Đăng nhập" in page
    back = client.post("/language/", {"language": "en", "next": "/"})
    assert back.headers["Location"] == "/"
    page = client.get("/").content.decode()
    assert '<html lang="en">' in page
    assert "Sign in" in page


def test_the_language_switch_leads_nowhere_else() -> None:
    back = Client().post("/language/", {"language": "en", "next": "https://evil.example/"})
    assert back.headers["Location"] == "/"


@pytest.mark.db
@pytest.mark.django_db
def test_pages_bear_a_strict_policy_and_nothing_inline() -> None:
    answer = Client().get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    page = answer.content.decode()
    assert all(one.startswith(" src=") for one in page.split("<script")[1:])
    assert "style=" not in page
    assert "//" not in page.replace("<!doctype html>", "")


def test_a_page_that_is_not_there_says_what_to_do() -> None:
    answer = Client().get("/nothing/here")
    assert answer.status_code == 404
    assert "Về trang đầu" in answer.content.decode()


def test_a_host_that_is_not_ours_is_refused_readably() -> None:
    answer = Client().get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "Traceback" not in answer.content.decode()


def test_a_form_without_its_token_is_refused_readably() -> None:
    answer = Client(enforce_csrf_checks=True).post("/language/", {"language": "en"})
    assert answer.status_code == 403
    assert "tải lại" in answer.content.decode().lower()


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> Any:
    def fail(*_arguments: Any, **_more: Any) -> None:
        raise error

    monkeypatch.setattr(views, "connections", {"default": type("C", (), {"cursor": fail})()})
    return Client(raise_request_exception=False).get("/health")


def test_a_stopped_database_gives_a_page_and_a_time_to_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = failing(monkeypatch, OperationalError("host=10.0.0.1 refused, name Nguyễn"))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "Nguyễn" not in answer.content.decode()


def test_any_other_failure_gives_a_page_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = failing(monkeypatch, KeyError("070093000001"))
    assert answer.status_code == 500
    assert "070093000001" not in answer.content.decode()
    assert "KeyError" not in answer.content.decode()


def test_a_log_line_says_where_but_not_what() -> None:
    try:
        raise KeyError("070093000001")
    except KeyError as error:
        told = (KeyError, error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed at %s", ("/a",), told)
    line = json.loads(logs.json_lines().format(record))
    assert line["event"] == "failed at /a"
    assert line["error"] == "builtins.KeyError"
    assert any("test_pages.py" in one for one in line["where"])
    assert "070093000001" not in str(line)


@pytest.mark.db
@pytest.mark.django_db
def test_a_sign_of_life() -> None:
    assert Client().get("/health").status_code == 200


def test_a_browser_that_asks_for_an_icon_finds_the_houses_mark() -> None:
    answer = Client().get("/favicon.ico")
    assert answer.headers["Location"] == "/static/lamsach/mark.svg"
    mark = finders.find("lamsach/mark.svg")
    assert mark is not None
    assert Path(mark).read_text(encoding="utf-8").startswith("<svg")
