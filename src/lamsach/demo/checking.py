"""The demonstration looks at its own pages: each role signs in for real, opens what it is led to.

A small browser without JavaScript: cookies, forms, the links of a page. It knows addresses only by
following them from the first page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from http.cookiejar import CookieJar
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from lamsach.demo.accounts import Account, present_code

__all__ = ["PageError", "check_pages"]

_LINK: Final = re.compile(r'<a[^>]*\shref="([^"#]+)[^"]*"')
_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_MOST_PAGES: Final = 12  # for each account: what they have in common is opened often enough
_SECONDS: Final = 30.0


class PageError(Exception):
    """A page of the demonstration that does not answer as it should: which one, and how."""


def check_pages(address: str, accounts: Iterable[Account]) -> int:
    """Sign in with each account and open every page it is led to; how many pages were seen.

    Raises `PageError` for the first that answers with anything but success.
    """
    seen = _follow(_browser(), address, ["/"])
    for account in accounts:
        browser = _browser()
        _sign_in(browser, address, account)
        seen += _follow(browser, address, ["/"])
    return seen


def _browser() -> OpenerDirector:
    return build_opener(HTTPCookieProcessor(CookieJar()))


def _open(browser: OpenerDirector, url: str, form: dict[str, str] | None = None) -> tuple[str, str]:
    """A page's final address and text ("" when it is not HTML)."""
    data = urlencode(form).encode() if form is not None else None
    request = Request(url, data, {"Referer": url})  # noqa: S310 - our own server's address
    try:
        with browser.open(request, timeout=_SECONDS) as answer:
            html = answer.headers.get_content_type() == "text/html"
            return answer.url, answer.read().decode() if html else ""
    except HTTPError as error:
        raise PageError(f"{urlsplit(url).path} answers {error.code}") from error
    except (URLError, OSError) as error:
        raise PageError(f"{urlsplit(url).path} does not answer ({error})") from error


def _post(browser: OpenerDirector, url: str, form: dict[str, str]) -> str:
    """Fill in and send the form of a page; the address one is led to."""
    at, text = _open(browser, url)
    token = _TOKEN.search(text)
    if token is None:
        raise PageError(f"{urlsplit(at).path} has no form")
    return _open(browser, at, {**form, "csrfmiddlewaretoken": token[1]})[0]


def _sign_in(browser: OpenerDirector, address: str, account: Account) -> None:
    form = {"login": account.name, "password": account.password}
    asked = _post(browser, urljoin(address, "/accounts/login/"), form)
    came = _post(browser, asked, {"code": present_code(account.secret)})
    if "/accounts/" in urlsplit(came).path:
        raise PageError(f"the account {account.name} cannot sign in")


def _follow(browser: OpenerDirector, address: str, first: list[str]) -> int:
    """Open pages and what they lead to, on this server only; how many."""
    waiting, known = list(first), set(first)
    opened = 0
    while waiting and opened < _MOST_PAGES:
        path = waiting.pop(0)
        at, text = _open(browser, urljoin(address, path))
        opened += 1
        for link in map(unescape, _LINK.findall(text)):
            target = urlsplit(urljoin(at, link))
            if target.netloc == urlsplit(address).netloc and target.path not in known:
                known.add(target.path)  # a page once, whatever it is asked
                waiting.append(target._replace(scheme="", netloc="").geturl())
    return opened
