"""The log of the pages: a JSON line for each request, with the route's pattern instead of the address, no names."""

from __future__ import annotations

import logging
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request


def configure(level: int = logging.INFO) -> None:
    """Have this process write JSON lines to standard error, ours and the libraries' alike."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    lines = logging.StreamHandler()
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=structlog.processors.JSONRenderer())
    )
    logging.basicConfig(level=level, handlers=[lines], force=True)


def start(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()
        g.request_id = uuid4().hex[:12]

    @app.after_request
    def note(response: Response) -> Response:
        if request.endpoint != "static":
            logging.getLogger("vuoro.web").info(
                "request id=%s method=%s route=%s status=%d ms=%d",
                g.get("request_id", "-"),
                request.method,
                request.url_rule.rule if request.url_rule else "-",
                response.status_code,
                (time.monotonic() - g.get("began", time.monotonic())) * 1000,
            )
        response.headers["X-Request-Id"] = g.get("request_id", "-")
        return response
