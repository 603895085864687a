"""What the sections state or deny in plain words: a yes or no to a question, and nothing where that is not certain."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from types import MappingProxyType

from app.figures.shop.facts import SENTENCE
from app.figures.words import Words, asks, common, data, fold, folded, listed
from app.language.words import questions
from app.types import Language, Section

_CLAUSE = re.compile(r"[,;:()\u2014\u2013]")
_LONGEST = 60  # words of a sentence that is looked at
_MOST_WORDS = 8  # that a question may be about
_MOST_HELD = 400  # sentences with one word: a commoner one decides nothing
_SPREAD = 4  # words of a clause beyond those asked about, where the title names it
_TIGHT = 2  # and where it does not


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a section, by clauses of folded words."""

    section: str
    language: Language
    sentence: str
    clauses: tuple[tuple[str, ...], ...]
    title: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatedAnswer:
    """`value` with the sentence that it rests on."""

    value: bool
    statement: Statement


@dataclass(frozen=True, slots=True)
class Statements:
    """All sentences by their words. Immutable; a look-up is linear in the question."""

    rows: tuple[Statement, ...]
    _forms: Words = field(repr=False)
    _held: Mapping[str, tuple[int, ...]] = field(repr=False)

    @classmethod
    def of(cls, sections: Sequence[Section], today: date | None = None) -> "Statements":
        forms = Words()
        held: dict[str, list[int]] = defaultdict(list)
        rows: list[Statement] = []
        for section in sections:
            if today is not None and section.valid_until is not None and section.valid_until < today:
                continue
            title = tuple(_form(forms, word) for word in folded(section.title))
            for sentence in filter(str.strip, SENTENCE.split(section.text)):
                clauses = tuple(tuple(_form(forms, w) for w in folded(part)) for part in _CLAUSE.split(sentence))
                row = Statement(section.id, section.language, sentence.strip(), clauses, title)
                if sum(map(len, clauses)) <= _LONGEST:
                    for word in {w for clause in clauses for w in clause} | set(title):
                        held[word].append(len(rows))
                    rows.append(row)
        return cls(tuple(rows), forms, MappingProxyType({word: tuple(places) for word, places in held.items()}))

    def answer(self, question: str, language: Language) -> StatedAnswer | None:
        """Yes or no to what the question is about; None where no sentence says it, or two say otherwise."""
        said = folded(question)
        asking = "?" in question or any(word in asks()["yes_no"] for word in said)
        prices = asks()["price"]
        if (
            not asking
            or all(word in prices or not _says(word) for word in said)
            or any(word in listed("denies") or word in listed("open") for word in said)
        ):
            return None
        wanted = [self._forms.get(word) for word in dict.fromkeys(said) if _says(word)]
        if not 0 < len(wanted) <= _MOST_WORDS or None in wanted:
            return None
        modal = frozenset(word for word in said if word in asks()["yes_no"])
        words = frozenset(word for word in wanted if word is not None)
        found = [a for place in self._places(words) if (a := _judged(self.rows[place], words, modal)) is not None]
        found.sort(key=lambda a: a.statement.language != language)
        if not found or len({a.value for a in found}) > 1:
            return None
        return found[0]

    def _places(self, words: frozenset[str]) -> Iterator[int]:
        rows = sorted((self._held.get(word, ()) for word in words), key=len)
        if not rows or len(rows[0]) > _MOST_HELD:
            return iter(())
        others = [frozenset(row) for row in rows[1:]]
        return (place for place in rows[0] if all(place in row for row in others))


def _form(forms: Words, word: str) -> str:
    known = forms.get(word)
    if known is None:
        forms.add(word, word)
    return known or word


def _says(word: str) -> bool:
    return word not in listed("small") and word not in asks()["yes_no"]


def _judged(row: Statement, words: frozenset[str], modal: frozenset[str]) -> StatedAnswer | None:
    """What the row says of the words, which all stand in one clause of it or in its title."""
    title = words & set(row.title)
    place = next((n for n, c in enumerate(row.clauses) if (words - title or words) <= set(c)), None)
    if place is None or any(word in listed("ifs") for c in row.clauses for word in c):
        return None
    clause = row.clauses[place]
    more = len({w for w in clause if w not in words and w not in common() and w not in listed("affirms")})
    named = bool(title) or len(words) > 1 or more == 0 or not modal.isdisjoint(clause)
    if more > (_SPREAD if title and len(words) > 1 else _TIGHT) or not named:
        return None
    if any(word in listed("these") for word in clause):  # of one of several that were named before
        return None
    if not title and clause[0] in _pronouns():  # of what the section is about
        return None
    yes = place == 1 and len(row.clauses[0]) == 1 and row.clauses[0][0] in listed("yes")
    value = _polarity(clause, words, row.language, said_yes=yes)
    return None if value is None else StatedAnswer(value, row)


def _polarity(clause: Sequence[str], words: frozenset[str], language: Language, *, said_yes: bool) -> bool | None:
    known = {name: _own(name, language) for name in ("except", "denies", "affirms")}
    exempt = next((n for n, word in enumerate(clause) if word in known["except"]), None)
    if exempt is not None:
        return False if words <= set(clause[exempt + 1 :]) else None
    denied = [n for n, word in enumerate(clause) if word in known["denies"]]
    if denied:
        after = [clause[n + 1] for n in denied if n + 1 < len(clause)]
        verb = any(word in words or word in known["affirms"] for word in after)
        alone = any(n + 1 == len(clause) for n in denied)  # «... we have none»
        return False if verb or alone else None
    return True if said_yes or any(word in known["affirms"] for word in clause) else None


@cache
def _pronouns() -> frozenset[str]:
    return frozenset(map(fold, questions()["pronouns"]))


@cache
def _own(name: str, language: Language) -> frozenset[str]:
    """The words of one language: what denies in one asks in another."""
    return frozenset(fold(word) for word in str(data(language)[name]).split())
