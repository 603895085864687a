"""Check `founded`: what a sentence says stands together somewhere in the knowledge.

An invented service is told in words that no section has, or in known ones that no section has together. What is
looked at knows no word of any trade: how much of the sentence one section and one of its sentences hold, and how many
words are strange. The weights are data, made by `machine guard train` from true and false answers about three shops.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from itertools import islice
from typing import Any

from app.guardrail.case import Case, Problem
from app.guardrail.claimed import Claimed
from app.guardrail.customer import beginning
from app.guardrail.statements.clauses import content, key
from app.guardrail.text.lists import Lists
from app.language.folds import letters
from app.logistic import Logistic
from app.packaged import packaged
from app.types import Language

_LISTS = Lists("app.guardrail.checks", "speech.yaml")
_SPOKEN = frozenset(map(key, (*_LISTS.row("spoken"), *Lists("app.guardrail.checks", "borne.yaml").row("spoken"))))
"""What anybody says in a conversation, whatever it is about."""
_BIDDING = _LISTS.row("bidding")
"""Endings of a word that the customer is told to do something with: it claims nothing of ours."""
_LANGUAGES: frozenset[Language] = frozenset({"ru"})
"""Those that the weights were learnt from."""
_FEWEST = 2
"""Words that a sentence needs to be judged."""
_LEAST = 1.2
"""And what they weigh together."""
_TELLS = 0.5
"""Weight of a word that is strange where no section has it."""
_BESIDE = 0.6
"""What a word counts that only the title of a sentence's section has."""
_TOLD = 3
"""Messages back whose words are the customer's."""
_MOST = 4


@dataclass(frozen=True, slots=True)
class Standing:
    """Why a sentence may be borne out or not; all but `words` and `strange` are shares (0..1)."""

    words: float
    """The logarithm of their number."""
    unknown: float
    """Of their weight, what no section has."""
    strange: float
    """Words that say something and that no section has."""
    section: float
    """What one section holds at most."""
    sentence: float
    """What one of its sentences holds, with the title."""


def founded(case: Case) -> list[Problem]:
    """The sentences that are likely to be borne out by nothing."""
    found = (
        Problem("founded", f"no section says this together: {said.text.strip()[:80]!r}", said.start, said.end)
        for said, standing in standings(case)
        if weights().of(standing) >= line()
    )
    return list(islice(found, _MOST))


def standings(case: Case) -> Iterator[tuple[Claimed, Standing]]:
    """The sentences that can be judged so: with a claim, without a figure."""
    context = case.context
    judged = [said for said in case.claimed if _is_judged(case, said)] if context.language in _LANGUAGES else []
    if not judged:
        return
    told = {key for message in case.told[-_TOLD:] for _, key in content(message)}
    ours = {key for text in (*map(beginning, context.earlier[-_TOLD:]), *context.own) for _, key in content(text)}
    for said in judged:
        if standing := _standing(said, told, ours):
            yield said, standing


def _is_judged(case: Case, said: Claimed) -> bool:
    """Whether it claims what no other check knows."""
    affirms = any(clause.keys and not clause.denies for clause in said.clauses)
    return affirms and not said.refuses and not _elsewhere(case, said) and not _bids(said)


def _bids(said: Claimed) -> bool:
    """Whether it only says what the customer may or had better do: «напишите имя и удобное время»."""
    first = next((word for clause in said.clauses for word in clause.text), "")
    return first.endswith(_BIDDING) or all(clause.advises for clause in said.clauses if clause.keys - _SPOKEN)


def _elsewhere(case: Case, said: Claimed) -> bool:
    """Whether it has a figure, a link, an address or a number to call: other checks know those."""
    starts = (*(figure.start for figure in case.figures), *(address.start for address in case.addresses))
    return said.counts or any(said.start <= start < said.end for start in starts)


def _standing(said: Claimed, told: set[str], ours: set[str]) -> Standing | None:
    """None: it has too few words of a content, or only such as any talk has."""
    has = said.statements.has
    bidden = {key for word, key in content(said.text) if letters(word).endswith(_BIDDING)}
    held = {word: weight for word, weight in said.weights.items() if word not in _SPOKEN}
    held = {word: weight for word, weight in held.items() if has(word) or word not in bidden}
    held = {word: weight for word, weight in held.items() if has(word) or word not in told}
    whole = sum(held.values())
    unknown = [word for word in held if not has(word) and word not in ours]
    about = any(has(word) and weight >= _TELLS for word, weight in held.items())
    strange = sum(held[word] > _TELLS for word in unknown)
    if len(held) < _FEWEST or whole < _LEAST or not (about or strange > _FEWEST):
        return None
    return Standing(
        math.log(1 + len(held)),
        sum(held[word] for word in unknown) / whole,
        float(strange),
        max((sum(w for word, w in held.items() if word in page.said) for page in said.near), default=0.0) / whole,
        _together(said, held) / whole,
    )


def _together(said: Claimed, words: dict[str, float]) -> float:
    """The most that one sentence holds."""
    best = 0.0
    for page in said.near:
        titled = {word: weight * _BESIDE for word, weight in words.items() if word in page.title}
        for stated in page.sentences:
            keys = stated.keys
            best = max(best, sum(weight if word in keys else titled.get(word, 0.0) for word, weight in words.items()))
    return best


FIELDS = tuple(each.name for each in fields(Standing))


@cache
def weights() -> Logistic:
    """The package's own: how likely nothing bears a sentence out."""
    return Logistic.read(_data(), Standing)


@cache
def line() -> float:
    """The probability from which a sentence is refused."""
    return float(_data()["line"])


def _data() -> dict[str, Any]:
    read: dict[str, Any] = packaged("app.guardrail.checks", "founded.yaml")
    return read
