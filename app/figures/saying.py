"""A sum in words of a language: how it was worked out, from templates that are data."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.figures.shop.facts import Figure, money, plain
from app.figures.sums.counting import LineItem, Sum, Total, Unknown
from app.figures.words import data, folded, listed, same, tokens
from app.types import Fact, Language


def template(language: Language, name: str) -> Any:
    return data(language)["say"][name]


def derivation(made: Sum, language: Language, *, least: bool = False) -> str:
    """«3 × 249 000 ₸ = 747 000 ₸ a year»; several parts each with its name, then what they make together.

    `least`: it may come to more.
    """
    lines = [line(part, language, named=len(made.parts) > 1) for part in made.parts]
    text = str(template(language, "join")).join(lines)
    if len(made.parts) > 1 and any(_several(made, total) for total in made.totals):
        text += template(language, "join") + template(language, "together_from" if least else "together").format(
            totals=totals(made.totals, language)
        )
    return text + first_payment(made, language)


def first_payment(made: Sum, language: Language) -> str:
    """«; for the first month: 22 900 + 7 900 = 30 800 ₸», where some is paid once and some again and again."""
    first = made.first
    if first is None:
        return ""
    names = template(language, "first")
    left = " + ".join(plain(total.amount, language) for total in reversed(made.totals))
    right = money(first.amount, first.currency, language)
    said = template(language, "equals").format(left=left, right=right)
    name = names.get(first.period or "", names["once"])
    return str(template(language, "join")) + str(template(language, "part")).format(name=name, sum=said)


def _several(made: Sum, total: Total) -> bool:
    return sum(part.period == total.period for part in made.parts) > 1


def line(part: LineItem, language: Language, *, named: bool) -> str:
    """One part; with the name of what is sold where there are several."""
    if part.reduction is not None and part.reduction.free is not None:
        free = part.reduction.free
        shown = money(free.amount, free.fact.currency or "", language)
        return str(template(language, "free")).format(name=part.offer.name, amount=shown)
    price = money(part.price.amount, part.price.fact.currency or "", language)
    left = price
    if part.quantity != 1:
        left = template(language, "times").format(n=plain(part.quantity, language), price=left)
    if part.times != 1:
        left += " × " + plain(part.times, language)
    if part.reduction is not None:
        left = _less(part, left, price, language)
    total = money(part.amount, part.price.fact.currency or "", language)
    shown = total if left == total else template(language, "equals").format(left=left, right=total)
    shown = f"{shown} {lasting(part, language)}".rstrip()
    return str(template(language, "part").format(name=part.offer.name, sum=shown) if named else shown)


def _less(part: LineItem, left: str, price: str, language: Language) -> str:
    reduction = part.reduction
    assert reduction is not None  # noqa: S101 - the caller looked
    if not reduction.of_units:
        return str(template(language, "less")).format(sum=left, percent=plain(reduction.percent, language))
    rest = part.quantity - sum((units for units, _ in reduction.of_units), Decimal(0))
    pieces = (
        [price if rest == 1 else template(language, "times").format(n=plain(rest, language), price=price)]
        if rest > 0
        else []
    )
    for units, percent in reduction.of_units:
        one = price if units == 1 else template(language, "times").format(n=plain(units, language), price=price)
        cheaper = template(language, "less").format(sum=one, percent=plain(percent, language))
        pieces.append(f"({cheaper})")
    return " + ".join(pieces)


def lasting(part: LineItem, language: Language) -> str:
    """What the part is paid for: «a month», «for 6 months», nothing of a price without a period."""
    period = part.period
    if part.months is None and part.times != 1:
        return ""
    if period is not None:
        return str(data(language)["periods"][period]) if part.price.fact.period is not None and period != "once" else ""
    return str(template(language, "span")).format(n=plain(part.months or Decimal(0), language))


def totals(found: Sequence[Total], language: Language) -> str:
    shown = []
    for total in found:
        amount = money(total.amount, total.currency, language)
        if total.period is None:
            amount += " " + template(language, "span").format(n=plain(total.months or Decimal(0), language))
        elif total.period != "once" or len(found) > 1:
            amount += " " + data(language)["periods"][total.period]
        shown.append(amount)
    return str(template(language, "and")).join(shown)


def price(figure: Figure, language: Language, *, unit: bool = False, once: bool = False) -> str:
    """One price with its period: «7 900 ₸ a month», «from 25 000 ₸»; with its `unit` where others have another.

    `once`: that it is paid once is said too.
    """
    if not figure.amount and figure.kind != "price_from":
        return str(template(language, "gratis"))
    shown = money(figure.amount, figure.fact.currency or "", language)
    if figure.kind == "price_from":
        shown = template(language, "from").format(amount=shown)
    period = figure.fact.period
    if unit and figure.fact.unit:
        shown = f"{shown} ({figure.fact.unit})"
    return (
        f"{shown} {data(language)['periods'][period]}" if period is not None and (once or period != "once") else shown
    )


def figure_said(figure: Figure, language: Language) -> str:
    """A term, limit or discount: the shop's own sentence, else its name, its figure, its unit."""
    fact = figure.fact
    if (own := figure.sentence(language)) is not None:
        if figure.kind != "limit":
            return plainly(own)
        said = f"{fact.product or fact.name}: {plainly(own)}"
        return said if not named_in(own, fact) else plainly(own)
    if fact.currency:
        return str(template(language, "term")).format(name=fact.name, n=money(fact.amount, fact.currency, language))
    number = plain(fact.amount, language)
    if fact.unit == "%":
        return str(template(language, "term")).format(
            name=fact.name, n=f"{number} %" if language != "en" else f"{number}%"
        )
    return str(template(language, "limit")).format(name=fact.name, n=number, unit=fact.unit or fact.period or "")


def missing(found: Sequence[Unknown], language: Language) -> str:
    if all(u.missing == "below" for u in found):
        below = (template(language, "below").format(of=u.of, n=plain(u.least or Decimal(1), language)) for u in found)
        return " ".join(below)
    whats = dict.fromkeys(template(language, "what")[u.missing].format(of=u.of) for u in found if u.missing != "below")
    return str(template(language, "unknown")).format(what=", ".join(whats))


def plainly(sentence: str) -> str:
    """A sentence without the yes or no that it begins with: it answered another question."""
    first = tokens(sentence)[:1]
    if not first or not (first[0].folded in listed("yes") or first[0].folded in listed("denies")):
        return sentence
    rest = sentence[first[0].end :]
    return rest[1:].strip()[:1].upper() + rest[1:].strip()[1:] if rest.startswith((",", ".", "!")) else sentence


def named_in(sentence: str, fact: Fact) -> bool:
    """Whether a sentence names what the fact is of."""
    words = folded(sentence)
    return all(any(same(word, other) for other in words) for word in folded(fact.product or fact.name))


def whole(sentence: str) -> str:
    """One full stop behind an abbreviation that ends a sentence."""
    return sentence.replace("..", ".")
