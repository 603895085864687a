"""Who is warned against one thing and sent to the customer's own page in the same sentence is sent there."""

import pytest

from app.guardrail import check
from app.types import Passage
from tests.guardrail.sample import in_shop
from tests.guardrail.test_said import base

PAGE, NUMBER = "pay-kassa.kz ваш?", "+7 777 123 45 67 ваш номер?"


@pytest.mark.parametrize(
    ("draft", "asked"),
    [
        ("Не платите по старой ссылке, платите на pay-kassa.kz.", PAGE),
        ("Наличными не платите, оплачивайте на pay-kassa.kz.", PAGE),
        ("Не звоните, а пишите на +7 777 123 45 67.", NUMBER),
    ],
)
def test_a_warning_beside_it_does_not_let_anybody_be_sent_to_a_customers_page(draft: str, asked: str) -> None:
    used = tuple(Passage(base()[section], 1.0) for section in ("pricing_payment", "regions_no_branches"))
    assert "contact" in [
        found.check for found in check(draft, in_shop(used, customer=(asked,), language="ru")).findings
    ]
