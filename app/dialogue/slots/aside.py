"""What a model says it heard, behind its answer: taken for a slot only where the customer's own words bear it out.

The rules have read the same message already, so this fills gaps in free text and never replaces what is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from app.dialogue.flow.model import MAX_TEXT, SlotSpec
from app.dialogue.hearing.text import fold, read
from app.dialogue.kinds import FREE
from app.dialogue.slots.names import NAME, given_names
from app.types import Aside, DialogueState

Wish = Literal["", "met", "borne_out", "offered", "unborne"]
"""None; there is a person already; the next turn calls one; the next answer offers one; nothing comes of it."""
DUE, OFFERED = "person_offer", "person_offered"
"""Names under which the state remembers that a person is to be offered on a model's word, and that one was."""
_CHANCE = 0.1  # of the act, from which a model may be right: what is a wish for sure, the rules have met
_MOST = 4  # slots asked of the model: each costs tokens behind every answer
_NAME = "name"
_STEM = 4  # letters: «кассы» bears out «касса»


def wanted(state: DialogueState, slots: Mapping[str, SlotSpec]) -> tuple[str, ...]:
    """Slots worth asking a model for: unknown ones told in free words, and the name; the one that waits comes first."""
    pending = state.pending.slot if state.pending else None
    open_ = [name for name in reportable(slots) if name != _NAME and name not in state.slots]
    free = sorted(open_, key=lambda name: (name != pending, state.asked.get(name, 0) == 0))
    if _NAME in state.slots:
        return tuple(free[:_MOST])
    kept = free[: _MOST - 1]
    return (_NAME, *kept) if pending == _NAME else (*kept, _NAME)


def reportable(slots: Mapping[str, SlotSpec]) -> tuple[str, ...]:
    """All that a model may report in a flow with these slots, whatever is known."""
    return (*(name for name, spec in slots.items() if spec.kind in FREE), _NAME)


def told(
    state: DialogueState, aside: Aside, slots: Mapping[str, SlotSpec], said: Sequence[str], *, wish: Wish = ""
) -> DialogueState:
    """`state` with what `aside` adds to it; `said` are the customer's messages, `wish` what becomes of its `human`."""
    words = [token.text.casefold() for text in said for token in read(text).tokens]
    heard = {
        name: value
        for name, value in aside.slots.items()
        if name in reportable(slots)
        and name not in state.slots
        and len(value) <= MAX_TEXT
        and (_is_name(value, said) if name == _NAME else _borne_out(value, words))
    }
    offered = (*state.said, DUE) if wish == "offered" else state.said
    wants = state.wants_person or wish == "borne_out"
    return replace(state, slots={**heard, **state.slots}, wants_person=wants, said=offered)


def wish_of(state: DialogueState, aside: Aside, chance: float) -> Wish:
    """What becomes of a wish for a person that a model reports, where the rules have not met it.

    `chance` (0..1) is that of the customer's own words being such a wish. A model's word alone hands nobody over: at
    most a person is offered, once in a conversation.
    """
    if not aside.human:
        return ""
    if state.handed_over or state.closed or state.wants_person:
        return "met"
    if chance >= _CHANCE:
        return "borne_out"
    return "offered" if {DUE, OFFERED}.isdisjoint(state.said) else "unborne"


def _is_name(value: str, said: Sequence[str]) -> bool:
    """Whether the customer wrote it himself, as a name is written: with a capital, or one that people are given."""
    if not NAME.fullmatch(value):
        return False
    written = {token.raw for text in said for token in read(text).tokens if token.raw.casefold() == value.casefold()}
    return any(raw[:1].isupper() for raw in written) or (bool(written) and fold(value) in given_names())


def _borne_out(value: str, words: Sequence[str]) -> bool:
    """Whether every number of `value` and at least half of its words stand in the customer's messages."""
    own = [token.text.casefold() for token in read(value).tokens]
    if any(word.isdecimal() and word not in words for word in own):
        return False
    stems = {word[:_STEM] for word in words}
    return bool(own) and 2 * sum(word[:_STEM] in stems for word in own) >= len(own)
