"""The emulator of the model server as a process: `python -m loadtests.emulators.ollama --port 0 --profile gex44`.

It prints one line, `{"url": "http://..."}`, when it listens. Beside the server's own paths it has /emulator/faults,
/emulator/stats, /emulator/state and /emulator/reset, with which a test plays the machine.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from loadtests.emulators.arguments import arguments
from loadtests.emulators.chat import ChatHandler, Installed
from loadtests.emulators.engine import Engine
from loadtests.emulators.faults import FaultQueue
from loadtests.emulators.golang import FOREVER_S, marshal, rfc3339_nano
from loadtests.emulators.origin import allowed
from loadtests.emulators.profiles import load_profile
from loadtests.emulators.requests import Refused, parse_chat, parse_object
from loadtests.emulators.speakers.folder import Folder
from loadtests.emulators.speakers.gguf import Gguf
from loadtests.emulators.wire import BARE_JSON, BARE_TEXT, JSON, Connection, Reply, Request
from loadtests.emulators.writer import Timing, Writer

VERSION = "0.32.7"
DIGEST = "bdbd181c33f2ed1b31c972991882db3cf4d192569092138a7d29e973cd9debe8"
_FILE_BYTES = 9_276_198_565
_KV_BYTES = 160 * 1024  # a token, at f16
_BUFFER_BYTES = 600 * 1024**2
_UNREACHED = (
    'pull model manifest: Get "https://registry.ollama.ai/v2/library/{}": '
    "dial tcp: lookup registry.ollama.ai: no such host"
)
_MODIFIED = rfc3339_nano(1_750_000_000_123_456_789)
_CAPABILITIES = ["completion", "tools", "thinking"]
Endpoint = Callable[[Request, Reply], Awaitable[None]]


class Server:
    """The paths of the server and of the emulator's controls."""

    def __init__(self, settings: argparse.Namespace, real: Gguf | None = None) -> None:
        self._settings = settings
        self._model = Installed(settings.model, DIGEST, says=settings.says)
        self._faults = FaultQueue()
        self._engine = Engine(
            load_profile("instant" if real else settings.profile),
            speed=settings.speed,
            width=settings.num_parallel,
            cache_tokens=settings.cache_tokens,
            max_queue=settings.max_queue,
            warm=not settings.cold,
        )
        self._chat = ChatHandler(
            self._engine,
            self._model,
            self._faults,
            num_ctx=settings.context_length,
            answer_tokens=settings.answer_tokens,
            real=real,
            folder=Folder(settings.ask) if settings.ask else None,
            coarse=settings.coarse,
        )
        self._endpoints: dict[str, dict[str, Endpoint]] = {
            "/": {"GET": self._root, "HEAD": self._root},
            "/api/version": {"GET": self._version, "HEAD": self._version},
            "/api/tags": {"GET": self._tags, "HEAD": self._tags},
            "/api/ps": {"GET": self._ps},
            "/api/show": {"POST": self._show},
            "/api/chat": {"POST": self._chat},
            "/api/generate": {"POST": self._generate},
            "/api/pull": {"POST": self._pull},
            "/emulator/faults": {"POST": self._add_faults, "DELETE": self._clear_faults},
            "/emulator/stats": {"GET": self._stats},
            "/emulator/state": {"POST": self._state},
            "/emulator/reset": {"POST": self._reset},
        }

    async def __call__(self, request: Request, reply: Reply) -> None:
        """Answers a request; whatever is refused becomes an error of the server's own form."""
        if not allowed(request.headers):
            reply.body(403, b"")
            return
        methods = self._endpoints.get(request.path)
        if not methods:
            reply.body(404, b"404 page not found", BARE_TEXT)
            return
        if request.method not in methods:
            reply.body(405, b"405 method not allowed", BARE_TEXT, Allow=", ".join(sorted(methods)))
            return
        try:
            await methods[request.method](request, reply)
        except Refused as refused:
            reply.json(refused.status, {"error": refused.error})

    async def _root(self, request: Request, reply: Reply) -> None:
        reply.body(200, b"Ollama is running")

    async def _version(self, request: Request, reply: Reply) -> None:
        reply.json(200, {"version": VERSION})

    async def _tags(self, request: Request, reply: Reply) -> None:
        model = {
            **self._names(),
            "modified_at": _MODIFIED,
            "size": _FILE_BYTES,
            "digest": self._model.digest,
            "details": _details() | {"context_length": 40960, "embedding_length": 5120},
            "capabilities": _CAPABILITIES,
        }
        reply.json(200, {"models": [model] if self._model.present else []})

    async def _ps(self, request: Request, reply: Reply) -> None:
        engine = self._engine
        context = (engine.options or {}).get("num_ctx", self._settings.context_length)
        size = _FILE_BYTES + _KV_BYTES * context * engine.width + _BUFFER_BYTES
        in_vram = size if self._model.size_vram is None else self._model.size_vram
        model = {
            **self._names(),
            "size": size,
            "digest": self._model.digest,
            "details": _details(),
            "expires_at": rfc3339_nano(_expiry_ns(engine)),
            "size_vram": in_vram,
            "context_length": context,
        }
        reply.json(200, {"models": [model] if engine.loaded else []})

    async def _show(self, request: Request, reply: Reply) -> None:
        body = parse_object(request.body)
        self._find(body.get("model") or body.get("name"))
        reply.chunked(
            200,
            {
                "modelfile": f"FROM {self._model.name}\n",
                "parameters": "repeat_penalty 1\ntemperature 0.6\ntop_k 20\ntop_p 0.95",
                "template": "{{ .System }}{{ .Prompt }}",
                "details": _details(),
                "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40960},
                "tensors": [{"name": "output_norm.weight", "type": "F32", "shape": [5120]}],
                "capabilities": _CAPABILITIES,
                "modified_at": _MODIFIED,
            },
            JSON,
        )

    async def _generate(self, request: Request, reply: Reply) -> None:
        timing, chat = Timing(), parse_chat(request.body)
        self._find(chat.model)
        body = parse_object(request.body)
        if not body.get("prompt"):
            await self._chat.load(chat, reply, {"response": ""})
            return
        said = [{"role": name, "content": text} for name in ("system", "prompt") if (text := body.get(name))]
        messages = tuple({**message, "role": "user" if message["role"] == "prompt" else "system"} for message in said)
        writer = Writer(reply, chat.model, stream=chat.stream, generates=True)
        await self._chat.answer(replace(chat, messages=messages), writer, timing)

    async def _pull(self, request: Request, reply: Reply) -> None:
        body = parse_object(request.body)
        name = body.get("model") or body.get("name")
        steps = self._pull_steps() if name == self._model.name else []
        if body.get("stream") is False:
            if not steps:
                reply.body(500, marshal({"error": _UNREACHED.format(str(name).replace(":", "/manifests/"))}), BARE_JSON)
                return
            reply.json(200, steps[-1])
        else:
            for step in steps or [{"error": "pull model manifest: file does not exist"}]:
                reply.chunk(marshal(step) + b"\n")
                await asyncio.sleep(0)
            reply.end()
        self._model.present |= bool(steps)

    def _pull_steps(self) -> list[dict[str, Any]]:
        layer = {"status": f"pulling {self._model.digest[:12]}", "digest": f"sha256:{self._model.digest}"}
        parts = (0, _FILE_BYTES // 2, _FILE_BYTES)
        loads = [{**layer, "total": _FILE_BYTES, **({"completed": part} if part else {})} for part in parts]
        ends = [{"status": text} for text in ("verifying sha256 digest", "writing manifest", "success")]
        return [{"status": "pulling manifest"}, *loads, *ends]

    async def _add_faults(self, request: Request, reply: Reply) -> None:
        try:
            self._faults.add(parse_object(request.body)["faults"])
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(400, f"bad faults: {error}") from None
        reply.json(200, {"queued": len(self._faults)})

    async def _clear_faults(self, request: Request, reply: Reply) -> None:
        self._faults.clear()
        reply.json(200, {"queued": 0})

    async def _stats(self, request: Request, reply: Reply) -> None:
        reply.json(200, self._engine.snapshot())

    async def _state(self, request: Request, reply: Reply) -> None:
        body = parse_object(request.body)
        known = {"size_vram", "loaded", "digest", "speed", "present", "fields"}
        if unknown := set(body) - known:
            raise Refused(400, f"unknown state {sorted(unknown)}; known: {sorted(known)}")
        for name in {"size_vram", "digest", "present", "fields"} & set(body):
            setattr(self._model, name, body[name])
        if "loaded" in body:
            self._engine.unload()
            self._engine.warm = bool(body["loaded"])
        self._engine.speed = float(body.get("speed", self._engine.speed))
        reply.json(200, {})

    async def _reset(self, request: Request, reply: Reply) -> None:
        self._faults.clear()
        self._engine.reset(warm=not self._settings.cold)
        self._engine.speed = self._settings.speed
        self._model.digest, self._model.present = DIGEST, True
        self._model.size_vram, self._model.fields = None, {}
        reply.json(200, {})

    def _find(self, name: object) -> None:
        if not name:
            raise Refused(400, "model is required")
        if not self._model.present or name != self._model.name:
            raise Refused(404, f"model '{name}' not found")

    def _names(self) -> dict[str, str]:
        return {"name": self._model.name, "model": self._model.name}


def _details() -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": "qwen3",
        "families": ["qwen3"],
        "parameter_size": "14.8B",
        "quantization_level": "Q4_K_M",
    }


def _expiry_ns(engine: Engine) -> int:
    forever = engine.keep_alive_s >= FOREVER_S
    return time.time_ns() + int(FOREVER_S * 1e9) if forever else int(engine.expires * 1e9)


async def serve(settings: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with contextlib.ExitStack() as held:
        real = _real(settings)
        server = Server(settings, held.enter_context(real)) if real else Server(settings)
        await _listen(server, settings, stop)


def _real(settings: argparse.Namespace) -> Gguf | None:
    if settings.gguf is None:
        return None
    return Gguf(
        settings.gguf, parallel=settings.num_parallel, context=settings.context_length, threads=settings.threads
    )


async def _listen(server: Server, settings: argparse.Namespace, stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    # SO_REUSEADDR is asyncio's default here: a restart on the same port must not wait for old connections.
    listener = await loop.create_server(lambda: Connection(server), settings.host, settings.port, backlog=512)
    port = listener.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"url": f"http://{settings.host}:{port}"}) + "\n")
    sys.stdout.flush()
    await stop.wait()
    listener.close()


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
