"""BM25 over padded character trigrams (bm25s): no dictionary, any language, robust to endings and typing errors.

A section is indexed with its title, questions and keywords beside its text: the words that customers use stand there
more often than in the text (see docs/benchmarks.md for what each adds).
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import bm25s
import numpy as np
from numpy.typing import NDArray

from app.knowledge.text import trigrams
from app.types import Section

# Full length normalisation: sections differ in how many keywords their author wrote, and that must not count.
_K1 = 2.0
_B = 1.0
_TITLE_WEIGHT = 2
_QUESTION_WEIGHT = 2
_KEYWORD_WEIGHT = 2
_FEW = 20  # sections of a language from which on they tell by themselves which of its letters say little
_PRIORITY = 0.01  # of the score, per step of priority away from 5: decides between sections that fit alike


def _terms(section: Section) -> list[str]:
    return (
        trigrams(section.text)
        + trigrams(section.title) * _TITLE_WEIGHT
        + trigrams(" ".join(section.questions)) * _QUESTION_WEIGHT
        + trigrams(" ".join(section.keywords)) * _KEYWORD_WEIGHT
    )


class LexicalIndex:
    """An immutable index over `sections`; positions in its answers are positions in that sequence.

    What a trigram is worth, the sections of one language tell: those of another neither add to it nor take from it.
    Languages with few sections are weighed together with the one that has most.
    """

    def __init__(self, sections: Sequence[Section]) -> None:
        self.size = len(sections)
        self._prior = np.array(
            [1 + _PRIORITY * (min(section.priority, 10) - 5) for section in sections], dtype=np.float32
        )
        self._expiring = [(n, section.valid_until) for n, section in enumerate(sections) if section.valid_until]
        self._groups = [_Group(own, sections) for own in _grouped(sections)]

    def scores(self, query: str, today: date) -> NDArray[np.float32]:
        """BM25 of every section times its priority's weight, shape (size,).

        Zero for a section that has expired by `today`, and everywhere when no trigram is known.
        """
        grams = trigrams(query)
        scores = np.zeros(self.size, dtype=np.float32)
        for group in self._groups:
            scores[group.places] = group.scores(grams)
        scores *= self._prior
        for position, until in self._expiring:
            if until < today:
                scores[position] = 0
        return scores


class _Group:
    """Sections whose trigrams are counted together; `places` are theirs among all."""

    def __init__(self, places: Sequence[int], sections: Sequence[Section]) -> None:
        self.places = np.array(places, dtype=np.intp)
        documents = [_terms(sections[place]) for place in places]
        self._vocabulary: dict[str, int] = {}
        if any(documents):
            self._bm25 = bm25s.BM25(k1=_K1, b=_B, method="lucene")
            self._bm25.index(documents, show_progress=False)
            self._vocabulary = self._bm25.vocab_dict

    def scores(self, grams: Sequence[str]) -> NDArray[np.float32]:
        # bm25s adds up gram by gram: one that a message repeats hundreds of times is added once, so many times over.
        often = Counter(gram for gram in grams if gram in self._vocabulary)
        scores = np.zeros(len(self.places), dtype=np.float32)
        for count in sorted(set(often.values())):
            ids = [self._vocabulary[gram] for gram, times in often.items() if times == count]
            scores += count * self._bm25.get_scores_from_ids(ids)
        return scores


def _grouped(sections: Sequence[Section]) -> list[list[int]]:
    """Places of the sections by language, the largest group first and those of few sections in it."""
    places: dict[str, list[int]] = {}
    for place, section in enumerate(sections):
        places.setdefault(section.language, []).append(place)
    groups = sorted(places.values(), key=len, reverse=True)
    few = [place for group in groups[1:] if len(group) < _FEW for place in group]
    return [
        sorted([*group, *(few if not number else ())])
        for number, group in enumerate(groups)
        if not number or len(group) >= _FEW
    ]


def best(scores: NDArray[np.float32], count: int) -> list[int]:
    """Positions of the `count` highest positive scores, best first; equal scores keep their order."""
    count = min(count, len(scores))
    if count == 0:
        return []
    least = np.partition(scores, -count)[-count]
    candidates = np.flatnonzero((scores >= least) & (scores > 0))
    return [int(position) for position in candidates[np.argsort(-scores[candidates], kind="stable")][:count]]
