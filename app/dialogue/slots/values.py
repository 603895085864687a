"""Slots with a list of known values: a trade, tools, troubles; told by the customer of himself."""

from collections.abc import Iterable

from app.dialogue.flow.model import SlotSpec
from app.dialogue.hearing.lexicon import Match
from app.dialogue.slots.reader import NOTHING, Heard, SlotReader

_MOST = 3
"""Values kept of one slot."""


def values(r: SlotReader) -> Heard:
    """The listed values that the customer tells; a known one that he takes back is forgotten."""
    found: dict[str, list[str]] = {}
    denied: set[str] = set()
    for match in _longest(m for m in r.u.matches if m.label[0] == "value"):
        _, slot, value = match.label
        spec = r.slots.get(slot)
        if value in r.known.get(slot, "").split(", ") and _denied(r, match):
            denied.add(slot)  # «не цветы, а косметика»
        wanted = slot == r.pending or slot in r.late
        if spec is None or not (spec.volunteered or wanted) or not _meant(r, match, slot, spec):
            continue
        told = found.setdefault(slot, [])
        if value not in told:
            told.append(value)
    heard = NOTHING
    for slot, told in found.items():
        heard |= _kept(r, slot, told, correcting=r.correcting or slot in denied)
    return heard | Heard(forgotten=frozenset(denied - r.after(heard).heard.values.keys()))


def _kept(r: SlotReader, slot: str, told: list[str], *, correcting: bool) -> Heard:
    """A known listed value is replaced only by a correction, one in free words by any listed one."""
    value = ", ".join([value for value in told if value != "none" or len(told) == 1][:_MOST])
    old = r.known.get(slot)
    if old is None or (old != value and (correcting or not r.vocabulary.lists(slot, old))):
        return Heard({slot: value}, corrected=old is not None and correcting)
    return NOTHING


def _denied(r: SlotReader, match: Match) -> bool:
    """Whether a value is taken back: a negation stands right before it, in a statement."""
    return r.tokens[match.start].clause not in r.u.asking and r.negated(match.start, match.end, 1)


def _longest(matches: Iterable[Match]) -> list[Match]:
    """Of overlapping readings of one slot the longest: «аксессуары для телефонов» is no clothing."""
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (m.start - m.end, m.start)):
        if not any(k.label[1] == match.label[1] and k.start < match.end and match.start < k.end for k in kept):
            kept.append(match)
    return sorted(kept, key=lambda m: m.start)


def _meant(r: SlotReader, match: Match, slot: str, spec: SlotSpec) -> bool:
    """Whether the customer says it of himself: not negated, not asked about, not asked for."""
    clause = r.tokens[match.start].clause
    if match.label[2] == "none":
        return slot == r.pending or r.has("own") or match.end - match.start > 1
    if r.negated(match.start, match.end) or _of_a_number(r, match):
        return False
    if slot in r.late and set(r.u.content) <= set(range(match.start, match.end)) and not r.u.asking:
        return True  # «в тетради», two questions later
    asking = clause in r.u.asking
    if slot == "business_type":
        return not asking or r.has("own", clause) or r.has("context", clause)
    if asking or r.has("want", clause) or slot == r.pending:
        return not asking and not r.has("want", clause)
    # «налоги» alone is what somebody looks for; «налоги вечно не сходятся» is what hurts.
    hurts = match.end - match.start > 1 or r.has("own") or r.has("complaint", clause)
    uses = r.has("own", clause) or r.has("tools_cue", clause)
    return uses if slot == "current_tools" else hurts


def _of_a_number(r: SlotReader, match: Match) -> bool:
    """«Телефоным 8701 …» names a number, and no trade in telephones."""
    before = match.end < len(r.tokens) and r.written(match.end)
    return before and r.among(match.start, "not_a_name")
