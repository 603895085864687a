"""What a message asks beside words that something else answers: «wait till nine? and what does it cost?»."""

from collections.abc import Collection

from app.dialogue.hearing.text import read
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.rules.scene import Scene
from app.understanding.acts import Classifier

LOOKED_UP = frozenset(
    {
        "price", "sum", "feature", "comparison", "payment", "discount_request", "demo", "about_us", "booking",
        "objection_trust",
    }
)  # fmt: skip
"""What is looked up."""
_LIKELY = 0.3
_MOST = 12
"""Clauses that are looked at."""


def asked(s: Scene, lists: Collection[str]) -> str:
    """The clauses that ask for something to look up and hold no words of these lists; empty where all or none do."""
    clauses = s.said.clauses[:_MOST]
    if len(clauses) < 2:
        return ""
    classifier, vocabulary = Classifier.load(), Vocabulary.load()
    kept = []
    for clause in clauses:
        best = classifier.scored(clause)
        message = read(clause)
        own = any(m.label[0] == "word" and m.label[1] in lists for m in vocabulary.find(message))
        if not own and best.best in LOOKED_UP and best.surest >= _LIKELY and len(message.tokens) > 1:
            kept.append(clause)
    return ". ".join(kept) if len(kept) < len(clauses) else ""


def still_wanted(s: Scene) -> bool:
    """«Still need them, one each», in the middle of something else: more like an order than what the talk is about."""
    wants, acts = s.u.acts.get("purchase", 0.0), s.u.acts
    return wants >= _LIKELY and wants == max(acts.values()) and bool(s.u.word("still_wants"))
