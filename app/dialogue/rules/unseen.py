"""A question of ours that the customer did not see: withdrawn, and not counted as asked."""

from dataclasses import replace

from app.dialogue.flow.model import Flow
from app.dialogue.hearing.text import read
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.rules import continuity
from app.types import DialogueState, Pending, Step


def unasked(step: Step, before: DialogueState) -> Step:
    """The step without its question. `before`: the state that it met."""
    state, pending = step.state, step.state.pending
    asked = dict(state.asked)
    if pending and asked.get(pending.slot, 0) > before.asked.get(pending.slot, 0):
        asked[pending.slot] -= 1
        if not asked[pending.slot]:
            del asked[pending.slot]
    state = replace(state, asked=asked, pending=None)
    return replace(step, state=state, question=None)


def observed(state: DialogueState, text: str, flow: Flow | None, vocabulary: Vocabulary) -> DialogueState:
    """The state when the customer saw `text` instead of our last answer; a question that it asks stays."""
    message = read(text)
    pending, asked = state.pending, dict(state.asked)
    # Only a question of the last answer went unseen; an older one was read by the customer.
    if pending and pending.ttl == Pending(pending.slot).ttl and not continuity.asks(flow, pending.slot, text):
        asked[pending.slot] = asked.get(pending.slot, 0) - 1
        if asked[pending.slot] <= 0:
            del asked[pending.slot]
        pending = None
    greets = any(match.label[:2] == ("intent", "greeting") for match in vocabulary.find(message))
    said = (*state.said, "greeting") if greets and "greeting" not in state.said else state.said
    return replace(state, pending=pending, asked=asked, said=said)
