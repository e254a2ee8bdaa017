"""Log lines: readable in development, JSON in production, each with its request id."""

from __future__ import annotations

import contextvars
import logging
from typing import Any

import structlog

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")


def _add_request_id(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if request_id.get():
        event["request_id"] = request_id.get()
    return event


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """One formatter for our own and every library's records. `json=True` gives one object a line."""

    def __init__(self, *, json: bool = False) -> None:
        shared: list[structlog.typing.Processor] = [
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_request_id,
        ]
        last: list[structlog.typing.Processor]
        if json:
            last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        else:
            # Plain: the richer one prints local variables, secrets among them, and never ends where an exception is
            # its own cause's context.
            last = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
        super().__init__(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )


def get(name: str) -> logging.Logger:
    """The logger of a module."""
    return logging.getLogger(name)
