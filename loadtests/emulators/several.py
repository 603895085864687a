"""Several models behind one address, of which one is loaded at a time, as with OLLAMA_MAX_LOADED_MODELS=1."""

import argparse
import copy
import json
from collections.abc import Callable, Sequence
from typing import Any

from loadtests.emulators import ollama
from loadtests.emulators.requests import parse_object
from loadtests.emulators.wire import Reply, Request

_BY_MODEL = ("/api/chat", "/api/generate", "/api/show", "/api/pull", "/api/delete")


class Several:
    """Each model is a server of its own; a request goes to the one that it names, any other to the first.

    `make(settings)` makes the server of `settings.model`; `forgotten(name)` is told that a model was deleted.
    """

    def __init__(
        self,
        settings: argparse.Namespace,
        names: Sequence[str],
        make: Callable[[argparse.Namespace], ollama.Server],
        forgotten: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._servers = {name: make(_named(settings, name)) for name in (settings.model, *names)}
        self._first = self._servers[settings.model]
        self._forgotten = forgotten

    async def __call__(self, request: Request, reply: Reply) -> None:
        if request.path in ("/api/tags", "/api/ps") and request.method == "GET":
            reply.json(200, {"models": await self._models(request)})
            return
        server = self._first
        if request.path in _BY_MODEL and request.method in ("POST", "DELETE"):
            body = parse_object(request.body)
            server = self._servers.get(str(body.get("model") or body.get("name")), self._first)
            if request.path == "/api/delete":
                self._delete(server, reply)
                return
            if request.path in ("/api/chat", "/api/generate"):
                self._let_go_but(server)
        await server(request, reply)

    async def _models(self, request: Request) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for server in self._servers.values():
            kept = _Kept()
            await server(request, kept)  # type: ignore[arg-type]  # a reply as far as a list of models asks
            found += kept.body["models"]
        return found

    def _let_go_but(self, wanted: ollama.Server) -> None:
        for server in self._servers.values():
            if server is not wanted and server._engine.loaded:
                server._engine.unload()

    def _delete(self, server: ollama.Server, reply: Reply) -> None:
        if not server._model.present:
            reply.json(404, {"error": f"model '{server._model.name}' not found"})
            return
        server._engine.unload()
        server._model.present = False
        self._forgotten(server._model.name)
        reply.body(200, b"")


class _Kept:
    """Takes the place of a reply whose body is wanted."""

    def __init__(self) -> None:
        self.body: dict[str, Any] = {}

    def json(self, status: int, body: dict[str, Any]) -> None:
        self.body = json.loads(json.dumps(body))


def _named(settings: argparse.Namespace, name: str) -> argparse.Namespace:
    own = copy.copy(settings)
    own.model = name
    return own
