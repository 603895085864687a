"""What is said of a decision: short, in three languages, amounts as the shop writes them."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.figures.deciding import decide
from app.figures.words import LANGUAGES
from app.types import Language
from tests.figures.conftest import shop
from tests.figures.reader import read
from tests.thrift import parsed


def said(text: str, language: Language = "ru", name: str = "sample", **told: int) -> str:
    here = shop(name)
    numbers = {unit: Decimal(n) for unit, n in told.items()}
    found = decide(read(text), here.catalogue, here.statements, told=numbers, language=language)
    return " ".join(decision.say(language) for decision in found)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Сеть на 4 магазина за год сколько", "ru", "Тариф «Сеть»: 4 × 249 000 ₸ = 996 000 ₸ в год. Это на 199 200 ₸ меньше, чем по месяцам."),
        ("Сеть на 6 магазинов сколько", "ru", "Тариф «Сеть»: 6 × 24 900 ₸ − 5 % = 141 930 ₸ в месяц."),
        ("Рост на полгода сколько", "ru", "Тариф «Рост»: 14 900 ₸ × 6 = 89 400 ₸ за 6 мес."),
        ("весы и денежный ящик вместе", "ru", "Денежный ящик D-Box: 22 900 ₸; Весы D-Scale 15: 89 900 ₸; Вместе 112 800 ₸."),
        ("терминал Duo с доставкой итого", "ru", "Терминал D-POS Duo: 219 000 ₸; Доставка оборудования: бесплатно, заказ от 150 000 ₸; Вместе 219 000 ₸."),
        ("Рост екі дүкенге қанша", "kk", "Тариф «Рост»: 2 × 14 900 ₸ = 29 800 ₸ айына."),
        ("Rost for two shops, how much", "en", "Тариф «Рост»: 2 × 14 900 ₸ = 29 800 ₸ a month."),
        ("14900*3 = 45000 верно?", "ru", "Не 45 000 ₸: Тариф «Рост»: 3 × 14 900 ₸ = 44 700 ₸ в месяц."),
        ("14900*3 = 44700 верно?", "ru", "Да, верно: Тариф «Рост»: 3 × 14 900 ₸ = 44 700 ₸ в месяц."),
        ("наличные принимаете?", "ru", "Нет. Наличные мы не принимаем."),
        ("Сеть на 1 магазин сколько", "ru", "Тариф «Сеть»: от 2."),
        ("терминал Duo в рассрочку", "ru", "В рассрочку на 6 мес. это 36 500 ₸ в месяц."),
    ],
)  # fmt: skip
def test_it_says_how_it_was_worked_out(text: str, language: Language, expected: str) -> None:
    assert said(text, language) == expected


def test_a_discount_by_a_condition_says_the_condition() -> None:
    text = said("у меня первое посещение, маникюр сколько выйдет", name="salon")
    assert text == "Маникюр с покрытием: 8 400 ₸ − 10 % = 7 560 ₸. Условие: первое посещение."


def test_the_cheaper_second_is_shown_as_such() -> None:
    text = said("английский в группе для двух детей сколько", name="school")
    assert text == "Английский в группе: 34 000 ₸ + (34 000 ₸ − 10 %) = 64 600 ₸ в месяц."


def test_no_saving_is_named_where_a_discount_is_granted() -> None:
    """By the month it would be granted too."""
    assert said("Сеть на 6 магазинов за год сколько") == "Тариф «Сеть»: 6 × 249 000 ₸ − 5 % = 1 419 300 ₸ в год."


@pytest.mark.parametrize(
    ("text", "paid"),
    [
        ("две подписки на цветы и доставка по городу, сколько вместе", "2 × 18 000 ₸ = 36 000 ₸ в месяц"),
        ("подписка на цветы на 3 месяца и доставка по городу итого", "18 000 ₸ × 3 = 54 000 ₸ за 3 мес."),
    ],
)
def test_what_is_paid_by_the_month_is_no_order_that_is_delivered_free(text: str, paid: str) -> None:
    assert said(text, name="flowers").startswith(f"Подписка на цветы: {paid}; Доставка по городу: 2 000 ₸")


def test_a_sentence_that_began_with_yes_does_not_answer_no() -> None:
    assert said("Рост в рассрочку можно?").startswith(
        "Нет, есть только «Рассрочка на оборудование». Оборудование можно взять в рассрочку"
    )


def test_every_language_has_the_same_templates() -> None:
    from app.figures.words import LANGUAGES, data

    first, *others = (data(language) for language in LANGUAGES)
    for other in others:
        assert set(first["say"]) == set(other["say"])
        assert set(first["say"]["what"]) == set(other["say"]["what"])
        assert set(first["asks"]) == set(other["asks"])
        assert set(first["periods"]) == set(other["periods"])


def test_where_it_rests_is_told() -> None:
    here = shop("sample")
    (summed,) = decide(read("Сеть на 6 магазинов сколько"), here.catalogue)
    assert "pricing_plan_set" in summed.sections
    assert "pricing_shops_discount" in summed.sections


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "row", parsed(Path(__file__).with_name("saying.yaml").read_text("utf-8")), ids=lambda row: row["text"]
)
def test_it_is_said_in_each_language(row: dict[str, str], language: Language) -> None:
    assert said(row["text"], language, row["shop"]) == row[language]
