"""What is sold by size costs what the size costs that a customer tells, and the number counts nothing else."""

from datetime import date
from decimal import Decimal

import pytest

from app.figures.deciding import decide
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.facts import Units
from app.figures.shop.sizes import Size, size_in, unsized
from app.figures.statements import Statements
from app.types import Fact, Section
from tests.figures.reader import read

TODAY = date(2026, 6, 1)
UNITS = Units(["метр", "кг"], {"метр": ["м"]})


def priced(name: str, amount: int, unit: str, kind: str | None = None) -> Fact:
    return Fact(name, Decimal(amount), "KZT", unit, kind=kind)


SHOP = (
    Section("boats", "Стоянка лодки зависит от длины.", "c", title="Стоянка", facts=(
        priced("Стоянка до 5 м", 4000, "лодка"), priced("Стоянка от 6 до 9 м", 7000, "лодка"),
        priced("Метр свыше 9", 900, "метр", "extra"))),
    Section("bikes", "Сборка велосипеда: R12–R16 2 000 ₸, R18–R24 3 500 ₸, R26 и больше 5 000 ₸.", "c", title="Сборка",
            facts=(priced("Сборка R12–R16", 2000, "велосипед"), priced("Сборка R18–R24", 3500, "велосипед"),
                   priced("Сборка R26 и больше", 5000, "велосипед"))),
)  # fmt: skip


def said(text: str) -> str:
    catalogue = Catalogue.of(SHOP, TODAY, {"метр": ["м", "метра"]})
    return " ".join(each.say("ru") for each in decide(read(text), catalogue, Statements.of(SHOP, TODAY)))


@pytest.mark.parametrize(
    ("text", "price", "not_said"),
    [
        ("стоянка 4 м сколько", "4 000", "7 000"),
        ("сколько стоянка 8 метров", "7 000", "4 000"),
        ("сборка R20 почём", "3 500", "2 000"),
        ("сборка 24 почём", "3 500", "5 000"),
        ("сколько сборка р28", "5 000", "3 500"),
    ],
)
def test_the_size_that_is_told_is_priced(text: str, price: str, not_said: str) -> None:
    assert price in said(text)
    assert not_said not in said(text)


def test_two_sizes_are_not_one() -> None:
    assert "2 000" in said("сборка 16 и 26 почём") or not said("сборка 16 и 26 почём")


@pytest.mark.parametrize(
    ("name", "size", "called"),
    [
        ("Стоянка до 5 м", Size("метр", None, Decimal(5)), "Стоянка"),
        ("Стоянка от 6 до 9 м", Size("метр", Decimal(6), Decimal(9)), "Стоянка"),
        ("Сборка R12–R16", Size("r", Decimal(12), Decimal(16)), "Сборка"),
        ("Сборка R26 и больше", Size("r", Decimal(26), None), "Сборка"),
        ("Пакет 8 кг и более", Size("кг", Decimal(8), None), "Пакет"),
        ("Сканер D-Scan 2", None, "Сканер D-Scan 2"),
        ("Набор 24 штуки", None, "Набор 24 штуки"),
    ],
)
def test_a_name_says_its_size(name: str, size: Size | None, called: str) -> None:
    assert size_in(name, UNITS) == size
    assert unsized(name, UNITS) == called
