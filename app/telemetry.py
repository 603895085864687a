"""Logs (structlog, JSON lines) and every Prometheus metric, in one place.

A log line carries event names, ids under a keyed hash, and numbers. Message texts appear only while the flag
`log_text` is on, and only through `Telemetry.text()`.
"""

import hashlib
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app.visible import visible

_STAGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60)
_GPU_GAUGES = {
    "memory_used_bytes": "GPU memory in use by programs",
    "memory_total_bytes": "GPU memory of the card",
    "utilisation_ratio": "Share of the time in which the GPU computed, 0..1",
    "temperature_celsius": "Temperature of the GPU",
    "power_watts": "Power the GPU draws",
    "power_limit_watts": "Power the GPU may draw",
    "throttled": "1 while heat or supply slows the GPU; the power cap is no trouble",
}


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
        processors=[*shared, _exception_type_only, _line],
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
                _line,
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


_JSON = structlog.processors.JSONRenderer(ensure_ascii=False)


def _line(logger: object, name: str, event: structlog.typing.EventDict) -> str:
    """JSON that a terminal can show: JSON itself leaves most of what steers one as it is."""
    return visible(str(_JSON(logger, name, event)))


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


def hashed(key: bytes, identity: str, session: str | None = None) -> str:
    """A stable stand-in for an id: 12 hex digits, keyed, so that logs cannot be turned back into phone numbers.

    With `session` the id is a user's, which means a person only together with it.
    """
    value = identity if session is None else f"{session}\0{identity}"
    return hashlib.blake2b(value.encode("utf-8", "surrogateescape"), key=key, digest_size=6).hexdigest()


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
            "machine_refusals",
            "Turns that got an error, by its type and reason",
            ["error", "reason"],
            registry=self.registry,
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
        self.first_token = Histogram(
            "machine_first_token_seconds",
            "From a message's arrival to the first token of its answer",
            buckets=_STAGES,
            registry=self.registry,
        )
        self.loop_late = Histogram(
            "machine_loop_late_seconds",
            "How late the event loop came to what was due: more than a stretch of a turn's work is a fault",
            buckets=_STAGES,
            registry=self.registry,
        )
        self.model_calls = Counter(
            "machine_model_calls", "Calls of the model by how they ended", ["outcome"], registry=self.registry
        )
        self.verdicts = self._counter(
            "machine_guardrail_verdicts", "What became of drafts: ok, repaired, replaced by the fact itself", "verdict"
        )
        self.drafts = self._counter(
            "machine_drafts",
            "How turns were answered: a draft passed, completed, cut or repaired, or replaced by the fact itself",
            "outcome",
        )
        self.resting = Gauge(
            "machine_model_resting", "1 while the model rests because of what it wrote", registry=self.registry
        )
        self.wishes = self._counter(
            "machine_model_wishes",
            "Wishes for a person that only the model reported, by what became of them",
            "outcome",
        )
        self.degraded = self._counter(
            "machine_degraded_turns",
            "Answers of the knowledge base while the model could not, by why it could not",
            "reason",
        )
        self.model_retries = Counter(
            "machine_model_retries", "Calls repeated before their first token", registry=self.registry
        )
        self.model_asides = self._counter(
            "machine_model_asides", "What was written behind answers, by what became of it", "outcome"
        )
        self.unsure = Counter(
            "machine_unsure_turns", "Turns in which nothing told what the message is for", registry=self.registry
        )
        self.act_calls = self._counter(
            "machine_act_calls", "Calls that asked the model what a message is for, by what came of them", "outcome"
        )
        self.act_unasked = self._counter(
            "machine_act_unasked", "Turns in which the model would have been asked that and was not", "reason"
        )
        self.act_seconds = Histogram(
            "machine_act_seconds", "Time of such a call", buckets=_STAGES, registry=self.registry
        )
        self.model_tokens = self._counter(
            "machine_model_tokens",
            "Tokens by kind: prompt (as the server counts), fresh (of them, in no cache as we reckon), answer",
            "kind",
        )
        self.model_truncated = Counter(
            "machine_model_truncated",
            "Prompts of which the server read clearly less than was sent",
            registry=self.registry,
        )
        self.model_overlong = self._counter(
            "machine_model_overlong",
            "Prompts that the server refused as too long, by what was left out of them",
            "left_out",
        )
        self.model_up = Gauge("machine_model_up", "1 while the model is loaded and answers", registry=self.registry)
        self.running = Gauge("machine_turns_running", "Turns at work", registry=self.registry)
        self.waiting = Gauge("machine_turns_waiting", "Turns that wait for a place", registry=self.registry)
        self.findings = self._counter(
            "machine_guardrail_findings", "What the guardrail found in drafts, by check", "check"
        )
        self.entailment_left_out = self._counter(
            "machine_guardrail_entailment_left_out", "Drafts that were judged without the entailment model", "reason"
        )
        self.retrieval_degraded = Counter(
            "machine_retrieval_degraded",
            "Searches that had to do without one of their models",
            ["part", "reason"],
            registry=self.registry,
        )
        self.knowledge_sections = Gauge(
            "machine_knowledge_sections", "Sections that the search can find", ["bot"], registry=self.registry
        )
        self.knowledge_swaps = Counter(
            "machine_knowledge_swaps",
            "Published knowledge versions put in use or not, by outcome",
            ["bot", "outcome"],
            registry=self.registry,
        )
        self.expired = Counter(
            "machine_conversations_expired", "Conversations deleted after store.retention_days", registry=self.registry
        )
        self.unlogged = Gauge(
            "machine_conversations_unlogged",
            "Conversations whose messages have still to be brought over from a release before",
            registry=self.registry,
        )
        self.gpu_up = Gauge("machine_gpu_up", "1 while the GPU answers", ["gpu"], registry=self.registry)
        self.gpu_gauges = {
            name: Gauge(f"machine_gpu_{name}", text, ["gpu"], registry=self.registry)
            for name, text in _GPU_GAUGES.items()
        }
        self.gpu_xids = Counter(
            "machine_gpu_xids", "Critical events of the GPU by Xid", ["gpu", "xid"], registry=self.registry
        )

    def _counter(self, name: str, text: str, label: str) -> Counter:
        return Counter(name, text, [label], registry=self.registry)

    def stages(self, started: float) -> "Stages":
        """A stopwatch for one turn that began at `started` on the monotonic clock."""
        return Stages(self.stage, started)

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def hashed(self, identity: str, session: str | None = None) -> str:
        """What the log writes instead of an id."""
        return hashed(self._hash_key, identity, session)

    def text(self, value: str) -> dict[str, str]:
        """Log fields for a message text: empty unless `log_text` is on."""
        return {"text": value} if self._log_text else {}


class Stages:
    """The stages of one turn, each timed into the histogram and kept."""

    def __init__(self, histogram: Histogram, started: float) -> None:
        self._histogram = histogram
        self.started = started
        self.seconds: dict[str, float] = {}

    def elapsed(self) -> float:
        """Seconds since the turn began."""
        return time.monotonic() - self.started

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Times its body, whether it succeeds or not."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.add(stage, time.monotonic() - started)

    def add(self, stage: str, seconds: float) -> None:
        """Notes a time that was measured elsewhere."""
        self._histogram.labels(stage).observe(seconds)
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
