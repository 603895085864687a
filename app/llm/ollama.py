"""Ollama: its protocol, its errors, and the backend that speaks through it.

Options fixed at load time stand in one place: a call with other ones would reload the model.
"""

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

import httpx
import ollama
from ollama._types import ChatRequest

from app.capacity.pace import Pace
from app.llm.chat import Chat
from app.llm.client import (
    CONNECT_S,
    SAMPLING,
    CallFailed,
    LoadedModel,
    ModelClient,
    Piece,
    ServerWords,
    Usage,
    chat_of,
    transport_failure,
)
from app.llm.overlong import KIND, overlong
from app.settings import LlmSettings, Settings
from app.telemetry import Telemetry
from app.types import ChatMessage

_CRASH = re.compile(
    r"unexpectedly stopped|error was encountered while running|no longer running|process has terminated"
)
_KINDS = {400: "rejected", 403: "forbidden", 404: "no_model", 503: "busy", -1: "stream_error"}
_KEEP = -1  # the model stays loaded
WORDS = ServerWords(
    "Ollama",
    {
        "refused": "Ollama does not listen at {host}; start it: systemctl start ollama",
        "no_model": "Ollama has no model {model}; fetch it: ollama pull {model}",
        "forbidden": "Ollama refuses this host name; set llm.host to http://127.0.0.1:11434",
        "crash": "Ollama's runner crashed while loading {model}; look at journalctl -u ollama, free GPU memory",
        "rejected": "Ollama rejects the options for {model}; compare llm.context and llm.gpu_layers with its version",
        "hang": "Ollama takes calls for {model} and writes nothing; if it does not come back by itself: "
        "systemctl restart ollama; journalctl -u ollama and nvidia-smi say more",
        KIND: "the system text alone is longer than llm.context for {model}; "
        "raise llm.context and OLLAMA_CONTEXT_LENGTH",
    },
    "Ollama failed ({kind}); look at journalctl -u ollama",
)


class Ollama(Chat):
    """The Backend of `llm.backend: ollama`. `on_count(ours, the server's)` is told how many tokens a prompt had."""

    def __init__(
        self,
        settings: Settings,
        telemetry: Telemetry,
        pace: Pace,
        *,
        system: str = "",
        on_count: Callable[[int, int], None] = lambda ours, theirs: None,
    ) -> None:
        client = OllamaClient(settings.llm, telemetry.model_retries.inc)
        super().__init__(client, settings, telemetry, pace, system=system, on_count=on_count)
        self.needs_gpu = not settings.llm.cpu_accepted


class _WholePrompt(ChatRequest):
    """A chat whose prompt is refused where it is too long: else half of a context is cut out of it without a word."""

    truncate: bool = False


class _Client(ollama.AsyncClient):
    async def whole(self, *, stream: bool = False, **request: Any) -> Any:
        """As `chat`, and its prompt is never cut."""
        sent = _WholePrompt(stream=stream, **request).model_dump(exclude_none=True)
        return await self._request(ollama.ChatResponse, "POST", "/api/chat", json=sent, stream=stream)


class OllamaClient(ModelClient):
    words = WORDS
    cuts_prompts = True

    def __init__(self, settings: LlmSettings, on_retry: Callable[[], None]) -> None:
        super().__init__(on_retry)
        self._settings = settings
        timeout = httpx.Timeout(None, connect=CONNECT_S)  # each call has a deadline of its own
        self._client = _Client(host=settings.host, timeout=timeout, trust_env=False)
        self._load_options: dict[str, Any] = {"num_ctx": settings.context}
        if settings.gpu_layers >= 0:
            self._load_options["num_gpu"] = settings.gpu_layers

    async def close(self) -> None:
        await self._client.close()  # type: ignore[no-untyped-call]

    async def loaded(self) -> LoadedModel | None:
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
        try:
            await self._client.whole(
                model=self._settings.model,
                messages=chat_of(system, [ChatMessage("user", "?")]),
                think=False,
                options={**self._load_options, **SAMPLING, "num_predict": 1},
                keep_alive=_KEEP,
            )
        except Exception as error:
            raise _failure(error) from error

    async def _pieces(
        self, system: str, messages: Sequence[ChatMessage], schema: dict[str, Any] | None, options: Mapping[str, Any]
    ) -> AsyncGenerator[Piece, None]:
        try:
            chunks = await self._client.whole(
                model=self._settings.model,
                messages=chat_of(system, messages),
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
                await chunks.aclose()
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
        if error.status_code == 400 and (told := overlong(error.error)):
            return CallFailed(KIND, error.error, tokens=told[0], context=told[1])
        return CallFailed(_KINDS.get(error.status_code, "server_error"), error.error)
    return transport_failure(error)
