"""An order over a conversation: goods listed by unclear names, corrected, had already, asked for again as a whole."""

from dataclasses import replace

import pytest

from tests.turn.test_wanted_over_turns import ASKS, basket, said


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("нужны 2 терминала и принтер чеков", ("2 × 129 000", "2 × 219 000", "от 287 900", "54 900")),
        ("надо 4 сканера", ("4 × 24 900 ₸ = 99 600", "4 × 39 900 ₸ = 159 600")),
        ("возьмём 3 сканера и 2 принтера чеков", ("от 134 500", "3 × 39 900", "2 × 54 900")),
        ("we need a cash drawer and 2 scanners", ("22 900", "от 72 700", "2 × 39 900")),
        ("2 receipt printers and 3 scanners please, total?", ("от 134 500", "109 800", "119 700")),
        ("бізге 2 сканер мен таразы керек", ("2 × 24 900", "от 139 700", "2 × 39 900")),
    ],
)
def test_a_list_of_goods_is_counted_whatever_its_names_may_mean(text: str, holds: tuple[str, ...]) -> None:
    answer = said(text, step=ASKS)
    assert all(each in answer for each in holds), answer


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("самый дешёвый терминал и 3 сканера, сколько вместе", "203 700"),
        ("the cheapest receipt printer and 2 scanners, total", "79 700"),
        ("2 сканер мен чек принтері, ең арзаны, барлығы қанша", "79 700"),
    ],
)
def test_the_cheapest_is_one_sum_and_nothing_beside_it(text: str, total: str) -> None:
    answer = said(text)
    assert total in answer and "39 900" not in answer and "54 900" not in answer and "219 000" not in answer


@pytest.mark.parametrize(
    "text", ["нужен ли мне сканер?", "какие сканеры и принтеры у вас есть", "do I need 2 scanners?", "у нас 2 сканера"]
)
def test_what_takes_nothing_is_no_order(text: str) -> None:
    assert "×" not in said(text, step=ASKS)


def test_an_order_of_another_trade() -> None:
    answer = said("нужны 2 кровати Вереск и матрас Облако", name="furniture", step=ASKS)
    assert "2 × 39 200" in answer and "99 900" in answer


ORDER = "посчитайте 3 ящика D-Box, весы и D-Print 80"


@pytest.mark.parametrize(
    ("talk", "total", "lacks"),
    [
        ((ORDER, "ящик достаточно одного"), "167 700", "3 ×"),
        ((ORDER, "ящиков пусть будет два"), "190 600", "3 ×"),
        ((ORDER, "а ящик только ОДИН"), "167 700", "3 ×"),
        ((ORDER, "весы у нас уже есть"), "123 600", "89 900"),
        ((ORDER, "уже есть у нас весы"), "123 600", "89 900"),
        ((ORDER, "без весов тогда"), "123 600", "89 900"),
        (("3 cash drawers, scales and D-Print 80, total", "make it just one cash drawer"), "167 700", "3 ×"),
        (("3 cash drawers, scales and D-Print 80, total", "we already have scales"), "123 600", "89 900"),
        (("3 D-Box, D-Print 80 және таразы барлығы қанша", "таразы бізде бар"), "123 600", "89 900"),
        (("Рост и Склад Про на 4 магазина в месяц", "ой, магазинов 6"), "126 330", "4 ×"),
        (("Rost for 4 shops a year", "no, 6 shops not 4"), "849 300", "4 ×"),
        (("Rost for 4 shops a year", "not 4 but 6 shops"), "849 300", "4 ×"),
        (("Рост 4 дүкенге қанша", "4 емес 6 дүкен"), "84 930", "4 ×"),
    ],
)
def test_a_correction_counts_all_of_the_order_anew(talk: tuple[str, ...], total: str, lacks: str) -> None:
    answer = said(*talk, step=ASKS)
    assert total in answer and lacks not in answer, answer


@pytest.mark.parametrize(
    ("talk", "holds"),
    [
        ((ORDER, "что я в итоге беру?"), ("3 × 22 900", "89 900", "54 900", "213 500")),
        ((ORDER, "запуск под ключ добавьте", "что у меня в заказе"), ("45 000", "258 500")),
        ((ORDER, "ещё D-Scan 1 добавьте", "напомните мой заказ"), ("24 900", "238 400")),
        (("Rost and 2 D-Box, total", "so what did I order so far?"), ("2 × 22 900", "14 900")),
        (("Rost and 2 D-Box, total", "remind me what's in my order"), ("2 × 22 900", "14 900")),
        (("Рост пен 2 D-Box барлығы қанша", "менің тапсырысымда не бар"), ("2 × 22 900", "14 900")),
        (("2 сканера и Старт сколько вместе", "что я заказал"), ("2 × 24 900", "7 900", "2 × 39 900")),
    ],
)
def test_an_order_is_told_again_whole(talk: tuple[str, ...], holds: tuple[str, ...]) -> None:
    answer = said(*talk, step=ASKS)
    assert all(each in answer for each in holds), answer


def test_an_order_outlives_long_messages() -> None:
    story = "у нас магазин в центре города, " + "люди приходят каждый день и всё время что-то спрашивают, " * 4
    assert "213 500" in said(ORDER, *[story] * 6, "что в моём заказе", step=ASKS)


def test_what_is_asked_the_price_of_pushes_nothing_out_of_an_order() -> None:
    held = basket("возьму D-Print 58 и D-Box, посчитайте", "а D-Print 80 почём?")
    assert {"printer čekov d print 58", "denežni ašik d boks"} <= {item.key for item in held.meant}


@pytest.mark.parametrize(
    "text",
    ["what is the price of 2 sets of scanner D-Scan 1 and cash drawer", "2 sets: D-Scan 1 and a cash drawer, total"],
)
def test_a_set_is_no_plan(text: str) -> None:
    answer = said(text)
    assert "95 600" in answer and "Set" not in answer
    assert "249 000" in said("price of the Set plan")


def test_an_order_that_is_placed_holds_what_he_takes_and_nothing_that_he_only_asked_of() -> None:
    talk = ("сколько стоит D-Label?", "беру весы и ящик D-Box", "оформляем, жду")
    answer = said(*talk, step=replace(ASKS, reason="purchase", intents=("purchase",)))
    assert "112 800" in answer and "64 900" not in answer, answer
