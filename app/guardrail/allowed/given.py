"""What a section gives without money or as a part of something, and how many of a thing."""

from collections.abc import Iterator

from app.guardrail.allowed.model import Free
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists
from app.guardrail.text.phrases import phrases
from app.guardrail.text.words import PlacedToken, Text, keys_of, read, sentence_keys
from app.types import Section

_LISTS = Lists("app.guardrail.allowed", "given.yaml")
_FROM = _LISTS.words("from")
_UPWARDS = _LISTS.word("upwards")

FREE = _LISTS.pattern("free")
INCLUDED = _LISTS.pattern("included")
_NOT = _LISTS.pattern("not")
MEASURED = ("duration", "time")
"""Kinds of figures that tell what is given: «14 дней бесплатно», «с 8:00 бесплатно»."""
_PAID = _LISTS.pattern("paid")
_SUCH = _LISTS.words("such")


def given(section: Section, text: Text, found: tuple[Figure, ...], title: frozenset[str]) -> Iterator[Free]:
    """What a section gives free or as a part of something."""
    wide = keys_of(text) | title
    for fact in section.facts:
        if fact.currency and not fact.amount:
            yield Free(keys_of(read(fact.name, lexicon=text.lexicon)), wide, (), frozenset(), False)
    turns = phrases().find(text)
    given = turns["gifts"].sentences | turns["free_months"].sentences
    for number, (start, end) in enumerate(text.sentences):
        piece = text.folded[start:end]
        if FREE.search(piece) or (number in given and not _NOT.search(piece)):
            least = tuple(
                f.value for f in found if f.kind == "money" and f.sentence == number and f.first and _from(text, f)
            )
            lasting = frozenset((f.value, f.unit) for f in found if f.kind in MEASURED and f.sentence == number)
            paid = _paid(text, number, found)
            keys = sentence_keys(text, number) - paid
            if number and text.inside(number) and text.inside(number)[0].text in _SUCH:
                keys |= sentence_keys(text, number - 1)
            if not (keys - text.lexicon.generic):
                keys |= title
            yield Free(keys | title if number == 0 else keys, wide, least, lasting, False, paid=paid)
        elif INCLUDED.search(piece) and not _NOT.search(piece):
            quoted = frozenset(t.key for t in text.inside(number) if t.quote and t.key)
            paid = _paid(text, number, found)
            yield Free(sentence_keys(text, number) - paid, wide, (), frozenset(), True, quoted, paid)


def _paid(text: Text, number: int, found: tuple[Figure, ...]) -> frozenset[str]:
    """Words of the clauses behind what is free or included that say what has to be paid, and that no other clause of
    the sentence has: «ключ меняем бесплатно, за потерянный берём 2 000 ₸». What stands before may be of the same."""
    clauses: dict[int, list[PlacedToken]] = {}
    for token in text.inside(number):
        clauses.setdefault(token.clause, []).append(token)
    priced = {
        f.clause for f in found if f.kind == "money" and f.sentence == number and not (f.first and _from(text, f))
    }
    paid: set[str] = set()
    given: set[str] = set()
    begun = False
    for clause, tokens in clauses.items():
        piece = text.folded[tokens[0].start : tokens[-1].end]
        free = FREE.search(piece) or INCLUDED.search(piece)
        begun = begun or free is not None
        asks = begun and not free and (clause in priced or (_PAID.search(piece) and not _NOT.search(piece)))
        (paid if asks else given).update(token.key for token in tokens if token.key)
    return frozenset(paid - given)


def _from(text: Text, f: Figure) -> bool:
    """«от 150 000 ₸», «150 000 ₸-ден бастап»."""
    lead = text.tokens[f.first - 1].text
    return lead in _FROM or _UPWARDS in text.folded[f.end : f.end + 16]


_NAMED_BEFORE = 200
"""Tokens before «без ограничений» in which the name and the noun stand that it is said of."""
_ENDLESS = _LISTS.pattern("endless")


def limits(text: Text, found: tuple[Figure, ...]) -> Iterator[tuple[str, str, int]]:
    """(quoted name or empty, noun, number; -1 without limit) of the counts of a text."""
    name, quote = "", 0
    at = {f.first: f for f in found if f.kind == "count"}
    for i, t in enumerate(text.tokens):
        if t.quote and t.kind == "w":
            name = f"{name} {t.key or t.text}" if t.quote == quote else t.key or t.text
            quote = t.quote
        elif not t.quote and i in at and at[i].unit:
            yield name, str(at[i].unit), int(at[i].value)
    for m in _ENDLESS.finditer(text.folded):
        place = text.token_at(m.start())
        token = text.tokens[place]
        lead = text.tokens[max(0, place - _NAMED_BEFORE) : place]
        words = [t for t in lead if t.quote and t.kind == "w"]
        name = " ".join(t.key or t.text for t in words if t.quote == words[-1].quote) if words else ""
        behind = [
            t for t in text.tokens[place + 1 : place + 4] if t.clause == token.clause and t.key in text.lexicon.limited
        ]
        before = [t for t in lead if t.clause == token.clause and t.key in text.lexicon.limited]
        for t in behind or before:
            if t.key:
                yield name, t.key, -1
