"""What a message tells about the customer: numbers, names, contacts, trades, tools, troubles, our answers."""

from collections.abc import Collection, Iterable, Mapping

from app.dialogue.flow.model import SlotSpec
from app.dialogue.hearing.intents import Understanding
from app.dialogue.hearing.lexicon import Match
from app.dialogue.hearing.text import read, without
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.kinds import FREE
from app.dialogue.slots.choices import pick
from app.dialogue.slots.pending import Answering
from app.dialogue.slots.reader import Heard

_OBJECT = 4
"""Words of a thing to buy, at most."""


def extract(
    heard: Understanding,
    vocabulary: Vocabulary,
    slots: Mapping[str, SlotSpec],
    known: Mapping[str, str],
    pending: str | None,
    *,
    options: tuple[str, ...] = (),
    late: Collection[str] = (),
) -> Heard:
    """The slots of one message. A known slot is replaced only by something said outright, never by a guess.

    `options`: what the question that waits for an answer listed. `late`: slots whose question went by unanswered;
    a reply that fits nothing else is theirs.
    """
    extractor = _Extractor(heard, vocabulary, slots, known, pending)
    extractor.options, extractor.late = options, [slot for slot in late if slot not in known and slot != pending]
    return extractor.run()


def object_of(u: Understanding) -> str:
    """What a wish to buy names: «хочу купить сканер штрихкодов» -> «сканер штрихкодов»; empty where nothing is."""
    if not u.has("purchase") or u.message.asking or u.steers or u.denies:
        return ""
    wish = [m for m in u.word("wish") if not any(place in u.content for place in range(m.start))]
    if not wish:
        return ""
    verbs = frozenset(p for m in u.matches if m.label[1] == "purchase" for p in range(m.start, m.end))
    end = max(m.end for m in wish)
    while end < len(u.message.tokens) and end not in u.content:
        end += 1  # «ещё»
    named = [p for p in u.content if p >= end and p not in verbs and not u.message.tokens[p].text.isdecimal()]
    text = without(u.message, frozenset(range(end)) | verbs)
    return text if 1 <= len(named) <= _OBJECT and not u.contacts else ""


class _Extractor(Answering):
    def run(self) -> Heard:
        if self.u.steers or self.u.has("injection"):
            return self.heard
        self._contacts()
        self.names()
        self.numbers()
        self._values()
        self._late_number()
        if self.pending and self.slots[self.pending].kind == "contact" and not self.u.contacts and not self.u.asking:
            # «не хочу номер давать», «позже пришлю»
            self.heard.answered = self.heard.declined = "withhold" in self.words and not self.busy()
        pointed = self.pending is not None and not self.filled(self.pending) and self._choose(self.pending)
        if self.pending and not pointed and not self.filled(self.pending):
            self.answer(self.slots[self.pending].kind, self.pending)
        if self.pending and self.filled(self.pending):
            self.heard.answered = True
        return self.heard

    def _contacts(self) -> None:
        for contact in self.u.contacts:
            self.heard.values.setdefault(contact.kind, contact.value)
        first = self.heard.values.get("phone") or self.heard.values.get("email")
        if first:
            self.heard.values["contact"] = first
            self.heard.corrected = self.known.get("contact") not in (None, first)

    def _values(self) -> None:
        """Slots with a list of known values: business, tools, troubles."""
        found: dict[str, list[str]] = {}
        denied: set[str] = set()
        for match in self._longest(m for m in self.u.matches if m.label[0] == "value"):
            _, slot, value = match.label
            spec = self.slots.get(slot)
            if value in self.known.get(slot, "").split(", ") and self._denied(match):
                denied.add(slot)  # «не цветы, а косметика»
            wanted = slot == self.pending or slot in self.late
            if spec is None or not (spec.volunteered or wanted) or not self._meant(match, slot, spec):
                continue
            values = found.setdefault(slot, [])
            if value not in values:
                values.append(value)
        for slot, values in found.items():
            told = ", ".join([value for value in values if value != "none" or len(values) == 1][:3])
            old = self.known.get(slot)
            correcting = self.correcting or slot in denied
            if old is None or (old != told and (correcting or not self._is_listed(slot, old))):
                self.heard.values[slot] = told
                self.heard.corrected |= old is not None and correcting
        self.heard.forgotten |= denied - self.heard.values.keys()

    def _denied(self, match: Match) -> bool:
        """Whether a value is taken back: a negation stands right before it, in a statement."""
        clause = self.tokens[match.start].clause
        return clause not in self.u.asking and self.negated(match.start, match.end, 1)

    def _is_listed(self, slot: str, value: str) -> bool:
        return self.vocabulary.lists(slot, value)

    def _longest(self, matches: Iterable[Match]) -> list[Match]:
        """Of overlapping readings of one slot the longest: «аксессуары для телефонов» is no clothing."""
        kept: list[Match] = []
        for match in sorted(matches, key=lambda m: (m.start - m.end, m.start)):
            if not any(k.label[1] == match.label[1] and k.start < match.end and match.start < k.end for k in kept):
                kept.append(match)
        return sorted(kept, key=lambda m: m.start)

    def _meant(self, match: Match, slot: str, spec: SlotSpec) -> bool:
        """Whether the customer says it of himself: not negated, not asked about, not asked for."""
        clause = self.tokens[match.start].clause
        value = match.label[2]
        if value == "none":
            return slot == self.pending or self.has("own") or match.end - match.start > 1
        if self.negated(match.start, match.end):
            return False
        if slot in self.late and set(self.u.content) <= set(range(match.start, match.end)) and not self.u.asking:
            return True  # «в тетради», two questions later
        asking = clause in self.u.asking
        if slot == "business_type":
            return not asking or self.has("own", clause) or self.has("context", clause)
        if asking or self.has("want", clause) or slot == self.pending:
            return not asking and not self.has("want", clause)
        # «налоги» alone is what somebody looks for; «налоги вечно не сходятся» is what hurts.
        hurts = match.end - match.start > 1 or self.has("own") or self.has("complaint", clause)
        uses = self.has("own", clause) or self.has("tools_cue", clause)
        return uses if slot == "current_tools" else hurts

    def _late_number(self) -> None:
        """«12», two questions later; while a number or a list of options is asked for, it belongs there."""
        waiting = self.slots[self.pending].kind if self.pending else ""
        if waiting in ("number", "contact") or self.options or len(self.tokens) != 1 or self.heard.values:
            return
        slot = next((slot for slot in self.late if self.slots[slot].kind == "number"), None)
        if slot is not None and not self.filled(slot):
            self.answer_number(slot)

    def _choose(self, slot: str) -> bool:
        """Whether the reply points at what the question listed («второй», «2»); its option is the answer."""
        chosen = pick(self.u, self.options) if self.slots[slot].kind in (*FREE, "choice") else None
        if chosen is None:
            return False
        values = []
        for option in chosen:
            found = [m.label[2] for m in self.vocabulary.find(read(option)) if m.label[:2] == ("value", slot)]
            values.append(found[0] if found else option)
        if values:
            self.heard.values[slot] = ", ".join(dict.fromkeys(values))
        return True
