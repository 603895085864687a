"""Counts told of something else, what is reckoned again, and a measure that counts nothing."""

import pytest

from tests.turn.test_wanted_over_turns import ASKS, said


@pytest.mark.parametrize(
    ("talk", "holds"),
    [
        (("Рост, у меня 3 кассы", "и ящик D-Box на каждую кассу, всего?"), "3 × 22 900"),
        (("Рост", "весы D-Scale 15 на 2 кассы, итого"), "2 × 89 900"),
        (("Сеть на 2 магазина", "по одним весам D-Scale 15 на магазин, сумма?"), "2 × 89 900"),
        (("3 касса, Рост", "әр кассаға D-Box, барлығы қанша"), "3 × 22 900"),
        (("4 registers, Rost", "a D-Box for each register, total"), "4 × 22 900"),
        (("Рост", "2 шт по 22900 и 2 D-Scan 2, всего?"), "2 × 22 900"),
    ],
)
def test_so_many_of_it_as_there_are_of_what_it_is_for(talk: tuple[str, ...], holds: str) -> None:
    assert holds in said(*talk)


def test_what_is_sold_by_the_order_is_not_multiplied() -> None:
    assert "×" not in said("Рост", "доставка на 2 кассы сколько стоит")


@pytest.mark.parametrize("again", ["пересчитай", "считай ещё раз", "есептеңіз", "recalculate please"])
def test_reckoned_again_is_the_whole_sum(again: str) -> None:
    assert "37 800" in said("Рост и D-Box, сколько вместе", again, step=ASKS)


def test_with_what_has_changed() -> None:
    assert "47 800" not in said("Рост и D-Box, сколько вместе", "D-Box не надо. пересчитай")
    assert "62 700" in said("Рост и D-Box, сколько вместе", "ещё D-Scan 1 добавьте. пересчитайте")


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("Рост 14900 и D-Box 22900, это 37800, верно?", "37 800"),
        ("Start 7900 and Warehouse Pro 6900, so 14800, right?", "14 800"),
    ],
)
def test_a_sum_is_confirmed_once(text: str, total: str) -> None:
    answer = said(text)
    assert total in answer and answer.count("верно") + answer.count("right") == 1


@pytest.mark.parametrize(
    "text",
    ["чековый принтер 80 мм почём", "весы до 15 кг сколько", "receipt printer 58 mm price", "принтер 57 мм цена"],
)
def test_a_measure_is_neither_counted_nor_priced(text: str) -> None:
    answer = said(text)
    assert "₸" in answer and "×" not in answer and "неизвестно" not in answer and "not known" not in answer


@pytest.mark.parametrize(
    ("talk", "holds"),
    [
        (("касса одна, продавцов двое", "какого тарифа нам достаточно?"), "Вам подойдёт: Тариф «Старт»: 7 900 ₸"),
        (("у нас 3 кассы и 8 сотрудников", "что нам взять?"), "Вам подойдёт: Тариф «Рост»: 14 900 ₸"),
        (("две кассы", "посоветуйте тариф"), "Вместе 10 800 ₸ в месяц. Тариф «Старт»: В него входят"),
        (("один магазин", "какой тариф нужен?"), "Если хватит того, что в него входит"),
    ],
)
def test_which_one_fits_is_said_with_what_it_includes(talk: tuple[str, ...], holds: str) -> None:
    assert holds in said(*talk, step=ASKS)


@pytest.mark.parametrize(
    "talk",
    [
        ("две кассы", "какой сканер взять?"),
        ("D-Scan 2 почём, у меня 2 кассы", "что лучше взять?"),
        ("какой тариф взять?",),
    ],
)
def test_and_is_not_where_something_else_is_asked_or_nothing_was_told(talk: tuple[str, ...]) -> None:
    assert "подойдёт" not in said(*talk, step=ASKS)


def test_a_sum_is_of_what_holds_all_that_was_told() -> None:
    assert "37 800" in said("одна касса, 7000 наименований", "тариф и D-Box, всего?")
    assert "30 800" in said("одна касса, 700 наименований", "тариф и D-Box, всего?")


def test_what_is_only_stated_is_no_question() -> None:
    answer = said("касса одна", "нам Старта хватит, а D-Box сколько стоит?")
    assert "22 900" in answer and "подойдёт" not in answer


def test_what_is_named_beside_is_priced_too() -> None:
    answer = said("две кассы, 9000 позиций", "какой тариф подходит? и D-Box почём")
    assert "подойдёт: Тариф «Рост»" in answer and "22 900" in answer
