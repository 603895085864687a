"""Who asks whether a thing is free hears when it is, where its section says so, and else what it costs."""

from datetime import date
from decimal import Decimal

import pytest

from app.figures.deciding import decide
from app.figures.shop.catalogue import Catalogue
from app.figures.statements import Statements
from app.types import Fact, Language, Section
from tests.figures.reader import read

TODAY = date(2026, 6, 1)
SHOP = (
    Section("removal", "Вывоз мебели стоит 5 000 ₸. Кто заказал уборку, тому вывоз бесплатный.", "c", title="Вывоз",
            facts=(Fact("Вывоз мебели", Decimal(5000), "KZT", "заказ"),)),
    Section("windows", "Мытьё окна стоит 1 500 ₸.", "c", title="Окна",
            facts=(Fact("Мытьё окна", Decimal(1500), "KZT", "окно"),)),
    Section("drying_en", "Drying a carpet costs 4 000 ₸; it is free with a wash.", "c", title="Drying", language="en",
            facts=(Fact("Drying a carpet", Decimal(4000), "KZT", "carpet"),)),
)  # fmt: skip


def said(text: str, language: Language = "ru") -> str:
    catalogue, statements = Catalogue.of(SHOP, TODAY), Statements.of(SHOP, TODAY)
    return " ".join(each.say(language) for each in decide(read(text), catalogue, statements, language=language))


@pytest.mark.parametrize(
    ("text", "language"), [("а вывоз бесплатный?", "ru"), ("вывоз мебели бесплатно бывает?", "ru"), ("is drying a carpet free?", "en")]
)  # fmt: skip
def test_the_section_says_when(text: str, language: Language) -> None:
    assert not any(price in said(text, language) for price in ("5 000", "4 000"))


@pytest.mark.parametrize(
    ("text", "price"), [("мытьё окна бесплатно?", "1 500"), ("сколько стоит вывоз мебели?", "5 000")]
)
def test_else_the_price_is_said(text: str, price: str) -> None:
    assert price in said(text)
