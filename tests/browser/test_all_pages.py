"""All pages of the staff side in a browser: for every eye, on every screen, by keyboard alone.

Each role follows the links of its own pages. What two roles see alike is looked at once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lamsach.accounts.roles import Role

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "site"))

from world_making import Authority, RegisterDouble, World, make_world

from .conftest import AXE, NARROW, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.db]

FILES = re.compile(r"\.(xlsx|json|pdf|svg)$")

#: What a page is made of, without its words: two roles' pages that agree in it look alike.
SHAPE = """() => Array.from(new Set(Array.from(document.querySelectorAll('body *')).map(
    one => one.parentElement.tagName + one.tagName + one.className + (one.type || '')
))).sort().join(' ')"""

SERIOUS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .filter(one => one.impact === 'serious' || one.impact === 'critical')
    .map(one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 120)).join(' | '))"""

#: Whatever is wider than the screen, or cut: text that ends where its box does.
TOO_WIDE = """() => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    const cut = Array.from(document.querySelectorAll('main *')).filter(one => {
        const style = getComputedStyle(one);
        return style.overflowX === 'hidden' && !one.matches('.hidden, select, input, textarea')
            && one.scrollWidth > one.clientWidth + 1;
    });
    return [...(wide > 0 ? [wide + ' pixels wider than the screen'] : []),
        ...cut.map(one => 'cut: ' + one.outerHTML.slice(0, 120))];
}"""

#: How the focused element stands out, and which it is among those that can be reached.
REACHABLE = """() => Array.from(document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'
)).filter(one => one.offsetParent !== null && !one.disabled
    && (one.closest('details:not([open])') === null || one.matches('summary')))"""
FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one);
    if (one === document.body) { return null; }
    one.dataset.seen = '1';
    const box = one.getBoundingClientRect();
    return {
        what: one.outerHTML.slice(0, 100),
        outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        inside: box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight,
    };
}"""


@pytest.fixture
def world(site: str, lamsach_data: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    from django.conf import settings

    from lamsach.cleansing import register as door

    authority = Authority("Cơ quan chứng thực giả định")
    authority.trust_in(settings.SIGNING_AUTHORITIES)
    register = RegisterDouble()
    monkeypatch.setattr(door, "gateway", register)
    # Signing checks certificates in a loop of its own; in this thread Playwright's runs.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_made, authority, register).result()


def _made(authority: Authority, register: RegisterDouble) -> World:
    from django.db import connections

    try:
        return make_world(authority, register)
    finally:
        connections.close_all()


class Walk:
    """Opens the pages that a role is led to, and says which are new to it."""

    def __init__(self, begin: Callable[..., Any], site: str, signed_in: Any) -> None:
        self._begin, self._site, self._signed_in = begin, site, signed_in
        self._shapes: set[str] = set()

    def page(self, officer: Any) -> Any:
        """A page in which the officer is signed in; how one gets there is tested elsewhere."""
        page = self._begin()
        cookie = self._signed_in(officer).cookies["sessionid"]
        page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": self._site}])
        return page

    def pages(self, page: Any, unlinked: list[str]) -> Iterator[tuple[str, bool]]:
        """Each page, one of each kind, and whether nothing like it was shown before."""
        from django.urls import resolve

        waiting, known = ["/", *unlinked], {"home?"}
        while waiting:
            address = waiting.pop(0)
            answer = page.goto(address)
            if "/accounts/reauthenticate/" in page.url:
                address = page.url.removeprefix(self._site)
            assert answer.status == 200, address
            kind = resolve(urlsplit(address).path).view_name
            shape = f"{kind} {page.evaluate(SHAPE)}"
            links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
            yield address, shape not in self._shapes
            self._shapes.add(shape)
            for link in links:
                target = urlsplit(link)
                if f"{target.scheme}://{target.netloc}" != self._site or FILES.search(target.path):
                    continue
                name = resolve(target.path).view_name
                again = f"{name}?{'&'.join(sorted(parse_qs(target.query)))}"
                if again not in known and name != "portal:verify":
                    known.add(again)
                    waiting.append(target._replace(scheme="", netloc="", fragment="").geturl())


@pytest.fixture
def walk(visit: Callable[..., Any], site: str, signed_in: Any) -> Walk:
    return Walk(visit, site, signed_in)


def test_every_page_is_for_every_eye_screen_and_keyboard(world: World, walk: Walk) -> None:
    axe, found, looked = AXE.read_text(encoding="utf-8"), [], 0
    for role, officer in world.officers.items():
        page = walk.page(officer)
        for address, new in walk.pages(page, world.unlinked.get(role, [])):
            if not new:
                continue
            looked += 1
            faults = by_keyboard(page)
            page.evaluate(axe)
            for width in (WIDE, NARROW):
                page.set_viewport_size({"width": width, "height": 740})
                faults += [
                    f"at {width}: {fault}"
                    for fault in (*page.evaluate(SERIOUS), *page.evaluate(TOO_WIDE))
                ]
            page.set_viewport_size({"width": WIDE, "height": 740})
            found += [f"{role} {address}: {fault}" for fault in faults]
        page.context.close()
    assert found == []
    assert looked > 30


def by_keyboard(page: Any) -> list[str]:
    """What Tab does not reach on a page, or reaches without a sign."""
    page.evaluate("document.body.tabIndex = -1; document.body.focus(); scrollTo(0, 0)")
    page.evaluate("document.body.removeAttribute('tabindex')")
    everything = page.evaluate(f"() => ({REACHABLE})().length")
    faults = []
    for turn in range(everything + 2):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            break
        if turn == 0 and 'class="skip"' not in focused["what"]:
            faults.append(f"the first is not the way to the content: {focused['what']}")
        if not focused["outlined"]:
            faults.append(f"no sign of the focus: {focused['what']}")
        if not focused["inside"]:
            faults.append(f"out of sight: {focused['what']}")
    missed = page.evaluate(
        f"() => ({REACHABLE})().filter(one => one.dataset.seen !== '1')"
        ".map(one => one.outerHTML.slice(0, 100))"
    )
    # Of radio buttons Tab reaches the chosen one, arrows the others.
    return faults + [f"not reached: {one}" for one in missed if 'type="radio"' not in one]


LISTS = {
    "station": ("/", "/people/waiting/", "/people/corrections/", "/cleansing/"),
    "facility_clerk": ("/", "/intake/"),
    "administrator": ("/", "/signing/signers/"),
}


def test_what_a_page_weighs(world: World, walk: Walk) -> None:
    """A line that drops carries the first screens and the lists: 60 KB each, no font among it."""
    heavy = []
    for role, addresses in LISTS.items():
        page = walk.page(world.officers[Role(role)])
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
        sizes: list[int] = []
        kinds: list[str] = []
        wire.on("Network.loadingFinished", partial(_keep, sizes, "encodedDataLength"))
        wire.on("Network.responseReceived", partial(_keep, kinds, "type"))
        for address in addresses:
            sizes.clear()
            kinds.clear()
            page.goto(address)
            assert kinds.count("Document") == kinds.count("Stylesheet") == 1, address
            if sum(sizes) > 60_000 or "Font" in kinds:
                heavy.append(f"{role} {address}: {sum(sizes)} bytes, {kinds}")
        page.context.close()
    assert heavy == []


def _keep(known: list[Any], name: str, said: dict[str, Any]) -> None:
    known.append(said[name])
