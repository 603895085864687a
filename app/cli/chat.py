"""`machine chat`: the same turns as over HTTP, in the terminal."""

import asyncio
import os
import uuid
from contextlib import nullcontext
from pathlib import Path

from app.cli.common import knowledge_folder, running, say
from app.errors import MachineError
from app.files import acting_for, ordinary
from app.service.assembly import open_machine
from app.settings import load
from app.telemetry import configure_logging
from app.turn.machine import Machine
from app.turn.process import process
from app.turn.reply import Reply
from app.types import Ask, Key

_SESSION = "CHAT"
_HELP = "/slots what it knows of you, /why how the last answer came about, /quit"


def run_chat(user: str | None, bot_name: str, data: Path, knowledge: Path | None, file: Path | None) -> None:
    """Reads lines until /quit or the end of input. Raises ConfigError."""
    settings = load(file)
    configure_logging("error")
    with acting_for(data) if data.exists() else nullcontext():
        if os.path.lexists(database := data / "conversations.db"):
            ordinary(database)
        machine = open_machine(settings, data, knowledge_folder(knowledge))
        key = Key(_SESSION, user or f"user-{uuid.uuid4().hex[:8]}")
        say(f"Talking as {key.user_id} (go on later with --user {key.user_id}). {_HELP}")
        asyncio.run(_talk(machine, bot_name, key))


async def _talk(machine: Machine, name: str, key: Key) -> None:
    last: Reply | None = None
    async with running(machine):
        bot = machine.bots.named(name)
        while (line := await asyncio.to_thread(_read)) is not None:
            text = line.strip()
            if text == "/quit":
                return
            if text == "/slots":
                say(await _slots(machine, key))
            elif text == "/why":
                say(_why(last))
            elif text.startswith("/"):
                say(f"Unknown command {text.split()[0]!r}. {_HELP}")
            elif text:
                try:
                    last = await process(Ask(key, text, str(uuid.uuid4())), bot, machine)
                    say(f"{last.answer}\n")
                except MachineError as error:
                    say(f"({error})")


def _read() -> str | None:
    try:
        return input("> ")
    except EOFError:
        return None


async def _slots(machine: Machine, key: Key) -> str:
    state = (await machine.store.load(key, "", 0)).snapshot.state
    known = [f"  {name}: {value}" for name, value in state.slots.items()] or ["  nothing yet"]
    pending = f"  asked for: {state.pending.slot}" if state.pending else "  nothing is asked"
    return "\n".join((f"flow {state.flow}, stage {state.stage}", *known, pending))


def _why(reply: Reply | None) -> str:
    if reply is None:
        return "Nothing has been said yet."
    return "\n".join(f"  {name}: {value}" for name, value in reply.meta.dump().items())
