"""What the linter finds, and what it leaves alone."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from app.knowledge.lint import LintFinding, lint
from app.types import Fact, Section

TODAY = date(2026, 6, 1)
_numbers = count(1)


def section(name: str, **fields: Any) -> Section:
    """A section with nothing to find, at a line of its own."""
    line = next(_numbers)
    return replace(
        Section(name, "Текст.", "c", questions=tuple(f"вопрос {line} {i}" for i in range(3)), source=f"c.yaml:{line}"),
        **fields,
    )


def price(amount: str, name: str = "Тариф «Старт»", currency: str = "KZT", **fields: Any) -> Fact:
    return Fact(name, Decimal(amount), currency, **fields)


def found(*sections: Section) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.check, finding.place) for finding in lint(sections, TODAY)]


def only(*sections: Section) -> LintFinding:
    (finding,) = lint(sections, TODAY)
    return finding


def test_a_clean_knowledge_base_has_no_findings() -> None:
    assert found(section("a", facts=(price("7900"),)), section("b"), section("c", valid_until=TODAY)) == []
    assert found() == []


def test_an_id_used_twice_is_an_error_at_the_second_place_that_names_the_first() -> None:
    first, second = section("a"), section("a")
    finding = only(first, second)
    assert (finding.severity, finding.check, finding.place) == ("error", "duplicate-id", second.source)
    assert first.source in finding.message
    assert "'a'" in finding.message


def test_fewer_than_three_questions_is_a_warning() -> None:
    poor = section("a", questions=("раз", "два"))
    assert found(poor, section("b", questions=("три", "четыре", "пять"))) == [("warning", "few-questions", poor.source)]


def test_a_question_that_two_sections_claim_is_found_whatever_its_case_and_marks() -> None:
    one, two = section("a", questions=("Где вы?", "x", "y")), section("b", questions=("где  ВЫ", "z", "w"))
    finding = only(one, two)
    assert (finding.check, finding.place) == ("shared-question", two.source)
    assert "'a'" in finding.message
    assert "'b'" in finding.message


def test_a_section_may_repeat_its_own_question() -> None:
    assert found(section("a", questions=("где вы", "Где вы?", "адрес"))) == []


def test_two_prices_for_one_product_unit_and_period_are_an_error_that_names_both() -> None:
    one = section("a", facts=(price("7900", unit="магазин", period="month"),))
    two = section("b", facts=(price("8900", name="тариф Старт", unit="Магазин", period="month"),))
    finding = only(one, two)
    assert (finding.severity, finding.check, finding.place) == ("error", "two-prices", two.source)
    for part in ("7900", "8900", "'a'", "'b'", one.source):
        assert part in finding.message


def test_another_product_unit_or_period_may_have_another_price() -> None:
    assert not found(
        section("a", facts=(price("7900", unit="магазин", period="month"),)),
        section("b", facts=(price("79000", unit="магазин", period="year"),)),
        section("c", facts=(price("2900", unit="касса", period="month"),)),
        section("d", facts=(price("9900", name="Тариф «Рост»", unit="магазин", period="month"),)),
    )


def test_one_price_written_in_two_ways_is_one_price() -> None:
    assert not found(section("a", facts=(price("7900"),)), section("b", facts=(price("7900.00"),)))


def test_percentages_and_terms_are_no_prices() -> None:
    days = (Fact("Скидка", Decimal(5), None, "%"), Fact("Скидка", Decimal(10), None, "%"))
    assert not found(section("a", facts=days))


def test_a_price_in_another_currency_than_most_is_an_error_once_per_section() -> None:
    dollars = section("c", facts=(price("5", "X", "USD"), price("6", "Y", "USD")))
    others = [section(name, facts=(price("7900", name),)) for name in "abd"]
    assert found(*others, dollars) == [("error", "mixed-currencies", dollars.source)]


def test_an_expired_section_is_a_warning_from_the_day_after() -> None:
    assert found(section("a", valid_until=date(2026, 6, 1))) == []
    late = section("a", valid_until=date(2026, 5, 31))
    assert found(late) == [("warning", "expired", late.source)]


def test_findings_come_in_the_order_of_the_files() -> None:
    sections = [
        section("a", valid_until=date(2020, 1, 1)),
        section("b", questions=()),
        section("a"),
        section("d", questions=(), valid_until=date(2020, 1, 1)),
    ]
    places = [place for _, _, place in found(*sections)]
    assert places == sorted(places, key=[s.source for s in sections].index)
    assert len(places) == 5


def test_one_section_can_have_several_findings() -> None:
    bad = section("a", questions=(), valid_until=date(2020, 1, 1))
    assert {check for _, check, _ in found(bad)} == {"few-questions", "expired"}
