"""Logs: one JSON object a line, without anybody's data.

A traceback is written as kinds of errors and places in the code; an error's own text may quote a
row, so it is left out. This room knows nothing of what is logged.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any, cast

import structlog
from structlog.typing import EventDict

__all__ = ["json_lines"]

_Raised = tuple[type[BaseException], BaseException, TracebackType | None]


def _without_words(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Replace an error by its kind and where it arose."""
    raised = event.pop("exc_info", None)
    record = event.get("_record")
    if not raised and isinstance(record, logging.LogRecord):
        raised = record.exc_info
    if isinstance(raised, tuple) and raised[0] is not None:
        kind, _error, trace = cast(_Raised, raised)
        event["error"] = f"{kind.__module__}.{kind.__qualname__}"
        frames = traceback.extract_tb(trace)[-5:]
        event["where"] = [f"{one.filename}:{one.lineno} {one.name}" for one in frames]
    if isinstance(record, logging.LogRecord):
        record.exc_info = record.exc_text = None
    return event


def json_lines() -> logging.Formatter:
    """The formatter for all handlers."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            _without_words,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        use_get_message=True,
        pass_foreign_args=False,
    )
