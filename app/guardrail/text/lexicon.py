"""What words mean, in Russian, Kazakh and English at once: concepts that sales texts share, those of a shop's own
trade, and words without content. All are folded (`folding.fold`); the general ones stand in lexicon.yaml.
"""

from functools import lru_cache

from app.guardrail.text.lists import Lists
from app.types import Shop, ThingKind

_LISTS = Lists("app.guardrail.text", "lexicon.yaml")
_CONCEPTS = _LISTS.table("concepts")
_EXACT = _LISTS.table("exact")
_STOP = _LISTS.words("stop")
_UNITS = {key: unit for unit, keys in _LISTS.rows("units").items() for key in keys}
_ENDINGS = sorted(_LISTS.row("endings"), key=len, reverse=True)
_ENDINGS_KK = sorted(_LISTS.row("endings_kk"), key=len, reverse=True)
_ENDINGS_EN = sorted(_LISTS.row("endings_en"), key=len, reverse=True)
_FLEETING, _VOWELS = _LISTS.row("fleeting"), _LISTS.word("vowels")
_STEM = 3
"""Letters that are left of a word at least."""

TOPICS: frozenset[str] = _LISTS.words("topics")
"""What a term of any shop can be about."""

PROMISED: frozenset[str] = TOPICS - _LISTS.words("not_promised")
"""Topics beside which a time is a promise of ours."""

HEADS: frozenset[str] = _LISTS.words("heads")
"""Kinds of products: named alone, every product of the kind is meant."""

QUALIFIERS: frozenset[str] = _LISTS.words("qualifiers")
"""Without these words a figure that has them would be said of something else."""

UNSAID: frozenset[str] = _LISTS.words("unsaid")
"""Qualifiers that go without saying where nothing of that name is to be had without them."""

PREPOSITIONS: frozenset[str] = _LISTS.words("prepositions")
"""Behind these a product is named beside the main one."""

PRICE_WORDS: frozenset[str] = _LISTS.words("price_words")
"""What may stand between a product and its price."""

HEAD_WORDS: tuple[str, ...] = _LISTS.row("head_words")
"""Beginnings of the words for kinds of products."""


class Lexicon:
    """The meanings of words for one shop. Two are the same only if they are one."""

    def __init__(self, shop: Shop) -> None:
        self._concepts = dict(_CONCEPTS)
        self._exact = dict(_EXACT)
        for thing in shop.things:
            self._concepts.update(dict.fromkeys(thing.begins, f"@{thing.name}"))
            self._exact.update(dict.fromkeys(thing.whole, f"@{thing.name}"))
        self._longest = max(map(len, self._concepts))
        self._units = _UNITS | {f"@{thing.name}": f"@{thing.unit}" for thing in shop.things if thing.unit}
        self.generic = _LISTS.words("generic") | _of(shop, "common")
        """Keys that do not tell one product from another."""
        self.topics = TOPICS | _of(shop, "topic")
        """What a term can be about."""
        self.subjects = self.topics | {"@free"}
        """What any figure can be about."""
        self.limited = _LISTS.words("limited") | _of(shop, "limited")
        """Of what plans hold only so many."""
        self.seats = _LISTS.words("seats") | _of(shop, "seat")
        """By how many of what plans are told apart."""
        self.counted = self.seats | {"@shop"}
        """What a count stands for where it is the count of a plan or of the customer's shops."""
        self.latin = _of(shop, "latin")
        """What tells no product, although its letters are Latin."""
        self.names = (shop.name,) if shop.name else ()
        """Names that are kept as they are."""
        self.key = lru_cache(maxsize=16384)(self._key)
        """(a folded word, whether it is Kazakh) -> its meaning key: its concept in any language, else its stem; empty
        for a word without content."""

    def unit(self, key: str) -> str | None:
        """What a price is paid for, if a word with this key can be that."""
        return self._units.get(key)

    def _key(self, word: str, kazakh: bool = False) -> str:
        if word in self._exact:
            return self._exact[word]
        if word in _STOP:
            return ""
        for size in range(min(len(word), self._longest), 2, -1):
            concept = self._concepts.get(word[:size])
            if concept is not None:
                return concept
        return stem(word, kazakh)


def _of(shop: Shop, kind: ThingKind) -> frozenset[str]:
    return frozenset(f"@{thing.name}" for thing in shop.things if kind in thing.kinds)


@lru_cache(maxsize=32)
def lexicon(shop: Shop) -> Lexicon:
    """The one of a shop."""
    return Lexicon(shop)


GENERAL = lexicon(Shop())
"""That of no shop: what all of them share."""


def stem_en(word: str) -> str:
    """A light stem of an English word: the longest ending off, at least three letters left: «linked» is «link»."""
    ending = next((e for e in _ENDINGS_EN if len(word) - len(e) >= _STEM and word.endswith(e)), "")
    return word.removesuffix(ending) if ending else word


def stem(word: str, kazakh: bool = False) -> str:
    """A light stem: the longest ending off, at least three letters left (twice for Kazakh, which stacks them).

    A vowel that comes and goes is off too: «мешок», «мешков» and «сумка», «сумок» have one stem each.
    """
    for _ in range(2 if kazakh else 1):
        for ending in _ENDINGS_KK if kazakh else _ENDINGS:
            if len(word) - len(ending) >= _STEM and word.endswith(ending):
                word = word[: -len(ending)]
                break
        else:
            break
    fleeting = not kazakh and len(word) > _STEM and word.endswith(_FLEETING) and word[-3] not in _VOWELS
    return word[:-2] + word[-1] if fleeting else word
