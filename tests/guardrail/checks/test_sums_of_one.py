"""Twice one price is a multiple, and a multiple needs a count: a sum is made of different prices."""

import pytest

from app.guardrail import check
from app.types import Passage
from tests.guardrail.sample import BASE, in_shop

ROST = next(section for section in BASE.sections if section.id == "pricing_plan_rost")


@pytest.mark.parametrize(
    ("customer", "passes"), [("Сколько стоит тариф Рост?", False), ("Сколько стоит Рост на два магазина?", True)]
)
@pytest.mark.parametrize("total", ["Всего выйдет 29 800 ₸.", "Вместе это 29 800 ₸ в месяц."])
def test_a_price_is_doubled_for_two_and_not_for_one(total: str, customer: str, passes: bool) -> None:
    context = in_shop((Passage(ROST, 1.0),), customer=(customer,))
    assert check(f"Тариф «Рост» стоит 14 900 ₸ в месяц. {total}", context).ok is passes


@pytest.mark.parametrize("word", ["вместе", "итого", "всё вместе"])
def test_nor_is_it_in_one_sentence(word: str) -> None:
    context = in_shop((Passage(ROST, 1.0),), customer=("Сколько стоит тариф Рост?",))
    assert not check(f"Тариф «Рост» стоит 14 900 ₸ в месяц, {word} 29 800 ₸.", context).ok
