"""Text typed in the wrong keyboard layout: what lies under the same keys in another one."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from app.language import words
from app.language.folds import lower
from app.language.letters.chunks import CYRILLIC, LATIN, is_roman
from app.language.letters.costs import as_typed, chunk_cost, is_english, is_known, knows, words_of

CLIP = 60
"""What one chunk may say for the others."""
SHARE = 0.6
"""How much of what the others say counts for one."""
LEAST = 14
"""What a reading of unknown words must be better by."""
_LONGEST = 64
_SHORTEST = 3  # letters of an English word that is one whatever stands beside it
_INNER = frozenset("@#$^&")  # signs that no word holds, whatever lies under their keys
_CONTEXT = 130  # what the others may say for a chunk: a keyboard is not switched to and fro
_AMONG = 26  # and by this more for words that may be anybody's name
_DIGIT = 20  # digits that are Kazakh letters
_LIKELY = 24  # the most that a letter of an ordinary word costs
_SWITCHED = 34  # before anything is read, a layout is seldom a wrong one

_DATA = words.letters()["layouts"]
_US = _DATA["us"] + _DATA["us_shift"]
_RU = _DATA["ru"] + _DATA["ru_shift"]
_DIGITS = {str(key): letter for key, letter in _DATA["kk_digits"].items()}
_TO_RU = str.maketrans(dict(zip(_US, _RU, strict=True)))
_TO_US = str.maketrans(_RU[::-1], _US[::-1])
_TO_KK = str.maketrans(dict(zip(_US, _RU, strict=True)) | _DIGITS)
_WITH_DIGITS = str.maketrans(_DIGITS)
_ASKS = "&?"
_CLOSING = ".,!?;:)]}\"'\u00bb&/^$"
_KEYS = {**dict.fromkeys("[]{};'\":<>", 30), ".": 45, ",": 12}
"""Under them lie letters, and what it costs if they are signs all the same; a letter under a comma ends few words."""
_OPENING = "([{\"'\u00ab"


def clipped(gain: float, low: float = -CLIP, high: float = CLIP) -> float:
    """A gain within bounds: no chunk speaks for all of them."""
    return max(low, min(high, gain))


def switched(parts: list[str], places: Sequence[int], own: frozenset[str]) -> bool:
    """Whether any of the chunks at these places was typed in another layout; such ones are replaced in `parts`."""
    readings = {place: _other_layout(parts[place]) for place in places}
    total = sum(clipped(gain) for gain, _, _ in readings.values())
    changed = False
    for place, (gain, meant, sure) in readings.items():
        if meant is None or (own and lower(parts[place]) in own):
            continue
        others = total - clipped(gain)
        if others <= 0 and not sure and parts[place].isupper():  # an abbreviation
            continue
        if gain + clipped(SHARE * others, -CLIP, _CONTEXT) > (0 if sure else LEAST):
            parts[place] = meant
            changed = True
    for place in places if changed else ():  # the question mark behind a number
        if parts[place][-1] == _ASKS[0] and parts[place][:-1].isdigit():
            parts[place] = parts[place][:-1] + _ASKS[1]
    return changed


@lru_cache(maxsize=8192)
def _other_layout(chunk: str) -> tuple[int, str | None, bool]:
    """(what the best other layout is better by, the chunk in it, whether it holds a known word); None: no letters."""
    is_latin, is_cyrillic = LATIN.search(chunk) is not None, CYRILLIC.search(chunk) is not None
    if is_latin == is_cyrillic or len(chunk) > _LONGEST or is_roman(chunk) or not _INNER.isdisjoint(chunk[:-1]):
        return 0, None, False
    if is_cyrillic:
        return _from_cyrillic(chunk)
    digits = any(each.isdigit() for each in chunk)
    russian, kazakh = _russian(chunk), _kazakh(chunk)
    if is_known(chunk) and not any(knows(way) for way, _ in (*russian, *kazakh)):
        return -CLIP, None, False
    found = [
        (chunk_cost(way, language) + kept + (_DIGIT if digits and language == "kk" else 0), way, language)
        for language, ways in (("ru", russian), ("kk", kazakh))
        for way, kept in ways
        if CYRILLIC.search(way)
    ]
    if not found:
        return 0, None, False
    best, way, language = min(found, key=lambda row: row[0])
    known = any(words.words(language).know(word) for word in words_of(way))
    if digits and not known:  # a code of a thing
        return 0, None, False
    return as_typed(chunk) - best - _SWITCHED, way, known


def _from_cyrillic(chunk: str) -> tuple[int, str | None, bool]:
    if any(each in "-=" or each.isdigit() for each in chunk.strip("-=")):
        kazakh = _kazakh_digits(chunk)
        if all(words.words("kk").know(word) for word in words_of(kazakh)):
            return CLIP, kazakh, True
    way = _english(chunk)
    if not LATIN.search(way) or is_known(chunk):
        return -CLIP, None, False
    typed = min(chunk_cost(chunk, "ru"), chunk_cost(chunk, "kk"), chunk_cost(chunk, "kk_plain"))
    if typed <= _LIKELY * len(chunk):
        return -CLIP, None, False
    known = (
        all(is_english(word) for word in words_of(way))
        and len(way.strip(_CLOSING)) >= _SHORTEST
        and way.strip(_CLOSING).isalpha()
    )
    # A Latin name may be any row of letters: only English words are worth the doubt.
    return typed - chunk_cost(way, "en") - _SWITCHED - (0 if known else _AMONG), way, known


@lru_cache(maxsize=4096)
def _russian(chunk: str) -> tuple[tuple[str, int], ...]:
    """What a chunk may be if the Russian layout was meant, each with the cost of what stays a sign at its edges."""
    return _ways(chunk, _TO_RU)


@lru_cache(maxsize=4096)
def _kazakh(chunk: str) -> tuple[tuple[str, int], ...]:
    """The same with the Kazakh layout meant, whose letters lie on the digits too."""
    return _ways(chunk, _TO_KK)


def _english(chunk: str) -> str:
    """A Cyrillic chunk as the keys of a US keyboard."""
    return chunk.translate(_TO_US)


def _kazakh_digits(word: str) -> str:
    """A Cyrillic word whose Kazakh letters were typed with the Russian layout on: digits are letters."""
    return word.translate(_WITH_DIGITS)


def _ways(chunk: str, table: Mapping[int, str]) -> tuple[tuple[str, int], ...]:
    head = len(chunk) - len(chunk.lstrip(_OPENING))
    tail = len(chunk.rstrip(_CLOSING))
    ways = {chunk.translate(table): 0}
    for start in {0, head}:
        for end in {tail, len(chunk)}:
            if start < end and (start or end < len(chunk)):
                kept = sum(_KEYS.get(each, 0) for each in chunk[:start] + chunk[end:])
                ways.setdefault(chunk[:start] + chunk[start:end].translate(table) + chunk[end:], kept)
    return tuple(ways.items())
