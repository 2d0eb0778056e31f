"""Every page of the staff side, opened by everyone it is for, as a browser without scripts does.

The pages are found by following links from each role's first page. What holds for each: it answers,
says in its first lines what to do, is in one language, and works by links and forms alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.urls import resolve

import lamsach
from lamsach.accounts.roles import Role

sys.path.insert(0, str(Path(__file__).resolve().parent))

from world_making import Authority, RegisterDouble, World, make_world

pytestmark = [pytest.mark.db]

#: Files that links lead to; they are tried where they are made.
FILES = re.compile(r"\.(xlsx|json|pdf|svg)$")
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


@pytest.fixture
def world(db: None, lamsach_data: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    from lamsach.cleansing import register as door

    authority = Authority("Cơ quan chứng thực giả định")
    authority.trust_in(settings.SIGNING_AUTHORITIES)
    register = RegisterDouble()
    monkeypatch.setattr(door, "gateway", register)
    return make_world(authority, register)


class Page(HTMLParser):
    """What matters of a page: its links, its buttons and what is in it that needs a script."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str]]] = []
        self.links: list[str] = []
        self.faults: list[str] = []
        self.headings: list[str] = []
        self.said: list[str] = []
        self.identifiers: list[str] = []
        self.feed(answer.content.decode())

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in given}
        around = [name for name, _ in self.open]
        for name in attributes:
            if name.startswith("on") or name == "style":
                self.faults.append(f"<{tag} {name}>")
        if tag == "script" and "src" not in attributes:
            self.faults.append("a script in the page")
        if tag == "button" and "form" not in around:
            self.faults.append("a button that belongs to no form")
        if tag == "form" and "form" in around:
            self.faults.append("a form in a form")
        if tag == "a":
            if not attributes.get("href"):
                self.faults.append("a link that leads nowhere")
            self.links.append(attributes.get("href", ""))
        if tag in ("input", "select", "textarea") and attributes.get("type") != "hidden":
            self._named(attributes, around)
        if "id" in attributes:
            self.identifiers.append(attributes["id"])
        if tag not in VOID:
            self.open.append((tag, attributes))

    def _named(self, attributes: dict[str, str], around: list[str]) -> None:
        if "name" not in attributes:
            self.faults.append("a field without a name")
        if "form" not in around:
            self.faults.append("a field that belongs to no form")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        tags = [name for name, _ in self.open]
        foreign = any(
            one.get("lang") not in (None, "vi") for name, one in self.open if name != "html"
        )
        if text and not {"script", "style"} & set(tags) and not foreign:
            self.said.append(text)
            if "h1" in tags:
                self.headings.append(text)


def pages_of(client: Any, unlinked: list[str]) -> Iterator[tuple[str, Page]]:
    """Each page that a first page leads to, one of each kind."""
    waiting, known = ["/", *unlinked], {"/"}
    while waiting:
        address = waiting.pop(0)
        answer = client.get(address)
        if answer.headers.get("Location", "").startswith("/accounts/reauthenticate/"):
            continue  # factors are changed only after the password was given once more
        assert answer.status_code == 200, (address, answer.status_code)
        assert answer.headers["Content-Type"].startswith("text/html"), address
        page = Page(answer)
        yield address, page
        for link in page.links:
            target = urlsplit(urljoin(address, link))
            if target.netloc or FILES.search(target.path) or target.path == "/verify":
                continue
            match = resolve(target.path)
            kind = f"{match.view_name}?{'&'.join(sorted(parse_qs(target.query)))}"
            if kind not in known:
                known.add(kind)
                waiting.append(target._replace(fragment="").geturl())


def english_sentences() -> set[str]:
    """Source sentences of three words and more that have another wording in Vietnamese."""
    found = set()
    for path in Path(lamsach.__file__).parent.glob("*/locale/vi/LC_MESSAGES/django.po"):
        with path.open("rb") as file:
            for one in read_po(file):
                ids = [one.id] if isinstance(one.id, str) else list(one.id)
                found |= {text for text in ids if text.count(" ") >= 2 and "%(" not in text}
    return found


#: What the world shows: whoever adds a page adds to the world what leads to it.
SHOWN = {
    "home", "jobs:job", "registry:search", "registry:waiting", "registry:corrections",
    "registry:correction", "registry:person", "registry:correct", "registry:correct_dose",
    "registry:history", "intake:index", "intake:batch", "signing:desk", "signing:batch",
    "signing:signers", "signing:signer", "cleansing:index", "cleansing:list", "cleansing:desk",
    "cleansing:entry", "cleansing:doors", "cleansing:door", "passports:passport",
    "passports:keys", "passports:key",
}  # fmt: skip


def test_every_page_answers_and_works_without_scripts(
    world: World, signed_in: Callable[[Any], Any]
) -> None:
    english = english_sentences()
    shown, faults = set(), []
    for role in Role:
        client = signed_in(world.officers[role])
        for address, page in pages_of(client, world.unlinked.get(role, [])):
            shown.add(resolve(urlsplit(address).path).view_name)
            found = [*page.faults, *(english & set(page.said))]
            if len(page.headings) == 0:
                found.append("no heading")
            if len(set(page.identifiers)) < len(page.identifiers):
                found.append("an identifier stands twice")
            faults += [f"{role} {address}: {fault}" for fault in found]
    assert faults == []
    assert SHOWN - shown == set()


def test_the_english_site_is_english(world: World, signed_in: Callable[[Any], Any]) -> None:
    client = signed_in(world.officers[Role.STATION])
    client.cookies["language"] = "en"
    home = Page(client.get("/"))
    assert "What to do now" in home.said
    assert "Việc cần làm ngay" not in home.said
