"""`machine prompt`: what a chat model would be asked. Nothing is asked, and nothing is stored."""

import asyncio
import json
import secrets
import time
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import knowledge_folder, say
from app.cli.options import DATA, KB, SETTINGS, json_of
from app.errors import ConfigError

if TYPE_CHECKING:
    from app.settings import Settings
    from app.turn.bots import Bots
    from app.turn.chain import Plan
    from app.types import Snapshot

_NOBODY = "nobody"
_SESSION = "CHAT"
_KEY = "log.key"


@click.command()
@click.argument("text")
@click.option("--user", default=None, help="Behind this user's stored conversation [a new one].")
@click.option("--session", default=None, help="Of several conversations the one in this session [the newest].")
@click.option("--bot", default=None, help="Which bot of the settings [the conversation's own].")
@DATA
@KB
@SETTINGS
@json_of("system, messages, tokens, fresh, wanted, deciding, sections, step")
def prompt(
    text: str,
    user: str | None,
    session: str | None,
    bot: str | None,
    data: Path,
    knowledge: Path | None,
    file: Path | None,
    as_json: bool,
) -> None:
    """Print what a model would be asked for TEXT: no model is called, nothing is stored."""
    from app.files import acting_for
    from app.knowledge.models import CACHE, open_models
    from app.service.assembly import open_bots
    from app.settings import load
    from app.telemetry import configure_logging
    from app.types import Key, Snapshot

    settings = load(file)
    configure_logging("error")
    with acting_for(data) if data.exists() else nullcontext():
        snapshot = _conversation(data, user, session, settings) if user else Snapshot(Key(session or _SESSION, _NOBODY))
        models = open_models(settings.retriever, cache=data / CACHE if data.exists() else None)
        try:
            bots = open_bots(settings, knowledge_folder(knowledge), key=_key(data), models=models)
            planned = asyncio.run(_planned(text, snapshot, bots, bot, settings))
        finally:
            models.close()
    say(json.dumps(_fields(planned), ensure_ascii=False, default=str) if as_json else "\n".join(_lines(planned)))


def _conversation(data: Path, user: str, session: str | None, settings: "Settings") -> "Snapshot":
    from app.store.looking import conversation
    from app.store.rights import DATABASE

    if not (data / DATABASE).exists():
        raise ConfigError(f"there is no memory in {str(data)!r}; name its folder with --data")
    found = conversation(data / DATABASE, user, session, settings.turn.history)
    if found is None:
        raise ConfigError(f"there is no conversation of {user!r} in {str(data)!r}; leave --user out for a new one")
    return found


def _key(data: Path) -> bytes:
    """The installation's, so that the marks are the service's; any where there is none yet."""
    try:
        return (data / _KEY).read_bytes()
    except FileNotFoundError:
        return secrets.token_bytes(32)
    except OSError as error:
        raise ConfigError(
            f"{str(data / _KEY)!r} cannot be read: {error.strerror}; run it as the machine's user"
        ) from None


async def _planned(text: str, snapshot: "Snapshot", bots: "Bots", name: str | None, settings: "Settings") -> "Plan":
    from app.reading.prefix import split_media
    from app.turn.chain import decide, plan, reckon
    from app.turn.searching import search
    from app.types import Ask

    bot = bots.named(name) if name else bots.for_session(snapshot.key.session_id)
    media, words = split_media(text)
    ask = Ask(snapshot.key, words, "prompt", media=media, timestamp_ms=round(time.time() * 1000))
    now = datetime.now(UTC)
    step = decide(ask, snapshot, now, bot)
    found = await search(step, snapshot, now, bot, text=ask.text, top_k=settings.retriever.top_k)
    deciding = reckon(step, ask, snapshot, now, bot, sums=settings.flags.sums)
    return plan(step, found, ask, snapshot, bot, settings=settings, wants_prompt=True, deciding=deciding, now=now)


def _fields(planned: "Plan") -> dict[str, Any]:
    prompt, step = planned.prompt, planned.step
    return {
        "system": prompt.system,
        "messages": [asdict(message) for message in prompt.messages],
        "tokens": prompt.tokens,
        "fresh": prompt.fresh,
        "wanted": list(prompt.wanted),
        "deciding": [asdict(each) for each in prompt.deciding],
        "sections": [passage.section.id for passage in prompt.passages],
        "step": {"action": step.action, "reason": step.reason, "intents": list(step.intents), "query": step.query},
    }


def _lines(planned: "Plan") -> list[str]:
    prompt = planned.prompt
    said = [f"--- {message.role}\n{message.content}" for message in prompt.messages]
    sections = ", ".join(passage.section.id for passage in prompt.passages) or "none"
    step = f"{planned.step.action}/{planned.step.reason}, sections {sections}"
    return [f"--- system\n{prompt.system}", *said, f"--- {prompt.tokens} tokens, {prompt.fresh} of them fresh; {step}"]
