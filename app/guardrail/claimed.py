"""The sentences of a draft that claim something, with the sections of the whole knowledge that bear on them."""

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

from app.guardrail.known import WORD
from app.guardrail.model import Context
from app.guardrail.statements.alike import in_known_words
from app.guardrail.statements.clauses import Clause, clauses, content
from app.guardrail.statements.knowledge import Leaf, Statements, page
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists
from app.guardrail.text.sentences import spans
from app.guardrail.text.words import Text
from app.language.folds import letters
from app.reading.clauses import clauses as heard_clauses

_LISTS = Lists("app.guardrail", "claimed.yaml")
_DOUBT = tuple(map(fold, _LISTS.row("doubt")))
_REFUSAL = frozenset(map(fold, _LISTS.words("refusal")))
_YES = _LISTS.words("yes")
_NEAR = 12
"""Sections that a sentence is held against, besides those in use."""
_SENTENCES = 12
"""Of a draft that are judged: an answer has fewer."""
_WORDS, _CLAUSES = 40, 12
"""Of a sentence."""
_QUESTION = 400
"""Characters of a question that are looked at."""
_TELLING = 3
"""Words of a clause that tells something by itself."""
_NUMBER = re.compile(r"\b\d+\b")
_QUOTED = re.compile('[\u00ab"]([^\u00ab\u00bb"]+)[\u00bb"]')


@dataclass(frozen=True)
class Claimed:
    """A sentence of a draft at `start`..`end`."""

    text: str
    start: int
    end: int
    clauses: tuple[Clause, ...]
    weights: Mapping[str, float]
    """Key of each of its words -> how much it says."""
    near: Sequence[Leaf]
    """The sections that bear most on it, and those in use."""
    statements: Statements
    used: Set[str] = frozenset()
    """Ids of the sections in use."""

    @property
    def keys(self) -> Set[str]:
        """Of all of its words."""
        return self.weights.keys()

    def weigh(self, word: str) -> float:
        return self.weights[word] if word in self.weights else self.statements.weight(word)

    @cached_property
    def refuses(self) -> bool:
        """It begins with a no: what follows is what there is instead."""
        return fold(self.text.split()[0]).strip(",.:;") in _REFUSAL

    @cached_property
    def counts(self) -> bool:
        """It has a figure: what it denies is that figure."""
        return _NUMBER.search(self.text) is not None

    @cached_property
    def quoted(self) -> frozenset[str]:
        """Words that stand in quotation marks: names."""
        return frozenset(word for said in _QUOTED.findall(self.text) for word, _ in content(said))

    @cached_property
    def polarity(self) -> Mapping[str, bool | None]:
        """Key -> whether its clause denies it."""
        return {word: denied for clause in self.clauses for word, denied in clause.polarity.items()}


def claimed(text: Text, context: Context, is_own: Callable[[int, int], bool]) -> list[Claimed]:
    """Of a draft, in their order; none where the knowledge is not given, or has no section in the answer's language.

    `is_own`: whether a text of the dialogue's own stands at a place.
    """
    statements, used = _known(context)
    if statements is None:
        return []
    found = []
    for start, end in text.sentences[:_SENTENCES]:
        said = text.raw[start:end]
        if "?" in said or is_own(start, end) or not said.strip():
            continue
        parts = in_known_words(_certain(clauses(said, context.language)), statements)
        words = dict.fromkeys(word.key for clause in parts for word in clause.words)
        if not words:
            continue
        weights = {word: statements.weight(word) for word in list(words)[:_WORDS]}
        judged = tuple(clause for clause in parts if clause.keys <= weights.keys())[:_CLAUSES]
        found.append(_held(Claimed(said, start, end, judged, weights, (), statements), used))
    return found


def affirmed(question: str, start: int, end: int, context: Context) -> Claimed | None:
    """What a yes at `start`..`end` of a draft says is so; None where no knowledge is given or nothing is named."""
    statements, used = _known(context)
    parts = clauses(question, context.language)
    parts = tuple(in_known_words(parts, statements)) if statements is not None else parts
    words = dict.fromkeys(word.key for clause in parts for word in clause.words)
    if statements is None or not words:
        return None
    weights = {word: statements.weight(word) for word in list(words)[:_WORDS]}
    judged = tuple(clause for clause in parts if clause.keys <= weights.keys())[:_CLAUSES]
    return _held(Claimed(question, start, end, judged, weights, (), statements), used)


def _known(context: Context) -> tuple[Statements | None, list[Leaf]]:
    """(what the knowledge states in the answer's language, the sections in use that are written in it)"""
    statements = context.known.stock.of(context.language) if context.known and context.known.stock else None
    return statements, [page(p.section) for p in context.passages if p.section.language == context.language]


def _held(said: Claimed, used: Sequence[Leaf]) -> Claimed:
    """Against the sections that bear on it."""
    near = dict.fromkeys((*said.statements.nearest(said.weights, _NEAR), *used))
    return replace(said, near=tuple(near), used=frozenset(leaf.section.id for leaf in used))


def affirms(sentence: str) -> bool:
    """Whether it begins with a yes."""
    first = WORD.search(sentence)
    return first is not None and letters(first[0]) in _YES


def asked(message: str) -> str:
    """The last sentence of a message that asks, without what it tells first («я у вас впервые, скидка будет?»); all of
    the message where no sentence has the mark. Of either only its beginning."""
    asking = [message[start:end][:_QUESTION] for start, end in spans(message) if "?" in message[start:end]]
    if not asking:
        return message[:_QUESTION]
    heard = heard_clauses(asking[-1])
    begins = next((n for n, clause in enumerate(heard) if clause.mood == "asked"), 0)
    told = heard[:begins]
    if not told or any(clause.mood != "told" or len(clause.text.split()) < _TELLING for clause in told):
        return asking[-1]  # a list of things, of which only the last has the verb
    return asking[-1][heard[begins].start :]


def _certain(said: Sequence[Clause]) -> Sequence[Clause]:
    """The clauses before the first that says that somebody will know, or that nobody does: what follows hangs on it.

    None where what stands before tells too little by itself: «про возврат, уточню».
    """
    doubts = (n for n, clause in enumerate(said) if not clause.denies and _doubts(clause))
    before = said[: next(doubts, len(said))]
    whole = len(before) == len(said) or any(len(clause.words) >= _TELLING for clause in before)
    return before if whole else ()


def _doubts(clause: Clause) -> bool:
    return any(word.startswith(_DOUBT) for word in clause.text)
