"""To somebody who asks what it costs, a bare number is a price, however small: «14» may be what is left of «14 900»."""

import pytest

from app.guardrail import check
from app.knowledge.sections import load
from app.types import Passage
from loadtests.service import ROOT
from tests.guardrail.sample import in_shop

ROST = next(section for section in load(ROOT / "kb").sections if section.id == "pricing_plan_rost")
ASKED = "Сколько стоит тариф Рост?"


def passes(draft: str, customer: str = ASKED) -> bool:
    return check(draft, in_shop((Passage(ROST, 1.0),), customer=(customer,))).ok


@pytest.mark.parametrize(
    "draft",
    [
        "Стоимость: 14.",
        "Стоимость — 14 в месяц.",
        "Тариф «Рост» — это 14.",
        "Тариф «Рост» — 14!",
        "Это будет 20.",
        "Обойдётся в 20 в месяц.",
        "Рост — 14 в месяц за магазин.",
        "Цена 99.",
    ],
)
def test_a_number_that_is_no_price_of_ours_is_refused(draft: str) -> None:
    assert not passes(draft)


@pytest.mark.parametrize(
    ("draft", "customer"),
    [
        ("Тариф «Рост» стоит 14 900 ₸ в месяц за магазин.", ASKED),
        ("Тариф «Рост» — это 14 900.", ASKED),
        ("Стоимость зависит от числа касс: 1, 2 или больше.", ASKED),
        ("Подскажите, сколько у вас магазинов: 1 или 2?", ASKED),
        ("Понял, магазинов 2.", "У меня 2 магазина"),
    ],
)
def test_a_price_of_ours_and_a_count_pass(draft: str, customer: str) -> None:
    assert passes(draft, customer)
