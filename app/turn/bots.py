"""Bot and Bots: everything a turn needs, and which bot a conversation belongs to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from app.capacity.admission import Admission
from app.cpu import Cpu
from app.dialogue.engine import Dialogue
from app.errors import ConfigError
from app.knowledge.models import Models
from app.knowledge.shelf import Knowledge
from app.llm import Backend
from app.prompt import PromptBuilder
from app.settings import Settings
from app.store import Store
from app.telemetry import Telemetry
from app.turn.asides import Asides
from app.turn.locks import KeyLocks
from app.types import Language

DEFAULT = "default"
"""Name of the bot that answers sessions no pattern names."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Bot:
    """Everything a turn needs. Bots of one machine share store, admission, locks, processor, model and telemetry."""

    name: str
    settings: Settings
    store: Store
    dialogue: Dialogue
    knowledge: Knowledge
    llm: Backend
    prompts: PromptBuilder
    admission: Admission
    locks: KeyLocks
    cpu: Cpu
    asides: Asides
    telemetry: Telemetry
    language: Language = "ru"
    """The language to answer in until the customer's is known."""
    clock: Callable[[], datetime] = _now


@dataclass(frozen=True)
class Bots:
    """The bots of one machine: a conversation belongs to the first whose pattern its session_id matches."""

    default: Bot
    others: Mapping[str, Bot]
    patterns: tuple[tuple[str, str], ...]
    """(session_id pattern with * and ?, name of its bot), in the order of the settings."""
    models: Models = field(default_factory=Models)
    """Of the search, shared by all bots."""

    def for_session(self, session_id: str) -> Bot:
        """The bot of a conversation; the default one when no pattern matches."""
        for pattern, name in self.patterns:
            if fnmatchcase(session_id, pattern):
                return self.others[name]
        return self.default

    async def close(self) -> None:
        """Ends what runs for the bots: asides, the backend, the models, the store."""
        await self.default.asides.close()
        await self.default.llm.close()
        self.models.close()
        await self.default.store.close()

    def all(self) -> tuple[Bot, ...]:
        """The default one first."""
        return (self.default, *self.others.values())

    def named(self, name: str) -> Bot:
        """Raises ConfigError that lists the known names."""
        if name == DEFAULT:
            return self.default
        if name not in self.others:
            raise ConfigError(f"there is no bot {name!r}; known: {', '.join((DEFAULT, *self.others))}")
        return self.others[name]
