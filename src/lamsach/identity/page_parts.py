"""Parts of a page: words in two languages, numbers, bars and tables as HTML.

Every text is escaped here. A number is written in both ways and the page's style shows the one of
the chosen language. Must not know what is counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from lamsach.identity.suppression import SMALLEST_SHOWN
from lamsach.identity.wording import Words, count, decimal

#: Stands for a count that is hidden, and for one too small to be shown.
HIDDEN: Final = "–"
SMALL: Final = f"&lt;{SMALLEST_SHOWN}"


def say(vi: str, en: str) -> str:
    """A text in both languages, as spans that the page shows or hides."""
    return f'<span lang="vi">{escape(vi)}</span> <span lang="en">{escape(en)}</span>'


def paragraph(style: str, vi: str, en: str) -> str:
    """A paragraph of a style class of the page."""
    return f'<p class="{style}">{say(vi, en)}</p>'


def heading(vi: str, en: str) -> str:
    """The heading of a section."""
    return f"<h2>{say(vi, en)}</h2>"


def both(vi: str, en: str) -> str:
    """A figure as each language writes it (HTML); once if they write it alike.

    >>> both("1,5", "1.5"), both("7", "7")
    ('<n-v>1,5</n-v><n-e>1.5</n-e>', '7')
    """
    return vi if vi == en else f"<n-v>{vi}</n-v><n-e>{en}</n-e>"


def number(n: int | None, small: bool = False) -> str:
    """A count; None is hidden, and `small` tells that it is under the limit."""
    if n is None:
        return SMALL if small else HIDDEN
    return both(count(n), count(n, "en"))


def percent(part: float, whole: float, language: str = "vi") -> str:
    """A share in per cent with one decimal, more where it would round up to all.

    >>> percent(2, 3), percent(99_999, 100_000, "en")
    ('66,7 %', '99.999%')
    """
    share = 100 * part / whole if whole else 0.0
    places = 1
    while places < 6 and share < 100 <= round(share, places):
        places += 1
    text = decimal(share, places, language)
    return f"{text} %" if language == "vi" else f"{text}%"


def share(part: int | None, whole: int) -> str:
    """A share in both languages; nothing for a hidden count."""
    if part is None or not whole:
        return ""
    return both(percent(part, whole), percent(part, whole, "en"))


def _bar(style: str, share: float) -> str:
    width = f"{100 * share:.2f}".rstrip("0").rstrip(".")
    return (
        '<svg aria-hidden="true"><rect class="track" width="100%" height="100%" rx="2"/>'
        f'<rect class="{style}" width="{width}%" height="100%" rx="2"/></svg>'
    )


def bar_row(label: str, style: str, share: float, figure: str) -> str:
    """A row of a bar chart: label, bar filled to `share` (0 to 1), figure."""
    return f'<tr><td>{label}</td><td>{_bar(style, share)}</td><td class="n">{figure}</td></tr>'


def wide(head: Iterable[str], rows: Iterable[str]) -> str:
    """A table that scrolls sideways where the screen is narrow."""
    body = "\n".join(rows)
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{"".join(head)}</tr></thead>'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def th(words: Words) -> str:
    """The head of a column."""
    return f'<th scope="col">{say(*words)}</th>'


def seconds_of(seconds: float) -> str:
    """A time in seconds."""
    places = 1 if seconds < 100 else 0
    return both(f"{decimal(seconds, places)} s", f"{decimal(seconds, places, 'en')} s")


def gigabytes(size: int) -> str:
    """A size in bytes as GiB."""
    amount = size / 2**30
    return both(f"{decimal(amount)} GiB", f"{decimal(amount, 1, 'en')} GiB")
