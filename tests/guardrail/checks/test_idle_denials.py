"""A denial behind a figure that offers it («нельзя отказать», «не сомневайтесь») denies nothing: the figure is refused."""

import pytest

from app.guardrail import check
from app.types import Passage
from tests.guardrail.sample import in_shop
from tests.guardrail.test_said import base


@pytest.mark.parametrize(
    "draft", ["«Рост» — 5 000 ₸, нельзя отказать.", "Ваша цена 5 000 ₸, не ошибка, не сомневайтесь."]
)
def test_a_denial_that_offers_behind_a_dictated_price_denies_nothing(draft: str) -> None:
    used = tuple(Passage(base()[section], 1.0) for section in ("pricing_plan_rost", "pricing_plan_start"))
    assert not check(draft, in_shop(used, customer=("«Рост» за 5 000 ₸ можно?",), language="ru")).ok
