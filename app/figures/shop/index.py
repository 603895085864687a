"""What products are called: the words of their names, other names for them, and what tells one from its siblings."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from app.figures.read import exact
from app.figures.shop.facts import Units
from app.figures.words import (
    LANGUAGES,
    Token,
    Words,
    adjectives,
    asked_by,
    common,
    data,
    fold,
    folded,
    listed,
    same,
    tokens,
)
from app.language.numerals import numbers
from app.types import Section

_QUOTED = re.compile(r"[\u00ab\u201e\u201c\"]([^\u00ab\u00bb\u201e\u201c\u201d\"]{1,80})[\u00bb\u201d\u201c\"]")
_SENTENCE = re.compile(r"[.!?\n]")
_CLAUSE = re.compile(r"[,;:\n()\u2014\u2013]")
_FEW = 4  # products of one section whose keywords name each of them
_LONG = 5  # letters of a word that tells one product from its siblings
SLIPPED = 6
"""Letters of a word of which one may be wrong."""


@dataclass(frozen=True, slots=True)
class Entry:
    whole: tuple[str, ...]
    """Words of its name, common ones left out."""
    own: tuple[frozenset[str], ...]
    """Each a name in full: all of it, what is quoted in it, what is Latin in it."""
    head: str
    """The first noun of its name."""
    strong: set[str]
    """Its words that name it alone: up to the first noun, quoted, Latin; not «goods» of «delivery of goods»."""


class Index:
    """The words of names, of titles and keywords, and of what a text says of one product alone. Immutable once made."""

    def __init__(
        self, named: Mapping[str, tuple[str, Sequence[str]]], sections: Sequence[Section], units: Units
    ) -> None:
        self._forms = Words()
        self._entries = {key: self._entry(name) for key, (name, _) in named.items()}
        alike = Counter(frozenset(entry.whole) for entry in self._entries.values())
        for key, entry in self._entries.items():
            if alike[frozenset(entry.whole)] > 1:  # «delivery in town», «delivery out of town»
                self._entries[key] = self._entry(named[key][0], every=True)
        self._holders: dict[str, set[str]] = defaultdict(set)
        for key, entry in self._entries.items():
            for word in entry.whole:
                self._holders[word].add(key)
        self._units = units
        self._keywords: dict[str, set[str]] = defaultdict(set)
        self._also: dict[str, set[str]] = defaultdict(set)
        """Words of a keyword that stand in names of other things: behind another word they go on with this one."""
        self._phrases: dict[str, list[frozenset[str]]] = defaultdict(list)
        self._attributes: dict[str, set[str]] = defaultdict(set)
        of_section: dict[str, list[str]] = defaultdict(list)
        for key, (_, ids) in named.items():
            for section in ids:
                of_section[section].append(key)
        self._learn(sections, of_section)
        vocabulary = list(dict.fromkeys([*self._holders, *self._attributes, *self._keywords]))
        self._slips: dict[str, set[str]] = defaultdict(set)
        for word in vocabulary:
            if len(word) >= SLIPPED - 1 and not word.isdigit():
                for cut in cuts(word):
                    self._slips[cut].add(word)

    def _form(self, word: str) -> str:
        """The one of all forms of a word that the index keeps: the first one seen."""
        known = self._forms.get(word)
        self._forms.add(word, known or word)  # its own forms may be none of the first one's
        return known or word

    def _entry(self, name: str, *, every: bool = False) -> Entry:
        words = [self._form(word) for word in dict.fromkeys(folded(name))]
        whole = [word for word in words if every or word not in common() or _timed(word)] or words
        whole = whole if any(not _timed(word) for word in whole) else words  # «for a year» is no name of its own
        own = [frozenset(whole)]
        own += [frozenset(self._form(word) for word in folded(quoted)) for quoted in _QUOTED.findall(name)]
        raw = tokens(name)
        modifies = self._modifiers(name, raw)
        latin = next((n for n, token in enumerate(raw) if token.raw.isascii() and not token.number), 0)
        if latin:
            own.append(frozenset(self._form(token.folded) for token in raw[latin:] if token.raw.isascii()))
        whole = list(dict.fromkeys(whole))
        strong = set().union(*own[1:]) - modifies
        head = whole[0] if whole else ""
        for token in raw:
            if (form := self._form(token.folded)) in whole and form not in modifies:
                strong.add(form)
                head = head if len(strong) > 1 and _timed(form) else form  # «all in for a year» is no kind of year
                if not token.raw.endswith(adjectives()):
                    break
        return Entry(tuple(whole), tuple(o for o in own if o), head, strong)

    def _modifiers(self, name: str, raw: Sequence[Token]) -> set[str]:
        """Words joined by a hyphen to the noun behind them: they tell of what kind it is, and name nothing alone."""
        pairs = ((a, b) for a, b in pairwise(raw) if name[a.end : b.start] == "-" and not (a.raw.isascii() or b.number))
        return {self._form(a.folded) for a, _ in pairs}

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
            denied = any(w in listed("denies") or listed("without").get(w) is not None for w in folded(phrase))
            lost = any(w in common() and w not in listed("small") and not asked_by(w) for w in folded(phrase))
            if not words or counted or denied or any(w.isdigit() for w in words) or len(words) > _FEW:
                continue
            numbered = {
                self._form(token.folded) for token in tokens(phrase) if any(map(exact, numbers(token.raw)))
            }  # «two screens»
            only = self._entries[keys[0]] if len(keys) == 1 and phrase is section.title else None
            if only is not None and set(words) < set(only.whole) and not lost:
                only.strong.update(words)  # a shorter name that it is sold under
            for key in self._titled(section, keys):
                if not set(words) <= set(self._entries[key].whole):
                    if not lost:
                        self._phrases[key].append(frozenset(words))
                        for word in words if len(words) == 1 and len(keys) == 1 else ():
                            self._also[word].add(key)
                    for word in words:
                        if word not in self._holders and self._units.of(word) is None and word not in numbered:
                            self._keywords[word].add(key)

    def _titled(self, section: Section, keys: Sequence[str]) -> Sequence[str]:
        """The one thing that a title names, of all that its section prices: a deposit beside it is no such thing."""
        title = {self._form(word) for word in folded(section.title) if word not in common()}
        named = [key for key in keys if set(self._entries[key].whole) == title]
        return named if len(named) == 1 else keys

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


def _timed(word: str) -> bool:
    """Whether a folded word is a length of time, which tells «a pass for a year» from «a pass»."""
    return listed("spans").get(word) is not None


def cuts(word: str) -> Iterator[str]:
    """The word and all that is left of it without one letter: two words a slip apart share one of them."""
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]


@cache
def affixes(name: str) -> tuple[tuple[str, str], ...]:
    """What a word begins and ends with around the stem of a noun, folded: «бес»+«провод»+«ной»."""
    rows = (str(row).partition("~") for language in LANGUAGES for row in data(language)[name])
    return tuple((fold(begins) if begins else "", fold(ends) if ends else "") for begins, _, ends in rows)
