"""What one section says, read with the same reader that reads the draft; cached."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from app.guardrail.allowed.given import given, limits
from app.guardrail.allowed.model import Known, Page, Price, Product
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import UNITS_OF_TIME
from app.guardrail.figures.read import figures
from app.guardrail.text.lexicon import QUALIFIERS, Lexicon
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import Text, keys_of, read, sentence_keys
from app.types import Fact, Section

_LISTS = Lists("app.guardrail.allowed", "page.yaml")
_FROM = _LISTS.word("from")
_BEGINNING, _BOUNDING = _LISTS.words("beginning"), _LISTS.words("bounding")

SENTENCE = re.compile(r"[^.!?…\n]+(?:[.](?=\S)[^.!?…\n]*)*[.!?…]*")
_MARKS = str.maketrans("", "", '«»"„“”()*_')
_LATIN_NAME = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")


@lru_cache(maxsize=4096)
def page(section: Section, lexicon: Lexicon) -> Page:
    """One section, read with the draft's own reader."""
    names = [read(fact.name, lexicon=lexicon) for fact in section.facts]
    named = model_names((section.text, section.title, *(fact.name for fact in section.facts)))
    text = read(section.text, section.language, lexicon)
    found = figures(text, named)
    title = keys_of(read(section.title, section.language, lexicon))
    products = _products(section, text, found, names, title)
    known = tuple(dict.fromkeys(_known(section, text, found, names, title)))  # what is said twice is looked at once
    numbers = {f.value for f in found if f.kind in ("bare", "count")}
    latin = {name for piece in (section.text, section.title) for name in _LATIN_NAME.findall(piece) if len(name) > 3}
    return Page(
        products=products,
        known=known,
        free=tuple(dict.fromkeys(given(section, text, found, title))),
        models=named,
        numbers=frozenset(numbers),
        quotes=frozenset(_quotes(text)) | frozenset(q for n in names for q in _quotes(n)),
        brands=frozenset(name for name in latin if _is_brand(name, english=section.language == "en")),
        folded=text.folded,
        keys=keys_of(text) | title,
        discounted="@discount" in (keys_of(text) | title),
        limits=frozenset(limits(text, found)),
    )


@lru_cache(maxsize=4096)
def sentences(text: str) -> frozenset[str]:
    """Those of a section, to find one that a draft has word for word."""
    return frozenset(bare(match.group()) for match in SENTENCE.finditer(text)) - {""}


def bare(text: str) -> str:
    """A sentence without its marks and in small letters."""
    return " ".join(text.translate(_MARKS).casefold().replace("\u0451", "\u0435").split()).strip(" .!?…")


def _is_brand(name: str, *, english: bool) -> bool:
    """A Latin name; among English words only one that no sentence begins with: «D-Scan», «WhatsApp», not «Exchange»."""
    if not english:
        return not name.islower()
    parts = name.split("-")
    return all(part[0].isupper() for part in parts) and (len(parts) > 1 or not name.istitle())


def _quotes(text: Text) -> Iterator[str]:
    """Every quoted phrase, as its keys."""
    groups: dict[int, list[str]] = {}
    for t in text.tokens:
        if t.quote and t.kind == "w":
            groups.setdefault(t.quote, []).append(t.key or t.text)
    return (" ".join(words) for words in groups.values())


def model_names(pieces: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """(word, number) of names such as D-Print 80 or Windows 10."""
    found = set()
    for piece in pieces:
        for m in _MODEL.finditer(piece):
            if m[1] in _NO_MODELS:
                continue
            found.add((m[1].lower(), m[2]))
    return frozenset(found)


_MODEL = _LISTS.pattern("model")
_NO_MODELS = _LISTS.words("no_models")


def name_of(text: Text) -> tuple[frozenset[str], frozenset[str], bool, bool]:
    """(all keys, telling keys, whether quoted, whether Latin) of a product's name."""
    words = [t for t in text.tokens if t.kind == "w"]
    numbers = [f"#{t.text}" for t in text.tokens if t.kind == "n"]
    keys = frozenset(t.key for t in words if t.key) | frozenset(numbers)
    qualifiers = keys & QUALIFIERS
    quoted = frozenset(t.key for t in words if t.quote and t.key)
    if quoted:
        return keys, quoted | qualifiers, True, False
    latin = frozenset(t.key for t in words if t.latin and len(t.text) > 1 and t.key)
    telling = latin - text.lexicon.latin
    if telling:
        return keys, telling | qualifiers | frozenset(numbers), False, True
    core = frozenset(k for k in keys - text.lexicon.generic if not k.startswith("#"))
    return keys, core or keys, False, False


def _products(
    section: Section, text: Text, found: tuple[Figure, ...], names: list[Text], title: frozenset[str]
) -> tuple[Product, ...]:
    grouped: dict[str, tuple[Text, list[Fact]]] = {}
    for fact, name in zip(section.facts, names, strict=True):
        if fact.currency is not None:
            grouped.setdefault(fact.name, (name, []))[1].append(fact)
    money = [f for f in found if f.kind == "money"]
    amounts = {fact.amount for fact in section.facts}
    extra = title | frozenset(
        k for word in section.keywords for k in keys_of(read(word, section.language, text.lexicon))
    )
    result = []
    begin, bounding = _begins(text, money), _begins(text, money, _BOUNDING)
    for label, (read_name, facts) in grouped.items():
        keys, core, quoted, latin = name_of(read_name)
        beside = frozenset().union(*(_beside(text, found, f) for f in money if f.value in {x.amount for x in facts}))
        weak = (beside | (extra if len(grouped) == 1 else frozenset())) - text.lexicon.generic
        least = _LEAST.search(read_name.folded) is not None
        prices = tuple(
            Price(
                f.amount,
                f.currency,
                _unit(f.unit, text.lexicon),
                f.period,
                least or f.kind in _LEAST_KINDS or (f.kind == "term" and f.amount in bounding),
                f.kind == "price_from" or f.amount in begin,
            )
            for f in facts
        )
        result.append(Product(label, keys, core, quoted, latin, weak, prices))
    head: frozenset[str] = frozenset()
    sentence = -1
    for f in money:
        if f.sentence != sentence:
            head, sentence = frozenset(), f.sentence
        if f.value in amounts or f.note == "computed":
            head |= _beside(text, found, f)
            continue
        own = (
            _beside(text, found, f) - text.lexicon.generic
            or (head - text.lexicon.generic)
            or title - text.lexicon.generic
        )
        label = " ".join(sorted(own)) or section.id
        price = Price(f.value, f.currency, f.unit, f.period if not f.weak_period else None)
        result.append(Product(f"{section.id}: {label}", own | head, own, False, False, frozenset(), (price,)))
        head |= own
    return tuple(result)


def _begins(text: Text, money: list[Figure], words: frozenset[str] = _BEGINNING) -> set[Decimal]:
    """Amounts before which «от», or another of some words, stands in every place."""
    led: dict[Decimal, bool] = {}
    for f in money:
        led[f.value] = led.get(f.value, True) and text.tokens[f.first - 1].text in words if f.first else False
    return {value for value, all_led in led.items() if all_led}


_LEAST_KINDS = frozenset({"free_from", "limit"})
_LEAST = _LISTS.pattern("least")


def _unit(unit: str | None, lexicon: Lexicon) -> str | None:
    if unit is None:
        return None
    folded = unit.lower()
    if folded in UNITS_OF_TIME and UNITS_OF_TIME[folded] == ("minute", 60):
        return "@hour"
    key = lexicon.key(folded)
    return lexicon.unit(key) or key or folded


def _beside(text: Text, found: tuple[Figure, ...], figure: Figure) -> frozenset[str]:
    """Words between the previous figure of this kind and this one, in the sentence; else those behind it."""
    low, high = text.bounds(figure.sentence)
    at = bisect_left(found, figure.start, key=_place)
    if at > _NEIGHBOURS:
        low = max(low, found[at - _NEIGHBOURS].last + 1)
    for f in reversed(found[max(0, at - _NEIGHBOURS) : at]):
        if f.sentence == figure.sentence and f.kind == figure.kind and f.end <= figure.start:
            low = f.last + 1
            break
    before = frozenset(t.key for t in text.tokens[low : figure.first] if t.key)
    if before - text.lexicon.generic:
        return before
    for f in found[at : at + _NEIGHBOURS]:
        if f.start >= figure.end and f.kind == figure.kind:
            high = min(high, f.first)
            break
    return before | frozenset(t.key for t in text.tokens[figure.last + 1 : high] if t.key)


_NEIGHBOURS = 60
"""Figures before or behind one that are looked at for the next of its kind: a row of a table has fewer."""


def _place(figure: Figure) -> int:
    return figure.start


def _threshold(text: Text) -> tuple[int, str] | None:
    for f in figures(text):
        if f.kind == "count" and f.unit and f.first and text.tokens[f.first - 1].text == _FROM:
            return int(f.value), f.unit
    return None


def _known(
    section: Section, text: Text, found: tuple[Figure, ...], names: list[Text], title: frozenset[str]
) -> Iterator[Known]:
    by_value: dict[tuple[str, Decimal], list[Figure]] = {}
    for f in found:
        by_value.setdefault((f.kind, f.value), []).append(f)
    for fact, name in zip(section.facts, names, strict=True):
        if fact.currency is not None:
            continue
        keys = keys_of(name)
        unit = (fact.unit or "").lower()
        if unit == "%":
            where = by_value.get(("percent", fact.amount), [])
            kind, value, measure = "percent", fact.amount, None
        elif unit in UNITS_OF_TIME:
            measure, factor = UNITS_OF_TIME[unit]
            kind, value = "duration", fact.amount * factor
            where = by_value.get((kind, value), [])
        else:
            kind, value, measure = "count", fact.amount, text.lexicon.key(unit) or unit
            where = by_value.get((kind, value), [])
        clause = frozenset().union(*(_beside(text, found, f) for f in where))
        sentence = frozenset().union(*(sentence_keys(text, f.sentence) for f in where))
        working = next((f.working for f in where if f.working), "")
        low = bool(where) and all(f.low for f in where)
        yield Known(
            kind,
            value,
            measure,
            keys | clause,
            keys,
            keys | sentence | title,
            working,
            _threshold(name),
            page=text.folded,
            low=low,
        )
    last = -1
    about: frozenset[str] = frozenset()
    facts = {(k, v) for k, v in ((f.unit, f.amount) for f in section.facts if f.currency is None)}
    for f in found:
        if f.sentence != last:
            last = f.sentence
            about = sentence_keys(text, f.sentence) | title
        if f.kind in ("money", "bare"):
            continue
        if f.kind in ("percent", "duration") and any(_same(f, k, v) for k, v in facts):
            continue
        threshold = None
        yield Known(
            f.kind,
            f.value,
            f.unit,
            _beside(text, found, f),
            frozenset(),
            about,
            f.working,
            threshold,
            f.text,
            f.note,
            text.folded,
            f.low,
        )


def _same(f: Figure, unit: str | None, amount: Decimal) -> bool:
    folded = (unit or "").lower()
    if f.kind == "percent":
        return folded == "%" and amount == f.value
    if folded not in UNITS_OF_TIME:
        return False
    name, factor = UNITS_OF_TIME[folded]
    return name == f.unit and amount * factor == f.value
