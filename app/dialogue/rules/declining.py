"""A refusal of a thing is none of us: «not that one, the other» changes a plan, and the talk goes on."""

from collections.abc import Sequence
from dataclasses import replace

from app.dialogue.hearing.intents import Understanding
from app.dialogue.hearing.reader import base_intent
from app.dialogue.hearing.text import read
from app.dialogue.rules.scene import Decision, Scene

_ROOT = 4
"""Letters in which two forms of one name agree."""
_SMALL = ("refusal_filler", "filler", "idle", "deny", "affirm", "unknown", "when", "no_refusal")
_COURTESIES = ("thanks", "greeting", "goodbye", "agreement", "objection_think")
_TURNS = ("takes", "instead", "only")
"""What somebody says who wants something else."""
_WISHES = ("wish", "want")
"""The same, where other words refuse."""
_ENDS = ("opt_out", "goodbye", "objection_think", "objection_price", "objection_trust", "abuse")


def heard_out(u: Understanding, earlier: Sequence[str]) -> Understanding:
    """`u` without a refusal that is of a thing. `earlier`: what was said before, by him and by us."""
    if not u.has("refusal"):
        return u
    if not (u.word("no_refusal") or _turns(u) or _spoken_of(u, earlier)):
        return u
    kept = tuple(name for name in u.intents if name != "refusal")
    return replace(u, intents=kept) if kept else replace(u, intents=("info",))


def dropped(s: Scene) -> Decision | None:
    """Who only takes a thing back, or says that he does not refuse us: heard, and nothing is searched."""
    busy = s.u.message.asking or s.u.has("price", "comparison", "purchase", "refusal") or s.heard.values
    if busy or not s.u.has("info"):
        return None
    if s.u.word("no_refusal"):
        return Decision("answer", "told", s.say("small_talk"), greet=False)
    if not _refused(s.u):
        return None
    if _turns(s.u) or _tells_beside(s.u):
        return Decision("ask", "told", s.say("ack"), asks=s.may_ask)
    spoken = _spoken_of(s.u, (*s.written[1:], *s.answers))
    return Decision("answer", "told", s.say("left_out"), greet=False) if spoken else None


def _tells_beside(u: Understanding) -> bool:
    """Whether other clauses than the refusal say something."""
    clauses = {u.message.tokens[place].clause for place in _refused(u)}
    return len([place for place in _named(u) if u.message.tokens[place].clause not in clauses]) > 1


def _turns(u: Understanding) -> bool:
    """Whether a clause beside the refusal names what he wants instead."""
    if u.has(*_ENDS):
        return False
    refused = _refused(u)
    said = [match for name in (*_TURNS, *(_WISHES if refused else ())) for match in u.word(name)]
    turning = {u.message.tokens[match.start].clause for match in said}
    signs = {place for match in said for place in range(match.start, match.end)}
    clauses = {u.message.tokens[place].clause for place in refused}
    for clause in turning - u.message.asking:
        named = [place for place in _named(u) if u.message.tokens[place].clause == clause and place not in signs]
        # In one clause with the refusal two things are named: «not that one but this».
        if named and (clause not in clauses or len(named) > 1):
            return True
    return False


def _spoken_of(u: Understanding, earlier: Sequence[str]) -> bool:
    """Whether what is refused by name is one of the things that were spoken of."""
    if u.has(*_ENDS):
        return False
    clauses = {u.message.tokens[place].clause for place in _refused(u)}
    roots = {
        token.text[:_ROOT]
        for place in _named(u)
        if (token := u.message.tokens[place]).clause in clauses and len(token.text) >= _ROOT
    }
    return bool(roots) and any(token.text[:_ROOT] in roots for text in earlier for token in read(text).tokens)


def _refused(u: Understanding) -> set[int]:
    """The places of the words that refuse."""
    return {
        place
        for match in u.matches
        if match.label[0] == "intent" and base_intent(match.label[1]) == "refusal"
        for place in range(match.start, match.end)
    }


def _named(u: Understanding) -> list[int]:
    """The places of the words that may name a thing."""
    small = _refused(u) | {
        place
        for match in u.matches
        if (match.label[0] == "word" and match.label[1] in _SMALL)
        or (match.label[0] == "intent" and base_intent(match.label[1]) in _COURTESIES)
        for place in range(match.start, match.end)
    }
    return [place for place in u.content if place not in small]
