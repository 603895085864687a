"""Bot: one shop. Bots: all shops of a machine, and which of them a conversation belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

from app.composing.fitting import folded
from app.dialogue.engine import Dialogue
from app.dialogue.flow import trades
from app.errors import ConfigError
from app.knowledge.retriever import Retriever
from app.knowledge.shelf import Knowledge
from app.prompt import PromptBuilder
from app.types import Language

DEFAULT = "default"
"""Name of the bot that answers sessions no pattern names."""


PAGES, QUOTED = 3, 0.8
"""Sections of a knowledge that has nothing else, and the share of a sentence's words that it must then bear out:
measured on public answers about single passages (docs/guardrail.md)."""


@dataclass(frozen=True)
class Bot:
    """What one shop has of its own; what it shares with the others is the Machine's."""

    name: str
    dialogue: Dialogue
    knowledge: Knowledge
    prompts: PromptBuilder
    language: Language = "ru"
    """The language to answer in until the customer's is known."""
    borne_out: Mapping[Language, float | None] = field(default_factory=dict)
    """How much (0..1) of a sentence's words its knowledge must bear out, by the language that is answered in; None: by
    how large that knowledge is."""

    @property
    def names(self) -> frozenset[str]:
        """The shop's names with Latin letters, lower case, as its knowledge writes them now."""
        return self.knowledge.current.brands

    @property
    def things(self) -> frozenset[str]:
        """The words, folded, with which it names what it sells now, in all its languages."""
        return _things(self.knowledge.current)

    @property
    def served(self) -> frozenset[str]:
        """The trades that its knowledge speaks of: a sales method for another one asks nothing of its customers."""
        return _served(self.knowledge.current)

    def least_borne(self, language: Language) -> float:
        """The share (0..1) that is asked for in a language."""
        return least_share(self.borne_out, language, len(self.knowledge.current.sections))

    @property
    def timezone(self) -> str:
        """IANA name of the zone that its hours, its "today" and the end of its offers are reckoned in."""
        return self.dialogue.hours.timezone


@lru_cache(maxsize=8)
def _things(found: Retriever) -> frozenset[str]:
    names = (*(offer.name for offer in found.catalogue.offers), *found.names.spoken)
    return frozenset(word for name in names for word in folded(name))


@lru_cache(maxsize=8)
def _served(found: Retriever) -> frozenset[str]:
    return trades.served([f"{section.title} {section.text}" for section in found.sections])


def least_share(borne_out: Mapping[Language, float | None], language: Language, sections: int) -> float:
    """The share (0..1) of a sentence's words that must be borne out: as set, or by the number of sections. A page or
    two are quoted; what a whole shop sells is told in a seller's own words."""
    share = borne_out.get(language, 0.0)
    if share is not None:
        return share
    return QUOTED if sections <= PAGES else 0.0


@dataclass(frozen=True)
class Bots:
    """The bots of one machine: a conversation belongs to the first whose pattern its session_id matches."""

    default: Bot
    others: Mapping[str, Bot]
    patterns: tuple[tuple[str, str], ...]
    """(session_id pattern with * and ?, name of its bot), in the order of the settings."""

    def for_session(self, session_id: str) -> Bot:
        """The bot of a conversation; the default one when no pattern matches."""
        for pattern, name in self.patterns:
            if fnmatchcase(session_id, pattern):
                return self.others[name]
        return self.default

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
