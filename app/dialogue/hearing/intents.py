"""What a message wants: its intents, strongest first, whatever language, typos or order they come in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from app.dialogue.hearing import broken
from app.dialogue.hearing.lexicon import Match
from app.dialogue.hearing.precedence import give_way
from app.dialogue.hearing.reader import WEAK_LIMIT, Reader, is_foreign
from app.dialogue.hearing.recognition import acts_of, joined
from app.dialogue.hearing.text import Contact, Message, contacts, read
from app.dialogue.hearing.tone import tone_of
from app.dialogue.hearing.tongue import wished
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.kinds import FREE
from app.dialogue.resources import LANGUAGES
from app.dialogue.switches import ALL_ON, Switches
from app.language.identify import identify
from app.types import HeardLanguage, Language, Tone
from app.understanding.acts import Classifier
from app.understanding.doubt import candidates, heeded, is_unsure

RANK = (
    "emergency", "injection", "trouble", "order_status", "paid", "supplier", "applicant", "stranger", "price",
    "human_wanted", "complaint",
    "refund", "legal", "medical", "abuse", "invoice", "demo", "payment", "discount_request", "reschedule",
    "cancel_request", "booking", "comparison", "contact_given", "callback_time", "feature", "about_us", "refusal",
    "opt_out", "frustration", "bot_question", "objection_price", "objection_trust", "objection_have", "objection_think",
    "purchase", "project", "info", "told", "denial", "off_topic", "spam", "auto_reply", "language_wish", "correction",
    "small_talk", "agreement", "goodbye", "thanks", "greeting",
)  # fmt: skip
"""Strongest first: a price question is answered whatever stands beside it."""

INTENTS = RANK
"""Every intent there is."""

_HEARD: dict[str, HeardLanguage] = {"ru": "ru", "kk": "kk", "en": "en"}
_CALLS = frozenset({"human_wanted", "callback_time", "opt_out", "refusal"})
"""What nobody wants who wants no call, and an answer."""
_ASKS = frozenset({"price", "comparison", "feature"})
_FED_UP = 0.85
"""Probability from which what stands where an answer of a few words is waited for is anger."""
_LINK = re.compile(r"(?:https?://|www\.)\S+")


@dataclass(frozen=True)
class Understanding:
    """A message as understood. `intents` are ordered by strength; places are indices into `message.tokens`."""

    intents: tuple[str, ...]
    language: Language
    message: Message
    matches: tuple[Match, ...]
    contacts: tuple[Contact, ...]
    content: tuple[int, ...]
    """The words that carry something: no courtesies, no fillers."""
    greeting: frozenset[int]
    """The words of the greeting."""
    asking: frozenset[int]
    """The clauses that ask something."""
    heard: HeardLanguage = "ru"
    tone: Tone = "neutral"
    acts: Mapping[str, float] = field(default_factory=dict)
    """What the examples say of it: an act's probability (0..1)."""
    unsure: bool = False
    """Nothing tells what it is for."""

    def has(self, *names: str) -> bool:
        return not set(self.intents).isdisjoint(names)

    def with_intent(self, name: str) -> "Understanding":
        """This with one more intent, in its place."""
        return replace(self, intents=tuple(other for other in RANK if other == name or other in self.intents))

    def word(self, name: str) -> list[Match]:
        """The matches of a helper word list (`words:` in the phrase files)."""
        return self._words.get(name, [])

    @cached_property
    def _words(self) -> Mapping[str, list[Match]]:
        found: dict[str, list[Match]] = {}
        for match in self.matches:
            if match.label[0] == "word":
                found.setdefault(match.label[1], []).append(match)
        return found

    @property
    def likely(self) -> tuple[str, ...]:
        """The acts that it may have, the likeliest first."""
        return candidates(self.acts)

    @cached_property
    def steers(self) -> str:
        """`resume`, `cancel` or `back`, where the message says only that; else empty."""
        polite = {place for name in ("affirm", "deny", "unknown") for place in self._places(name)}
        for name in ("resume", "cancel", "back"):
            places = self._places(name)
            if places and (places | polite).issuperset(self.content):
                return name
        return ""

    def _places(self, name: str) -> set[int]:
        return {place for match in self.word(name) for place in range(match.start, match.end)}

    @property
    def wished(self) -> Language | None:
        """The language that a wish for one names."""
        return self._wish if self.has("language_wish") else None

    @cached_property
    def _wish(self) -> Language | None:
        return wished(self.message, self._words, self.content, self.language)

    @property
    def short(self) -> bool:
        return len(self.content) <= WEAK_LIMIT

    @property
    def affirms(self) -> bool:
        """A yes, whatever stands beside it."""
        return bool(self.word("affirm")) and not self.denies

    @property
    def only_affirms(self) -> bool:
        """A yes and nothing else: «хочу» is one, «хочу порядок» is not."""
        places = self._places("affirm")
        return self.affirms and places.issuperset(self.content)

    @cached_property
    def denies(self) -> bool:
        """A no that stands by itself («нет, пока не надо»), unlike one that governs a word («нет аналитики»)."""
        tokens = self.message.tokens
        places = self._places("deny")
        if not places:
            return False
        if places.issuperset(self.content):
            return True
        first = min(places)
        alone = all(tokens[place].clause != tokens[first].clause for place in self.content if place not in places)
        return first <= len(self.greeting) and alone


def understand(
    text: str,
    vocabulary: Vocabulary,
    default: Language = "ru",
    pending: str | None = None,
    *,
    kind: str = "",
    clauses: Sequence[str] = (),
    classifier: Classifier | None = None,
    switches: Switches = ALL_ON,
    own_names: frozenset[str] = frozenset(),
    act: str = "",
) -> Understanding:
    """Read a message. `pending` is the slot asked for last, `kind` what its answer is (`kinds.Kind`; empty: unknown).

    `clauses` are those that reading has found: each has acts of its own. `classifier`: one with a bot's own examples,
    instead of the package's. `own_names`: the shop's with Latin letters, lower case. `act`: what a model
    said of it, if one did.
    """
    message = read(text, own_names)
    matches = vocabulary.find(message)
    reader = Reader(message, matches)
    found = contacts(message.text)
    spans = [(contact.start, contact.end) for contact in found]
    spans += [match.span() for match in _LINK.finditer(message.text)]
    written = [place for place, token in enumerate(message.tokens) if any(a <= token.start < b for a, b in spans)]
    language, heard = _language(message.text, default)
    own = [contact for contact in found if not is_foreign(reader, contact)]
    names = give_way(reader, reader.intents(pending, kind in FREE), kind)
    understanding = Understanding(
        (), language, message, tuple(matches), tuple(own), reader.content, reader.places("greeting"), frozenset(), heard
    )
    acts: Mapping[str, float] = {}
    unsure = False
    if not understanding.steers:
        classifier = classifier or Classifier.load()
        acts = heeded(acts_of(message.text, classifier, clauses), act)
        names = joined(
            names,
            acts,
            asking=bool(message.asking),
            contact=bool(own),
            waits=bool(pending),
            denies=understanding.denies,
            brief=len(reader.content) <= WEAK_LIMIT,
        )
        names = broken.heard(reader, acts, names)
        if pending and kind not in FREE and acts.get("frustration", 0.0) >= _FED_UP:
            names.add("frustration")  # no number and no choice is told in anger
        unsure = not own and is_unsure(names, acts, clauses, classifier)
    if "language_wish" in names and understanding._wish is None and _names_one(understanding):
        names = (names - {"language_wish"}) | {"feature"}  # it is asked what else is in it
    asks = understanding.word("tells_here") or message.asking & reader.asking(names)
    if understanding.word("no_call") and asks and not own:
        names = (names - _CALLS) | ({"feature"} if names.isdisjoint(_ASKS) else set())
    names = names - switches.unheard
    if own:
        names.add("contact_given")
    asking = reader.asking(names)
    if understanding.denies and "refusal" not in names:
        names.add("denial")
    told = [place for place in reader.content if message.tokens[place].clause not in asking and place not in written]
    if told and not reader.taken(told, names):
        names.add("info")
    intents = tuple(name for name in RANK if name in names)
    tone = tone_of(message.text, intents, matches) if switches.tone else "neutral"
    return replace(understanding, intents=intents, tone=tone, acts=acts, unsure=unsure, asking=asking)


def _names_one(understanding: Understanding) -> bool:
    return any(understanding.word(f"speaks_{language}") for language in LANGUAGES)


def _language(text: str, default: Language) -> tuple[Language, HeardLanguage]:
    """(the language to answer in, the one heard): a neighbour's counts as the one that it is answered in."""
    found = identify(text, default)
    heard: HeardLanguage = "mixed" if found.language == "mixed" else _HEARD.get(found.language, found.answer)
    return found.answer, heard
