"""Settings, a data folder and a knowledge base -> the machine and its bots."""

import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from app.capacity.admission import Admission
from app.capacity.quality import Quality
from app.cpu import Cpu
from app.dialogue import Dialogue, Hours
from app.dialogue.policy.model import Policy
from app.dialogue.switches import Switches
from app.errors import ConfigError
from app.knowledge.models import CACHE, Models, OnStep, Part, Reason, open_models
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, load
from app.knowledge.shelf import Knowledge, build_retriever
from app.llm.chat import answer_room
from app.prompt import Budget, PromptBuilder, TokenCounter
from app.service.backends import BACKENDS
from app.settings import Settings
from app.store import Store
from app.telemetry import Telemetry
from app.turn.bots import DEFAULT, Bot, Bots
from app.turn.chain import decide
from app.turn.deciding import what_decides
from app.turn.machine import Machine
from app.turn.prompting import opening
from app.types import Ask, Key, Language, Snapshot
from app.understanding.acts import Classifier
from app.understanding.own import own_examples

_DATABASE = "conversations.db"
_LOG_KEY = "log.key"
_MARGIN = 128  # tokens: our count of a prompt is an estimate


_AHEAD = 4
"""Sections whose questions are read ahead."""


def open_machine(settings: Settings, data: Path, knowledge: Path, on_step: OnStep = lambda at: None) -> Machine:
    """The machine of the settings around the memory in the folder `data` (made if missing).

    `knowledge` is the default bot's; `on_step` hears of each step of what may take minutes. Raises ConfigError.
    """
    key = _installation_key(data)
    telemetry = Telemetry(key, log_text=settings.flags.log_text)
    models = open_models(
        settings.search,
        settings.guardrail.entailment,
        cache=data / CACHE,
        on_degraded=lambda part, reason: left_out(telemetry, part, reason),
        on_step=on_step,
    )
    tokens = TokenCounter()
    bots = open_bots(settings, knowledge, key=key, models=models, tokens=tokens)
    _read_ahead(bots.default)
    system = opening(bots.default, settings.dialogue.flow, settings)
    llm, pace = BACKENDS[settings.llm.backend].open(settings, telemetry, system=system, on_count=tokens.calibrate)
    admission = Admission(settings.turn.parallel, settings.turn.max_waiting, pace, settings.turn.timeout_s)
    telemetry.running.set_function(lambda: admission.running)
    telemetry.waiting.set_function(lambda: admission.waiting)
    return Machine(
        settings=settings,
        store=Store(data / _DATABASE, busy_timeout_ms=settings.store.busy_timeout_ms),
        llm=llm,
        admission=admission,
        cpu=Cpu(settings.turn.work_s, settings.turn.rest_s),
        telemetry=telemetry,
        bots=bots,
        quality=Quality(settings.llm.quality_window, settings.llm.quality_share, 60 * settings.llm.quality_rest_min),
        models=models,
    )


def left_out(telemetry: Telemetry, part: Part, reason: Reason) -> None:
    """Counts a call of a model that was done without: of a draft, or of a search."""
    if part == "entail":
        telemetry.entailment_left_out.labels(reason).inc()
    else:
        telemetry.retrieval_degraded.labels(part, reason).inc()


def open_bots(
    settings: Settings, knowledge: Path, *, key: bytes, models: Models | None = None, tokens: TokenCounter | None = None
) -> Bots:
    """The bots of the settings, without a memory or a model that speaks. `key` is the installation's.

    Raises ConfigError; Unavailable when a model of the search fails.
    """
    dialogues = _dialogues(settings)
    shelves = _shelves(settings, knowledge, dialogues, models or Models())
    return _bots(settings, dialogues, shelves, _prompts(settings, key, tokens or TokenCounter()))


def _read_ahead(bot: Bot) -> None:
    """Words, names and examples that are read when first asked for: no customer waits for them."""
    snapshot, now = Snapshot(Key("", "")), datetime.now(UTC)
    asked = [question for section in bot.knowledge.sections[:_AHEAD] for question in section.questions[:1]]
    for text in ("1 + 1 = 2?", *asked):
        step = decide(Ask(snapshot.key, text, ""), snapshot, now, bot)
        step = replace(step, intents=("price",))
        what_decides(text, step, snapshot, bot.knowledge.current, now.date(), counted={})


def open_knowledge(
    settings: Settings, folder: Path, models: Models | None = None, *, timezone: str | None = None
) -> Knowledge:
    """The knowledge base of `folder`, indexed. Raises ConfigError; Unavailable when a model fails.

    `timezone`: of the bot that it is for, in which its offers end; that of the settings when it is for none.
    """

    zone = ZoneInfo(timezone or settings.dialogue.timezone)

    def build(base: KnowledgeBase) -> Retriever:
        return build_retriever(base, settings, models or Models(), datetime.now(zone).date())

    return Knowledge(load(folder), build, folder)


def _dialogues(settings: Settings) -> dict[str, Dialogue]:
    hours = Hours(settings.dialogue.opens, settings.dialogue.closes, settings.dialogue.timezone)
    policy = Policy.load(Path(settings.dialogue.policy)) if settings.dialogue.policy else Policy.default()
    flags = settings.flags
    switches = Switches(flags.tone_analysis, flags.lanes, flags.own_questions)
    classifiers = classifiers_of(settings)

    def dialogue(name: str, flow: str, policy: Policy) -> Dialogue:
        return Dialogue.load(flow, hours, policy, classifier=classifiers.get(name), switches=switches)

    dialogues = {DEFAULT: dialogue(DEFAULT, settings.dialogue.flow, policy)}
    for name, spec in settings.bots.items():
        policy = Policy.load(spec.policy) if spec.policy else Policy.default()
        dialogues[name] = dialogue(name, spec.flow or settings.dialogue.flow, policy)
    return dialogues


def classifiers_of(settings: Settings) -> dict[str, Classifier]:
    """The classifiers of the bots that have examples of their own, by the bot's name. Raises ConfigError."""
    named = {DEFAULT: Path(settings.dialogue.examples)} if settings.dialogue.examples else {}
    named |= {name: spec.examples for name, spec in settings.bots.items() if spec.examples}
    return {name: Classifier.load().with_own(own_examples(path)) for name, path in named.items()}


def _shelves(
    settings: Settings, knowledge: Path, dialogues: Mapping[str, Dialogue], models: Models
) -> dict[str, Knowledge]:
    folders = {DEFAULT: knowledge} | {name: spec.kb for name, spec in settings.bots.items()}
    return {
        name: open_knowledge(settings, folder, models, timezone=dialogues[name].hours.timezone)
        for name, folder in folders.items()
    }


def _prompts(settings: Settings, key: bytes, tokens: TokenCounter) -> dict[str, PromptBuilder]:
    frames = hashlib.blake2b(key, digest_size=32, person=b"prompt-frames").digest()  # tells nothing of the log's hashes
    budget = Budget(settings.turn.prompt_tokens, settings.llm.context - answer_room(settings) - _MARGIN)
    personas = {DEFAULT: settings.dialogue.persona} | {name: spec.persona for name, spec in settings.bots.items()}
    return {
        name: PromptBuilder(tokens, secret=frames, name=persona.name, role=persona.role, budget=budget)
        for name, persona in personas.items()
    }


def _bots(
    settings: Settings,
    dialogues: Mapping[str, Dialogue],
    shelves: Mapping[str, Knowledge],
    prompts: Mapping[str, PromptBuilder],
) -> Bots:
    def bot(name: str, language: Language, borne_out: Mapping[Language, float | None]) -> Bot:
        least = {**settings.guardrail.borne_out, **borne_out}
        return Bot(name, dialogues[name], shelves[name], prompts[name], language, least)

    others = {name: bot(name, spec.language, spec.borne_out) for name, spec in settings.bots.items()}
    patterns = tuple((pattern, name) for name, spec in settings.bots.items() for pattern in spec.sessions)
    return Bots(bot(DEFAULT, "ru", {}), others, patterns)


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
