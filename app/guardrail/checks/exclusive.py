"""Check `contradicted`, beside contradicted.py: what is only here is not said to be elsewhere, and what the customer
does himself is not said to be done by us.

«Единственный офис в Алматы» beside «в Шымкенте открыт офис»; «рассрочка только на оборудование» beside «тариф тоже
можно в рассрочку»; «лицензию магазин оформляет сам» beside «лицензию мы оформим за вас».
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.claimed import Claimed
from app.guardrail.known import KnownWords
from app.guardrail.statements.clauses import Clause, Word
from app.guardrail.statements.knowledge import Stated, Stock
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "exclusive.yaml")
_ONLY = tuple(map(fold, _LISTS.row("only")))
_ADDED = frozenset(map(fold, _LISTS.words("added")))
_IN = frozenset(map(fold, _LISTS.words("in")))
_WE = frozenset(map(fold, _LISTS.words("we")))
_THEMSELVES = frozenset(map(fold, _LISTS.words("themselves")))
_YOU, _WE_DO = frozenset(map(fold, _LISTS.words("you"))), tuple(map(fold, _LISTS.row("we_do")))
_DONE = 2
"""Words that tell what is done."""
_LONGER = frozenset(map(fold, _LISTS.words("longer")))
_BETWEEN = re.compile(_LISTS.expression("between"))
_WORD = re.compile(r"[^\W\d_]+")
_SAYS = 0.6
"""Weight of a word by which a sentence is about what is only here."""
_ALONE = 0.45
"""Weight of what is added."""
_WHOLE = 1.0
"""Share of a place's sounds by which another language has it."""
_LISTED = 3
"""Names in a row from which a list of places is all of them."""
_SAME = 0.7
"""Share of a clause that a section says of somebody else."""


def exclusive(case: Case) -> list[Problem]:
    """What is said beyond the only one, or of us instead of the customer."""
    found = (
        Problem("contradicted", f"{what!r}: a section says {told!r}", said.start, said.end)
        for said in case.claimed
        if not said.refuses
        for what, told in islice((*_beyond(case, said), *_for_them(said), *_for_us(said)), 1)
    )
    return list(islice(found, 4))


def _beyond(case: Case, said: Claimed) -> Iterator[tuple[str, str]]:
    names = {fold(name) for name in case.names}
    for clause in said.clauses:
        if clause.denies or clause.supposes:
            continue
        places = {
            word.key
            for word in clause.words
            if _is_place(word, clause) and fold(word.text) not in names and not _of_another_tongue(case, said, word)
        }
        more = {w for w in clause.keys if said.weights[w] >= _ALONE} if _ADDED.intersection(clause.text) else set()
        if not places and not more and _LONGER.isdisjoint(clause.text):
            continue
        about = {w for w in clause.keys - places if said.weights[w] >= _SAYS}
        for page in said.near:
            for stated in page.sentences:
                subject = about & (stated.keys | page.title)
                if not subject & stated.keys:
                    continue
                listed = _only(stated, subject)
                outside = {w for w in places if w not in stated.keys}
                named = _named(stated)
                closed = named >= _LISTED or (listed and named > 0)
                if places and outside == places and closed and not _elsewhere(said, subject, outside):
                    yield _text(clause, outside), stated.text
                outside = {w for w in more if listed and w not in listed.keys} - subject
                if outside and listed and not _elsewhere(said, subject & listed.keys, outside, but=stated):
                    yield _text(clause, outside), stated.text
                strange = {w for w in clause.keys - subject if said.weights[w] >= _ALONE}
                longer = not _LONGER.isdisjoint(clause.text) and _items(stated) >= _LISTED
                unheard = any(not said.statements.has(w) for w in strange)
                if longer and unheard and strange.isdisjoint(page.said) and not _elsewhere(said, subject, strange):
                    yield _text(clause, strange), stated.text


def _of_another_tongue(case: Case, said: Claimed, word: Word) -> bool:
    """Whether only sections of another language speak of that place, which cannot be compared."""
    stock = case.context.known.stock if case.context.known else None
    return stock is not None and not said.statements.has(word.key) and _written(stock).holds(word.text, _WHOLE)


@lru_cache(maxsize=8)
def _written(stock: Stock) -> KnownWords:
    """The words of all sections' texts."""
    return KnownWords.of(page.section.text for statements in stock.all for page in statements.pages)


def _is_place(word: Word, clause: Clause) -> bool:
    """Whether it has a capital and «в» stands before it."""
    at = clause.text.index(fold(word.text))
    return word.text[:1].isupper() and word.text[1:].islower() and at > 0 and clause.text[at - 1] in _IN


def _named(stated: Stated) -> int:
    """Names in a sentence: three or more are a list of all places."""
    return sum(word[:1].isupper() and word[1:].islower() for word in _WORD.findall(stated.text)[1:])


def _items(stated: Stated) -> int:
    """Of the list that a sentence is."""
    return len(_BETWEEN.findall(stated.text)) + 1


def _only(stated: Stated, subject: set[str]) -> Clause | None:
    """The clause that says that there is only this."""
    for clause in stated.clauses:
        if subject & clause.keys and not clause.denies and any(word.startswith(_ONLY) for word in clause.text):
            return clause
    return None


def _elsewhere(said: Claimed, subject: set[str], outside: set[str], but: Stated | None = None) -> bool:
    """Whether a sentence says it of what is added too."""
    return any(
        stated is not but and subject & stated.keys and outside & (stated.keys | page.title)
        for page in said.near
        for stated in page.sentences
    )


def _text(clause: Clause, keys: set[str]) -> str:
    return next(word.text for word in clause.words if word.key in keys)


def _for_them(said: Claimed) -> Iterator[tuple[str, str]]:
    for clause in said.clauses:
        if clause.denies or clause.supposes or _WE.isdisjoint(clause.text) or len(clause.keys) < 2:
            continue
        whole = sum(said.weights[w] for w in clause.keys) or 1.0
        theirs = ours = 0.0
        told = ""
        for page in said.near:
            for stated in page.sentences:
                words = frozenset(word for each in stated.clauses for word in each.text)
                share = sum(said.weights[w] for w in clause.keys if w in stated.keys) / whole
                if _is_ours(stated) or not _WE.isdisjoint(words) or _THEMSELVES.isdisjoint(words):
                    ours = max(ours, share)
                elif share > theirs:
                    theirs, told = share, stated.text
        if theirs >= _SAME and theirs > ours:
            yield next(word for word in clause.text if word in _WE), told


def _for_us(said: Claimed) -> Iterator[tuple[str, str]]:
    """«Вам нужно самостоятельно» of what a section says that we do ourselves."""
    for clause in said.clauses:
        by_you = not _YOU.isdisjoint(clause.text) and not _THEMSELVES.isdisjoint(clause.text)
        if clause.denies or clause.supposes or not by_you or any(w.endswith(_WE_DO) for w in clause.text):
            continue
        does = {word.key: said.weights[word.key] for word in clause.words if fold(word.text) not in _THEMSELVES}
        whole = sum(does.values())
        if len(does) < _DONE:
            continue
        ours = [
            stated.text
            for page in said.near
            for stated in page.sentences
            if _is_ours(stated) and sum(w for k, w in does.items() if k in stated.keys) >= _SAME * whole
        ]
        if ours:
            yield next(word for word in clause.text if word in _THEMSELVES), ours[0]


def _is_ours(stated: Stated) -> bool:
    """«Сообщаем сами»: a clause that says that we do it ourselves."""
    return any(
        not _THEMSELVES.isdisjoint(clause.text) and any(w.endswith(_WE_DO) for w in clause.text) and not clause.denies
        for clause in stated.clauses
    )
