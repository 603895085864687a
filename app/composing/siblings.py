"""A section with a sentence for each of several groups or places: who names one of them is not told of the others.

«Adults need a paper of a doctor. Children need one of two» answers a question on a child with its second sentence,
and «the hall in Mira is open from 8» is nothing to who asks of the one in Abay. No condition is lost with it: only what
begins with another one's name goes, and what leans on that.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.composing.fitting import ROOT, folded, same
from app.composing.plain import sentences
from app.language.ages import bands
from app.language.words import questions
from app.packaged import packaged
from app.types import Deciding, Passage

_LEAD = 3
"""Words within which a sentence says of whom or where it is."""
_LOOKED_AT = 24
"""Sentences of a text, and names of them."""
_READ = 1000
"""Characters of a message."""
_NAME = 4
"""Letters of a place's name at least."""
_PRICES = frozenset({"price", "sum"})
_LEAD_OF_AGE = 9
"""Words within which a sentence says for which age it is."""
_FORMS = 5
"""Letters of a word of a group that is known in its other forms: the beginnings of shorter ones are those of others."""
_CLOCK = re.compile(r"\d[:.]\d\d(?!\d)")
_CALLED = re.compile(r"(?<![^\W_])[^\W\d_]+")


def of_his(text: str, asked: str, told: str, ages: Sequence[int] = ()) -> str:
    """`text` of a section without the sentences on others than the one that `asked`, or all that he `told`, names.

    `ages`: of those whom he told of, in years.
    """
    said = sentences(text)
    if not 1 < len(said) <= _LOOKED_AT:
        return text
    dropped = _of_groups(said, asked[:_READ], told[:_READ]) | _of_places(said, folded(asked[:_READ]))
    dropped |= _of_ages(said, ages)
    if not dropped or len(dropped) == len(said):
        return text
    for number in range(1, len(said)):
        if number - 1 in dropped and _leans(said[number]):
            dropped.add(number)
    kept = [each for number, each in enumerate(said) if number not in dropped]
    return " ".join(kept) or text


def priced_for(deciding: Sequence[Deciding], passages: Sequence[Passage], ages: Sequence[int]) -> tuple[Deciding, ...]:
    """What decides without the prices for other ages than those he told, where one is for them.

    Whom a price is for the sentence says that holds it.
    """
    prices = {each.said: _for_ages(each, passages, ages) for each in deciding if each.kind in _PRICES} if ages else {}
    if True not in prices.values():
        return tuple(deciding)
    return tuple(each for each in deciding if prices.get(each.said) is not False)


def _for_ages(price: Deciding, passages: Sequence[Passage], ages: Sequence[int]) -> bool | None:
    """Whether a price is for such an age; None where nothing says so."""
    amount = "".join(character for character in price.said.partition(":")[2] if character.isdecimal())
    texts = [passage.section.text for passage in passages if passage.section.id in price.sections]
    for sentence in (each for text in texts for each in sentences(text)):
        found = bands(sentence) if amount and amount in _joined(sentence) else ()
        if found:
            return any(band.holds(age) for band in found for age in ages)
    return None


def _joined(sentence: str) -> str:
    return "".join(character for character in sentence if not character.isspace())


def _of_ages(said: Sequence[str], ages: Sequence[int]) -> set[int]:
    """The sentences that begin with another age than those he told, where one is for them."""
    found = [bands(each) for each in said] if ages else []
    fit = [any(band.holds(age) for band in each for age in ages) for each in found]
    if not any(fit):
        return set()
    return {n for n, each in enumerate(found) if each and each[0].place < _LEAD_OF_AGE and not fit[n]}


def _of_groups(said: Sequence[str], asked: str, told: str) -> set[int]:
    """The sentences on another group of a row than the one that is named: children, where adults are asked of."""
    wanted = folded(asked)
    named, of_all = _groups(wanted), _groups(folded(told)) if _words()["self"].isdisjoint(wanted) else frozenset()
    if not named and not of_all:
        return set()
    held = [folded(each) for each in said]
    wholly, begun = [_groups(words) for words in held], [_groups(words[:_LEAD]) for words in held]
    dropped: set[int] = set()
    for row in {row for row, _ in named | of_all}:
        his = {each for each in named if each[0] == row} or {each for each in of_all if each[0] == row}
        if len(his) == 1 and any(his <= groups for groups in wholly):
            dropped |= {
                n for n, lead in enumerate(begun) if any(each[0] == row for each in lead) and not his & wholly[n]
            }
    return dropped


def _of_places(said: Sequence[str], wanted: Sequence[str]) -> set[int]:
    """The sentences on another place than the one that is named, where both tell hours or both a price."""
    leads = [_called(each) for each in said]
    names = {name for lead in leads for name in lead}
    asked = {name for name in names if any(same(name, word) for word in wanted)}
    own = [number for number, lead in enumerate(leads) if asked & lead]
    if len(asked) != 1 or len(own) != 1:
        return set()
    like = _kinds(said[own[0]])
    others = (number for number, lead in enumerate(leads) if lead and not asked & lead)
    return {n for n in others if _kinds(said[n]) & like and not _names(said[n], asked)}


def _names(sentence: str, asked: Iterable[str]) -> bool:
    return any(same(name, word) for word in folded(sentence) for name in asked)


def _called(sentence: str) -> frozenset[str]:
    """The names, folded, that a sentence begins with: capital letters behind its first word."""
    words = _CALLED.findall(sentence)[: _LEAD + 1]
    capital = (word for word in words[1:] if word[0].isupper() and not word.isupper() and len(word) >= _NAME)
    return frozenset(name for word in capital for name in folded(word))


def _kinds(sentence: str) -> set[str]:
    """What a sentence tells in figures: hours, a price."""
    priced = any(unicodedata.category(character) == "Sc" for character in sentence)
    return {kind for kind, there in (("hours", _CLOCK.search(sentence) is not None), ("price", priced)) if there}


def _leans(sentence: str) -> bool:
    """Whether a sentence is of what the one before it names."""
    first = folded(sentence)[:1]
    return bool(first) and (first[0] in questions()["leans"] or first[0] in _words()["there"])


def _groups(words: Sequence[str]) -> frozenset[tuple[int, int]]:
    """The groups that words name: (row, place in it)."""
    known, forms = _words()["exact"], _words()["forms"]
    found = {group for word in words for group in known.get(word, ())}
    found |= {group for word in words for other, group in forms.get(word[:ROOT], ()) if same(word, other)}
    return frozenset(found)


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Any]:
    read = packaged("app.composing", "siblings.yaml")
    exact: dict[str, list[tuple[int, int]]] = {}
    forms: dict[str, list[tuple[str, tuple[int, int]]]] = {}
    for row, groups in enumerate(read["groups"]):
        for place, group in enumerate(groups):
            for word in folded(group):
                exact.setdefault(word, []).append((row, place))
                if len(word) >= _FORMS:
                    forms.setdefault(word[:ROOT], []).append((word, (row, place)))
    own, there = (frozenset(folded(read[key])) for key in ("self", "there"))
    return {"exact": exact, "forms": forms, "self": own, "there": there}
