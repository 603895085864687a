"""What reading one message for slots rests on: its words, what is known, what we asked, and the result so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.dialogue.flow.model import SlotSpec
from app.dialogue.hearing.intents import Understanding
from app.dialogue.hearing.lexicon import Match
from app.dialogue.hearing.vocabulary import Vocabulary


@dataclass(slots=True)
class Heard:
    """What one message told. `values` are to be stored, `forgotten` names to be dropped («меня не Айдар зовут»)."""

    values: dict[str, str] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    answered: bool = False
    """The pending question was answered, or declined."""
    declined: bool = False
    """The customer has nothing to say to the pending question, or does not want to."""
    none: bool = False
    """He declined by saying that there is no such thing."""
    corrected: bool = False


class Hearing:
    """One message while it is read. The parts (`counts.py`, `extract.py`) fill `heard`."""

    def __init__(
        self,
        u: Understanding,
        vocabulary: Vocabulary,
        slots: Mapping[str, SlotSpec],
        known: Mapping[str, str],
        pending: str | None,
    ) -> None:
        self.u = u
        self.tokens = u.message.tokens
        self.vocabulary = vocabulary
        self.slots = slots
        self.known = known
        self.pending = pending if pending in slots else None
        self.heard = Heard()
        self.words = {name: _places(u.word(name)) for name in {m.label[1] for m in u.matches if m.label[0] == "word"}}
        self.valued = _places([match for match in u.matches if match.label[0] == "value"])
        self.correcting = "correct" in self.words

    def filled(self, slot: str) -> bool:
        return any(name in self.heard.values for name in (slot, *self.slots[slot].satisfied_by))

    def has(self, word: str, clause: int | None = None, before: int | None = None) -> bool:
        return any(
            (clause is None or self.tokens[place].clause == clause) and (before is None or place < before)
            for place in self.words.get(word, ())
        )

    def negated(self, start: int, end: int, reach: int = 2) -> bool:
        clause = self.tokens[start].clause
        only = self.words.get("only", frozenset())
        before = self.words.get("negation_before", frozenset())
        after = self.words.get("negation_after", frozenset())
        return any(
            place in before and self.tokens[place].clause == clause and place + 1 not in only
            for place in range(max(0, start - reach), start)
        ) or any(
            place in after and self.tokens[place].clause == clause
            for place in range(end, min(len(self.tokens), end + reach + 1))
        )

    def store(self, slot: str, value: str) -> None:
        if self.known.get(slot) != value:
            self.heard.values[slot] = value
            self.heard.corrected |= slot in self.known
        elif self.pending and slot in (self.pending, *self.slots[self.pending].satisfied_by):
            self.heard.values[slot] = value


def _places(matches: list[Match]) -> frozenset[int]:
    return frozenset(place for match in matches for place in range(match.start, match.end))
