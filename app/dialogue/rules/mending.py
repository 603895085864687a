"""He says that we answered beside the point: we say sorry, and look anew for what he asked."""

from dataclasses import replace

from app.dialogue.hearing.text import fold, read
from app.dialogue.resources import load_words
from app.dialogue.rules.scene import Decision, Scene

_CORRECTING = frozenset(map(fold, load_words("rules", "words.yaml")["correcting"]))
_MENDED = frozenset({"answer", "ask"})


def mended(s: Scene, plan: Decision) -> Decision:
    """The plan for a message that corrects our last answer; any other's as it is."""
    corrects = s.u.has("correction") and s.last_answer and plan.action in _MENDED and not plan.topic
    if not corrects or s.heard.answered or s.heard.corrected or plan.closes or plan.hands_over:
        return plan
    if plan.query is None and plan.reason == "language_wish":
        return plan
    query = plan.query if plan.reason == "price" else _anew(s)  # what is priced the facts know best
    if query is None:
        return plan
    sorry = s.say("frustration_short" if s.say("missed") in s.last_answer else "missed")
    before = _before(s)
    priced = s.state.priced and before and query.startswith(before)  # it goes on with a price that he asked for
    reason = "price" if priced else plan.reason if plan.query is not None else "feature"
    return replace(
        plan, action="answer", reason=reason, statement=sorry, query=query, fallback=s.not_found, greet=False
    )


def _anew(s: Scene) -> str | None:
    """What he asks: what he says beside the correction; a word alone goes with what he asked before."""
    said = _about(s.said.asked or s.query)
    return (f"{_before(s)} {said}".strip() if len(said.split()) <= 1 else said) or None


def _before(s: Scene) -> str:
    """What his message before was about."""
    return _about(next(iter(s.written[1:]), ""))


def _about(text: str) -> str:
    """The words of a message but for those of a correction; empty where they name nothing."""
    message = read(text)
    words = [token for token in message.tokens if token.text not in _CORRECTING]
    if not any(token.text.isalpha() and len(token.text) > 1 for token in words):
        return ""
    return " ".join(message.text[token.start : token.end] for token in words)
