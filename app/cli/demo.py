"""`machine demo`: the service as it is, a customer's conversation through HTTP, and a key to go on with."""

import asyncio
import secrets
import tempfile
from pathlib import Path
from typing import Any

import httpx
import uvicorn

import app as package
from app.api.app import create_app
from app.api.keys import KeyRing
from app.api.server import bind, build_server
from app.cli.common import knowledge_folder, loaded, say
from app.errors import MachineError
from app.packaged import packaged
from app.service.assembly import open_machine
from app.settings import load
from app.telemetry import configure_logging

_SESSION, _USER = "BOT_DEMO", "77012345678"


def run_demo(host: str, port: int, once: bool, knowledge: Path | None, file: Path | None) -> None:
    """Raises ConfigError when the service cannot start, MachineError when a turn of the conversation fails."""
    settings = load(file)
    configure_logging("warning")
    listener = bind(host, port)
    key = secrets.token_urlsafe(32)
    url = "http://{}:{}".format(*listener.getsockname()[:2])
    with tempfile.TemporaryDirectory(prefix="sales-machine-") as data:
        machine = open_machine(settings, Path(data), knowledge_folder(knowledge))
        knowledge_in_use = machine.bots.default.knowledge
        server = build_server(create_app(machine, KeyRing([key])), settings.api.drain_s)
        say(
            f"Sales Machine {package.__version__} serves on {url}: {len(knowledge_in_use.sections)} sections, "
            f"flow {settings.dialogue.flow}, backend {machine.llm.name}\n"
        )

        async def play() -> None:
            serving = asyncio.create_task(server.serve([listener]))
            try:
                await loaded(machine)
                await _converse(server, serving, url, key)
                if not once:
                    say(_invitation(url, key))
                    await serving
            finally:
                server.should_exit = True
                await serving

        asyncio.run(play())


async def _converse(server: uvicorn.Server, serving: "asyncio.Task[None]", url: str, key: str) -> None:
    while not server.started:
        if serving.done():
            raise MachineError("the service did not start; its log above says why")
        await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as client:
        words = _words()
        for number, text in enumerate(words["says"], 1):
            body = {
                "request_id": f"demo-{number}",
                "channel": "whatsapp",
                "session_id": _SESSION,
                "user_id": _USER,
                "message": {"text": text},
                "context": {"time_of_day": "day", "timezone": "Asia/Almaty"},
            }
            response = await client.post("/api/v1/process", json=body, timeout=60)
            if response.status_code != 200:
                raise MachineError(f"turn {number} got {response.status_code}: {response.text}")
            reply = response.json()
            meta = reply["meta"]
            say(f"{words['customer']:<8}| {text}")
            say(f"{words['machine']:<8}| " + reply["answer"].replace("\n", "\n        | "))
            sources = ", ".join(meta["sections"]) or "no section"
            say(f"        ( {meta['action']}: {meta['reason']}; {sources}; {meta['processing_ms']} ms )\n")


def _words() -> dict[str, Any]:
    """What is said in the demonstration."""
    words: dict[str, Any] = packaged("app.cli", "demo.yaml")
    return words


def _invitation(url: str, key: str) -> str:
    return (
        "It goes on serving; stop it with Ctrl-C. Ask it yourself:\n\n"
        f"curl -s {url}/api/v1/process -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\\n"
        f"""  -d '{{"session_id": "{_SESSION}", "user_id": "me", "message": {{"text": "{_words()["asks"]}"}}}}'\n"""
    )
