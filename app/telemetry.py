"""Logs (structlog, JSON lines) and every Prometheus metric, in one place.

A log line carries event names, ids under a keyed hash, and numbers. Message texts appear only while the flag
`log_text` is on, and only through `Telemetry.text()`.
"""

import hashlib
import logging
import sys
from typing import TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_STAGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60)


def configure_logging(level: str = "info", stream: TextIO | None = None) -> None:
    """Routes structlog and the standard library's loggers (uvicorn's too) to JSON lines on `stream` (stdout)."""
    target = stream or sys.stdout
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, _exception_type_only, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setLevel(number)  # a library may lower its own logger
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _exception_type_only,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"  # our own access line has no path parameters and no addresses
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _exception_type_only(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replaces an exception by its type and places in the code: its message could quote a customer."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        trace = info[2]
        places = []
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}:{code.co_name}")
            trace = trace.tb_next
        event["exception"] = info[0].__name__
        event["trace"] = places[-8:]
    return event


class Telemetry:
    """One per service: its metrics, and the hashing of ids for its logs."""

    def __init__(self, hash_key: bytes, log_text: bool = False) -> None:
        self.log = structlog.get_logger()
        self._hash_key = hash_key
        self._log_text = log_text
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "machine_requests", "HTTP requests by route and status", ["route", "status"], registry=self.registry
        )
        self.turns = Counter(
            "machine_turns", "Turns by action and reason", ["action", "reason"], registry=self.registry
        )
        self.replays = Counter("machine_replays", "Answers given again for a known request_id", registry=self.registry)
        self.refusals = Counter(
            "machine_refusals", "Turns that got an error, by its type", ["error"], registry=self.registry
        )
        self.hangups = Counter(
            "machine_hangups", "Callers that left before their answer was ready", registry=self.registry
        )
        self.stage = Histogram(
            "machine_stage_seconds", "Time per stage of a turn", ["stage"], buckets=_STAGES, registry=self.registry
        )
        self.turn = Histogram(
            "machine_turn_seconds", "Time of a whole answered turn", buckets=_STAGES, registry=self.registry
        )
        self.findings = Counter(
            "machine_guardrail_findings",
            "What the guardrail found in drafts, by check",
            ["check"],
            registry=self.registry,
        )
        self.knowledge_sections = Gauge(
            "machine_knowledge_sections", "Sections that the search can find", ["bot"], registry=self.registry
        )

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def hashed(self, value: str) -> str:
        """A stable stand-in for an id: 12 hex digits, keyed, so that logs cannot be turned back into phone numbers."""
        return hashlib.blake2b(value.encode(), key=self._hash_key, digest_size=6).hexdigest()

    def text(self, value: str) -> dict[str, str]:
        """Log fields for a message text: empty unless `log_text` is on."""
        return {"text": value} if self._log_text else {}
