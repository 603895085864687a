"""What every client of a model server has: the pieces of its streams, its errors in one set of words, the one retry.

A protocol (ollama.py, openai.py) says how a call is asked and read; nothing above this module knows which one it is.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, stop_before_delay

from app.types import ChatMessage

CONNECT_S = 2.0
_PAUSE_S = 0.2  # before the one retry
_RELOAD_S = 20.0  # what a crashed runner needs to come back
_ANSWER_S = 3.0  # that must be left behind a wait which the server asks for
_END_S = 2.0

# Non-thinking sampling of qwen3's own card; a presence penalty of 1.5 mixes languages.
SAMPLING: Mapping[str, float] = {
    "temperature": 0.7,
    "top_p": 0.8,
    "top_k": 20,
    "min_p": 0.0,
    "presence_penalty": 1.0,
}


class CallFailed(Exception):
    """The server could not answer. `kind` is a word for the metrics; nothing of the server's text leaves the log.

    `retry_after`: seconds for which the server asks to be left alone. `known`: the models it has, where that is why.
    `tokens`, `context`: of a prompt that was too long and of what would have held it; 0 where that is not told.
    """

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        retry_after: float = 0.0,
        known: Sequence[str] = (),
        tokens: int = 0,
        context: int = 0,
    ) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.retry_after = retry_after
        self.known = tuple(known)
        self.tokens = tokens
        self.context = context


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """The model as the server holds it. Sizes in bytes; 0 and an empty digest where the protocol does not tell."""

    size: int
    size_vram: int
    digest: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What the server counted, once a call was written to its end. 0 prompt tokens: it did not count."""

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


@dataclass(frozen=True, slots=True)
class ServerWords:
    """How an operator is told of a kind of server. Templates know {host}, {model}, {kind} and {known}."""

    name: str
    remedies: Mapping[str, str]
    """By the kind of a CallFailed."""
    other: str
    """Of any other kind."""
    fix: str = ""
    """What to do while the model is not there; empty: what /ready says of any model."""
    loading: frozenset[str] = frozenset()
    """Kinds that a server fails with while it loads the model itself."""


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
            self._queue.put_nowait(transport_failure(error))
        else:
            self._queue.put_nowait(None)
        finally:
            await pieces.aclose()


class ModelClient(ABC):
    """One model on one server."""

    words: ServerWords
    cuts_prompts = False
    """Whether the server shortens a prompt that is too long, without a word."""
    again = frozenset({"refused", "cut", "busy"})
    """Kinds of failure that a second call may not meet."""

    def __init__(self, on_retry: Callable[[], None]) -> None:
        self._on_retry = on_retry

    @abstractmethod
    async def close(self) -> None:
        """Gives all connections back."""

    @abstractmethod
    async def loaded(self) -> LoadedModel | None:
        """The model as it lies in memory; None when `warm` would have to load it. Raises CallFailed."""

    @abstractmethod
    async def warm(self, system: str) -> None:
        """Loads the model and has it read the system text; the caller bounds it in time. Raises CallFailed."""

    @abstractmethod
    def _pieces(
        self, system: str, messages: Sequence[ChatMessage], schema: dict[str, Any] | None, options: Mapping[str, Any]
    ) -> AsyncGenerator[Piece, None]:
        """One call. `options`: sampling by Ollama's names, and `num_predict`. Raises CallFailed."""

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
            if error.retry_after and left - error.retry_after < _ANSWER_S:
                return False
            return error.kind in self.again or (error.kind == "crash" and left > _RELOAD_S)

        retrying = AsyncRetrying(
            retry=retry_if_exception(worth_it),
            stop=stop_before_delay(budget_s) | stop_after_attempt(2),
            wait=_asked_for,
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


def _asked_for(call: RetryCallState) -> float:
    """Seconds before the second call: what the server asks for, if it does."""
    error = call.outcome.exception() if call.outcome is not None else None
    return max(_PAUSE_S, error.retry_after) if isinstance(error, CallFailed) else _PAUSE_S


def chat_of(system: str, messages: Sequence[ChatMessage]) -> list[dict[str, str]]:
    """A prompt as both protocols write it; an empty system text is none."""
    chat = [{"role": "system", "content": system}] if system else []
    return chat + [{"role": message.role, "content": message.content} for message in messages]


def transport_failure(error: Exception) -> CallFailed:
    """An error of the connection, or of what came through it, as a word for the retry, the breaker and the metrics."""
    kind = "server_error"
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | ConnectionError):
        kind = "refused"
    elif isinstance(error, httpx.TransportError):
        kind = "cut"
    elif isinstance(error, ValueError):
        kind = "garbage"  # a line that is no JSON, or JSON of another shape
    return CallFailed(kind, type(error).__name__)
