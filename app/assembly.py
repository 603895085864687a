"""Settings, a data folder and a knowledge base -> the bots."""

import os
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from app.bots import DEFAULT, Bot, Bots
from app.deadline import Admission
from app.dialogue.engine import Dialogue, Hours
from app.dialogue.policy import Policy
from app.errors import ConfigError
from app.knowledge.retriever import Retriever
from app.knowledge.sections import load
from app.llm.extractive import Extractive
from app.locks import KeyLocks
from app.prompt import PromptBuilder, TokenCounter
from app.settings import Settings
from app.store import Store
from app.telemetry import Telemetry

_DATABASE = "conversations.db"
_LOG_KEY = "log.key"


def open_retriever(settings: Settings, folder: Path) -> Retriever:
    """The knowledge base of `folder`, indexed. Raises ConfigError."""
    return Retriever(
        load(folder),
        today=datetime.now(UTC).date(),
        min_coverage=settings.retriever.min_coverage,
        spelling=settings.flags.spelling,
        query_context=settings.flags.query_context,
    )


def open_bots(settings: Settings, data: Path, knowledge: Path) -> Bots:
    """Every bot of the settings around one memory in the folder `data` (made if missing).

    `knowledge` is the default bot's. Raises ConfigError.
    """
    hours = Hours(settings.dialogue.opens, settings.dialogue.closes, settings.dialogue.timezone)
    default_policy = Policy.load(Path(settings.dialogue.policy)) if settings.dialogue.policy else Policy.default()
    dialogues = {DEFAULT: Dialogue.load(settings.dialogue.flow, hours, default_policy)}
    retrievers = {DEFAULT: open_retriever(settings, knowledge)}
    for name, spec in settings.bots.items():
        policy = Policy.load(spec.policy) if spec.policy else Policy.default()
        dialogues[name] = Dialogue.load(spec.flow or settings.dialogue.flow, hours, policy)
        retrievers[name] = open_retriever(settings, spec.kb)
    tokens = TokenCounter()
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        hash_key = _hash_key(data / _LOG_KEY)
    except OSError as error:
        raise ConfigError(
            f"data folder {str(data)!r} cannot be used: {error.strerror}; name another with --data"
        ) from None
    default = Bot(
        name=DEFAULT,
        settings=settings,
        store=Store(data / _DATABASE, busy_timeout_ms=settings.store.busy_timeout_ms),
        dialogue=dialogues[DEFAULT],
        knowledge=retrievers[DEFAULT],
        llm=Extractive(),
        prompts=PromptBuilder(tokens, name=settings.dialogue.persona.name, role=settings.dialogue.persona.role),
        admission=Admission(settings.turn.parallel, settings.turn.max_waiting),
        locks=KeyLocks(),
        telemetry=Telemetry(hash_key, log_text=settings.flags.log_text),
    )
    others = {
        name: replace(
            default,
            name=name,
            dialogue=dialogues[name],
            knowledge=retrievers[name],
            prompts=PromptBuilder(tokens, name=spec.persona.name, role=spec.persona.role),
            language=spec.language,
        )
        for name, spec in settings.bots.items()
    }
    patterns = tuple((pattern, name) for name, spec in settings.bots.items() for pattern in spec.sessions)
    return Bots(default, others, patterns)


def _hash_key(path: Path) -> bytes:
    """The key that ids in logs are hashed with: made once, readable by the owner alone."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(32)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        return key
