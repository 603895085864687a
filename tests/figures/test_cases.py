"""Prices and sums of four shops, by kind: `cases/*.yaml`.

A decision is written in short: `price 7900 month 79000 year` (from: where it begins), `sum TOTAL PERIOD + ...` (3m: for three
months), `advised SUM`, `cheaper SUMS`, `instead SUMS`, `which SUMS`,
`either AMOUNT not AMOUNTS [why]`, `SUM beside|budget AMOUNT`, `for [yes|no] PRICE`, `rule PERCENT`, `right SUM`, `not CLAIMED: SUM`, `not ours CLAIMED`, `yes`, `no`, `term FIGURES`, `parts MONTHLY x MONTHS`, `unknown WHAT`.
"""

from decimal import Decimal
from typing import Any

import pytest

from app.figures.compared import Compared, Either, Instead
from app.figures.decided import (
    Confirmed,
    Corrected,
    Decided,
    NotKnown,
    NotOurs,
    PriceKnown,
    Recommended,
    Summed,
    Term,
    YesNo,
)
from app.figures.deciding import decide
from app.figures.instalments import InParts
from app.figures.ruled import Cheaper, PerUnit, Ruled, WhichOf
from app.figures.shop.catalogue import key_of
from app.figures.sums.counting import Sum
from tests.figures.conftest import HERE, shop
from tests.figures.reader import read
from tests.thrift import parsed


def collected() -> list[Any]:
    found = []
    for path in sorted((HERE / "cases").glob("*.yaml")):
        for kind, cases in parsed(path.read_text("utf-8")).items():
            for case in cases:
                made = dict(zip(("ask", "is"), case, strict=True)) if isinstance(case, list) else case
                found.append(pytest.param(path.stem, made, id=f"{path.stem}-{kind}-{made['ask']}"))
    return found


CASES = collected()


def short(decision: Decided) -> str:  # noqa: PLR0911, PLR0912 - a line for each kind
    match decision:
        case PriceKnown():
            return "price " + " ".join(_price(f) for f in decision.figures)
        case Summed():
            return "sum " + _totals(decision.sum)
        case Instead() | WhichOf():
            return ("instead " if isinstance(decision, Instead) else "which ") + ", ".join(map(_totals, decision.sums))
        case Either():
            others = " ".join(f"{other:f}" for other in decision.others)
            return f"either {decision.amount:f} not {others}{' why' if decision.why else ''}"
        case Compared():
            return f"{_totals(decision.sum)} {'budget' if decision.budget else 'beside'} {decision.other:f}"
        case Cheaper():
            return "cheaper " + ", ".join(map(_totals, decision.sums))
        case PerUnit():
            return {None: "for", True: "for yes", False: "for no"}[decision.value] + f" {decision.figure.amount:f}"
        case Ruled():
            return f"rule {decision.figure.amount:f} %"
        case Recommended():
            return "advised " + _totals(decision.sum)
        case Confirmed():
            return "right " + _totals(decision.sum)
        case Corrected():
            return f"not {decision.claim.amount:f}: {_totals(decision.sum)}"
        case NotOurs():
            return f"not ours {decision.claim.amount:f}"
        case YesNo():
            return "yes" if decision.value else "no"
        case Term():
            return "term " + " ".join(f"{f.amount:f}{' %' if f.fact.unit == '%' else ''}" for f in decision.figures)
        case InParts():
            return f"parts {decision.instalment.monthly:f} x {decision.instalment.months:f}"
        case NotKnown():
            return "unknown " + " ".join(sorted({u.missing for u in decision.unknown}))


def _price(figure: Any) -> str:
    begins = " from" if figure.kind == "price_from" else ""
    period = f" {figure.fact.period}" if figure.fact.period else ""
    return f"{figure.amount:f}{begins}{period}"


def _totals(made: Sum) -> str:
    return " + ".join(f"{plain(t.amount)} {t.period or f'{t.months:f}m'}" for t in made.totals)


def plain(amount: Decimal) -> str:
    return f"{amount.quantize(Decimal(1)):f}" if amount == amount.to_integral_value() else f"{amount:f}"


@pytest.mark.parametrize(("name", "case"), CASES)
def test_what_the_facts_decide(name: str, case: dict[str, Any]) -> None:
    here = shop(name)
    language = case.get("language", "ru")
    found = decide(
        read(case["ask"]),
        here.catalogue,
        here.statements,
        told={unit: Decimal(n) for unit, n in case.get("told", {}).items()},
        focus=[key_of(product) for product in case.get("focus", ())],
        language=language,
    )
    expected = [] if case["is"] == "nothing" else case["is"] if isinstance(case["is"], list) else [case["is"]]
    assert sorted(map(short, found)) == sorted(expected)
    for decision in found:
        assert decision.say(language).strip()


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 150
