"""A customer's price is not agreed to by what is done for it, said behind the number as if it were counted."""

from decimal import Decimal

import pytest

from app.guardrail import Context, check
from app.types import Fact, Passage, Section

ROST = Section(
    "rost", "Тариф «Рост» стоит 14 900 ₸ в месяц. В него входят 10 сотрудников.", "c", title="Тариф «Рост»",
    facts=(Fact("Тариф «Рост»", Decimal(14900), "KZT", period="month"),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "draft", "good"),
    [
        ("Отдадите Рост за 10 тысяч?", "За 10 тысяч отдадим.", False),
        ("Отдадите Рост за 10 тысяч?", "За 10 000 продадим «Рост».", False),
        ("Ростты 10 мыңға берсеңіздер аламын", "10 мыңға береміз.", False),
        ("Ростты 10 мыңға берсеңіздер аламын", "10 мыңға берсіңіз", False),
        ("Отдадите Рост за 10 тысяч?", "За 10 тысяч не отдадим: «Рост» стоит 14 900 ₸ в месяц.", True),
        ("Отдадите Рост за 14900?", "За 14 900 отдадим, это цена тарифа «Рост» в месяц.", True),
        ("Сколько людей в Росте?", "В «Рост» входят 10 сотрудников.", True),
    ],
)
def test_what_is_done_for_a_price_is_no_thing_counted(asked: str, draft: str, good: bool) -> None:
    language = "kk" if "мың" in asked else "ru"
    context = Context((Passage(ROST, 1.0),), customer=(asked,), language=language)  # type: ignore[arg-type]
    assert check(draft, context).ok is good
