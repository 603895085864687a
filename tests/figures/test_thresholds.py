"""A shop of round figures: each threshold just below, at and just above it, and the words of the answer."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from app.figures.deciding import decide
from app.figures.shop.catalogue import Catalogue
from app.figures.statements import Statements
from app.types import Fact, Language, Section
from tests.figures.reader import read

TODAY = date(2026, 6, 1)
STATED = {
    "delivery": "Доставка стоит 2 000 ₸, от 150 000 ₸ она бесплатна.",
    "instalments": "Рассрочка на 6 месяцев от 100 000 ₸.",
    "rost": "В него входят 3 кассы, каждая следующая 2 900 ₸.",
    "discounts": "Скидка 5 % от 5 магазинов и 10 % от 10.",
}


def fact(name: str, amount: int, unit: str | None = None, **more: object) -> Fact:
    """Money, unless `unit` or `kind` says otherwise."""
    counted = {key: Decimal(value) if isinstance(value, int) else value for key, value in more.items()}
    other = unit == "%" or more.get("kind") in ("limit", "instalment")
    return Fact(name, Decimal(amount), None if other else "KZT", unit, **counted)  # type: ignore[arg-type]


def discount(name: str, percent: int, kind: str = "discount", **more: object) -> Fact:
    return fact(name, percent, "%", kind=kind, **more)


SHOP = (
    Section("delivery", STATED["delivery"], "hardware", title="Доставка", facts=(
        fact("Доставка", 2000, "заказ"), fact("Бесплатная доставка", 150000, product="Доставка", kind="free_from"))),
    Section("terminal", "Терминал стоит 50 000 ₸.", "hardware", title="Терминал",
            facts=(fact("Терминал", 50000, "штука"),)),
    Section("instalments", STATED["instalments"], "hardware", title="Рассрочка", facts=(
        fact("Рассрочка", 6, "месяц", kind="instalment", min_quantity=100000, quantity_unit="KZT",
             applies_to=("Терминал",)),)),
    Section("rost", f"Тариф «Рост» стоит 10 000 ₸ в месяц или 100 000 ₸ в год за магазин. {STATED['rost']}", "plans",
            title="Тариф «Рост»", facts=(
        fact("Тариф «Рост»", 10000, "магазин", period="month"), fact("Тариф «Рост»", 100000, "магазин", period="year"),
        fact("Тариф «Рост»", 3, "касса", kind="limit"),
        fact("Дополнительная касса", 2900, "касса", period="month", kind="extra", applies_to=("Тариф «Рост»",)))),
    Section("lesson", "Урок стоит 1 000 ₸, для второго ученика на 20 % меньше.", "school", title="Урок", facts=(
        fact("Урок", 1000, "ученик"),
        discount("Скидка на второго ученика", 20, "unit_discount", min_quantity=2, max_quantity=3,
                 quantity_unit="ученик", applies_to=("Урок",)))),
    Section("haircut", "Стрижка стоит 3 000 ₸, на первый визит скидка 10 %.", "salon", title="Стрижка", facts=(
        fact("Стрижка", 3000, "визит"),
        discount("Скидка на первый визит", 10, applies_to=("Стрижка",), conditions=("первый визит",)))),
    Section("setting", "Настройка стоит от 25 000 ₸.", "hardware", title="Настройка",
            facts=(fact("Настройка", 25000, "заказ"),)),
    Section("discounts", STATED["discounts"], "plans", title="Скидка за магазины", facts=(
        discount("Скидка от 5 магазинов", 5, min_quantity=5, quantity_unit="магазин", applies_to=("Тариф",)),
        discount("Скидка от 10 магазинов", 10, min_quantity=10, quantity_unit="магазин", applies_to=("Тариф",)))),
)  # fmt: skip


@cache
def shop() -> tuple[Catalogue, Statements]:
    return Catalogue.of(SHOP, TODAY, {}), Statements.of(SHOP, TODAY)


def told(text: str, language: Language = "ru") -> str:
    catalogue, statements = shop()
    return " | ".join(each.say(language) for each in decide(read(text), catalogue, statements, language=language))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        # what is free from some amount of the order on
        ("доставка бесплатна для заказа на 149 999 ₸?", f"Нет. {STATED['delivery']}"),
        ("доставка бесплатна для заказа на 150 000 ₸?", f"Да. {STATED['delivery']}"),
        ("сколько стоят 2 терминала с доставкой?", "Терминал: 2 × 50 000 ₸ = 100 000 ₸; Доставка: 2 000 ₸; Вместе 102 000 ₸."),
        ("сколько стоят 3 терминала с доставкой?", "Терминал: 3 × 50 000 ₸ = 150 000 ₸; Доставка: бесплатно, заказ от 150 000 ₸; Вместе 150 000 ₸."),
        # instalments
        ("сколько в месяц в рассрочку 99 999 ₸?", "В рассрочку можно от 100 000 ₸: 99 999 ₸ меньше, не хватает 1 ₸."),
        ("сколько в месяц в рассрочку 100 000 ₸?", "В рассрочку на 6 мес. это ≈ 16 667 ₸ в месяц."),
        ("можно терминал в рассрочку?", f"Нет. 50 000 ₸ меньше, чем 100 000 ₸, не хватает 50 000 ₸. {STATED['instalments']}"),
        ("можно 2 терминала в рассрочку?", "В рассрочку на 6 мес. это ≈ 16 667 ₸ в месяц."),
        ("доставку можно в рассрочку?", f"Нет. {STATED['instalments']}"),
        # discounts by how many
        ("сколько стоит Рост на 4 магазина?", "Тариф «Рост»: 4 × 10 000 ₸ = 40 000 ₸ в месяц."),
        ("сколько стоит Рост на 5 магазинов?", "Тариф «Рост»: 5 × 10 000 ₸ − 5 % = 47 500 ₸ в месяц."),
        ("сколько стоит Рост на 9 магазинов?", "Тариф «Рост»: 9 × 10 000 ₸ − 5 % = 85 500 ₸ в месяц."),
        ("сколько стоит Рост на 10 магазинов?", "Тариф «Рост»: 10 × 10 000 ₸ − 10 % = 90 000 ₸ в месяц."),
        ("есть скидка на 4 магазина?", f"Нет. {STATED['discounts']}"),
        ("есть скидка на 5 магазинов?", f"Да. {STATED['discounts']}"),
        # off the units between its quantities alone
        ("сколько стоит урок для 1 ученика?", "Урок: 1 000 ₸ (ученик)."),
        ("сколько стоит урок для 2 учеников?", "Урок: 1 000 ₸ + (1 000 ₸ − 20 %) = 1 800 ₸."),
        ("сколько стоит урок для 3 учеников?", "Урок: 1 000 ₸ + (2 × 1 000 ₸ − 20 %) = 2 600 ₸."),
        ("сколько стоит урок для 4 учеников?", "Урок: 2 × 1 000 ₸ + (2 × 1 000 ₸ − 20 %) = 3 600 ₸."),
        # what holds under a condition is counted where it was told
        ("сколько стоит стрижка?", "Стрижка: 3 000 ₸."),
        ("сколько стоит стрижка, это первый визит?", "Стрижка: 3 000 ₸ − 10 % = 2 700 ₸. Условие: первый визит."),
        # what only begins at a price is in no sum
        ("сколько стоит настройка?", "Настройка: от 25 000 ₸."),
        ("сколько стоит настройка и терминал вместе?", "Настройка: от 25 000 ₸. | Терминал: 50 000 ₸. | Точную сумму пока не назову, неизвестно: точная цена: Настройка."),
        # what is included, and each one more
        ("3 кассы входят в Рост?", f"Да. {STATED['rost']}"),
        ("4 кассы входят в Рост?", f"Нет. {STATED['rost']} | Дополнительная касса: 2 900 ₸ в месяц."),
        ("сколько касс входит в Рост?", f"Тариф «Рост»: {STATED['rost']}"),
        ("сколько стоит Рост на 4 кассы?", "Тариф «Рост»: 10 000 ₸ в месяц; Дополнительная касса: 2 900 ₸ в месяц; Вместе 12 900 ₸ в месяц."),
        ("сколько стоит Рост на 5 касс?", "Тариф «Рост»: 10 000 ₸ в месяц; Дополнительная касса: 2 × 2 900 ₸ = 5 800 ₸ в месяц; Вместе 15 800 ₸ в месяц."),
        # nobody pays ten months where a year costs as much
        ("сколько стоит Рост на 9 месяцев?", "Тариф «Рост»: 10 000 ₸ × 9 = 90 000 ₸ за 9 мес."),
        ("сколько стоит Рост на 10 месяцев?", "Тариф «Рост»: 100 000 ₸ в год. Это на 20 000 ₸ меньше, чем по месяцам."),
        ("сколько стоит Рост на 12 месяцев?", "Тариф «Рост»: 100 000 ₸ в год. Это на 20 000 ₸ меньше, чем по месяцам."),
        ("сколько стоит Рост на 13 месяцев?", "Тариф «Рост»: 10 000 ₸ × 13 = 130 000 ₸ за 13 мес."),
        ("сколько стоит Рост на 2 года?", "Тариф «Рост»: 100 000 ₸ × 2 = 200 000 ₸ за 24 мес. Это на 40 000 ₸ меньше, чем по месяцам."),
        ("сколько стоит Рост на 3 месяца для 5 магазинов?", "Тариф «Рост»: 5 × 10 000 ₸ × 3 − 5 % = 142 500 ₸ за 3 мес."),
        # once and again have one line and the first payment
        ("сколько стоят 2 терминала и 2 месяца Роста?", "Тариф «Рост»: 10 000 ₸ × 2 = 20 000 ₸ за 2 мес.; Терминал: 2 × 50 000 ₸ = 100 000 ₸; первый платёж: 100 000 + 20 000 = 120 000 ₸."),
        # a sum of his own
        ("2 терминала это 100 000 ₸, верно?", "Да, верно: Терминал: 2 × 50 000 ₸ = 100 000 ₸."),
        ("2 терминала это 100 001 ₸, верно?", "Не 100 001 ₸: Терминал: 2 × 50 000 ₸ = 100 000 ₸."),
        ("терминал 49 999 ₸?", "Не 49 999 ₸: Терминал: 50 000 ₸."),
        # which is cheaper, and by how much
        ("что дешевле, терминал или стрижка?", "Терминал: 50 000 ₸. Стрижка: 3 000 ₸. Дешевле: Стрижка, на 47 000 ₸."),
        ("на сколько терминал дороже стрижки?", "Терминал: 50 000 ₸; Стрижка: 3 000 ₸. Разница 47 000 ₸."),
    ],
)  # fmt: skip
def test_what_the_facts_decide(asked: str, said: str) -> None:
    assert told(asked) == said


MORE = (
    Section("chair", "Стул: до 5 штук 500 ₸, от 6 до 20 штук 450 ₸, от 21 — 400 ₸.", "hall", title="Стул", facts=(
        fact("Стул", 500, "штука", min_quantity=1, max_quantity=5),
        fact("Стул", 450, "штука", min_quantity=6, max_quantity=20), fact("Стул", 400, "штука", min_quantity=21))),
    Section("lamp", "Лампа стоит 1 000 ₸, от 3 штук скидка 10 %.", "hall", title="Лампа", facts=(
        fact("Лампа", 1000, "штука"),
        discount("Скидка на лампы", 10, min_quantity=3, applies_to=("Лампа",)))),
    Section("rug", "Ковёр стоит 2 000 ₸.", "hall", title="Ковёр", facts=(
        fact("Ковёр", 2000, "штука"), discount("Скидка", 10))),
    Section("site", "Сайт стоит 100 $.", "web", title="Сайт", facts=(
        replace(fact("Сайт", 100, "заказ"), currency="USD"),)),
)  # fmt: skip


@cache
def larger_shop() -> tuple[Catalogue, Statements]:
    return Catalogue.of((*SHOP, *MORE), TODAY, {}), Statements.of((*SHOP, *MORE), TODAY)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        # a price by how many, both ends included
        ("сколько стоят 5 стульев?", "Стул: 5 × 500 ₸ = 2 500 ₸."),
        ("сколько стоят 6 стульев?", "Стул: 6 × 450 ₸ = 2 700 ₸."),
        ("сколько стоят 20 стульев?", "Стул: 20 × 450 ₸ = 9 000 ₸."),
        ("сколько стоят 21 стул?", "Стул: 21 × 400 ₸ = 8 400 ₸."),
        # a discount without a unit counts the price's own
        ("сколько стоят 2 лампы?", "Лампа: 2 × 1 000 ₸ = 2 000 ₸."),
        ("сколько стоят 3 лампы?", "Лампа: 3 × 1 000 ₸ − 10 % = 2 700 ₸."),
        ("сколько стоят 4 лампы?", "Лампа: 4 × 1 000 ₸ − 10 % = 3 600 ₸."),
        # one without quantities and without what it is on is taken off nothing
        ("сколько стоит ковёр?", "Ковёр: 2 000 ₸."),
        # two currencies are never added up
        ("сколько стоит сайт и терминал вместе?", "Сайт: $100; Терминал: 50 000 ₸; Вместе 50 000 ₸ один раз и $100 один раз."),
        # his own sum
        ("3*50000=150000, верно?", "Да, верно: Терминал: 3 × 50 000 ₸ = 150 000 ₸."),
        ("3 терминала по 50 000 это 150 000 ₸?", "Да, верно: Терминал: 3 × 50 000 ₸ = 150 000 ₸."),
        ("терминал и доставка это 52 000 ₸?", "Да, верно: Терминал: 50 000 ₸; Доставка: 2 000 ₸; Вместе 52 000 ₸."),
        ("терминал и доставка это 53 000 ₸?", ""),
        ("Рост за год это 120 000 ₸?", "Да, верно: Тариф «Рост»: 10 000 ₸ × 12 = 120 000 ₸ в год."),
        ("Рост за год это 100 000 ₸?", "Да, верно: Тариф «Рост»: 100 000 ₸ в год."),
        ("Рост на 5 магазинов это 50 000 ₸?", "Не 50 000 ₸: Тариф «Рост»: 5 × 10 000 ₸ − 5 % = 47 500 ₸ в месяц."),
        ("Рост на 5 магазинов это 47 500 ₸?", "Да, верно: Тариф «Рост»: 5 × 10 000 ₸ − 5 % = 47 500 ₸ в месяц."),
    ],
)  # fmt: skip
def test_what_the_facts_of_a_larger_shop_decide(asked: str, said: str) -> None:
    catalogue, statements = larger_shop()
    assert " | ".join(each.say("ru") for each in decide(read(asked), catalogue, statements)) == said
