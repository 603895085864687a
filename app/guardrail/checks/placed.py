"""Check `claim`, beside promises/claims.py: no place of ours where the knowledge has none.

Whoever asks "have you an office in Astana?" gives the name himself; the yes to it is a claim of ours. A sentence of the
knowledge, in any language, must have both the name and such a place.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.known import WORD, KnownWords
from app.guardrail.statements.knowledge import Stock
from app.guardrail.text.lists import Lists
from app.language.folds import letters

_LISTS = Lists("app.guardrail.checks", "placed.yaml")
_PLACES = _LISTS.row("places")
_IN = _LISTS.words("in")
_ENDINGS = _LISTS.row("endings")
_BROUGHT = _LISTS.row("brought")
_YOURS = _LISTS.row("yours")
_NO = _LISTS.words("no")
_DOUBT = _LISTS.row("doubt")
_PAUSE = re.compile(r"[,;:()\u2014\u2013.!?]\s|[.!?]$|\s[-\u2014\u2013]\s")
_MOST = 8
"""Sentences and names of a draft that are looked at."""


def placed(case: Case) -> list[Problem]:
    """The first place of ours that no sentence of the knowledge has."""
    known = case.context.known
    if known is None or known.stock is None:
        return []
    found = (
        Problem("claim", f"{name!r}: no section has a place of ours there", start + at, start + at + len(name))
        for start, end in case.text.sentences[:_MOST]
        if "?" not in case.text.raw[start:end] and not case.is_own(start, end)
        for at, name in islice(_named(case.text.raw[start:end]), _MOST)
        if not any(words.holds(name) for words in _sentences(known.stock))
    )
    return list(islice(found, 1))


def _named(sentence: str) -> Iterator[tuple[int, str]]:
    """(place, name) of where a clause of a sentence says that there is something of ours."""
    folded = letters(sentence)
    if not any(place in folded for place in _PLACES):
        return
    begin = 0
    for pause in (*_PAUSE.finditer(sentence), None):
        end = pause.start() if pause else len(sentence)
        matches = list(WORD.finditer(sentence, begin, end))
        words = [folded[slice(*match.span())] for match in matches]
        begin = pause.end() if pause else end
        ours = any(word.startswith(_PLACES) for word in words)
        if not ours or any(word in _NO or word.startswith((*_DOUBT, *_BROUGHT, *_YOURS)) for word in words):
            continue
        for number, match in enumerate(matches):
            led = number > 0 and words[number - 1] in _IN
            ending = next((each for each in _ENDINGS if words[number].endswith(each)), "")
            if match[0][:1].isupper() and match[0][1:].islower() and (led or ending):
                name = match[0] if led else match[0][: len(match[0]) - len(ending)]
                if not words[number].startswith(_PLACES):
                    yield match.start(), name


@lru_cache(maxsize=8)
def _sentences(stock: Stock) -> tuple[KnownWords, ...]:
    """Each sentence of the knowledge that has a place of ours, by its words."""
    return tuple(
        KnownWords.of((stated.text, page.section.title))
        for statements in stock.all
        for page in statements.pages
        for stated in page.sentences
        if any(letters(word).startswith(_PLACES) for word in WORD.findall(f"{page.section.title} {stated.text}"))
    )
