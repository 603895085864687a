"""A message whose act nothing has told for sure: which acts it may have, and what a model's word on it is worth.

A model is asked only about these, and chooses one of them or none. What calls a person, refuses or goes silent needs
more than its word: a customer writes what it reads.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.types import ChatMessage
from app.understanding.acts import Classifier

SURE = 0.6
"""Probability from which an act is believed without a word of the lists."""
OTHER = "other"
"""What a model says where none of the acts is meant."""
HARD = frozenset(
    {
        "emergency", "medical", "legal", "abuse", "injection", "human_wanted", "complaint", "refund", "trouble",
        "order_status", "paid", "supplier", "applicant", "opt_out", "reschedule", "cancel_request",
    }
)  # fmt: skip
"""Acts that bring a person, a refusal or silence: never believed of a model alone."""
_MOST = 10
"""Acts that a model chooses from."""
_LOOKED_UP = "feature"
_SURE_TO_ASK = 0.45
_LOOKED_AT = 12
"""Clauses."""
_SAY_LITTLE = frozenset({"feature", "info", "told", "greeting", "project"})
"""What phrase lists find by a guess: words that ask or tell something, a courtesy before them, a trade."""


@dataclass(frozen=True, slots=True)
class ActQuestion:
    """What a model is asked of a message that nothing else tells what it is for. Begins as the answer's prompt does."""

    system: str
    messages: tuple[ChatMessage, ...]
    choices: tuple[str, ...]
    """What it may say."""
    fresh: int
    """Tokens of the last message: those that the answer's own call does not read."""


@dataclass(frozen=True, slots=True)
class ActHeard:
    """What a model said of it. `act` is one of the choices, or empty: then `outcome` says why, snake_case."""

    act: str
    outcome: str


def candidates(acts: Mapping[str, float]) -> tuple[str, ...]:
    """The acts that a message may have, the likeliest first; none for a text that holds nothing to go by."""
    return tuple(sorted(acts, key=acts.__getitem__, reverse=True)[:_MOST])


def is_unsure(
    names: Collection[str], acts: Mapping[str, float], clauses: Sequence[str], classifier: Classifier
) -> bool:
    """Whether nothing tells what a message is for, or what one of its questions asks, and a word on it could matter.

    `names`: what the lists and the examples found together; `acts`: the probabilities (0..1) of all of it; `clauses`
    that ask end with their mark. What asks is looked up whatever it is, so it is doubted later than what tells, and
    never where looking up is the likeliest act of all.
    """
    if not acts or not _SAY_LITTLE.issuperset(names):
        return False
    likeliest = max(acts, key=acts.__getitem__)
    if _doubted(likeliest, acts[likeliest], SURE if _LOOKED_UP not in names else _SURE_TO_ASK):
        return True
    asked = [clause for clause in clauses if clause.endswith("?")] if len(clauses) > 1 else []
    scored = [classifier.scored(clause) for clause in asked[:_LOOKED_AT]]
    return any(_doubted(each.best, each.surest, _SURE_TO_ASK) for each in scored)


def _doubted(act: str, chance: float, sure: float) -> bool:
    return bool(act) and act != _LOOKED_UP and chance < sure


def heeded(acts: Mapping[str, float], act: str) -> Mapping[str, float]:
    """`acts` with a model's word on which it is: as certain as they come, beside what was sure before.

    A hard act's own probability stays what the examples gave it: the word neither makes it nor takes it away.
    """
    if act not in acts or act in HARD:
        return acts
    kept = {name: chance if name in HARD or chance >= SURE else 0.0 for name, chance in acts.items()}
    return {**kept, act: 1.0}
