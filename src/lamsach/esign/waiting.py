"""Waiting for a coroutine, wherever the caller stands: the libraries below are asynchronous.

A caller may itself run inside an event loop (a notebook, an asynchronous server), in which no
second one can be started; then the work is done in a thread of its own, and waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

__all__ = ["completed"]

_Result = TypeVar("_Result")


def completed(work: Coroutine[Any, Any, _Result]) -> _Result:
    """The result of a coroutine; what it raises comes out.

    >>> async def sums() -> int:
    ...     return 1 + 1
    >>> completed(sums())
    2
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, asyncio.run, work).result()
