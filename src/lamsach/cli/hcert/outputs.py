"""What the hcert commands print: JSON that any stream can carry."""

from __future__ import annotations

import json
import sys
from typing import Any

__all__ = ["json_text"]


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """A value as JSON, its letters as they are where standard output holds them all.

    On a stream of another encoding (Latin-1, a Windows code page) they are written as escapes,
    which say the same.
    """
    encoding = (sys.stdout.encoding or "").lower().replace("-", "").replace("_", "")
    return json.dumps(value, ensure_ascii=encoding != "utf8", indent=indent)
