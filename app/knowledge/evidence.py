"""Whether a section answers a question, learnt from questions whose section is known: a search finds what is nearest,
and the nearest may be far away.

What is looked at knows no word of any trade: how much of what is asked the section holds, where it holds it, how near
one of its own questions is, how far the second best lies behind. The weights are data, made by `machine kb train`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache

from app.knowledge.context import content_words
from app.knowledge.coverage import ByLanguage, Coverage, Weighed
from app.knowledge.text import words
from app.logistic import Logistic
from app.packaged import packaged
from app.types import Section

_LITTLE = 0.5
"""Stands beside the root, as in the coverage of a whole question."""
_SAYS = 0.5
"""Weight from which a word that is held is a hit."""
FEW = 20
"""Sections below which the rarity of a word tells too little to find nothing for its sake."""
LEAST = 0.145
"""Probability that one of the best sections must reach, or nothing is found by words."""
_WHOLE = 0.8
"""Share of a keyword's weight from which it is said whole."""
_AHEAD = 0.25
"""Of a score: more of a lead says little more."""
_QUESTIONS = 12
"""Of a section that are compared."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for it that a section answers a question; all but `hits` and `gap` are shares (0..1)."""

    covered: float
    """Of the weight of the content words, what the section holds."""
    rooted: float
    """The same by the root of the whole: a story around a question dilutes it slowly."""
    headed: float
    """What its title, questions and keywords hold."""
    likeness: float
    """Of its most alike question or title: the harmonic mean of what each holds of the other."""
    missing: float
    """Weight of the heaviest word that it does not hold."""
    hits: float
    """Words that say something and that it holds."""
    gap: float
    """By how much of the best score this one is before the second; 0 where it is not the best."""
    unknown: float
    """Of the weight of the content words, what no section holds: it is likely asked of something else. 0 where there
    are few sections."""
    named: float
    """Weight of the heaviest of its title and keywords that is said whole."""
    nameless: float
    """`unknown` where no keyword is said: a common word beside a strange one."""
    heaviest: float
    """Weight of the heaviest word that it holds."""
    heads: float
    """Weight of all words that its title, questions and keywords hold."""
    asked: float
    """Weight of all content words."""
    ahead: float
    """`gap`, but no more than a quarter: to be a little ahead says most of it."""
    near: float
    """Its score, as a share of the best one's."""


@dataclass(frozen=True, slots=True)
class _Head:
    """Places of the words of a section's title, questions and keywords, and the weights of each of these."""

    words: frozenset[int]
    questions: tuple[Mapping[int, float], ...]
    keywords: tuple[Mapping[int, float], ...]


class Heads:
    """The words of titles, questions and keywords of sections, each read when it is first found."""

    def __init__(self, sections: Sequence[Section], coverage: ByLanguage) -> None:
        self._sections, self._coverage = sections, coverage
        self._read: dict[int, _Head] = {}

    def _of(self, position: int) -> "_Head":
        found = self._read.get(position)
        if found is None:
            section, (coverage, _) = self._sections[position], self._coverage.at(position)
            asked = (section.title, *section.questions[:_QUESTIONS])
            head = coverage.places(words(" ".join((*asked, *section.keywords))))
            rows = ({place: coverage.weight_at(place) for place in coverage.places(content_words(q))} for q in asked)
            keys = (
                {place: coverage.weight_at(place) for place in coverage.places(words(key))}
                for key in (section.title, *section.keywords)
            )
            found = self._read[position] = _Head(
                head, tuple(row for row in rows if row), tuple(row for row in keys if row)
            )
        return found

    def evidence(
        self, content: Sequence[str], positions: Sequence[int], shares: Sequence[float]
    ) -> tuple[Evidence, ...]:
        """For the content words of a question and the sections at `positions`, the best first; `shares`: each one's
        score as a share of the best one's."""
        weighed: dict[Coverage, tuple[Weighed, ...]] = {}
        gaps = [1 - shares[1] if len(shares) > 1 else 1.0, *(0.0 for _ in shares[1:])]
        found = []
        for position, gap, share in zip(positions, gaps, shares, strict=True):
            coverage, own = self._coverage.at(position)
            if coverage not in weighed:
                weighed[coverage] = coverage.weighed(content)
            known = coverage.size >= FEW
            found.append(self._one(weighed[coverage], coverage.held(own), position, gap, share, known=known))
        return tuple(found)

    def _one(
        self, weighed: Sequence[Weighed], held: frozenset[int], position: int, gap: float, share: float, *, known: bool
    ) -> Evidence:
        """`known`: there are sections enough for a word that none of them holds to be strange."""
        whole = sum(word.weight for word in weighed) or 1.0
        head = self._of(position)
        forms = frozenset[int]().union(*(word.forms for word in weighed))
        has = [not word.forms.isdisjoint(held) for word in weighed]
        covered = sum(word.weight for word, is_held in zip(weighed, has, strict=True) if is_held)
        heads = sum(word.weight for word in weighed if not word.forms.isdisjoint(head.words))
        unknown = sum(word.weight for word in weighed if not word.forms) / whole if known else 0.0
        named = max((weight for key in head.keywords if (weight := _said_whole(key, forms))), default=0.0)
        return Evidence(
            covered / whole,
            covered / (math.sqrt(whole) + _LITTLE),
            heads / whole,
            max((_likeness(weighed, forms, whole, row) for row in head.questions), default=0.0),
            max((word.weight for word, is_held in zip(weighed, has, strict=True) if not is_held), default=0.0),
            float(sum(word.weight > _SAYS for word, is_held in zip(weighed, has, strict=True) if is_held)),
            gap,
            unknown,
            named,
            0.0 if named else unknown,
            max((word.weight for word, is_held in zip(weighed, has, strict=True) if is_held), default=0.0),
            heads,
            whole,
            min(gap, _AHEAD),
            share,
        )


def _said_whole(keyword: Mapping[int, float], forms: frozenset[int]) -> float:
    """The weight of a keyword that is said, or all but a light word of it; 0 where it is not."""
    whole = sum(keyword.values())
    said = sum(weight for place, weight in keyword.items() if place in forms)
    return whole if said >= _WHOLE * whole else 0.0


def _likeness(weighed: Sequence[Weighed], forms: frozenset[int], whole: float, question: Mapping[int, float]) -> float:
    """How alike (0..1) what is asked and a question of the section are."""
    own = sum(weight for place, weight in question.items() if place in forms) / sum(question.values())
    if not own:
        return 0.0
    theirs = sum(word.weight for word in weighed if not word.forms.isdisjoint(question)) / whole
    return 2 * own * theirs / (own + theirs) if own and theirs else 0.0


FIELDS = tuple(each.name for each in fields(Evidence))


@cache
def weights() -> Logistic:
    """The package's own: how likely a section answers."""
    return Logistic.read(packaged("app.knowledge", "evidence.yaml"), Evidence)
