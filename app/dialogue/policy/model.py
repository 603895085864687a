"""What one bot may say and what it leaves to people, as data: `policy.yaml` -> `Policy`.

All keys are optional. `topics` are looked at in their order before anything else the dialogue would do; behind a bot's
own topics stand the package's (complaint, refund, legal, medical: a human), each for the intents that no topic of the
bot names. The package's policy.yaml shows the format.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

from app.dialogue.hearing.intents import INTENTS
from app.dialogue.hearing.lexicon import Label, Lexicon
from app.dialogue.policy.hours import Hours, zone_of
from app.dialogue.resources import LANGUAGES, load_texts, load_yaml, read_yaml
from app.errors import ConfigError
from app.types import Language

TopicAction = Literal["handover", "answer", "refuse", "ask"]
MAX_JOINED = 3
"""This many `also` topics are said together at most."""

_KEYS = (
    "hours", "closed_notice", "languages", "discounts", "never", "texts", "topics", "questions", "skip",
)  # fmt: skip
_TOPIC_KEYS = ("name", "action", "intents", "phrases", "except", "text", "search", "also", "slot")

ByLanguage = Mapping[Language, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Topic:
    """Something customers bring up that this bot treats its own way. `text` holds variants; empty: facts alone."""

    name: str
    action: TopicAction
    intents: frozenset[str] = frozenset()
    text: ByLanguage = field(default_factory=dict)
    search: bool = False
    """The knowledge base is searched too and said behind the text."""
    also: bool = False
    """Said together with the other `also` topics of a message, and with the answer to the question that remains."""
    slot: str = ""
    """What the text's question asks for: the customer's next words are heard as its answer."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A bot's rules. Percentages in `discounts` may be said without a fact; phrases in `never` may not be said."""

    hours: Hours | None = None
    closed_notice: ByLanguage = field(default_factory=dict)
    languages: tuple[Language, ...] = LANGUAGES
    discounts: tuple[Decimal, ...] = ()
    never: tuple[str, ...] = ()
    texts: Mapping[Language, Mapping[str, Any]] = field(default_factory=dict)
    """Instead of texts/*.yaml, by name; `value` instead of the flow's line of value."""
    questions: Mapping[str, ByLanguage] = field(default_factory=dict)
    """Instead of the flows' questions, by slot."""
    skip: frozenset[str] = frozenset()
    """Slots that this bot never asks for."""
    topics: tuple[Topic, ...] = ()
    phrases: tuple[tuple[Label, str], ...] = ()
    """The topics' patterns, for the lexicon: labels ("topic", name, "") and ("except", name, "")."""

    @classmethod
    def load(cls, path: Path) -> "Policy":
        """Read a bot's file. Raises ConfigError that names the file, the place and the fix."""
        return parse(read_yaml(path, str(path)), str(path), cls.default())

    @classmethod
    def default(cls) -> "Policy":
        """The package's own rules (`app/dialogue/policy.yaml`)."""
        return _default()

    def answers_in(self, language: Language) -> Language:
        """The language to answer a customer in."""
        return language if language in self.languages else self.languages[0]

    def text(self, texts: ByLanguage, language: Language) -> tuple[str, ...]:
        """The variants in a language, or in the bot's first one, or in Russian."""
        return texts.get(language) or texts.get(self.languages[0]) or texts.get("ru", ())


@lru_cache(maxsize=1)
def _default() -> Policy:
    return parse(load_yaml("policy.yaml"), "policy.yaml", Policy())


def parse(data: Mapping[str, Any], source: str, base: Policy) -> Policy:
    """A policy from its YAML mapping, with `base` for the topics it says nothing about. Raises ConfigError."""
    reader = _Reader(source)
    reader.keys(data, _KEYS, "")
    topics = [reader.topic(row, number) for number, row in enumerate(reader.rows(data, "topics"), 1)]
    names = [topic.name for topic in topics]
    for name in names:
        if names.count(name) > 1:
            reader.fail(f"two topics are named {name!r}", "rename one")
    reader.compile_all()
    taken = frozenset[str]().union(*(topic.intents for topic in topics))
    inherited = [
        replace(topic, intents=topic.intents - taken)
        for topic in base.topics
        if topic.name not in names and (topic.intents - taken or not topic.intents)
    ]
    kept = {topic.name for topic in inherited}
    return Policy(
        hours=reader.hours(data.get("hours")) or base.hours,
        closed_notice=reader.texts(data.get("closed_notice", {}), "closed_notice"),
        languages=reader.languages(data.get("languages", base.languages)),
        discounts=tuple(reader.percentage(value) for value in reader.rows(data, "discounts")),
        never=tuple(str(value) for value in reader.rows(data, "never")),
        texts=reader.overrides(data.get("texts", {})),
        questions={
            str(slot): reader.questions(texts, str(slot))
            for slot, texts in reader.mapping(data.get("questions", {}), "questions").items()
        },
        skip=frozenset(str(slot) for slot in reader.rows(data, "skip")),
        topics=(*topics, *inherited),
        phrases=(*reader.phrases, *((label, phrase) for label, phrase in base.phrases if label[1] in kept)),
    )


class _Reader:
    """One file while it is read."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.phrases: list[tuple[Label, str]] = []

    def fail(self, problem: str, fix: str) -> NoReturn:
        raise ConfigError(f"{self.source}: {problem}; {fix}")

    def keys(self, row: object, known: Iterable[str], place: str) -> None:
        known = tuple(known)
        for key in self.mapping(row, place or "the file"):
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                hint = f"did you mean {near[0]!r}" if near else f"use one of {', '.join(known)}"
                self.fail(f"{place}{': ' if place else ''}the key {key!r} is unknown", hint)

    def mapping(self, value: object, place: str) -> Mapping[Any, Any]:
        if not isinstance(value, Mapping):
            self.fail(f"{place} holds {value!r}", "write `key: value` lines below it")
        return value

    def rows(self, data: Mapping[str, Any], key: str) -> list[Any]:
        rows = data.get(key, [])
        if not isinstance(rows, list):
            self.fail(f"{key} holds {rows!r}", "write a list: [a, b]")
        return rows

    def hours(self, row: Any) -> Hours | None:
        if row is None:
            return None
        self.keys(row, ("open", "close", "timezone"), "hours")
        try:
            zone_of(str(row.get("timezone", Hours().timezone)))
        except ConfigError as error:
            raise ConfigError(f"{self.source}: hours: {error}") from None
        return Hours(
            self._clock(row.get("open", "09:00"), "open"),
            self._clock(row.get("close", "21:00"), "close"),
            str(row.get("timezone", Hours().timezone)),
        )

    def _clock(self, value: object, key: str) -> time:
        # YAML reads an unquoted 21:00 as the number 1260, sixty times twenty-one.
        text = f"{value // 60}:{value % 60:02}" if isinstance(value, int) else str(value)
        hour, _, minute = text.partition(":")
        if not (hour.isdecimal() and minute.isdecimal() and int(hour) <= 24 and int(minute) < 60):
            self.fail(f"hours: {key} is {value!r}", 'write the time in quotes: "09:00"')
        return time(int(hour) % 24, int(minute))

    def languages(self, value: object) -> tuple[Language, ...]:
        found = tuple(language for language in LANGUAGES if isinstance(value, list | tuple) and language in value)
        if not isinstance(value, list | tuple) or not value or len(found) < len(value):
            self.fail(
                f"languages is {value!r}", f"write a list of {', '.join(LANGUAGES)}, the first one being the usual"
            )
        return tuple(sorted(found, key=list(value).index))

    def percentage(self, value: object) -> Decimal:
        try:
            return Decimal(str(value).removesuffix("%").strip())
        except InvalidOperation:
            raise ConfigError(f"{self.source}: discounts: {value!r} is no number; write 10 for 10 %") from None

    def texts(self, value: object, place: str) -> ByLanguage:
        found: dict[Language, tuple[str, ...]] = {}
        for language, texts in self.mapping(value, place).items():
            if language not in LANGUAGES:
                self.fail(f"{place}: the language {language!r} is unknown", f"use one of {', '.join(LANGUAGES)}")
            rows = [texts] if isinstance(texts, str) else texts
            if not isinstance(rows, list) or not all(isinstance(text, str) and text.strip() for text in rows):
                self.fail(f"{place}: {language} holds {texts!r}", "write a text or a list of texts")
            for text in rows:
                if text.count("?") > 1:
                    self.fail(f"{place}: {text!r} asks twice", "leave one question mark")
            found[language] = tuple(" ".join(text.split()) for text in rows)
        return found

    def questions(self, value: object, slot: str) -> ByLanguage:
        texts = self.texts(value, f"questions: {slot}")
        for text in (text for variants in texts.values() for text in variants):
            if text.count("?") != 1:
                self.fail(f"questions: {slot}: {text!r} needs exactly one `?`", "write one question")
        return texts

    def overrides(self, value: object) -> Mapping[Language, Mapping[str, Any]]:
        found: dict[Language, Mapping[str, Any]] = {}
        base = load_texts()["ru"].data
        known = (*base, "value")
        for language, texts in self.mapping(value, "texts").items():
            place = f"texts: {language}"
            if language not in LANGUAGES:
                self.fail(f"{place}: the language is unknown", f"use one of {', '.join(LANGUAGES)}")
            self.keys(texts, known, place)
            own: dict[str, Any] = {}
            for name, variants in texts.items():
                if isinstance(variants, Mapping):
                    own[name] = {str(key): str(text) for key, text in variants.items()}
                    continue
                texts_of = self.texts({language: variants}, f"{place}: {name}")[language]
                # What is one text in the package stays one: a search is joined with others.
                own[name] = texts_of[0] if isinstance(base.get(name), str) else list(texts_of)
                if name == "fallback" and any("?" in text for text in own[name]):
                    self.fail(f"{place}: fallback asks", "say it without a question: the flow's one follows")
            found[language] = own
        return found

    def topic(self, row: object, number: int) -> Topic:
        place = f"topic {number}"
        self.keys(row, _TOPIC_KEYS, place)
        row = self.mapping(row, place)
        name = str(row.get("name", ""))
        if not name:
            self.fail(f"{place} has no name", "add `name: payment`")
        place = f"topic {name!r}"
        action: Any = row.get("action")
        if action not in get_args(TopicAction):
            self.fail(f"{place}: the action {action!r} is unknown", f"use one of {', '.join(get_args(TopicAction))}")
        intents = self.rows(row, "intents")
        for intent in intents:
            if intent not in INTENTS:
                near = difflib.get_close_matches(str(intent), INTENTS, n=1)
                hint = f"did you mean {near[0]!r}" if near else f"use one of {', '.join(INTENTS)}"
                self.fail(f"{place}: the intent {intent!r} is unknown", hint)
        before = len(self.phrases)
        self._patterns(row.get("phrases", {}), ("topic", name, ""), place)
        if not intents and len(self.phrases) == before:
            self.fail(f"{place} has no intents and no phrases", "add one of them, or it is never met")
        self._patterns(row.get("except", {}), ("except", name, ""), place)
        text = self.texts(row.get("text", {}), f"{place}: text")
        search = bool(row.get("search"))
        if not text.get("ru") and not search:
            self.fail(f"{place} has no text in ru", "add `text: {ru: [...]}`, or `search: true`")
        return Topic(name, action, frozenset(intents), text, search, bool(row.get("also")), str(row.get("slot", "")))

    def _patterns(self, value: object, label: Label, place: str) -> None:
        for language, rows in self.mapping(value, f"{place}: phrases").items():
            if language not in LANGUAGES:
                self.fail(f"{place}: the language {language!r} is unknown", f"use one of {', '.join(LANGUAGES)}")
            if not isinstance(rows, list):
                self.fail(f"{place}: {language} holds {rows!r}", "write a list of patterns")
            for phrase in rows:
                words = str(phrase).split()
                if any(
                    (word[0] == "^" or word[-1] == "$" or ".." in word) and word not in ("^", "$", "..")
                    for word in words
                ):
                    self.fail(
                        f"{place}: {language}: {phrase!r} runs a sign into a word",
                        "set `^`, `$` and `..` apart by spaces",
                    )
                if isinstance(phrase, bool) or not str(phrase).strip():
                    self.fail(f"{place}: {language}: {phrase!r} is no pattern", "quote it, or remove it")
                self.phrases.append((label, str(phrase)))

    def compile_all(self) -> None:
        """A pattern that cannot be compiled is found when the file is read, with the file's name."""
        for label, phrase in self.phrases:
            try:
                Lexicon([(label, phrase)])
            except ValueError as error:
                self.fail(f"topic {label[1]!r}: {error}", "correct the pattern (lexicon.py explains the language)")
