"""The models of the search and the one that judges drafts: loaded once per process, shared by every knowledge base,
called one at a time.

A model helps a search or a judgement, it never holds one up: a call that fails or takes too long is left out, and a
model that keeps failing is left alone for a while.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import structlog

from app.breaker import Breaker
from app.deadline import Deadline
from app.errors import Unavailable
from app.knowledge.dense import Embedder, Vectors, load_embedder
from app.knowledge.entailment import Entailer, Pair, load_entailer
from app.knowledge.hub import Device, pick_device, sentence_transformers
from app.knowledge.packaged_embedders import PREFIX, load_packaged
from app.knowledge.rerank import Reranker, load_reranker
from app.knowledge.vectors import VectorCache
from app.knowledge.worker import Job, Worker
from app.settings import EntailmentSettings, RetrieverSettings

Part = Literal["dense", "rerank", "entail"]
Reason = Literal["failed", "timeout", "busy", "deadline", "resting"]
OnDegraded = Callable[[Part, Reason], None]
OnStep = Callable[[str], None]
"""Hears what is begun, or how far it is, each time something long gets on."""

CACHE = "vectors"
"""Name of the folder of cached vectors in the data folder."""

_T = TypeVar("_T")
_FAILURES = 3  # in a row, after which the model rests
_REST_S = 30.0
_SHARE = 0.5  # of what is left of a turn: the answer needs the rest
_BATCH = 8  # sections embedded in one call: between two of them a search gets its turn
_BATCH_S = 120.0


def _unheard(at: str) -> None:
    """Nobody waits."""


class Degraded(Exception):
    """A search goes on without this model. `reason` says why, for the metric."""

    def __init__(self, part: Part, reason: Reason) -> None:
        super().__init__(f"{part}:{reason}")
        self.reason: Reason = reason


class Model:
    """The calls of one model: answered in time, or Degraded at once."""

    def __init__(
        self, part: Part, worker: Worker, timeout_s: float, on_degraded: OnDegraded, breaker: Breaker | None = None
    ) -> None:
        self._part: Part = part
        self._worker = worker
        self._timeout_s = timeout_s
        self._on_degraded = on_degraded
        self._breaker = breaker or Breaker(_FAILURES, _REST_S)

    @property
    def rests(self) -> bool:
        """Whether it failed several times in a row, and no call has succeeded since; or hangs."""
        return self._breaker.state != "closed" or self._worker.stuck

    async def call(self, function: Callable[[], _T], deadline: Deadline | None = None) -> _T:
        """The result of `function`, run on the models' thread; the event loop goes on meanwhile.

        Waits `timeout_s` seconds at most, its place in the queue included, and never more than half of what is left
        until `deadline`. Raises Degraded: `failed`; `timeout`; `busy` where the thread did not get to it, or is still
        held by a call that was given up; `deadline`; `resting` after failures in a row. A cancelled call leaves the
        queue; one that already runs is let finish, and its result is dropped.
        """
        limit = self._timeout_s if deadline is None else min(self._timeout_s, deadline.remaining() * _SHARE)
        if limit <= 0:
            raise self._degraded("deadline")
        if self._worker.stuck:
            raise self._degraded("busy")
        if not self._breaker.allow():
            raise self._degraded("resting")
        job = self._worker.submit(function)
        scope = asyncio.timeout(limit)
        try:
            async with scope:
                result = await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            self._breaker.abandoned()
            raise
        except Exception as error:
            if isinstance(error, TimeoutError) and scope.expired():
                raise self._late(job, limit) from None
            self._breaker.failed()
            raise self._degraded("failed", error) from error
        self._breaker.succeeded()
        return result

    def _late(self, job: Job[_T], limit: float) -> Degraded:
        """Only a call that ran as long as a call may says something of the model."""
        if job.future.cancel():  # it never began
            self._breaker.abandoned()
            return self._degraded("busy")
        job.abandoned = True
        if limit < self._timeout_s:
            self._breaker.abandoned()
            return self._degraded("deadline")
        self._breaker.failed()
        return self._degraded("timeout")

    def _degraded(self, reason: Reason, error: Exception | None = None) -> Degraded:
        self._on_degraded(self._part, reason)
        if reason in ("failed", "timeout"):
            structlog.get_logger().warning("model_left_out", part=self._part, reason=reason, exc_info=error)
        return Degraded(self._part, reason)


@dataclass(frozen=True, slots=True)
class EmbedderCalls:
    """The embedder behind its thread, with the cache of sections' vectors and what it is worth beside words."""

    embedder: Embedder
    model: Model
    worker: Worker
    cache: VectorCache
    weight: float
    """Of a standard score of its cosines, where the words' best score is 1 (app/knowledge/fusion.py)."""
    on_step: OnStep = _unheard

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of parts of sections, shape (len(texts), dimension); blocks, so not for the event loop.

        Cached ones cost no call. Raises Unavailable when the model fails or hangs.
        """
        found = {text: self.cache.get(text) for text in dict.fromkeys(texts)}
        missing = sorted((text for text, vector in found.items() if vector is None), key=len)
        for start in range(0, len(missing), _BATCH):
            self.on_step(f"embedding the sections: {start} of {len(missing)} parts")
            batch = missing[start : start + _BATCH]  # of like length, so that little is padding
            for text, vector in zip(batch, self._embed(batch), strict=True):
                found[text] = vector
                self.cache.put(text, vector)
        rows = [vector for text in texts if (vector := found[text]) is not None]
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)

    def _embed(self, texts: list[str]) -> Vectors:
        try:
            return self.worker.run(lambda: self.embedder.documents(texts), _BATCH_S)
        except Exception as error:
            structlog.get_logger().warning("sections_not_embedded", exc_info=error)
            raise Unavailable(
                f"the embedder failed on the sections ({type(error).__name__}), so nothing was changed; see the log"
            ) from error


@dataclass(frozen=True, slots=True)
class RerankerCalls:
    """The reranker behind its thread, with the score (0..1) below which nothing counts as found."""

    reranker: Reranker
    model: Model
    threshold: float

    async def scores(self, query: str, texts: Sequence[str], deadline: Deadline | None) -> tuple[float, ...]:
        """How well each text answers, 0..1. Raises Degraded."""
        return await self.model.call(lambda: self.reranker.scores(query, texts), deadline)


@dataclass(frozen=True, slots=True)
class EntailerCalls:
    """The entailment model behind the same thread, with the score (0..1) below which a sentence is refused."""

    entailer: Entailer
    model: Model
    threshold: float

    async def scores(self, pairs: Sequence[Pair], deadline: Deadline | None) -> tuple[float, ...]:
        """How surely each sentence follows, 0..1, all in one call. Raises Degraded."""
        return await self.model.call(lambda: self.entailer.scores(pairs), deadline)


@dataclass(frozen=True, slots=True)
class Models:
    """What the settings switch on; None is off. One per process."""

    dense: EmbedderCalls | None = None
    rerank: RerankerCalls | None = None
    entail: EntailerCalls | None = None
    worker: Worker | None = None
    device: Device | None = None
    """Where they run; None: there are none."""

    @property
    def resting(self) -> tuple[Part, ...]:
        """The models that every search or draft does without now."""
        calls: tuple[tuple[Part, EmbedderCalls | RerankerCalls | EntailerCalls | None], ...]
        calls = (("dense", self.dense), ("rerank", self.rerank), ("entail", self.entail))
        return tuple(part for part, each in calls if each is not None and each.model.rests)

    def close(self) -> None:
        """Waits a few seconds for a running call."""
        if self.worker:
            self.worker.close()


def open_models(
    settings: RetrieverSettings,
    entailment: EntailmentSettings | None = None,
    *,
    cache: Path | None = None,
    on_degraded: OnDegraded = lambda part, reason: None,
    on_step: OnStep = _unheard,
) -> Models:
    """Loads what the settings name: seconds to minutes, and nothing at all when all are empty.

    `cache` is the folder that keeps sections' vectors; None computes them at every start. `on_degraded` hears of every
    search and draft that had to do without a model, `on_step` of each step while they are loaded and sections are
    embedded. Raises ConfigError with the fix.
    """
    embedder_of_torch = "" if settings.embedder.startswith(PREFIX) else settings.embedder
    named = {
        "retriever.embedder": embedder_of_torch,
        "retriever.reranker": settings.reranker,
        "guardrail.entailment.model": entailment.model if entailment else "",
    }
    if not (settings.embedder or any(named.values())):
        return Models()
    device: Device = "cpu"
    if of_torch := next((setting for setting, name in named.items() if name), None):
        sentence_transformers(of_torch)
        device = pick_device(settings.device)  # torch is asked once it is known to be there
    worker = Worker(f"models-{device}")

    def model(part: Part, timeout_s: float = settings.model_timeout_s) -> Model:
        return Model(part, worker, timeout_s, on_degraded)

    dense = rerank = entail = None
    try:
        # on the thread that will call them: a GPU prepares its libraries for each thread anew
        if settings.embedder:
            on_step(f"loading {settings.embedder} on {device}")
            embedder = worker.run(lambda: _load_embedder(settings, device))
            cached = VectorCache(cache, embedder.identity)
            dense = EmbedderCalls(embedder, model("dense"), worker, cached, settings.meaning_weight, on_step)
        if settings.reranker:
            on_step(f"loading {settings.reranker} on {device}")
            reranker = worker.run(lambda: load_reranker(settings.reranker, settings.reranker_revision, device))
            rerank = RerankerCalls(reranker, model("rerank"), settings.rerank_threshold)
        if entailment and entailment.model:
            named_entailer = entailment
            on_step(f"loading {named_entailer.model} on {device}")
            entailer = worker.run(lambda: load_entailer(named_entailer.model, named_entailer.revision, device))
            entail = EntailerCalls(entailer, model("entail", entailment.timeout_s), entailment.threshold)
    except BaseException:
        worker.close()
        raise
    return Models(dense, rerank, entail, worker, device)


def _load_embedder(settings: RetrieverSettings, device: Device) -> Embedder:
    if settings.embedder.startswith(PREFIX):
        return load_packaged(settings.embedder)
    prefixes = (settings.query_prefix, settings.document_prefix)
    return load_embedder(settings.embedder, settings.embedder_revision, prefixes, device)
