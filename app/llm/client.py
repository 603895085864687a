"""OllamaClient: the model server's protocol, its errors and the one retry that is worth making.

Options fixed at load time stand in one place: a call with other ones would reload the model.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import ollama
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_before_delay, wait_fixed

from app.settings import LlmSettings
from app.types import ChatMessage

_CONNECT_S = 2.0
_PAUSE_S = 0.2  # before the one retry
_RELOAD_S = 20.0  # what a crashed runner needs to come back
_CRASH = re.compile(
    r"unexpectedly stopped|error was encountered while running|no longer running|process has terminated"
)
_KINDS = {400: "rejected", 403: "forbidden", 404: "no_model", 503: "busy", -1: "stream_error"}
_END_S = 2.0
_KEEP = -1  # the model stays loaded

# Non-thinking sampling of qwen3's own card; a presence penalty of 1.5 mixes languages.
SAMPLING: Mapping[str, float] = {
    "temperature": 0.7,
    "top_p": 0.8,
    "top_k": 20,
    "min_p": 0.0,
    "presence_penalty": 1.0,
}


class CallFailed(Exception):
    """The server could not answer. `kind` is a word for the metrics; nothing of the server's text leaves the log."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """The model as the server holds it. Sizes in bytes."""

    size: int
    size_vram: int
    digest: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What the server counted, once a call was written to its end. Seconds and tokens."""

    prompt_tokens: int = 0
    prefill_s: float = 0.0
    answer_tokens: int = 0
    finished: str = ""
    """`stop` or `length`; empty: the stream ended without saying so."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk of a stream."""

    text: str
    usage: Usage | None = None


class PieceStream:
    """The pieces of one call, read by a task of its own.

    The HTTP client's closing is not safe from a second cancellation: a connection would stay taken for ever. Here only
    `stop` cancels, and only once; whoever reads may be cancelled as often as they like.
    """

    def __init__(self, pieces: AsyncGenerator[Piece, None]) -> None:
        self._queue: asyncio.Queue[Piece | CallFailed | None] = asyncio.Queue()
        self._unread: Piece | None = None
        self._stopped = False
        self._pump = asyncio.create_task(self._run(pieces), name="model-stream")

    def __aiter__(self) -> "PieceStream":
        return self

    async def __anext__(self) -> Piece:
        """The next piece. Raises CallFailed."""
        if self._unread is not None:
            piece, self._unread = self._unread, None
            return piece
        item = await self._queue.get()
        if item is None:
            self._queue.put_nowait(None)
            raise StopAsyncIteration
        if isinstance(item, CallFailed):
            raise item
        return item

    async def peek(self) -> Piece | None:
        """Waits for the first piece and leaves it there; None when the stream ends without any. Raises CallFailed."""
        try:
            self._unread = await anext(self)
        except StopAsyncIteration:
            return None
        return self._unread

    def stop(self) -> None:
        """Gives the place at the server back: at once when it is still writing. Does not wait."""
        if not self._stopped:
            self._stopped = True
            self._pump.cancel()

    async def closed(self) -> None:
        """Waits until the connection is given back; a server that does not end what it has ended is cut off."""
        done, _ = await asyncio.wait({self._pump}, timeout=_END_S)
        if not done:
            self._pump.cancel()
            await asyncio.wait({self._pump})

    async def _run(self, pieces: AsyncGenerator[Piece, None]) -> None:
        try:
            async for piece in pieces:
                self._stopped = self._stopped or piece.usage is not None  # the rest is an end that comes by itself
                self._queue.put_nowait(piece)
        except CallFailed as failure:
            self._queue.put_nowait(failure)
        except Exception as error:  # whoever reads must hear of it, whatever it is
            self._queue.put_nowait(_failure(error))
        else:
            self._queue.put_nowait(None)
        finally:
            await pieces.aclose()


class OllamaClient:
    """One model on one server."""

    def __init__(self, settings: LlmSettings, on_retry: Callable[[], None]) -> None:
        self._settings = settings
        self._on_retry = on_retry
        timeout = httpx.Timeout(None, connect=_CONNECT_S)  # each call has a deadline of its own
        self._client = ollama.AsyncClient(host=settings.host, timeout=timeout, trust_env=False)
        self._load_options: dict[str, Any] = {"num_ctx": settings.context}
        if settings.gpu_layers >= 0:
            self._load_options["num_gpu"] = settings.gpu_layers

    async def close(self) -> None:
        await self._client.close()  # type: ignore[no-untyped-call]

    async def loaded(self) -> LoadedModel | None:
        """The model as it lies in memory; None when it is not loaded. Raises CallFailed."""
        try:
            listed = await self._client.ps()
        except Exception as error:
            raise _failure(error) from error
        wanted = _full_name(self._settings.model)
        for model in listed.models:
            if _full_name(model.model or "") == wanted:
                return LoadedModel(model.size or 0, model.size_vram or 0, (model.digest or "").removeprefix("sha256:"))
        return None

    async def warm(self, system: str) -> None:
        """Loads the model and has it read the system text; the caller bounds it in time. Raises CallFailed."""
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": "?"})
        try:
            await self._client.chat(
                model=self._settings.model,
                messages=messages,
                think=False,
                options={**self._load_options, **SAMPLING, "num_predict": 1},
                keep_alive=_KEEP,
            )
        except Exception as error:
            raise _failure(error) from error

    async def stream(
        self,
        system: str,
        messages: Sequence[ChatMessage],
        *,
        schema: dict[str, Any] | None,
        sampling: Mapping[str, float],
        num_predict: int,
        budget_s: float,
    ) -> PieceStream:
        """A stream whose first piece has come. Retries once, and only before that. Raises CallFailed.

        Whoever gets it must `stop()` it: that is what frees the place at the server.
        """
        started = time.monotonic()

        def worth_it(error: BaseException) -> bool:
            if not isinstance(error, CallFailed):
                return False
            left = budget_s - (time.monotonic() - started)
            return error.kind in ("refused", "cut", "busy") or (error.kind == "crash" and left > _RELOAD_S)

        retrying = AsyncRetrying(
            retry=retry_if_exception(worth_it),
            stop=stop_before_delay(budget_s) | stop_after_attempt(2),
            wait=wait_fixed(_PAUSE_S),
            before_sleep=lambda _: self._on_retry(),
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                options = {**sampling, "num_predict": num_predict}
                stream = PieceStream(self._pieces(system, messages, schema, options))
                try:
                    if await stream.peek() is None:
                        raise CallFailed("no_done", "an empty stream")
                except BaseException:
                    stream.stop()
                    raise
        return stream

    def once(
        self,
        system: str,
        messages: Sequence[ChatMessage],
        *,
        schema: dict[str, Any],
        sampling: Mapping[str, float],
        num_predict: int,
    ) -> PieceStream:
        """The same without a second try, and before anything has come: its pieces raise CallFailed."""
        return PieceStream(self._pieces(system, messages, schema, {**sampling, "num_predict": num_predict}))

    async def _pieces(
        self, system: str, messages: Sequence[ChatMessage], schema: dict[str, Any] | None, options: Mapping[str, Any]
    ) -> AsyncGenerator[Piece, None]:
        chat = [{"role": "system", "content": system}] if system else []
        chat += [{"role": message.role, "content": message.content} for message in messages]
        try:
            chunks = await self._client.chat(
                model=self._settings.model,
                messages=chat,
                stream=True,
                think=False,
                format=schema,
                options={**self._load_options, **options},
                keep_alive=_KEEP,
            )
            try:
                async for chunk in chunks:
                    yield Piece(chunk.message.content or "", _usage(chunk) if chunk.done else None)
            finally:
                await chunks.aclose()  # type: ignore[attr-defined]
        except (httpx.HTTPError, ollama.ResponseError, ConnectionError, ValueError) as error:
            raise _failure(error) from error


def _usage(chunk: ollama.ChatResponse) -> Usage:
    return Usage(
        prompt_tokens=chunk.prompt_eval_count or 0,
        prefill_s=(chunk.prompt_eval_duration or 0) / 1e9,
        answer_tokens=chunk.eval_count or 0,
        finished=chunk.done_reason or "stop",
    )


def _full_name(model: str) -> str:
    return model if ":" in model else f"{model}:latest"


def _failure(error: Exception) -> CallFailed:
    """Any error of the client as a word that the retry, the breaker and the metrics understand."""
    if isinstance(error, ollama.ResponseError):
        if _CRASH.search(error.error):
            return CallFailed("crash", error.error)
        return CallFailed(_KINDS.get(error.status_code, "server_error"), error.error)
    kind = "server_error"
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | ConnectionError):
        kind = "refused"
    elif isinstance(error, httpx.TransportError):
        kind = "cut"
    elif isinstance(error, ValueError):
        kind = "garbage"  # a line that is no JSON, or JSON of another shape
    return CallFailed(kind, type(error).__name__)
