"""A figure that the customer named, or another product's, is not made ours by the words around it."""

import pytest

from app.guardrail import check
from app.knowledge.sections import load
from app.types import Passage
from loadtests.service import ROOT
from tests.guardrail.sample import in_shop

SECTIONS = {section.id: section for section in load(ROOT / "kb").sections}
ROST = ("pricing_plan_rost", "pricing_extra_employee")


def passes(draft: str, customer: str) -> bool:
    used = tuple(Passage(SECTIONS[name], 1.0) for name in ROST)
    return check(draft, in_shop(used, customer=(customer,))).ok


@pytest.mark.parametrize(
    ("draft", "customer"),
    [
        ("Да, за «Рост» вы платите 9 900 ₸ в месяц за магазин.", "Рост же 9900?"),
        ("Да, вы платите 9 900 ₸ в месяц.", "рост 9900 в месяц, верно?"),
        ("Вы будете платить 9 900 ₸ в месяц за магазин.", "можно за 9900?"),
        ("«Рост» стоит 9 900, больше платить не нужно.", "а за 9900 отдадите?"),
        ("Как вы и хотели, «Рост» стоит 9 900 ₸ в месяц.", "хочу за 9900"),
        ("Да, вы хотели «Рост» за 9 900 ₸ в месяц, так и будет.", "хочу за 9900"),
        ("«Рост» стоит 900 ₸ в месяц за сотрудника, дополнительно ничего не нужно.", "почём рост"),
    ],
)
def test_it_is_refused_as_our_price(draft: str, customer: str) -> None:
    assert not passes(draft, customer)


@pytest.mark.parametrize(
    ("draft", "customer"),
    [
        ("Вы сейчас платите 20 000, а у нас «Рост» стоит 14 900 ₸ в месяц за магазин.", "сейчас платим 20 000 другим"),
        ("За двоих сверх тарифа — по 900 ₸ в месяц за человека.", "у нас 12 сотрудников"),
    ],
)
def test_it_may_be_repeated_as_theirs(draft: str, customer: str) -> None:
    assert passes(draft, customer)
