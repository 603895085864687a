"""Russian and Kazakh written with Latin letters: which word was meant.

A word is looked up by its skeleton, in which every habit of writing it is the same; one that is not known is put
together letter by letter, by what the language's letters make likely.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice, product

from app.language import words
from app.language.letters.ngrams import step

_DATA = words.letters()
_TABLES: Mapping[str, Mapping[str, list[str]]] = _DATA["latin"]
_LONGEST = max(len(sign) for table in _TABLES.values() for sign in table)
_SKELETON = str.maketrans(_DATA["skeleton"])
_PAIRS: list[list[str]] = _DATA["skeleton_pairs"]
_SOFTENED = frozenset(_DATA["softened"])
_SOFT = _DATA["soft"]
_SHORT = _DATA["short_i"]
_ENDINGS: Mapping[str, str] = _DATA["endings"]
_ENDED = 6  # letters from which on a word has none of these endings
_APOSTROPHES = str.maketrans(dict.fromkeys(_DATA["apostrophes"], "'"))
_MOST = 24  # skeletons of one word
_BEAM = 5
_RARER = 8  # the cost of each place further down among what a sign may stand for
_UNWRITTEN = 6  # the cost of a soft sign that was left out
_LONG = 32  # letters; no word that is longer is looked for


def skeleton(word: str) -> str:
    """A Cyrillic word without what the habits of Latin letters differ in."""
    plain = word.translate(_SKELETON)
    for pair, one in _PAIRS:
        if pair in plain:
            plain = plain.replace(pair, one)
    return plain


@lru_cache(maxsize=4)
def _dictionary(language: str) -> Mapping[str, tuple[str, ...]]:
    """Skeleton to words; first those that tell the language, then the shorter."""
    known = words.words(language)
    found: dict[str, list[str]] = defaultdict(list)
    for word in known.own | known.shared | known.common:
        found[skeleton(word)].append(word)
    return {
        bones: tuple(sorted(several, key=lambda word: (word not in known.own, len(word), word)))
        for bones, several in found.items()
        if len(bones) > 1
    }


def _parts(word: str, language: str) -> list[list[str]]:
    """Per sign of the Latin word, or per several that stand for one, what it may be."""
    table = _TABLES[language]
    parts, at = [], 0
    while at < len(word):
        for size in range(min(_LONGEST, len(word) - at), 0, -1):
            options = table.get(word[at : at + size])
            if options is not None:
                parts.append(options)
                at += size
                break
        else:
            parts.append([word[at]])
            at += 1
    return parts


@lru_cache(maxsize=8192)
def known(word: str, language: str) -> str | None:
    """The known word that a lower-case Latin one is, or None."""
    spelt = words.words(language).spelt
    word = word.translate(_APOSTROPHES)
    if word in spelt:
        return spelt[word]
    if not 2 < len(word) <= _LONG:
        return None
    bones = [list(dict.fromkeys(skeleton(option) for option in part)) for part in _parts(word, language)]
    dictionary = _dictionary(language)
    for row in islice(product(*bones), _MOST):
        found = dictionary.get(skeleton("".join(row)))
        if found is not None:
            return found[0] if len(found) == 1 else _as_spelt(word, found)
    return None


def _as_spelt(word: str, several: tuple[str, ...]) -> str:
    """Of words with one skeleton the one that has a soft sign or a short vowel where it was written."""
    soft, short = "'" in word, word[-1] in "yj"
    return min(
        several,
        key=lambda each: ((_SOFT in each) != soft if soft else 0, (each[-1] == _SHORT) != short if short else 0),
    )


@lru_cache(maxsize=8192)
def cyrillic(word: str, language: str) -> str:
    """A lower-case Latin word in the letters of "ru" or "kk"."""
    found = known(word, language)
    if found is not None:
        return found
    word = word.translate(_APOSTROPHES)
    if len(word) > _LONG:
        return "".join(part[0] for part in _parts(word, language))
    likeliest = _likeliest(_parts(word, language), language)
    if language == "ru" and len(likeliest) >= _ENDED:
        for ending, whole in _ENDINGS.items():
            if likeliest.endswith(ending):
                return likeliest[: -len(ending)] + whole
    return likeliest


def _likeliest(parts: list[list[str]], language: str) -> str:
    beam: list[tuple[int, str]] = [(0, "  ")]
    for place, part in enumerate(parts):
        grown: dict[str, int] = {}
        follows = parts[place + 1][0] if place + 1 < len(parts) else ""
        for cost, text in beam:
            for rank, option in enumerate(part):
                ways = [option]
                if option and option[-1] in _SOFTENED and language == "ru" and follows[:1] not in _DATA["vowels"]:
                    ways.append(option + _SOFT)
                for way in ways:
                    total, written = cost + _RARER * rank + (_UNWRITTEN if way != option else 0), text
                    for letter in way:
                        total += step(language, written[-2:] + letter)
                        written += letter
                    if total < grown.get(written, total + 1):
                        grown[written] = total
        beam = sorted((total, text) for text, total in grown.items())[:_BEAM]
    ended = [(cost + step(language, text[-2:] + " "), text) for cost, text in beam]
    return min(ended)[1][2:]
