"""What an HC1 envelope can carry: one room a content, found here by its key in the claim -260.

Every module of this folder that calls `register` is a content; to add one (WHO's vaccination
certificate has key -6), put one file here. The envelope, the verifier and the commands know only
the protocol below.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any, Protocol

__all__ = ["Content", "content_of", "register", "registered", "withdraw"]


class Content(Protocol):
    """One kind of certificate inside the envelope.

    `key` is its key in the claim -260 and `name` what people call it.
    """

    key: int
    name: str

    def kinds(self, body: Mapping[Any, Any]) -> frozenset[str]:
        """What a signing key must be allowed to sign: any of `t`, `v`, `r`; empty: no condition.

        Called before the body is checked, therefore with anything in it.
        """
        ...

    def problem(self, body: Mapping[Any, Any]) -> str | None:
        """Why the body breaks the content's schema (English, no personal data), or None."""
        ...

    def identifiers(self, body: Mapping[Any, Any]) -> list[tuple[str, str]]:
        """(country, unique certificate identifier) of each event, for revocation lists.

        Called only when the body has no problem.
        """
        ...


_contents: dict[int, Content] = {}


def register(content: Content) -> None:
    """Make a content known; a key can be taken only once."""
    if content.key in _contents:
        raise ValueError(f"the content key {content.key} is taken by {_contents[content.key].name}")
    _contents[content.key] = content


def withdraw(key: int) -> None:
    """Forget a content."""
    _contents.pop(key, None)


def registered() -> tuple[Content, ...]:
    """All contents known.

    >>> [(content.key, content.name) for content in registered()]
    [(1, 'EU DCC')]
    """
    return tuple(_contents.values())


def content_of(contents: Mapping[Any, Any]) -> tuple[Content, Mapping[Any, Any]] | None:
    """The first known content in a claim -260 and its body, or None."""
    for key, body in contents.items():
        known = _contents.get(key)
        if known is not None:
            return known, body
    return None


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
