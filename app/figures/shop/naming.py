"""Which product a text names: by the words of its name, in any form, alphabet and with a slip; by what only it has."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from app.figures.shop.facts import Units
from app.figures.words import Token, Words, adjectives, common, folded, listed, same, tokens
from app.types import Section

_QUOTED = re.compile(r"[\u00ab\u201e\u201c\"]([^\u00ab\u00bb\u201e\u201c\u201d\"]{1,80})[\u00bb\u201d\u201c\"]")
_SENTENCE = re.compile(r"[.!?\n]")
_CLAUSE = re.compile(r"[,;:\n()\u2014\u2013]")
_FEW = 4  # products of one section whose keywords name each of them
_GAP = 1  # words between two words of one name
_LONG = 5  # letters of a word that tells one product from its siblings
_SLIPPED = 6  # letters of a word of which one may be wrong
_SLIP = 0.8  # what a word with a slip counts
_ATTRIBUTE = 0.6
_KEYWORD = 0.4
_HEAD = 0.05
_FULL = 1.0
_CLOSE = 1e-6
_MOST = 40  # products named in one text


@dataclass(frozen=True, slots=True)
class Named:
    """A mention at `[start, end)`. `candidates`: (key, score) from the best on; `key`: the one meant, None: unclear."""

    start: int
    end: int
    candidates: tuple[tuple[str, float], ...]
    key: str | None
    own: bool = True
    """Whether a word of its own name was said, and not only what a section calls it besides."""

    @property
    def unique(self) -> bool:
        return self.key is not None


@dataclass(frozen=True, slots=True)
class _Entry:
    whole: tuple[str, ...]
    """Words of its name, common ones left out."""
    own: tuple[frozenset[str], ...]
    """Each a name in full: all of it, what is quoted in it, what is Latin in it."""
    head: str
    """The first noun of its name."""
    strong: set[str]
    """Its words that name it alone: up to the first noun, quoted, Latin; not «goods» of «delivery of goods»."""


class Names:
    """An index of names. Immutable once made; a find is linear in the text."""

    def __init__(
        self, named: Mapping[str, tuple[str, Sequence[str]]], sections: Sequence[Section], units: Units
    ) -> None:
        self._forms = Words()
        self._entries = {key: self._entry(name) for key, (name, _) in named.items()}
        self._holders: dict[str, set[str]] = defaultdict(set)
        for key, entry in self._entries.items():
            for word in entry.whole:
                self._holders[word].add(key)
        self._units = units
        self._keywords: dict[str, set[str]] = defaultdict(set)
        self._phrases: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._attributes: dict[str, set[str]] = defaultdict(set)
        of_section: dict[str, list[str]] = defaultdict(list)
        for key, (_, ids) in named.items():
            for section in ids:
                of_section[section].append(key)
        self._learn(sections, of_section)
        vocabulary = list(dict.fromkeys([*self._holders, *self._attributes, *self._keywords]))
        self._slips: dict[str, set[str]] = defaultdict(set)
        for word in vocabulary:
            if len(word) >= _SLIPPED - 1 and not word.isdigit():
                for cut in _cuts(word):
                    self._slips[cut].add(word)

    def _form(self, word: str) -> str:
        """The one of all forms of a word that the index keeps: the first one seen."""
        if (known := self._forms.get(word)) is None:
            self._forms.add(word, word)
        return known or word

    def _entry(self, name: str) -> _Entry:
        words = [self._form(word) for word in dict.fromkeys(folded(name))]
        whole = [word for word in words if word not in common()] or words
        own = [frozenset(whole)]
        own += [frozenset(self._form(word) for word in folded(quoted)) for quoted in _QUOTED.findall(name)]
        raw = tokens(name)
        latin = next((n for n, token in enumerate(raw) if token.raw.isascii() and not token.number), 0)
        if latin:
            own.append(frozenset(self._form(token.folded) for token in raw[latin:] if token.raw.isascii()))
        whole = list(dict.fromkeys(whole))
        strong = set().union(*own[1:])
        head = whole[0] if whole else ""
        for token in raw:
            if (form := self._form(token.folded)) in whole:
                strong.add(form)
                head = form
                if not token.raw.endswith(adjectives()):
                    break
        return _Entry(tuple(whole), tuple(o for o in own if o), head, strong)

    def _learn(self, sections: Sequence[Section], of_section: Mapping[str, Sequence[str]]) -> None:
        """What titles and keywords call the products of a section, and what its text says of one of them alone."""
        about: dict[str, Sequence[str]] = {}
        for section in sections:
            keys = of_section.get(section.id, ())
            if 0 < len(keys) <= _FEW:
                said = {word for piece in (section.title, *section.keywords) for word in folded(piece)}
                twin = next((about[s] for s in (section.id.rpartition("_")[0],) if s in about), ())
                if any(self._rare(word, said) for key in keys for word in self._entries[key].whole) or twin:
                    about[section.id] = keys
                    self._learn_names(section, keys)
            if len(keys) > 1:
                self._learn_attributes(section, keys)

    def _rare(self, word: str, said: set[str]) -> bool:
        return len(self._holders[word]) <= _FEW and any(same(word, other) for other in said)

    def _learn_names(self, section: Section, keys: Sequence[str]) -> None:
        for phrase in (section.title, *section.keywords):
            words = tuple(self._form(w) for w in folded(phrase) if w not in common())
            counted = phrase is not section.title and any(self._units.of(w) for w in words)
            if not words or counted or any(w.isdigit() for w in words) or len(words) > _FEW:
                continue
            only = self._entries[keys[0]] if len(keys) == 1 and phrase is section.title else None
            if only is not None and set(words) < set(only.whole):
                only.strong.update(words)  # a shorter name that it is sold under
            for key in keys:
                if not set(words) <= set(self._entries[key].whole):
                    self._phrases[key].append(words)
                    for word in words:
                        if word not in self._holders and self._units.of(word) is None:
                            self._keywords[word].add(key)

    def _learn_attributes(self, section: Section, keys: Sequence[str]) -> None:
        """A clause that names one of several products: its other words tell that one from its siblings."""
        named = {key: self._telling(key, keys) for key in keys}
        known = {word for key in keys for word in self._entries[key].whole}
        found: dict[str, set[str]] = defaultdict(set)
        clauses = [(n, c) for n, sentence in enumerate(_SENTENCE.split(section.text)) for c in _CLAUSE.split(sentence)]
        last, before = -1, list[str]()
        for number, clause in clauses:
            words = [self._form(w) for w in folded(clause) if len(w) < _LONG or w not in common()]
            here = [key for key in keys if named[key] and named[key] <= set(words)]
            here = [key for key in here if not any(named[key] < named[other] for other in here)]
            if not any(named[key] & set(words) for key in keys) and number == last:
                here = before  # it goes on about the one before
            last, before = number, here
            if len(here) == 1:
                for word in words:
                    if len(word) >= _LONG and word not in common() and not self._units.of(word):
                        found[word].add(here[0])
        for word, owners in found.items():
            if len(owners) == 1 and word not in known:
                self._attributes[word] |= owners

    def _telling(self, key: str, siblings: Sequence[str]) -> set[str]:
        """The words of a name that not every sibling has."""
        shared = set(self._entries[key].whole).intersection(*(self._entries[other].whole for other in siblings))
        return set(self._entries[key].whole) - shared

    def head(self, key: str) -> str:
        """The first noun of a name."""
        return self._entries[key].head

    def find(self, text: str) -> tuple[Named, ...]:
        found = tokens(text)
        hits = [self._hit(token) for token in found]
        mentions: list[Named] = []
        place = 0
        while place < len(found) and len(mentions) < _MOST:
            if not hits[place] or found[place].number or found[place].folded in listed("separators"):
                place += 1
                continue
            span = self._span(text, found, hits, place)
            named = self._judged(found, hits, span)
            if named is not None:
                mentions.append(named)
            place = span[-1] + 1
        return tuple(mentions)

    def _hit(self, token: Token) -> tuple[str, float] | None:
        """The word of a name that a token is, and what it counts."""
        word = token.folded
        if word in common() and word not in self._holders:
            return None
        if (known := self._forms.get(word)) is not None:
            return known, 1.0
        if len(word) < _SLIPPED or token.number or word in common() or self._units.of(word) is not None:
            return None
        for form in (word, word[:-1], word[:-2]):
            if len(form) < _LONG:
                break
            near = [w for cut in _cuts(form) for w in self._slips.get(cut, ()) if w[0] == form[0]]
            if right := sorted(w for w in set(near) if OSA.distance(form, w, score_cutoff=1) <= 1):
                return right[0], _SLIP
        return None

    def _holding(self, word: str) -> set[str]:
        return self._holders.get(word, set()) | self._attributes.get(word, set()) | self._keywords.get(word, set())

    def _span(
        self, text: str, found: Sequence[Token], hits: Sequence[tuple[str, float] | None], first: int
    ) -> list[int]:
        """Places of the words of one mention: each next one belongs to a product that all before belong to."""
        hit = hits[first]
        owners = set(self._holding(hit[0])) if hit else set()
        span, gap = [first], 0
        for place in range(first + 1, len(found)):
            between = text[found[place - 1].end : found[place].start]
            if not set(between).isdisjoint(",;.!?\n+") or gap > _GAP:
                break
            here = hits[place]
            if place - span[-1] > 1 and all(self._units.of(found[n].folded) is not None for n in span):
                break  # «two tills on Start» name no till
            if here is None:
                if found[place].folded in listed("separators") or found[place].number:
                    break
                gap += found[place].folded not in common()
                continue
            both = owners & self._holding(here[0])
            if not both or (found[place].number and not _beside(text, found, place)):
                break
            owners, gap = both, 0
            span.append(place)
        return span

    def _judged(
        self, found: Sequence[Token], hits: Sequence[tuple[str, float] | None], span: Sequence[int]
    ) -> Named | None:
        said: dict[str, float] = {}
        for place in span:
            if hit := hits[place]:
                said[hit[0]] = max(said.get(hit[0], 0.0), hit[1])
        endings = adjectives()
        described = {hit[0] for place in span if (hit := hits[place]) and found[place].raw.endswith(endings)}
        scores: dict[str, float] = {}
        certain: dict[str, bool] = {}
        for key in {key for word in said for key in self._holding(word)}:
            scores[key], certain[key] = self._score(key, said, described)
        real = [w for w in said if self._units.of(w) is None and len(w) > 1 and not w.isdigit() and w not in common()]
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        if not ranked or (len(said) == 1 and len(next(iter(said))) < 2):
            return None
        best = ranked[0][0]
        alone = len(ranked) == 1 or ranked[0][1] - ranked[1][1] > _CLOSE
        whole = [key for key in scores if all(key in self._holders.get(word, ()) for word in said)]
        heads = [key for key in whole if self._entries[key].head in said]
        sure = alone and bool(real) and (certain[best] or heads == [best])
        own = any(best in self._holders.get(word, ()) for word in said)
        return Named(found[span[0]].start, found[span[-1]].end, tuple(ranked), best if sure else None, own)

    def _score(self, key: str, said: Mapping[str, float], described: set[str]) -> tuple[float, bool]:
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
        if any(all(any(same(w, s) for s in said) for w in phrase) for phrase in self._phrases.get(key, ())):
            score += _KEYWORD
            certain = True
        if entry.head in words:
            score += _HEAD
        return score + 0.001 * len(words) / max(1, len(entry.whole)), certain


def _beside(text: str, found: Sequence[Token], place: int) -> bool:
    """Whether a number stands right behind a word of the name: «X 2», «X-2»."""
    return found[place].start - found[place - 1].end <= 1


def _cuts(word: str) -> Iterator[str]:
    """The word and all that is left of it without one letter: two words a slip apart share one of them."""
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
