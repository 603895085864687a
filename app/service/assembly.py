"""Settings, a data folder and a knowledge base -> the bots."""

import hashlib
import os
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from app.capacity.admission import Admission
from app.capacity.pace import Pace
from app.composing.extractive import Extractive
from app.cpu import Cpu
from app.dialogue.engine import Dialogue, Hours
from app.dialogue.policy import Policy
from app.errors import ConfigError
from app.knowledge.models import CACHE, Models, open_models
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, load
from app.knowledge.shelf import Knowledge, build_retriever
from app.llm import Backend
from app.llm.ollama import Ollama, answer_room
from app.prompt import Budget, PromptBuilder, TokenCounter
from app.settings import Settings
from app.store import Store
from app.telemetry import Telemetry
from app.turn.asides import Asides
from app.turn.bots import DEFAULT, Bot, Bots
from app.turn.locks import KeyLocks

_DATABASE = "conversations.db"
_LOG_KEY = "log.key"
_MARGIN = 128  # tokens: our count of a prompt is an estimate


def open_knowledge(settings: Settings, folder: Path, models: Models | None = None) -> Knowledge:
    """The knowledge base of `folder`, indexed. Raises ConfigError; Unavailable when a model fails."""

    def build(base: KnowledgeBase) -> Retriever:
        return build_retriever(base, settings, models or Models(), datetime.now(UTC).date())

    return Knowledge(load(folder), build, folder)


def open_bots(settings: Settings, data: Path, knowledge: Path) -> Bots:
    """Every bot of the settings around one memory in the folder `data` (made if missing).

    `knowledge` is the default bot's. Raises ConfigError.
    """
    hours = Hours(settings.dialogue.opens, settings.dialogue.closes, settings.dialogue.timezone)
    default_policy = Policy.load(Path(settings.dialogue.policy)) if settings.dialogue.policy else Policy.default()
    dialogues = {DEFAULT: Dialogue.load(settings.dialogue.flow, hours, default_policy)}
    folders = {DEFAULT: knowledge} | {name: spec.kb for name, spec in settings.bots.items()}
    for name, spec in settings.bots.items():
        policy = Policy.load(spec.policy) if spec.policy else Policy.default()
        dialogues[name] = Dialogue.load(spec.flow or settings.dialogue.flow, hours, policy)
    key = _installation_key(data)
    telemetry = Telemetry(key, log_text=settings.flags.log_text)
    models = open_models(
        settings.retriever,
        cache=data / CACHE,
        on_degraded=lambda part, reason: telemetry.retrieval_degraded.labels(part, reason).inc(),
    )
    shelves = {name: open_knowledge(settings, folder, models) for name, folder in folders.items()}
    tokens = TokenCounter()
    budget = Budget(settings.turn.prompt_tokens, settings.llm.context - answer_room(settings) - _MARGIN)
    persona = settings.dialogue.persona
    frames = hashlib.blake2b(key, digest_size=32, person=b"prompt-frames").digest()  # tells nothing of the log's hashes
    prompts = PromptBuilder(tokens, secret=frames, name=persona.name, role=persona.role, budget=budget)
    llm, pace = _backend(settings, telemetry, tokens, prompts, dialogues[DEFAULT])
    admission = Admission(settings.turn.parallel, settings.turn.max_waiting, pace, settings.turn.timeout_s)
    telemetry.running.set_function(lambda: admission.running)
    telemetry.waiting.set_function(lambda: admission.waiting)
    default = Bot(
        name=DEFAULT,
        settings=settings,
        store=Store(data / _DATABASE, busy_timeout_ms=settings.store.busy_timeout_ms),
        dialogue=dialogues[DEFAULT],
        knowledge=shelves[DEFAULT],
        llm=llm,
        prompts=prompts,
        admission=admission,
        locks=KeyLocks(),
        cpu=Cpu(settings.turn.work_s, settings.turn.rest_s),
        asides=Asides(),
        telemetry=telemetry,
    )
    others = {
        name: replace(
            default,
            name=name,
            dialogue=dialogues[name],
            knowledge=shelves[name],
            prompts=PromptBuilder(tokens, secret=frames, name=spec.persona.name, role=spec.persona.role, budget=budget),
            language=spec.language,
        )
        for name, spec in settings.bots.items()
    }
    patterns = tuple((pattern, name) for name, spec in settings.bots.items() for pattern in spec.sessions)
    return Bots(default, others, patterns, models)


def _backend(
    settings: Settings, telemetry: Telemetry, tokens: TokenCounter, prompts: PromptBuilder, dialogue: Dialogue
) -> tuple[Backend, Pace]:
    """The backend that speaks for all bots, and the pace it is thought to have at first."""
    llm = settings.llm
    if llm.backend == "extractive":
        return Extractive(), Pace()
    pace = Pace(
        llm.prefill_tps,
        llm.decode_tps,
        fresh=settings.turn.prompt_tokens,
        answer=llm.answer_tokens,
        curve=llm.gain,
    )
    method = dialogue.title(settings.dialogue.flow)
    system = prompts.system(method, structured=settings.flags.structured)
    return Ollama(settings, telemetry, pace, system=system, on_count=tokens.calibrate), pace


def _installation_key(data: Path) -> bytes:
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _hash_key(data / _LOG_KEY)
    except OSError as error:
        raise ConfigError(
            f"data folder {str(data)!r} cannot be used: {error.strerror}; name another with --data"
        ) from None


def _hash_key(path: Path) -> bytes:
    """The key that ids in logs are hashed with and others follow from: made once, readable by the owner alone."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(32)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        return key
