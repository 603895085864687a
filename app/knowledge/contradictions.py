"""Where a knowledge base says two things of one thing, and what it says otherwise than the one in use."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.knowledge.figures import facts_in
from app.knowledge.lint import LintFinding, holds
from app.knowledge.text import words
from app.types import Fact, Section

_QUOTED = re.compile(r"[«„“\"]([^«»„“”\"]+)[»”“\"]")
_Subject = tuple[tuple[str, ...], str | None]
"""Words of a name, and the currency or unit that its figure is in."""


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that is not what it was. `before` or `after` is None where it is new or gone."""

    name: str
    before: str | None
    after: str | None


def contradictions(sections: Sequence[Section]) -> list[LintFinding]:
    """Two figures for one name, in facts or in what the texts say; `two-prices` of the linter besides.

    A text counts where it names a thing right before an amount: «NAME — 500 ₸», «NAME стоит 500 ₸». Names are
    compared without case and marks; other units and periods are other prices.
    """
    return [*_facts(sections), *_texts(sections)]


def changes(before: Sequence[Section], after: Sequence[Section]) -> list[Change]:
    """The figures of facts that differ between two versions, by name; those of equal name, unit and period only."""
    old, new = _figures(before), _figures(after)
    found = []
    for key in sorted({*old, *new}):
        facts = (old.get(key, []), new.get(key, []))
        was, now = map(_said, facts)
        if was != now:
            found.append(Change((facts[1] or facts[0])[-1].name, was, now))
    return found


def _facts(sections: Sequence[Section]) -> Iterator[LintFinding]:
    """Percentages and terms: the linter has the prices."""
    first: dict[tuple[object, ...], tuple[Section, Fact]] = {}
    for section in sections:
        for fact in section.facts:
            if fact.currency is not None:
                continue
            key = (tuple(words(fact.name)), _unit(fact.unit), fact.period, holds(fact))
            other, known = first.setdefault(key, (section, fact))
            if known.amount != fact.amount and other is not section:
                yield LintFinding(
                    "error",
                    "two-figures",
                    section.source,
                    f"{fact.name!r} is {_plain(fact)} in {section.id!r} and {_plain(known)} in {other.id!r} "
                    f"({other.source}); fix one, or give them two names",
                )


def _texts(sections: Sequence[Section]) -> Iterator[LintFinding]:
    """What a text says of a name against the facts of that name, or against another text where there is no fact."""
    known = _by_subject([(section, fact) for section in sections for fact in section.facts])
    said: dict[_Subject, list[tuple[Section, Fact]]] = {}
    for section in sections:
        for fact in _claims(section):
            subject = next((each for each in _subjects(fact) if each in known), _subject(fact))
            against = known.get(subject) or said.setdefault(subject, [])
            if subject not in known:
                against = [*against]
                said[subject].append((section, fact))
            rivals = [
                (other, rival)
                for other, rival in against
                if _comparable(fact, rival) and (subject in known or other is not section)
            ]
            agreed = any(_comparable(fact, rival) and rival.amount == fact.amount for _, rival in against)
            if rivals and not agreed:
                other, rival = rivals[0]
                yield LintFinding(
                    "error",
                    "text-against-price" if subject in known else "two-texts",
                    section.source,
                    f"the text of {section.id!r} says {fact.name!r} is {_plain(fact)}, {other.id!r} ({other.source}) "
                    f"says {_plain(rival)}; fix one",
                )


def _claims(section: Section) -> Iterator[Fact]:
    for line in section.text.split("\n"):
        for fact in facts_in(line, ""):
            if fact.name and (fact.currency or fact.unit == "%"):
                yield fact


def _by_subject(pairs: Sequence[tuple[Section, Fact]]) -> dict[_Subject, list[tuple[Section, Fact]]]:
    """Under its name, and under what stands in quotation marks in it where no other name has that: «Рост»."""
    found: dict[_Subject, list[tuple[Section, Fact]]] = {}
    for section, fact in pairs:
        for subject in _subjects(fact):
            found.setdefault(subject, []).append((section, fact))
    return {
        subject: same
        for subject, same in found.items()
        if len({_subject(fact) for _, fact in same}) == 1 or any(_subject(fact) == subject for _, fact in same)
    }


def _subjects(fact: Fact) -> tuple[_Subject, ...]:
    whole = _subject(fact)
    quoted = _QUOTED.findall(fact.name)
    return (whole, (tuple(words(quoted[0])), whole[1])) if len(quoted) == 1 else (whole,)


def _subject(fact: Fact) -> _Subject:
    return tuple(words(fact.name)), fact.currency or fact.unit


def _comparable(one: Fact, other: Fact) -> bool:
    """Whether they would be one figure: a period or unit that is left unsaid fits any."""
    periods = one.period is None or other.period is None or one.period == other.period
    return periods and (not one.unit or not other.unit or _unit(one.unit) == _unit(other.unit))


def _unit(unit: str | None) -> tuple[str, ...]:
    return tuple(words(unit or "")) or ((unit,) if unit else ())


def _figures(sections: Sequence[Section]) -> dict[tuple[str, ...], list[Fact]]:
    found: dict[tuple[str, ...], list[Fact]] = {}
    for section in sections:
        for fact in section.facts:
            rest = (fact.currency or "", " ".join(_unit(fact.unit)), fact.period or "")
            found.setdefault((" ".join(words(fact.name)), *rest), []).append(fact)
    return found


def _said(facts: Sequence[Fact]) -> str | None:
    """All that one name costs, each step with its bounds, whatever order they are written in."""
    ordered = sorted(facts, key=lambda fact: (fact.min_quantity or 0, fact.amount, _plain(fact)))
    return " / ".join(dict.fromkeys(map(_plain, ordered))) or None


def _plain(fact: Fact) -> str:
    return _measured(f"{fact.amount:f}", fact)


def _measured(amount: str, fact: Fact) -> str:
    per = "/".join(part for part in (fact.unit, fact.period) if part)
    figure = f"{amount} {fact.currency}{f' per {per}' if per else ''}" if fact.currency else f"{amount} {per}".rstrip()
    low, high, unit = fact.min_quantity, fact.max_quantity, fact.quantity_unit or fact.unit or ""
    bounds = "".join(f" {word} {n:f}" for word, n in (("from", low), ("up to", high)) if n is not None)
    on = f" on {', '.join(fact.applies_to)}" if fact.applies_to else ""
    when = f" if {', '.join(fact.conditions)}" if fact.conditions else ""
    return f"{figure}{bounds and f'{bounds} {unit}'.rstrip()}{on}{when}"
