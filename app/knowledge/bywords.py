"""The words' half of a search: context, spelling, BM25, what was rejected, and how well the question is covered."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from app.knowledge.context import content_words, in_context
from app.knowledge.coverage import ByLanguage, alike
from app.knowledge.evidence import LEAST, Evidence, Heads, weights
from app.knowledge.found import Asked
from app.knowledge.glossary import from_kazakh, needed, translated
from app.knowledge.lexical import LexicalIndex, best
from app.knowledge.spelling import Spelling
from app.knowledge.text import normalise, words
from app.knowledge.twins import base_id
from app.knowledge.whereabouts import without_dates, without_names
from app.language.letters.evidence import weigh
from app.language.words import words as of_language
from app.types import Language, Passage, Section

_DRAWN = 600  # characters of a question that a name in it draws aside: among more words it counts for little
_LONGEST = 2000  # characters of a query, and of what came before it: more has no more to ask
_BEST = 3  # sections of which one must cover the question: the right one is often second or third
_REJECTED = 40  # words
_JUDGED = 6  # of the best sections, for whether they answer
_WEIGHED = 0.15  # of the best score, that a section gains which answers for certain
_ANOTHER = 0.6  # of the score of a section in another language than the question's
_COVERED = 0.5
"""How much of a question in another language its sections must cover, so that no Russian one is looked for."""
_SURE = 0.5
"""And how likely the best of them must answer it."""
_NOWHERE = 0.3
"""How likely a section must answer a question without its names to be found for it."""
_NEAR = 2
"""Sections among which it was found with them too."""
_WHOLE = 6
"""Letters of a word that is asked by itself,"""
_ENDING = 2
"""and those of them in which a keyword may differ from it."""
_LIKELY = 0.4
_MORE = 2.0
"""How likely a Russian section must answer to be said instead, and how many times as likely as one in its language."""
_TOLD = 1.0  # points of a language from which it is the question's
_HEARD = 0.7  # the same of Kazakh beside words of another: one that its texts use
_SURE_MIXED = 0.8  # how likely a section must answer a question of two languages, so that no other is looked for
_WORD = re.compile(r"[^\W_]+")
_Said = tuple[str, str | None]
"""A text, and the message before it."""


@dataclass(frozen=True, slots=True)
class ByWords:
    """`scores` of all sections, `positions` of the best, best first."""

    in_context: str
    corrected: str
    natural: str
    """What a model reads: as the customer wrote it, with the message before where it leans on that."""
    alone: str
    """The same without the message before."""
    scores: NDArray[np.float32]
    positions: list[int]
    coverage: float
    rejected: NDArray[np.float32] | None
    """How much (0..1) every section is about what was rejected, shape (sections,); None where nothing was."""
    exact: bool = False
    """Whether a title, a question or a keyword of one of the best is what was asked."""
    evidence: tuple[Evidence, ...] = ()
    """For the first of `positions`, in their order."""

    @property
    def likely(self) -> float:
        """How likely (0..1) the best of the first sections answers."""
        return max(map(weights().of, self.evidence), default=0.0)

    def passages(self, sections: Sequence[Section], count: int) -> tuple[Passage, ...]:
        """The best of them, best first."""
        answers = chain(map(weights().of, self.evidence), repeat(None))
        return tuple(
            Passage(sections[position], float(self.scores[position]), {"lexical": rank}, chance)
            for rank, (position, chance) in enumerate(zip(self.positions[:count], answers, strict=False), 1)
        )


class WordSearch:
    """Immutable; positions in its answers are positions in `sections`. See Retriever for the flags."""

    def __init__(self, sections: Sequence[Section], *, spelling: bool, query_context: bool) -> None:
        texts = [" ".join((s.title, s.text, *s.questions, *s.keywords)) for s in sections]
        self._index = LexicalIndex(sections)
        self._coverage = ByLanguage([set(words(text)) for text in texts], [s.language for s in sections])
        self._heads = Heads(sections, self._coverage)
        self._said = {
            (place, frozenset(words(said)))
            for place, section in enumerate(sections)
            for said in (section.title, *section.questions, *section.keywords)
        }
        self._asked: dict[frozenset[str], list[int]] = {}
        for place, section in enumerate(sections):
            for said in dict.fromkeys((section.title, *section.questions)):
                self._asked.setdefault(frozenset(words(said)), []).append(place)
        self._single = sorted({min(said) for _, said in self._said if len(said) == 1})
        self._spelling = Spelling(texts) if spelling else None
        self._query_context = query_context
        self._translates = needed(sections)
        self._russian = any(section.language == "ru" for section in sections)
        languages = {section.language for section in sections}
        self._sections = sections
        spoken = Counter(section.language for section in sections)
        self._most = max(spoken, key=spoken.__getitem__, default="")
        self._twin = {(base_id(section), section.language): place for place, section in enumerate(sections)}
        self._only = {
            spoken: np.array([float(s.language == spoken) for s in sections], dtype=np.float32) for spoken in languages
        }
        self._weights = {
            spoken: np.array([1.0 if s.language == spoken else _ANOTHER for s in sections], dtype=np.float32)
            for spoken in (languages if len(languages) > 1 else ())
        }

    def search(self, asked: Asked, today: date, count: int) -> ByWords:
        """The `count` best sections, whether or not they are enough. Time is linear in the text, which is cut.

        What its English or Kazakh sections do not answer is asked again in the words of the Russian ones. A question
        from somewhere, or by some day, is asked without these too, and found so where that answers more surely.
        """
        asked = replace(asked, text=self._as_keyword(asked.text))
        found = self._in_either(asked, today, count)
        if found.exact or len(asked.text) > _DRAWN:
            return found
        nowhere = without_dates(without_names(asked.text))
        if nowhere == asked.text or not content_words(nowhere):
            return found
        placeless = self._in_either(replace(asked, text=nowhere), today, count)
        best = placeless.positions[:1]
        known = found.likely >= _SURE and found.positions[:1] == best
        near = set(best) <= set(found.positions[:_NEAR])  # it only stood behind one that has the name
        surer = placeless.likely >= max(_NOWHERE, found.likely)
        return placeless if near and surer and not known else found

    def _as_keyword(self, text: str) -> str:
        """A question of one word as the keyword that it is a form of: «доставку» says no less than «доставка»."""
        said = words(text)
        if len(said) != 1 or len(said[0]) < _WHOLE or said[0] in self._single:
            return text
        root = said[0][:-_ENDING]
        at = bisect_left(self._single, root)
        near = (word for word in self._single[at : at + _NEAR] if word.startswith(root))
        return next((word for word in near if abs(len(word) - len(said[0])) < _ENDING), text)

    def _in_either(self, asked: Asked, today: date, count: int) -> ByWords:
        """In the question's own language, or in the words of the Russian sections."""
        text, previous = asked.text[:_LONGEST], asked.previous and asked.previous[:_LONGEST]
        mixed = self._mixes(text)
        in_russian = from_kazakh if mixed or _language(text) == "kk" else translated
        said: _Said = in_russian(text), previous and in_russian(previous)
        if not self._russian or (said[0] == text and not mixed):
            return self._found(asked, (text, previous), today, count)
        if self._translates and in_russian is translated:
            return self._found(asked, said, today, count)
        found = self._found(asked, (text, previous), today, count)
        likely = found.likely
        if found.exact or (found.coverage >= _COVERED and likely >= (_SURE_MIXED if mixed else _SURE)):
            return found
        if mixed:
            said = self._held_in_russian(said[0]), None  # few words are left, and they lean on nothing
        again = self._twins(
            self._found(asked, said, today, count, only="ru"), "kk" if in_russian is from_kazakh else "en"
        )
        more = 1.0 if mixed else _MORE
        least = _LIKELY if found.coverage < _COVERED else max(_LIKELY, more * likely)
        return again if again.coverage >= _COVERED and again.likely >= least else found

    def _mixes(self, text: str) -> bool:
        """Whether a Kazakh question names what it asks for by a word that Russian sections alone hold."""
        if not self._russian or "kk" not in self._only or weigh(text).of("kk") < _HEARD:
            return False
        words_ = content_words(text)
        return any(self._coverage.known(word, "ru") and not self._coverage.known(word, "kk") for word in words_)

    def _held_in_russian(self, text: str) -> str:
        """The text without the Kazakh words around what it names in Russian: no Russian section could hold them."""
        known = self._coverage.known
        nameless = without_names(text)
        low = normalise(nameless)  # place for place

        def kept(match: re.Match[str]) -> str:
            word = low[match.start() : match.end()]
            kazakh = known(word, "kk") or of_language("kk").know(match[0].lower())
            return "" if kazakh and not known(word, "ru") else match[0]

        return _WORD.sub(kept, nameless)

    def _twins(self, found: ByWords, language: Language) -> ByWords:
        """What was found, each section in that language where it is written in it too."""
        places = [self._twin.get((base_id(self._sections[at]), language), at) for at in found.positions]
        scores = found.scores.copy()
        scores[places] = found.scores[found.positions]
        return replace(found, positions=places, scores=scores)

    def _found(self, asked: Asked, said: _Said, today: date, count: int, only: Language | None = None) -> ByWords:
        """`said`: the text and what came before it. `only`: the language whose sections alone are looked for."""
        text, previous = said
        refused = self._corrected(" ".join(asked.without)[:_LONGEST])
        rejected = list(dict.fromkeys(words(refused)))[:_REJECTED]
        whole = in_context(text, previous) if self._query_context else text
        corrected = self._corrected(_without(whole, rejected))
        alone, share = _without(text, rejected), None
        spoken = only or _language(text)
        called = self._coverage.called(content_words(corrected), spoken if spoken in self._only else self._most)
        scores = self._index.scores(" ".join((corrected, *called)), today) * self._spoken(alone)
        if rejected:
            share = self._about(refused, today)
            scores = scores * (1 - share)
        scores = scores * self._only[only] if only else scores
        self._put_first(corrected, scores)
        positions, evidence = self._ordered(corrected, scores, best(scores, count))
        positions, evidence = self._understood(only or _language(alone), positions, evidence)
        exact = self._exact(corrected, positions[:_BEST])
        coverage = 1.0 if exact else self._coverage.of(content_words(corrected), positions[:_BEST])
        natural = alone if whole == text else f"{_without(previous or '', rejected)}\n{alone}"  # no word three times
        return ByWords(
            whole, corrected, _readable(natural), _readable(alone), scores, positions, coverage, share, exact, evidence
        )

    def _ordered(
        self, text: str, scores: NDArray[np.float32], positions: list[int]
    ) -> tuple[list[int], tuple[Evidence, ...]]:
        """The best sections in their order, and what speaks for the first of them. How likely one of these answers
        adds to its score: letters alone put a section first for the small words that it shares with a question.
        """
        content = content_words(text)
        if not positions or not content:
            return positions, ()
        judged, first = positions[:_JUDGED], float(scores[positions[0]])
        evidence = self._heads.evidence(content, judged, [float(scores[place]) / first for place in judged])
        for place, each in zip(judged, evidence, strict=True):
            scores[place] += _WEIGHED * first * weights().of(each)
        order = sorted(range(len(judged)), key=lambda number: -scores[judged[number]])  # stable
        return [judged[n] for n in order] + positions[_JUDGED:], tuple(evidence[n] for n in order)

    def _understood(
        self, language: str, positions: list[int], evidence: tuple[Evidence, ...]
    ) -> tuple[list[int], tuple[Evidence, ...]]:
        """Without the sections in another language than the question's that share next to nothing with it: nobody
        behind would know, for words tell little of a section in another language. All of them where the question's
        language tells nothing, or none is written in it.
        """
        if language not in self._only or not evidence:
            return positions, evidence
        own = [self._sections[place].language == language for place in positions]
        kept = [n for n, each in enumerate(evidence) if own[n] or weights().of(each) >= LEAST]
        tail = [n for n in range(len(evidence), len(positions)) if own[n]]
        return [positions[n] for n in (*kept, *tail)], tuple(evidence[n] for n in kept)

    def _spoken(self, text: str) -> NDArray[np.float32] | float:
        """What a section counts by its language, shape (sections,): one in another may hold only its names."""
        return self._weights.get(_language(text), 1.0)  # type: ignore[call-overload, no-any-return]

    def _put_first(self, text: str, scores: NDArray[np.float32]) -> None:
        """Who asks in the owner's own words means that section, whatever else holds them."""
        places = [place for place in self._asked.get(frozenset(words(text)), ()) if scores[place] > 0]
        if places:
            scores[places] += scores.max()

    def _exact(self, text: str, positions: Sequence[int]) -> bool:
        """What stands in a title, a question or a keyword of a section as it is, is covered, however little it says."""
        asked = frozenset(words(text))
        return bool(asked) and any((position, asked) in self._said for position in positions)

    def _corrected(self, text: str) -> str:
        return self._spelling.correct(text) if self._spelling else text

    def _about(self, refused: str, today: date) -> NDArray[np.float32]:
        """Squared, so that a section that only mentions it stays where it is."""
        scores = self._index.scores(refused, today)
        top = float(scores.max()) if len(scores) else 0.0
        return np.asarray((scores / top) ** 2 if top > 0 else scores, dtype=np.float32)


def _language(text: str) -> str:
    """The language that a text tells, empty where it tells none."""
    return next((name for name, points in weigh(text).points[:1] if points >= _TOLD), "")


def _without(text: str, rejected: Collection[str]) -> str:
    """The text with these words, in whatever form, left out."""
    if not rejected:
        return text
    return _WORD.sub(lambda m: "" if any(alike(normalise(m[0]), word) for word in rejected) else m[0], text)


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()  # half an emoji is no failure of the model
