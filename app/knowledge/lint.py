"""What is wrong with a knowledge base, in sentences a sales owner can act on."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.knowledge.text import words
from app.types import Fact, Section

_MIN_QUESTIONS = 3
_MOST_FINDINGS = 10_000


@dataclass(frozen=True, slots=True)
class LintFinding:
    """`error`: it cannot be loaded, or a customer would be told something wrong. `warning`: the search suffers."""

    severity: Literal["error", "warning"]
    check: str
    place: str
    """`file:line`."""
    message: str


def lint(sections: Sequence[Section], today: date) -> list[LintFinding]:
    """Every finding, in the order of the files. Ids may repeat in `sections`."""
    findings = [
        *_duplicate_ids(sections),
        *_few_questions(sections),
        *_shared_questions(sections),
        *_contradicting_prices(sections),
        *_mixed_currencies(sections),
        *_turned_bounds(sections),
        *_unknown_products(sections),
        *_expired(sections, today),
    ]
    order = {section.source: number for number, section in enumerate(sections)}
    return sorted(findings, key=lambda finding: order[finding.place])[:_MOST_FINDINGS]


def _duplicate_ids(sections: Sequence[Section]) -> Iterator[LintFinding]:
    first: dict[str, Section] = {}
    for section in sections:
        other = first.setdefault(section.id, section)
        if other is not section:
            yield LintFinding(
                "error",
                "duplicate-id",
                section.source,
                f"id {section.id!r} is already used at {other.source}; rename one",
            )


def _few_questions(sections: Sequence[Section]) -> Iterator[LintFinding]:
    for section in sections:
        if (count := len(section.questions)) < _MIN_QUESTIONS:
            yield LintFinding(
                "warning",
                "few-questions",
                section.source,
                f"{section.id!r} has {count} questions; write {_MIN_QUESTIONS} or more "
                "as customers ask them: nothing helps the search more",
            )


def _shared_questions(sections: Sequence[Section]) -> Iterator[LintFinding]:
    first: dict[tuple[str, ...], Section] = {}
    for section in sections:
        for question in section.questions:
            other = first.setdefault(tuple(words(question)), section)
            if other is not section:
                yield LintFinding(
                    "warning",
                    "shared-question",
                    section.source,
                    f"{section.id!r} and {other.id!r} ({other.source}) both claim the question {question!r}; "
                    "leave it in one",
                )


def _contradicting_prices(sections: Sequence[Section]) -> Iterator[LintFinding]:
    """Two amounts of money for one product, unit and period; the product's name is compared without case and marks."""
    first: dict[tuple[object, ...], tuple[Section, Fact]] = {}
    for section in sections:
        for fact in section.facts:
            if fact.currency is None:
                continue
            key = (tuple(words(fact.name)), fact.currency, tuple(words(fact.unit or "")), fact.period, holds(fact))
            other, known = first.setdefault(key, (section, fact))
            if known.amount != fact.amount:
                per = "/".join(part for part in (fact.unit, fact.period) if part) or "no unit"
                yield LintFinding(
                    "error",
                    "two-prices",
                    section.source,
                    f"{fact.name!r} ({per}) costs {fact.amount} {fact.currency} in {section.id!r} and "
                    f"{known.amount} {known.currency} in {other.id!r} ({other.source}); fix one",
                )


def holds(fact: Fact) -> tuple[object, ...]:
    """What tells figures of one name apart: what they are, from how many on and under which conditions they hold."""
    return fact.kind, fact.product, fact.min_quantity, fact.max_quantity, fact.quantity_unit, fact.conditions


def _turned_bounds(sections: Sequence[Section]) -> Iterator[LintFinding]:
    for section in sections:
        for fact in section.facts:
            low, high = fact.min_quantity, fact.max_quantity
            if low is not None and high is not None and low > high:
                message = f"{fact.name!r} of {section.id!r} holds from {low:f} to {high:f}: never; turn the two round"
                yield LintFinding("error", "turned-bounds", section.source, message)


def _unknown_products(sections: Sequence[Section]) -> Iterator[LintFinding]:
    """`applies_to` that no product, category or name begins with: what it grants would be given on nothing."""
    own = [tuple(words(fact.product or fact.name)) for section in sections for fact in section.facts]
    known = {section.category for section in sections}
    begins = {frozenset(name[:length]) for name in own for length in range(1, len(name) + 1)}
    whole = {frozenset(name) for name in own}
    for section in sections:
        for fact in section.facts:
            for name in fact.applies_to:
                if name not in known and frozenset(words(name)) not in begins | whole:
                    said = f"{fact.name!r} of {section.id!r} applies to {name!r}"
                    message = f"{said}, which no fact's name begins with; write it as there"
                    yield LintFinding("warning", "unknown-product", section.source, message)


def _mixed_currencies(sections: Sequence[Section]) -> Iterator[LintFinding]:
    used: dict[str, list[Section]] = defaultdict(list)
    for section in sections:
        for fact in section.facts:
            if fact.currency:
                used[fact.currency].append(section)
    main = max(used, key=lambda currency: len(used[currency]), default=None)
    for currency, places in used.items():
        if currency != main:
            for section in dict.fromkeys(places):
                yield LintFinding(
                    "error",
                    "mixed-currencies",
                    section.source,
                    f"{section.id!r} has a price in {currency}, most are in {main}; use one currency",
                )


def _expired(sections: Sequence[Section], today: date) -> Iterator[LintFinding]:
    for section in sections:
        if section.valid_until is not None and section.valid_until < today:
            yield LintFinding(
                "warning",
                "expired",
                section.source,
                f"{section.id!r} was valid until {section.valid_until} and is no longer found; "
                "renew the date or delete it",
            )
