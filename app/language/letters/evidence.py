"""What the words of a text say of its language: by lists, by letters that only some languages have, by letter rows."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from app.language import words
from app.language.folds import KAZAKH, lower, plain
from app.language.letters.chunks import CYRILLIC, LATIN, MOST_WORDS, is_address, split
from app.language.letters.ngrams import cost

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019\u02bc`][^\W\d_]+)*")
_SCRIPTS = {name: re.compile(f"[{ranges}]") for name, ranges in words.scripts().items()}
_FOREIGN = re.compile("[" + "".join(words.scripts().values()) + "]")
LISTED = 1.0
_SEEN = 0.7  # a word that the language's texts use: less than one that no other language has
_OURS = frozenset(("ru", "kk", "en"))
_LETTER = 1.5  # a letter that others have not
_NAME = 0.5  # the same in a name
_GUESSED = 0.9  # the most that a row of letters is worth
_DIFFERENCE = 50  # of costs, for one point
_BORROWED = 20  # the cost of a letter that Kazakh has in borrowed words alone
_DOUBT = 12  # a smaller difference says nothing
_SENTENCE = 3  # words from which on a capital letter ahead is a sentence's, not a name's
_SHORTEST = 4
_SLAVIC = 40  # what Russian letters must read better by than Kazakh ones in a word of a neighbour's


@dataclass(frozen=True, slots=True)
class Evidence:
    """Points for each language, the strongest first; how many words are Cyrillic and Latin; a script that tells."""

    points: tuple[tuple[str, float], ...]
    firm: frozenset[str]
    """Languages that a word of their lists speaks for, or a letter, not rows of letters alone."""
    alone: frozenset[str]
    """Languages that some word belongs to which is neither Russian nor Kazakh nor English."""
    cyrillic: int
    latin: int
    script: str

    def of(self, language: str) -> float:
        return dict(self.points).get(language, 0.0)


@lru_cache(maxsize=512)
def weigh(text: str) -> Evidence:
    """The evidence of a text that stands in its own letters."""
    points: dict[str, float] = {}
    alone: set[str] = set()
    firm: set[str] = set()
    cyrillic = latin = 0
    found = list(islice(_words(text), MOST_WORDS))
    names = len(found) < _SENTENCE and all(word[0].isupper() for word in found)
    for place, word in enumerate(found):
        if CYRILLIC.search(word):
            cyrillic += 1
            capital = word[0].isupper() and not word.isupper()
            _add(_cyrillic(lower(word), capital and place > 0, capital and (place > 0 or names)), points, firm, alone)
        elif LATIN.search(word):
            latin += 1
            _add(_latin(lower(word)), points, firm, alone)
    script = ""
    if _FOREIGN.search(text):
        seen = Counter({name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()})
        if seen["ja"]:  # whoever writes kana writes Chinese signs as well
            seen["ja"] += seen["zh"]
        script = seen.most_common(1)[0][0]
    ordered = sorted(points.items(), key=lambda pair: (-pair[1], pair[0]))
    return Evidence(
        tuple((name, round(weight, 2)) for name, weight in ordered),
        frozenset(firm),
        frozenset(alone),
        cyrillic,
        latin,
        script,
    )


def _add(found: tuple[tuple[str, float], ...], points: dict[str, float], firm: set[str], alone: set[str]) -> None:
    for language, weight in found:
        points[language] = points.get(language, 0.0) + weight
        if weight >= LISTED:
            firm.add(language)
    if not any(language in _OURS for language, _ in found):
        alone.update(language for language, _ in found)


def _words(text: str) -> Iterable[str]:
    for chunk in split(text)[::2]:
        if chunk and not is_address(chunk):
            yield from _WORD.findall(chunk)


@lru_cache(maxsize=1)
def _plain_kazakh() -> frozenset[str]:
    """Kazakh words without their letters, but for those that are Russian ones."""
    kk, ru = words.words("kk"), words.words("ru")
    return frozenset(plain(word) for word in kk.own) - ru.own - ru.common - kk.shared - ru.shared


@lru_cache(maxsize=16384)
def _cyrillic(word: str, name: bool, person: bool) -> tuple[tuple[str, float], ...]:
    ru, kk, others = words.words("ru"), words.words("kk"), words.others()
    listed: dict[str, float] = {code: LISTED for code, other in others.items() if word in other.words}
    own = frozenset(word)
    if word in kk.own and word not in kk.shared:
        listed["kk"] = _LETTER if own & KAZAKH else LISTED
    elif word in _plain_kazakh():
        listed["kk"] = LISTED
    folded = plain(word) if own.isdisjoint(KAZAKH) else word
    if word in words.short():
        return ()
    if "kk" not in listed and (folded in ru.shared or folded in kk.shared):
        return ()
    if folded in ru.own and folded not in ru.shared:
        listed["ru"] = LISTED
    if listed:
        return tuple(listed.items())
    return tuple(_by_letters(word, folded, own, name, person).items())


def _by_letters(word: str, folded: str, own: frozenset[str], name: bool, person: bool) -> dict[str, float]:
    others = words.others()
    telling = {code: _LETTER for code, other in others.items() if own & other.letters}
    if telling:
        return telling
    special = own & KAZAKH
    if not special:
        return _by_rows(folded, person)
    signs = {code: LISTED for code, other in others.items() if any(sign in word for sign in other.signs)}
    if signs and special <= words.turkic():
        return signs
    if special == words.ukrainian() and not _reads_as_kazakh(word):
        return {"uk": LISTED}
    neighbour = {"ky": _SEEN} if special <= words.turkic() and not name else {}
    return {"kk": _NAME if name else _LETTER, **neighbour}


def _by_rows(folded: str, person: bool) -> dict[str, float]:
    """Of a word that no list has and that is written with Russian letters alone."""
    in_ru, in_kk = folded in words.words("ru").common, folded in words.words("kk").common
    if in_ru != in_kk:
        return {"ru" if in_ru else "kk": _SEEN}
    difference = cost("kk_plain", folded) + _BORROWED * len(words.borrowed() & set(folded)) - cost("ru", folded)
    if len(folded) < _SHORTEST or in_ru or person or abs(difference) < _DOUBT:
        return {}
    return {"ru" if difference > 0 else "kk": min(_GUESSED, abs(difference) / _DIFFERENCE)}


def _reads_as_kazakh(word: str) -> bool:
    return cost("kk", word) - cost("ru", plain(word)) <= _SLAVIC


@lru_cache(maxsize=16384)
def _latin(word: str) -> tuple[tuple[str, float], ...]:
    en = words.words("en")
    word = word.replace("\u2019", "'").replace("\u02bc", "'").replace("`", "'")
    if word in en.names:
        return ()
    if word in en.own:
        return (("en", LISTED),)
    listed = tuple((code, LISTED) for code, other in words.others().items() if word in other.words)
    if listed:
        return listed
    own = frozenset(word)
    telling = tuple((code, LISTED) for code, other in words.others().items() if own & other.letters)
    if telling:
        return telling
    return (("en", _SEEN),) if word in en.common else ()
