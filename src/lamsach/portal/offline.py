"""What the verifier keeps on a device, and the version of it: the service worker's beginning.

The version is a digest of the page and of every file kept, so that a device fetches all of them
anew when any changes, and never mixes two versions. This room knows files, not what they do.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.templatetags.static import static

__all__ = ["worker_script"]

_ROOM: Final = Path(__file__).parent / "static"
_SCRIPT: Final = "portal/verify/offline.js"
# The reader of codes is fetched by npm; without it a device's own reader, or the server, must do.
_KEPT: Final = (
    "portal/hcert/*.js",
    "portal/verify/*.js",
    "portal/verify.css",
    "portal/icon.svg",
    "portal/vendor/*.js",
)


@lru_cache(maxsize=4)
def worker_script(page: str, page_address: str) -> str:
    """The service worker that keeps a page (its text, its address) and its files.

    >>> worker_script("a", "/v") == worker_script("b", "/v")
    False
    """
    files = _files()
    version = sha256(page.encode())
    for name in files:
        found = finders.find(name)
        version.update(name.encode() + b"\0" + Path(str(found)).read_bytes())
    kept = [page_address, *map(static, files)]
    facts = {
        "KEPT": kept,
        "STORE": f"verify-{version.hexdigest()[:16]}",
    }
    lines = [f"const {name} = {json.dumps(value)};" for name, value in facts.items()]
    return "\n".join([*lines, f"importScripts({json.dumps(static(_SCRIPT))});", ""])


def _files() -> list[str]:
    found = {
        path.relative_to(_ROOM).as_posix() for pattern in _KEPT for path in _ROOM.glob(pattern)
    }
    return sorted(found - {_SCRIPT})
