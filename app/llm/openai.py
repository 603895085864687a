"""Any server that speaks OpenAI's protocol (llama.cpp, vLLM, a cloud), and the backend that speaks through it.

What a server says of a failure chooses a word and goes no further: some repeat the key there, others the customer.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import SecretStr

from app.capacity.pace import Pace
from app.credentials import secret_lines
from app.errors import ConfigError
from app.llm.chat import Chat
from app.llm.client import (
    CONNECT_S,
    SAMPLING,
    CallFailed,
    LoadedModel,
    ModelClient,
    Piece,
    ServerWords,
    chat_of,
    transport_failure,
)
from app.llm.overlong import KIND, overlong
from app.llm.sse import EventReader
from app.llm.wire import OURS, Answer, body_of, kind_of, models_of, nearest, root_of, seconds_of
from app.settings import LlmSettings, Settings
from app.telemetry import Telemetry
from app.types import ChatMessage

CREDENTIAL = "llm_key"  # the name under systemd's LoadCredential=
_LONGEST = 1 << 20  # bytes of an answer that is no stream
_REFUSAL = 1 << 16  # bytes of a refusal that are read, and for how many seconds
_REFUSAL_S = 1.0
_TAIL_S = 1.0  # for what a server counted, once the model has finished
_DRAIN_S = 0.2  # for the end of a stream behind its last word
WORDS = ServerWords(
    "the model server",
    {
        "refused": "no model server listens at {host}; start it, or correct llm.host",
        "forbidden": "the model server at {host} refuses the key or its account; "
        "put the right one into the credential llm_key",
        "no_model": "the model server at {host} has no model {model}; it has: {known}; correct llm.model",
        "limited": "the model server at {host} turns calls away: a limit is reached; "
        "raise it there, or lower turn.parallel",
        "rejected": "the model server at {host} rejects the call for {model}; compare llm.context and llm.extra_body "
        "with it, or switch the flag structured off where it knows no JSON schema",
        "hang": "the model server at {host} takes calls for {model} and writes nothing; "
        "restart it, and look at its log",
        KIND: "the system text alone is longer than the context of {model}; raise it where the server is started",
        "garbage": "what answers at {host} does not speak OpenAI's protocol; is llm.host right?",
    },
    "the model server at {host} failed ({kind}); look at its log",
    fix="machine doctor; is llm.host right, and is its server up?",
    loading=frozenset({"busy"}),
)


class OpenAI(Chat):
    """The Backend of `llm.backend: openai`. `on_count(ours, the server's)` is told how many tokens a prompt had."""

    def __init__(
        self,
        settings: Settings,
        telemetry: Telemetry,
        pace: Pace,
        *,
        system: str = "",
        on_count: Callable[[int, int], None] = lambda ours, theirs: None,
    ) -> None:
        """Raises ConfigError for a key that cannot be read or sent."""
        llm = settings.llm.model_copy(update={"digest": ""})  # the protocol knows none
        settings = settings.model_copy(update={"llm": llm})
        client = OpenAIClient(llm, telemetry.model_retries.inc)
        super().__init__(client, settings, telemetry, pace, system=system, on_count=on_count)


class OpenAIClient(ModelClient):
    words = WORDS
    again = ModelClient.again | {"limited", "server_error"}

    def __init__(self, settings: LlmSettings, on_retry: Callable[[], None]) -> None:
        super().__init__(on_retry)
        self._model = settings.model
        self._extra = extra_of(settings)
        self._known: tuple[str, ...] = ()
        headers = headers_of(model_key(settings))
        timeout = httpx.Timeout(None, connect=CONNECT_S)  # each call has a deadline of its own
        try:
            self._http = httpx.AsyncClient(
                base_url=root_of(settings.host), headers=headers, timeout=timeout, trust_env=False
            )
        except httpx.InvalidURL as error:
            raise ConfigError(f"settings: llm.host {settings.host!r} is no address: {error}; correct it") from None

    async def close(self) -> None:
        await self._http.aclose()

    async def loaded(self) -> LoadedModel | None:
        try:
            answer = await self._http.get("/models")
        except Exception as error:
            raise transport_failure(error) from None
        if answer.status_code in (404, 405, 429, 501):
            return LoadedModel(0, 0, "")  # there is no list, or not now: a call will tell
        if answer.status_code != 200:
            raise _refused(answer.status_code, answer.headers, answer.content)
        try:
            known = tuple(models_of(answer.json()))
        except (ValueError, RecursionError):
            raise CallFailed("garbage", "no list of models") from None
        self._known = nearest(known, self._model)
        if self._model not in known:
            raise CallFailed("no_model", known=self._known)
        return LoadedModel(0, 0, "")

    async def warm(self, system: str) -> None:
        options = {**SAMPLING, "num_predict": 1}
        async for _ in self._pieces(system, [ChatMessage("user", "?")], None, options):
            pass

    async def _pieces(
        self, system: str, messages: Sequence[ChatMessage], schema: dict[str, Any] | None, options: Mapping[str, Any]
    ) -> AsyncGenerator[Piece, None]:
        body = body_of(self._model, chat_of(system, messages), schema, options, self._extra)
        try:
            async with self._http.stream("POST", "/chat/completions", json=body) as response:
                if response.status_code != 200:
                    said = await _words_of(response)
                    raise _refused(response.status_code, response.headers, said, self._known)
                async for piece in _read(response):
                    yield piece
        except CallFailed:
            raise
        except Exception as error:
            raise transport_failure(error) from None


async def _read(response: httpx.Response) -> AsyncGenerator[Piece, None]:
    """The pieces of an answer; behind its end, what is left of the connection."""
    answer, kind = Answer(), response.headers.get("content-type", "")
    if "html" in kind:
        raise ValueError("a page")
    if "json" in kind:  # the server does not stream
        for piece in (*answer.take((await _body_of(response, _LONGEST)).decode("utf-8", "replace")), *answer.over()):
            yield piece
        return
    reader, chunks = EventReader(), response.aiter_bytes()
    until: float | None = None  # by the loop's clock
    while True:
        events, over = [], True
        try:
            async with asyncio.timeout_at(until):
                events, over = reader.feed(await anext(chunks)), False
        except StopAsyncIteration:
            events = reader.end()
        except (TimeoutError, httpx.TransportError):
            if not answer.finished:
                raise
        for event in events:
            for piece in answer.take(event):
                yield piece
        if over:
            break
        if answer.ended or answer.finished:
            until = until or asyncio.get_running_loop().time() + (_DRAIN_S if answer.ended else _TAIL_S)
    for piece in answer.over():
        yield piece


async def _body_of(response: httpx.Response, longest: int) -> bytes:
    """Its body, as far as it comes within `longest` bytes."""
    read = bytearray()
    async for chunk in response.aiter_bytes():
        read += chunk
        if len(read) > longest:
            break
    return bytes(read[:longest])


async def _words_of(response: httpx.Response) -> bytes:
    """What a refusal says, if that comes soon; its status tells most."""
    with contextlib.suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_REFUSAL_S):
            return await _body_of(response, _REFUSAL)
    return b""


def _refused(status: int, headers: httpx.Headers, body: bytes, known: Sequence[str] = ()) -> CallFailed:
    if status in (400, 413) and (told := overlong(body.decode("utf-8", "replace"))):
        return CallFailed(KIND, f"status {status}", tokens=told[0], context=told[1])
    seconds = seconds_of(headers.get("retry-after"), datetime.now(UTC))
    return CallFailed(kind_of(status, body), f"status {status}", retry_after=seconds, known=known)


def model_key(settings: LlmSettings, environ: Mapping[str, str] | None = None) -> SecretStr:
    """The key from llm.key_file, else systemd's credential, else LLM_API_KEY; empty: the server knows none.

    Raises ConfigError, which says nothing of the key itself.
    """
    environ = os.environ if environ is None else environ
    what, setting = "key file of the model server", "llm.key_file"
    lines = secret_lines(settings.key_file, CREDENTIAL, environ, what=what, setting=setting)
    if lines is not None and len(lines) != 1:
        raise ConfigError(
            f"the {what} holds {len(lines)} keys; write the one that is sent into it, on a line of its own"
        )
    key = settings.key.get_secret_value() if lines is None else lines[0]
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError(
            "the model server's key holds a space or a sign that HTTP headers cannot carry; write the key alone"
        )
    return SecretStr(key)


def headers_of(key: SecretStr) -> dict[str, str]:
    """What every request carries."""
    plain = {"Accept-Encoding": "identity", "User-Agent": "sales-machine"}
    return plain | ({"Authorization": f"Bearer {key.get_secret_value()}"} if key.get_secret_value() else {})


def extra_of(settings: LlmSettings) -> dict[str, Any]:
    """llm.extra_body. Raises ConfigError for fields that are the service's own."""
    extra: dict[str, Any] = json.loads(settings.extra_body or "{}")
    if own := sorted(OURS & extra.keys()):
        raise ConfigError(
            f"settings: llm.extra_body names {', '.join(own)}, which the service itself writes; leave it out"
        )
    return extra
