"""Which product a text names: by the words of its name, in any form, alphabet and with a slip; by what only it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from app.figures.shop.facts import Units
from app.figures.shop.index import SLIPPED, Index, affixes, cuts
from app.figures.shop.weak import does, everyday, town
from app.figures.words import MET, Token, adjectives, common, listed, tokens, written
from app.language.numerals import numbers
from app.types import Section

_PIECE = "@piece"
_NOUN = 4
"""Letters of a noun that something is like,"""
_STEM = 4
"""of its stem,"""
_ENDING = 3
"""and of the ending of its case."""
_PAIR = 2
"""Words behind a person, in a name of two."""
_SHORT = 3
"""Letters of a word."""
_GAP = 1  # words between two words of one name
_SLIP = 0.8  # what a word with a slip counts
_ATTRIBUTE = 0.6
_KEYWORD = 0.4
_HEAD = 0.05
_FULL = 1.0
_CLOSE = 1e-6
_ALIKE = 0.01
_MOST = 20  # products named in one text
_MOST_MEANT = 64  # that one mention may mean: of more nobody chooses


@dataclass(frozen=True, slots=True)
class Named:
    """A mention at `[start, end)`. `candidates`: (key, score) from the best on; `key`: the one meant, None: unclear.

    Without candidates it names what nothing is: words of several names together.
    """

    start: int
    end: int
    candidates: tuple[tuple[str, float], ...]
    key: str | None
    own: bool = True
    """Whether a word of its own name was said, and not only what a section calls it besides."""
    of: bool = False
    """Whether it only says what such things are of: «receipt», of «receipt printer», names no printer."""

    @property
    def tied(self) -> tuple[str, ...]:
        """Keys of the best candidates, where none is better than another."""
        return tuple(key for key, score in self.candidates if score >= self.candidates[0][1] - _ALIKE)

    @property
    def unique(self) -> bool:
        return self.key is not None


class Names(Index):
    """Finds the products of an index in a text, in time linear in the text."""

    def __init__(
        self, named: Mapping[str, tuple[str, Sequence[str]]], sections: Sequence[Section], units: Units
    ) -> None:
        super().__init__(named, sections, units)
        # The same words are met again and again: in a text, and in the texts of a talk.
        self._hit = lru_cache(maxsize=MET)(self._hit_of)
        self._verdict = lru_cache(maxsize=MET)(self._verdict_of)
        self._alike = lru_cache(maxsize=MET)(self._alike_of)

    def find(self, text: str) -> tuple[Named, ...]:
        found = tokens(text)
        hits: list[tuple[str, float] | None] = []
        like: set[int] = set()
        for at, token in enumerate(found):
            hit = self._hit(token.folded)
            if hit is not None and token.raw.isascii() and len(token.folded) <= _SHORT and hit[0] != token.folded:
                hit = None  # so few Latin letters are a word of another language, and no form of a name
            if hit is None and (hit := self._likened(text, found, at)) is not None:
                like.add(at)
            of_place = hit is not None and town(text, token) and not self._goes_on(found, hits, hit[0])
            hits.append(None if of_place else hit)
        mentions: list[Named] = []
        place = 0
        while place < len(found) and len(mentions) < _MOST:
            first = found[place]
            if not hits[place] or first.number or first.folded in listed("separators") or first.folded in common():
                place += 1
                continue
            span, owners = self._span(text, found, hits, place)
            named = self._judged(found, hits, span, owners, like)
            light = named is not None and self._light(found, hits, span, owners)
            if named is not None and not light and not (len(span) == 1 and does(text, found, place)):
                mentions.append(named)
            place = span[-1] + 1
        return tuple(mentions)

    def _light(
        self, found: Sequence[Token], hits: Sequence[tuple[str, float] | None], span: Sequence[int], owners: set[str]
    ) -> bool:
        """Whether it is only a word for a person, «for my mother», or an everyday one, and no name in full."""
        if not all(everyday(found[place]) for place in span):
            return False
        said = {hit[0] for place in span if (hit := hits[place])}
        for place, token in enumerate(found[span[-1] + 1 : span[-1] + 1 + _PAIR], span[-1] + 1):
            behind = self._hit(token.folded)
            if behind is not None and not owners.isdisjoint(self._holding(behind[0])) and place > span[-1] + 1:
                return False  # «Mother and baby»
        return not any(own <= said for key in owners for own in self._entries[key].own)

    def _goes_on(self, found: Sequence[Token], hits: Sequence[tuple[str, float] | None], word: str) -> bool:
        """«Three Rosts», «the plans Start and Rost»: behind a number, or behind a name of a thing of the same kind."""
        if not hits:
            return False
        last = len(hits) - 1
        joined = last > 0 and found[last].raw in written("joining")
        before = hits[last - 1] if joined else hits[last]
        heads = {self._entries[key].head for key in self._holders.get(word, ())}
        kinds = {self._entries[key].head for key in self._holders.get(before[0], ())} if before is not None else set()
        return found[last].number or (len(heads) == 1 and heads <= kinds)

    def _hit_of(self, word: str) -> tuple[str, float] | None:
        """The word of a name that a folded word is, and what it counts."""
        if word in common() and word not in self._holders:
            return None
        if (known := self._forms.get(word)) is not None:
            return known, 1.0
        if len(word) < SLIPPED or word.isdigit() or word in common() or self._units.of(word) is not None:
            return None
        for form in (word, word[:-1], word[:-2]):
            if len(form) < SLIPPED:
                break
            near = [w for cut in cuts(form) for w in self._slips.get(cut, ()) if w[0] == form[0]]
            if right := sorted(w for w in set(near) if OSA.distance(form, w, score_cutoff=1) <= 1):
                return right[0], _SLIP
        return None

    def _likened(self, text: str, found: Sequence[Token], place: int) -> tuple[str, float] | None:
        """«Without a wire», «with a wire», of what the texts call wireless or wired: a noun behind such a word."""
        token, ahead = found[place], found[place - 1] if place else None
        if ahead is None or len(token.raw) < _NOUN or text[ahead.end : token.start].strip():
            return None
        lacks = listed("without").get(ahead.folded) is not None
        if not lacks and ahead.raw not in written("withs"):
            return None
        return self._alike(token.folded, lacks)

    def _alike_of(self, noun: str, lacks: bool) -> tuple[str, float] | None:
        """The one word of what products are like that is made of a noun."""
        found = []
        for word in self._attributes:
            for begins, ends in affixes("lacking_affixes" if lacks else "having_affixes"):
                made = word.startswith(begins) and word.endswith(ends)
                stem = word[len(begins) : len(word) - len(ends)] if made else ""
                if len(stem) >= _STEM and noun.startswith(stem) and len(noun) - len(stem) <= _ENDING:
                    found.append(word)
        return (found[0], 1.0) if len({frozenset(self._attributes[word]) for word in found}) == 1 else None

    def _holding(self, word: str) -> set[str]:
        return self._holders.get(word, set()) | self._attributes.get(word, set()) | self._keywords.get(word, set())

    def _span(
        self, text: str, found: Sequence[Token], hits: Sequence[tuple[str, float] | None], first: int
    ) -> tuple[list[int], set[str]]:
        """Places of the words of one mention, and the products that all of them belong to."""
        hit = hits[first]
        owners = set(self._holding(hit[0])) if hit else set()
        span, gap = [first], 0
        named = hit is not None and not owners.isdisjoint(self._holders.get(hit[0], set()))
        for place in range(first + 1, len(found)):
            between = text[found[place - 1].end : found[place].start]
            if not set(between).isdisjoint(",;.!?\n+") or gap > _GAP:
                break
            here = hits[place]
            apart = place - span[-1] > 1
            counted = self._units.of(found[place].folded) is not None
            if apart and (counted or all(self._units.of(found[n].folded) is not None for n in span)):
                break  # «two tills on Start» name no till
            if here is None:
                if found[place].folded in listed("separators") or found[place].number:
                    break
                gap += found[place].folded not in common()
                continue
            if any(hits[n] == here for n in span):
                break  # another of the same kind
            # Behind a name a keyword is another name: «Rost and Loyalty» are two things.
            also = set() if named else self._also.get(here[0], set())
            both = owners & (self._holding(here[0]) | also)
            if not both or (found[place].number and not _beside(text, found, place)):
                break
            behind = found[place + 1] if found[place].number and place + 1 < len(found) else None
            if behind is not None and self._units.of(behind.folded) == _PIECE and behind.start - found[place].end <= 1:
                break  # «scanners 2 pieces»: so many of them
            if behind is not None and self._counts_next(found, hits, span, place):
                break
            owners, gap = both, 0
            span.append(place)
        return span, owners

    def _counts_next(
        self, found: Sequence[Token], hits: Sequence[tuple[str, float] | None], span: Sequence[int], place: int
    ) -> bool:
        """«3 scanners 2 printers»: behind a bare noun that has its number a number belongs to the next thing."""
        first, following = span[0], hits[place + 1]
        counted = first > 0 and (found[first - 1].number or bool(numbers(found[first - 1].raw)))
        if not counted or len(span) > 1 or following is None or found[place + 1].start - found[place].end > 1:
            return False
        own = hits[first]
        return own is not None and self._holding(own[0]).isdisjoint(self._holding(following[0]))

    def _judged(
        self,
        found: Sequence[Token],
        hits: Sequence[tuple[str, float] | None],
        span: Sequence[int],
        owners: set[str],
        like: set[int],
    ) -> Named | None:
        said: dict[str, float] = {}
        for place in span:
            if hit := hits[place]:
                said[hit[0]] = max(said.get(hit[0], 0.0), hit[1])
        start, end = found[span[0] - (span[0] in like)].start, found[span[-1]].end
        if len(owners) > _MOST_MEANT:
            many = tuple((key, 0.0) for key in sorted(owners)[:_MOST_MEANT])
            return Named(start, end, many, None)
        endings = adjectives()
        described = (
            hit[0] for place in span if (hit := hits[place]) and (place in like or found[place].raw.endswith(endings))
        )
        verdict = self._verdict(frozenset(owners), tuple(said.items()), frozenset(described))
        return None if verdict is None else Named(start, end, *verdict)

    def _verdict_of(
        self, owners: frozenset[str], words: Sequence[tuple[str, float]], described: frozenset[str]
    ) -> tuple[tuple[tuple[str, float], ...], str | None, bool, bool] | None:
        """Of a mention its candidates, the one meant, whether a word of its own name was said, and only as what it is
        of."""
        said = dict(words)
        scores: dict[str, float] = {}
        certain: dict[str, bool] = {}
        for key in owners:
            scores[key], certain[key] = self._score(key, said, described)
        real = [w for w in said if self._units.of(w) is None and len(w) > 1 and not w.isdigit() and w not in common()]
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        if not ranked or (len(said) == 1 and len(next(iter(said))) < 2):
            return None
        best = ranked[0][0]
        alone = len(owners) == 1 or ranked[0][1] - ranked[1][1] > _CLOSE
        parts = [word for word in said if word in self._holders]  # with what a section calls it besides
        whole = [key for key in scores if parts and all(key in self._holders[word] for word in parts)]
        heads = [key for key in whole if self._entries[key].head in said]
        sure = alone and bool(real) and (certain[best] or heads == [best])
        own = any(best in self._holders.get(word, ()) for word in said if len(word) > 1 or len(said) == 1)
        called = any(w in (e := self._entries[key]).strong or w == e.head for key in whole for w in said)
        if not sure and not called and len(owners) > 1:
            # «The receipt», of «receipt printer»: what it is of, and no word for it alone.
            return tuple(ranked), None, False, own
        return tuple(ranked), best if sure else None, own, False

    def _score(self, key: str, said: Mapping[str, float], described: frozenset[str]) -> tuple[float, bool]:
        """What the words are worth for a product, and whether they can mean no other. An adjective alone can."""
        entry = self._entries[key]
        score, certain, rare, words = 0.0, False, False, set[str]()
        for word, worth in said.items():
            if key in self._holders.get(word, ()):
                owners = len(self._holders[word])
                score += worth / owners
                rare = rare or owners == 1
                words.add(word)
            elif key in self._attributes.get(word, ()):
                score += _ATTRIBUTE * worth
                beside = word in described or any(key in self._holders.get(other, ()) for other in said)
                certain |= len(self._attributes[word]) == 1 and beside
            elif key in self._keywords.get(word, ()):
                score += _KEYWORD * worth / len(self._keywords[word])
        certain |= rare and (len(words) > 1 or not entry.strong.isdisjoint(said))
        if any(own <= words for own in entry.own):
            score += _FULL * len(words) / len(said) + 0.01 * len(words)
            certain = True
        if any(said.keys() >= phrase for phrase in self._phrases.get(key, ())):
            score += _KEYWORD
            certain = True
        if entry.head in words:
            score += _HEAD
        return score + 0.001 * len(words) / max(1, len(entry.whole)), certain


def _beside(text: str, found: Sequence[Token], place: int) -> bool:
    """Whether a number stands right behind a word of the name: «X 2», «X-2»."""
    return found[place].start - found[place - 1].end <= 1
