"""What somebody takes who says so («I'll take the big plan»): repeated in his own words, so that he sees it heard."""

import re
from dataclasses import replace

from app.dialogue.hearing.text import fold, without
from app.dialogue.resources import load_words
from app.dialogue.rules.scene import Scene
from app.language.numerals import numbers

_MOST = 5
"""Words of a thing that is taken."""
_LONGEST = 60
"""Characters of it."""
_LETTERS = 2
_ROOT = 4
"""Letters in which two forms of one name agree."""
_KINDS = tuple(map(fold, load_words("rules", "words.yaml")["kinds"]))
"""Endings of words that say of what kind a thing is."""
_WORD = re.compile(r"[^\W\d_]+")
_SMALL = ("affirm", "filler", "idle", "wish", "want", "takes", "only", "follow")
"""Lists of words that name nothing."""
_POLITE = ("agreement", "thanks", "greeting", "purchase_wish")


def chosen(s: Scene) -> bool:
    """Whether an «ok» names what we have just offered: «ok, the second plan»."""
    what = _what(s) if s.u.has("agreement") and s.state.turns else ""
    named = [fold(word) for word in _WORD.findall(what)]
    offered = [fold(word)[:_ROOT] for word in _WORD.findall(s.last_answer)]
    return any(len(word) >= _ROOT and word[:_ROOT] in offered for word in named)


def beside(s: Scene) -> str:
    """What a message asks beside what it takes; empty where it asks nothing."""
    own = _clauses(s)
    tokens = s.u.message.tokens
    asked = any(token.clause in s.u.message.asking - own for token in tokens)
    return without(s.u.message, frozenset(p for p, token in enumerate(tokens) if token.clause in own)) if asked else ""


def _clauses(s: Scene) -> frozenset[int]:
    """The clauses that take something."""
    tokens = s.u.message.tokens
    return frozenset(tokens[match.start].clause for match in s.u.word("takes")) - s.u.message.asking


def taken(s: Scene) -> str:
    """That what he takes is noted, in his words; empty where he names nothing, or names money of his own."""
    what = _what(s)
    return s.say("ack_taken").replace("{what}", what) if what else ""


def _what(s: Scene) -> str:
    """What he takes, in his words."""
    tokens = s.u.message.tokens
    verbs = {place for match in s.u.word("takes") for place in range(match.start, match.end)}
    clauses = _clauses(s)
    if len(clauses) != 1 or s.terms or s.u.contacts:
        return ""
    clause = min(clauses)
    words = _named(s, clause) or _named(s, clause - 1)
    if not 1 <= len(words) <= _MOST:
        return ""
    idle = {place for match in s.u.word("idle") for place in range(match.start, match.end)}
    # Up to its last word: what stands behind may be no word at all.
    said = replace(s.u.message, text=s.u.message.text[: tokens[words[-1]].end], tokens=tokens[: words[-1] + 1])
    dropped = {p for p in range(len(said.tokens)) if p < words[0] or p in verbs | idle}
    what = without(said, frozenset(dropped)).strip(' .,!?;:\u00ab\u00bb"')
    return what if len(what) <= _LONGEST and not _only_a_kind(what) else ""


def _only_a_kind(what: str) -> bool:
    """Whether one word says of what kind a thing is, and names none: «the wireless»."""
    words = what.split()
    return len(words) == 1 and words[0][:1].islower() and fold(words[0]).endswith(_KINDS)


def _named(s: Scene, clause: int) -> list[int]:
    """The places of a clause's words that name a thing; none where only a number stands there, or it asks."""
    if clause < 0 or clause in s.u.message.asking:
        return []
    small = {p for m in s.u.matches if m.label[0] == "word" and m.label[1] in _SMALL for p in range(m.start, m.end)}
    small |= {p for m in s.u.matches if m.label[0] == "intent" and m.label[1] in _POLITE for p in range(m.start, m.end)}
    # «Both», «the second»: which ones, only what we offered says.
    small |= {p for m in s.u.matches if m.label[1].startswith("ordinal_") for p in range(m.start, m.end)}
    places = [p for p, token in enumerate(s.u.message.tokens) if token.clause == clause and p not in small]
    counted = [(each.start, each.end) for each in numbers(s.u.message.text)]
    says = [p for p in places if not any(a <= s.u.message.tokens[p].start < b for a, b in counted)]
    return places if any(len(s.u.message.tokens[p].text) >= _LETTERS for p in says) else []
