"""What reading one message for slots rests on (`SlotReader`), and what the reading finds (`Heard`)."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from app.dialogue.flow.model import SlotSpec
from app.dialogue.hearing.intents import Understanding
from app.dialogue.hearing.lexicon import Match
from app.dialogue.hearing.text import Token
from app.dialogue.hearing.vocabulary import Vocabulary
from app.language.moments.moments import moments
from app.language.numerals import numbers

_ELSEWHERE = (
    "price", "feature", "comparison", "human_wanted", "refusal", "frustration", "bot_question", "objection_price",
    "objection_think", "objection_trust", "goodbye", "opt_out", "complaint", "refund", "legal", "medical",
    "discount_request", "reschedule", "cancel_request", "booking", "off_topic",
)  # fmt: skip
"""Intents of a message that is about something else than our question."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message told, or one part of it. `values` are to be stored, `forgotten` names to be dropped.

    `a | b` is what both found, in this order: `b` may replace values of `a`, and take back those in its `undone`.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    forgotten: frozenset[str] = frozenset()
    """Slots whose known value is wrong («меня не Айдар зовут»)."""
    undone: frozenset[str] = frozenset()
    """Slots that an earlier part filled amiss."""
    answered: bool = False
    """The pending question was answered, or declined."""
    declined: bool = False
    """The customer has nothing to say to the pending question, or does not want to."""
    none: bool = False
    """He declined by saying that there is no such thing."""
    corrected: bool = False
    hinted: frozenset[str] = frozenset()
    """Slots that he lets see without telling: they are not asked for."""

    def __or__(self, other: "Heard") -> "Heard":
        kept = {slot: value for slot, value in self.values.items() if slot not in other.undone}
        return Heard(
            {**kept, **other.values},
            self.forgotten | other.forgotten,
            self.undone | other.undone,
            self.answered or other.answered,
            self.declined or other.declined,
            self.none or other.none,
            self.corrected or other.corrected,
            self.hinted | other.hinted,
        )


_NOWHERE = frozenset[int]()
NOTHING = Heard()
DECLINED = Heard(answered=True, declined=True)


@dataclass(frozen=True)
class SlotReader:
    """One message while it is read for slots: its words, what is known, what we asked, what earlier parts heard."""

    u: Understanding
    vocabulary: Vocabulary
    slots: Mapping[str, SlotSpec]
    known: Mapping[str, str]
    pending: str | None
    """The slot that waits for an answer, if the flow has it."""
    options: tuple[str, ...]
    """What its question listed."""
    late: tuple[str, ...]
    """Slots whose question went by unanswered."""
    words: Mapping[str, frozenset[int]]
    """By helper list the places of its words."""
    valued: frozenset[int]
    """The places of listed values."""
    heard: Heard = NOTHING
    things: frozenset[str] = frozenset()
    """The words, folded, with which the shop names what it sells."""

    @property
    def tokens(self) -> tuple[Token, ...]:
        return self.u.message.tokens

    @cached_property
    def spelled(self) -> Mapping[int, tuple[int, int]]:
        """Whole numbers that are written in words: (number, place of the first word) by the place of the last."""
        tokens, known = self.tokens, self.vocabulary.numbers
        starts = [token.start for token in tokens]
        found = {place: (known[t.text], place) for place, t in enumerate(tokens) if t.text in known}
        for number in numbers(self.u.message.text):
            first, behind = bisect_left(starts, number.start), bisect_left(starts, number.end)
            if first == behind or number.kind != "cardinal" or number.high is not None:
                continue
            if any(character.isdecimal() for character in self.u.message.text[number.start : number.end]):
                continue
            for place in range(first, behind):
                found.pop(place, None)
            found[behind - 1] = int(number.value), first
        return found

    @cached_property
    def timed(self) -> frozenset[int]:
        """The places of the words that say when."""
        named = moments(self.u.message.text)
        spans = [(named.text.tokens[each.first].start, named.text.tokens[each.last - 1].end) for each in named.elements]
        return frozenset(
            place for place, token in enumerate(self.tokens) if any(a <= token.start < b for a, b in spans)
        )

    def spelled_at(self, place: int) -> int | None:
        """The number whose last word stands at a place."""
        return self.spelled[place][0] if place in self.spelled else None

    def begins(self, place: int) -> int:
        """Where the number that ends at a place begins."""
        return self.spelled[place][1] if place in self.spelled else place

    @property
    def correcting(self) -> bool:
        return "correct" in self.words

    @property
    def busy(self) -> bool:
        """Whether the message is about something else than our question."""
        return self.u.has(*_ELSEWHERE) or bool(self.u.message.asking)

    def after(self, found: Heard) -> "SlotReader":
        """This reader as the next part meets it."""
        return self if found == NOTHING else replace(self, heard=self.heard | found)

    def filled(self, slot: str) -> bool:
        return any(name in self.heard.values for name in (slot, *self.slots[slot].satisfied_by))

    def at(self, word: str) -> frozenset[int]:
        """The places of the words of a helper list."""
        return self.words.get(word, _NOWHERE)

    def among(self, place: int, *words: str) -> bool:
        """Whether the token at a place is a word of one of these lists."""
        return any(place in self.words[word] for word in words if word in self.words)

    def has(self, word: str, clause: int | None = None, before: int | None = None) -> bool:
        return any(
            (clause is None or self.tokens[place].clause == clause) and (before is None or place < before)
            for place in self.at(word)
        )

    def written(self, place: int) -> bool:
        """Whether a token is part of a telephone or an address."""
        start = self.tokens[place].start
        return any(contact.start <= start < contact.end for contact in self.u.contacts)

    def negated(self, start: int, end: int, reach: int = 2) -> bool:
        """Whether a negation governs tokens `start`..`end`; behind them it may stand one word further off."""
        clause = self.tokens[start].clause
        only, before, after = self.at("only"), self.at("negation_before"), self.at("negation_after")
        return any(
            place in before and self.tokens[place].clause == clause and place + 1 not in only
            for place in range(max(0, start - reach), start)
        ) or any(
            place in after and self.tokens[place].clause == clause
            for place in range(end, min(len(self.tokens), end + reach + 1))
        )

    def told(self, slot: str, value: str) -> Heard:
        """A value said outright. What is known already is told again only where it answers our question."""
        if self.known.get(slot) != value:
            return Heard({slot: value}, corrected=slot in self.known)
        if self.pending and slot in (self.pending, *self.slots[self.pending].satisfied_by):
            return Heard({slot: value})
        return NOTHING


def places(matches: list[Match]) -> frozenset[int]:
    """The places of the tokens of these matches."""
    return frozenset(place for match in matches for place in range(match.start, match.end))
