"""Facts of a knowledge base as what they are: prices, limits, reductions, thresholds. What is unclear is a term."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from app.figures.words import MET, Words, asked_by, common, fold, folded, listed, same, signs, tokens
from app.types import Fact, FactKind, Language, Section

_NUMBERED = re.compile(r"\s\((\d{1,3})\)$")
_RANGE = re.compile(r"\s\(([^\W\d_]{2,6})\)$")
SENTENCE = re.compile(r"(?<=[.!?\u2026])\s+|\n+")
_BEFORE = 12  # characters before an amount in which "from" may stand
_PERSON = "@person"
_GROUP = 3  # digits
_VOWELS = frozenset("aeiou")
_SLIPPED = 5
"""Letters of a unit's word of which one may be wrong."""
_REDUCES = frozenset({"discount", "unit_discount"})
_PRICES = frozenset({"price", "price_from", "extra"})
_LONGEST_RULE = 400  # characters of a section


@dataclass(frozen=True, slots=True)
class Figure:
    """A fact, what it is, and every section that states it."""

    fact: Fact
    kind: FactKind
    sections: tuple[str, ...]
    unit: str | None = None
    """Key of the fact's unit (`Units`), which is one for all its words."""
    quantity_unit: str | None = None
    """Key of what its bounds count, or a currency."""
    said: tuple[tuple[Language, str], ...] = ()
    """The sentence that writes the amount, by language."""
    rule: tuple[tuple[Language, str], ...] = ()
    """Of a discount: the whole text of a section that states nothing else, by language."""
    called: tuple[str, ...] = ()
    """Of a discount: folded words that its section is found by, where it states nothing else."""

    def sentence(self, language: Language) -> str | None:
        """The shop's own words for it in a language."""
        return next((text for spoken, text in self.said if spoken == language), None)

    def ruled(self, language: Language) -> str | None:
        """The shop's own words for the whole rule of it."""
        return next((text for spoken, text in self.rule if spoken == language), None)

    @property
    def amount(self) -> Decimal:
        return self.fact.amount

    def holds(self, quantity: Decimal) -> bool:
        """Whether so many are within its bounds."""
        low, high = self.fact.min_quantity, self.fact.max_quantity
        return (low is None or quantity >= low) and (high is None or quantity <= high)


class Units:
    """What is counted, under one key for all words of it: the shop's own, its synonyms, the languages' general ones."""

    def __init__(self, own: Iterable[str], synonyms: Mapping[str, Sequence[str]]) -> None:
        own = tuple(dict.fromkeys(own))
        pairs = [(word, unit) for unit, words in synonyms.items() for word in (unit, *words)]
        # Folded, «goods» would be a year: such a word is known as it is written alone.
        self._spelled = {word.lower(): unit for word, unit in pairs if listed("spans").get(fold(word)) and word != unit}
        pairs = [(word, unit) for word, unit in pairs if word.lower() not in self._spelled]
        general = listed("units")
        pairs += [(unit, general.get(fold(unit)) or unit) for unit in own]
        shop = Words((fold(word), unit) for words, unit in pairs for word in words.split()[:1])
        self._shop = shop
        self._general = general
        self.of = lru_cache(maxsize=MET)(self._of)
        """Like `key`, of a folded word."""
        self.meant = lru_cache(maxsize=MET)(self._meant)
        """Key of the unit that a word, in lower case, means behind a number, with one letter wrong or as only it is
        written; None of one that `of` knows."""
        people = (shop.get(word) for word in general.words_of(_PERSON))
        self._person = next((key for key in people if key is not None), _PERSON)
        names: dict[str, str] = {}
        for unit in (*own, *synonyms):
            names.setdefault(self.key(unit) or unit, unit)
        self._names = names

    def key(self, word: str) -> str | None:
        """The key of a unit's word, in any form; None for what is no unit here."""
        first = word.split(maxsplit=1)[0] if word.split() else ""
        return self.of(fold(first)) if first else None

    def _of(self, word: str) -> str | None:
        if listed("nounits").get(word) is not None:
            return None
        found = self._shop.get(word) or self._general.get(word)
        return self._person if found == _PERSON else found

    def _meant(self, word: str) -> str | None:
        if word in self._spelled:
            return self.key(self._spelled[word])
        word = fold(word)
        if len(word) < _SLIPPED or word.isdigit() or word in common() or self.of(word) is not None or asked_by(word):
            return None
        near = (unit for unit in self._shop if unit[0] == word[0] and len(unit) >= _SLIPPED)
        slipped = next((unit for unit in sorted(near) if _slip_of(word, unit)), None)
        return self.of(slipped) if slipped is not None else None

    def person(self) -> str:
        """Key of what people are counted as here."""
        return self._person

    def name(self, key: str) -> str:
        """The shop's own word for it."""
        return self._names.get(key, key.lstrip("@"))


def _slip_of(word: str, unit: str) -> bool:
    """Whether a word is the unit's in some form, with a vowel lacking or another, or two letters exchanged.

    A consonant for another, or one more, makes other words: bottles are no boutiques, and textbooks no pupils.
    """
    last = len(unit) - 1
    head = word[: last + 1]
    if len(head) == len(unit):
        wrong = [n for n in range(len(unit)) if head[n] != unit[n]]
        vowel = len(wrong) == 1 and wrong[0] not in (0, last) and {head[wrong[0]], unit[wrong[0]]} <= _VOWELS
        swapped = len(wrong) == 2 and wrong[0] and head[wrong[0] : wrong[1] + 1] == unit[wrong[0] : wrong[1] + 1][::-1]
        if (vowel or swapped) and same(unit + word[last + 1 :], unit):
            return True
    lacking = any(unit[n] in _VOWELS and unit[:n] + unit[n + 1 :] == head[:last] for n in range(1, last))
    return lacking and same(unit + word[last:], unit)


def figures(sections: Iterable[Section], units: Units) -> tuple[Figure, ...]:
    """Every figure once, with all the sections that state it, in their order."""
    found: dict[tuple[object, ...], Figure] = {}
    for section in sections:
        for fact, kind in _kinds(section):
            unit = units.key(fact.unit) if fact.unit and fact.unit != "%" else None
            bound = fact.quantity_unit
            counted = None if bound is None else bound if bound.isupper() and len(bound) == _GROUP else units.key(bound)
            key = (replace(fact, unit=unit), kind)
            known = found.get(key)
            own = _sentence(section, fact.amount)
            if known is None:
                of = counted or (unit if bound is None else bound)
                said = ((section.language, own),) if own else ()
                called = _called(section, kind)
                found[key] = Figure(fact, kind, (section.id,), unit, of, said, _rule(section, kind), called)
                continue
            if kind in _REDUCES and known.ruled(section.language) is None:
                known = replace(known, rule=(*known.rule, *_rule(section, kind)))
            if called := tuple(word for word in _called(section, kind) if word not in known.called):
                known = replace(known, called=(*known.called, *called))
            before = known.sentence(section.language)
            if own and (before is None or (kind in _PRICES and len(own) < len(before))):  # the one that says it alone
                others = tuple(each for each in known.said if each[0] != section.language)
                known = replace(known, said=(*others, (section.language, own)))
            if section.id not in known.sections:
                known = replace(known, sections=(*known.sections, section.id))
            found[key] = known
    return tuple(found.values())


def _rule(section: Section, kind: FactKind) -> tuple[tuple[Language, str], ...]:
    alone = kind in _REDUCES and all(fact.kind in _REDUCES for fact in section.facts)
    return ((section.language, section.text.strip()),) if alone and len(section.text) <= _LONGEST_RULE else ()


def _called(section: Section, kind: FactKind) -> tuple[str, ...]:
    if kind not in _REDUCES or not all(fact.kind in _REDUCES for fact in section.facts):
        return ()
    words = (word for keyword in section.keywords for word in folded(keyword))
    return tuple(dict.fromkeys(word for word in words if word not in common() and "discount" not in asked_by(word)))


def _kinds(section: Section) -> Iterator[tuple[Fact, FactKind]]:
    """The section's facts with what they are; names as an importer numbers or ranges them are made plain."""
    numbered = {
        (_NUMBERED.sub("", f.name), f.unit, f.period): f.amount for f in section.facts if _NUMBERED.search(f.name)
    }
    for fact in section.facts:
        kind = fact.kind
        if kind is None:
            second = numbered.get((fact.name, fact.unit, fact.period))
            if _NUMBERED.search(fact.name):
                kind = "term"  # a second amount of one name: nobody has said yet what it is
            elif fact.currency is None:
                kind = "discount" if fact.unit == "%" and (fact.applies_to or fact.min_quantity) else "term"
            elif second is not None:
                kind = "price_from" if fact.amount < second else "term"
            else:
                yield _priced(fact, section)
                continue
        yield fact, kind


def _priced(fact: Fact, section: Section) -> tuple[Fact, FactKind]:
    if ranged := _RANGE.search(fact.name):
        word = fold(ranged[1])
        plain = replace(fact, name=_RANGE.sub("", fact.name))
        if listed("from").get(word):
            return plain, "price_from"
        if listed("upto").get(word):
            return fact, "term"
    return fact, "price_from" if _begins(fact.amount, section.text) else "price"


def _sentence(section: Section, amount: Decimal) -> str | None:
    ways = _written(amount)
    for sentence in SENTENCE.split(section.text):
        if any(next(_places(way, sentence), None) is not None for way in ways):
            return sentence.strip()
    return None


def behind(amount: Decimal, text: str) -> Iterator[str]:
    """What stands behind each place where the text writes the amount."""
    for way in _written(amount):
        yield from (text[place + len(way) :] for place in _places(way, text))


def _begins(amount: Decimal, text: str) -> bool:
    """Whether the text writes the amount with "from" before it, and never without."""
    places = [place for way in _written(amount) for place in _places(way, text)]
    return bool(places) and all(_after_from(text, place) for place in places)


def _after_from(text: str, place: int) -> bool:
    before = tokens(text[max(0, place - _BEFORE) : place])
    return bool(before) and before[-1].end >= min(place, _BEFORE) - 1 and bool(listed("from").get(before[-1].folded))


def _places(way: str, text: str) -> Iterator[int]:
    place = text.find(way)
    while place >= 0:
        whole = not (text[place - 1 : place].isdigit() or text[place + len(way) : place + len(way) + 1].isdigit())
        if whole:
            yield place
        place = text.find(way, place + len(way))


def _written(amount: Decimal) -> tuple[str, ...]:
    plain = f"{amount:,f}"
    whole = tuple(dict.fromkeys(plain.replace(",", mark) for mark in (" ", "\u00a0", "\u202f", "", "'")))
    return (*whole, *(way.replace(".", ",") for way in whole)) if "." in plain else whole


def money(amount: Decimal, currency: str, language: str) -> str:
    """An amount as the shop writes it: thousands apart, the currency's sign at its place."""
    known = signs()
    whole = f"{amount.normalize():,f}" if amount != amount.to_integral_value() else f"{amount.to_integral_value():,f}"
    digits, _, rest = whole.partition(".")
    shown = digits.replace(",", known["thousands"])
    if rest:
        shown += known["decimal"][language] + rest.ljust(2, "0")[:2]
    return str(known["currencies"].get(currency, "{} " + currency)).format(shown)


def plain(number: Decimal, language: str) -> str:
    """A number without a unit."""
    shown = f"{number.to_integral_value():,f}" if number == number.to_integral_value() else f"{number.normalize():f}"
    return shown.replace(",", signs()["thousands"]).replace(".", signs()["decimal"][language])
