"""`machine serve`."""

import gc
import signal
import sys
from pathlib import Path

import app as package
from app.api.app import create_app
from app.api.keys import load_keys
from app.api.limits import Limits
from app.api.notify import Notifier
from app.api.server import build_server, listening
from app.api.watchdog import Watchdog
from app.cli.common import knowledge_folder
from app.service.assembly import open_machine
from app.service.lifecycle import rehearsed
from app.settings import load
from app.telemetry import configure_logging


def run_service(host: str, port: int, data: Path, knowledge: Path | None, file: Path | None) -> None:
    """Serves until a signal, on systemd's socket if it passed one. Raises ConfigError before anything is served."""
    settings = load(file)
    keys = load_keys(settings.api)
    configure_logging(settings.log.level)
    listener = listening(host, port)
    notifier = Notifier.from_environment()
    machine = rehearsed(open_machine(settings, data, knowledge_folder(knowledge), notifier.getting_on))
    knowledge_in_use = machine.bots.default.knowledge
    watchdog = Watchdog(notifier, lambda: machine.cpu.stretches, machine.telemetry.loop_late.observe)
    api = settings.api
    limits = Limits(api.head_s, api.body_s, api.max_connections)
    server = build_server(create_app(machine, keys), api.drain_s, notifier, watchdog=watchdog, limits=limits)
    gc.collect()
    gc.freeze()  # knowledge, flows and what was read stay: walking through them would hold the loop for tens of ms
    gc.enable()
    for note in settings.notes:
        machine.telemetry.log.warning("setting without effect", detail=note)
    machine.telemetry.log.info(
        "serving",
        address="{}:{}".format(*listener.getsockname()[:2]),
        version=package.__version__,
        backend=machine.llm.name,
        flow=settings.dialogue.flow,
        kb_version=knowledge_in_use.version,
        sections=len(knowledge_in_use.sections),
        schema=machine.store.schema,
    )
    # uvicorn raises the signal again once everything is closed: a stop that went well ends with status 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.run([listener])
