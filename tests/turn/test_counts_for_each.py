"""What is wanted for each of something, over a conversation; what is taken unnamed; what comes back; what is paid elsewhere."""

import pytest

from tests.turn.test_wanted_over_turns import basket, said


def counts(*talk: str, name: str = "sample") -> dict[str, int | None]:
    return {i.key.split()[0]: None if i.count is None else int(i.count) for i in basket(*talk, name=name).items}


@pytest.mark.parametrize(
    ("talk", "thing", "count"),
    [
        (("две лавки, в каждой по 2 кассы", "на каждую кассу D-Scan 1, сколько"), "skaner", 4),
        (("три бутика, ящик D-Box на все три, почём",), "denežni", 3),
        (("3 аптеки. D-Scan 1, весы D-Scale 15 по два в каждую, сумма",), "vesi", 6),
        (("3 аптеки, по ящику D-Box в каждую, весы D-Scale 15 тоже, сумма",), "vesi", 3),
        (("4 магазина, Рост и D-Box на каждый, итого", "нет, по два"), "denežni", 8),
        (("4 магазина, Рост и D-Box на каждый, итого", "магазинов станет шесть"), "denežni", 6),
        (("4 магазина, по три D-Box на магазин, итого", "магазинов будет два"), "denežni", 6),
        (("4 магазина, Рост, итого", "D-Scan 1 и весы D-Scale 15 по четыре, сумма"), "skaner", 4),
        (
            ("4 магазина, Рост и D-Box на каждый, итого", "почему ящик один? по одному на магазин. пересчитайте"),
            "denežni",
            4,
        ),
        (("4 магазина, Рост и D-Box на каждый, итого", "D-Box 3 штуки, итого", "магазинов пять"), "denežni", 3),
        (("4 дүкен, Рост және әр дүкенге D-Box, барлығы", "жоқ, әр дүкенге екіден"), "denežni", 8),
        (("4 дүкен, Рост және әр дүкенге екіден D-Box, барлығы", "5 дүкен болады"), "denežni", 10),
        (("4 shops, a D-Box for each shop, total", "two per shop, recalculate"), "denežni", 8),
        (("4 shops, a D-Box for each shop, total", "make it six shops"), "denežni", 6),
    ],
)
def test_so_many_for_each_is_counted_again_with_what_it_is_for(talk: tuple[str, ...], thing: str, count: int) -> None:
    assert counts(*talk)[thing] == count


def test_what_is_told_of_a_plan_multiplies_no_plan() -> None:
    assert counts("4 магазина, Рост по два на каждый, итого")["tarif"] != 8
    assert "5 %" not in said("4 магазина, D-Box и Рост на все четыре, сколько")


@pytest.mark.parametrize(
    ("talk", "holds"),
    [
        (("принтер чеков почём", "возьму 4"), ("4 × 29 900 ₸ = 119 600 ₸", "4 × 54 900 ₸ = 219 600 ₸", "?")),
        (("скажите про сканеры", "беру 7 штук"), ("7 × 24 900", "7 × 39 900")),
        (("receipt printer price", "i'll take 4"), ("4 × 29 900", "4 × 54 900")),
        (("чек принтері қанша", "4 аламын"), ("4 × 29 900", "4 × 54 900")),
        (("ящик D-Box почём", "беру 4"), ("4 × 22 900",)),
        (("принтер чеков почём", "возьму 4", "80. не 4 а 6, итого?"), ("6 × 54 900",)),
        (("принтер чеков почём", "возьму 4", "не четыре а шесть"), ("6 × 29 900", "6 × 54 900")),
        (("receipt printer price", "i'll take 4", "the 80, not 4 but 6, total?"), ("6 × 54 900",)),
        (("сканер почём", "возьму 4", "беспроводной, итого"), ("4 × 39 900 ₸ = 159 600",)),
        (("ящик D-Box почём", "беру 4", "не 4, 6", "и Старт, итого"), ("6 × 22 900", "7 900")),
    ],
)
def test_so_many_of_what_was_spoken_of_are_counted_of_each_model(talk: tuple[str, ...], holds: tuple[str, ...]) -> None:
    answer = said(*talk)
    assert all(each in answer for each in holds), answer


def test_one_that_is_chosen_is_the_only_one() -> None:
    assert "24 900" not in said("сканер почём", "возьму 4", "беспроводной, итого")


@pytest.mark.parametrize("text", ["нет", "2", "у нас 2 магазина", "позвоните после 2", "можно 2 человека научить?"])
def test_another_number_takes_nothing(text: str) -> None:
    assert counts("принтер чеков почём", text).get("printer") is None


@pytest.mark.parametrize(
    ("talk", "holds", "lacks"),
    [
        (("Рост на 2 магазина и 3 D-Box, итого", "без ящиков", "с ящиками всё-таки, сумма"), "3 × 22 900", "?"),
        (("Рост на 2 магазина и 3 D-Box, итого", "давайте посчитаем на пять"), "5 × 14 900", "2 ×"),
        (
            ("Рост на 2 магазина и весы, итого", "весы у нас есть, посчитайте без весов на 3 магазина"),
            "44 700",
            "89 900",
        ),
        (("Рост и 2 D-Scan 1, итого", "24900*5 выйдет, а всего?"), "5 × 24 900", "2 ×"),
        (("Рост на 2 магазина и 3 D-Box, итого", "а за год?"), "3 × 22 900", "в месяц"),
        (
            ("Rost for 2 shops and 3 D-Box, total", "without the drawers", "with the drawers, for four shops"),
            "3 × 22 900",
            "?",
        ),
        (("2 дүкенге Рост, D-Scan 1, барлығы", "сканерсіз қанша"), "29 800", "24 900"),
    ],
)
def test_a_sum_asked_again_is_of_all_that_is_left(talk: tuple[str, ...], holds: str, lacks: str) -> None:
    answer = said(*talk)
    assert holds in answer and lacks not in answer, answer


@pytest.mark.parametrize(
    ("talk", "holds", "lacks"),
    [
        (
            ("7 тысяч позиций, двое продавцов. какой тариф брать и сколько первый месяц с переносом данных?",),
            ("подойдёт Тариф «Рост»", "3 000", "7 000", "44 900"),
            "Сеть",
        ),
        (
            ("одна касса, 900 товаров. какой тариф нужен и сколько с 2 часами обучения за первый месяц",),
            ("подойдёт Тариф «Старт»", "одна касса", "31 900"),
            "14 900",
        ),
        (
            ("3800 items, 2 cashiers. which plan do i need, total with data migration for the first month?",),
            ("Тариф «Рост»", "3 800", "44 900"),
            "7 900 ₸",
        ),
        (("5000 тауар. қай тариф керек, деректерді көшірумен барлығы қанша?",), ("Тариф «Рост»", "44 900"), "7 900 ₸"),
    ],
)
def test_the_plan_that_the_limits_decide_is_named_with_why_and_counted(
    talk: tuple[str, ...], holds: tuple[str, ...], lacks: str
) -> None:
    answer = said(*talk)
    assert all(each in answer for each in holds) and lacks not in answer, answer


def test_where_nothing_decides_it_the_others_are_told() -> None:
    assert "Другой вариант: Тариф «Рост»" in said("тариф и D-Box, всего сколько?")


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("нас двое кассиров, Старт 7900 или 15800 выйдет?", "7 900 ₸, а не 15 800 ₸", "Да, верно"),
        ("два магазина, Старт 7900 или 15800?", "15 800 ₸, а не 7 900 ₸", "Да, верно"),
        ("D-Box 4 штуки это 22900 или 91600?", "91 600 ₸, а не 22 900 ₸", "Да, верно"),
        ("two cashiers. is Start 7900 or 15800?", "7 900 ₸, а не 15 800 ₸", "Не 15"),
        ("екі сатушы. Старт 7900 әлде 15800?", "7 900 ₸, а не 15 800 ₸", "Не 15"),
    ],
)
def test_of_two_amounts_the_right_one_is_said(text: str, right: str, wrong: str) -> None:
    answer = said(text)
    assert right in answer and wrong not in answer, answer


def test_so_many_as_are_included_are_why() -> None:
    assert "2 сотрудника" in said("нас двое кассиров, Старт 7900 верно?")
    assert "2 сотрудника" not in said("нас пятеро кассиров, Старт 7900 верно?")


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (
            "два магазина, сейчас плачу 40000 в месяц за старую программу. у вас почём?",
            "на 24 200 ₸ меньше, чем 40 000",
        ),
        ("два магазина, сейчас плачу 240000 в год. а Рост за год у вас сколько?", "на 58 000 ₸ больше, чем 240 000"),
        ("two shops, we pay 40000 a month now. how much with you?", "на 24 200 ₸ меньше, чем 40 000"),
        ("екі дүкен, қазір айына 40000 төлейміз. сізде қанша?", "на 24 200 ₸ меньше, чем 40 000"),
        ("бюджет 100 тысяч. весы и D-Scan 2 уложусь?", "на 29 800 ₸ больше вашего бюджета"),
        ("бюджет 20000 в месяц, магазин один. хватит?", "в ваш бюджет укладывается"),
    ],
)
def test_what_he_pays_or_may_spend_is_compared(text: str, holds: str) -> None:
    assert holds in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "сейчас плачу 45000 за всё за прежнюю программу. сколько у вас?",
        "we pay 30000 a month now with another vendor. what would it be with you?",
        "отдаём 8000 за каждую кассу. у вас как?",
    ],
)
def test_and_is_no_claim_about_a_price_that_happens_to_be_the_same(text: str) -> None:
    answer = said(text)
    assert not any(word in answer for word in ("Нет.", "Да, верно", "Запуск под ключ", "Перенос", "Подключение")), (
        answer
    )


def test_our_own_price_is_still_confirmed() -> None:
    assert "Да, верно" in said("за Старт плачу 7900, верно?")


def test_another_option_says_that_it_is_one() -> None:
    answer = said("весы и сканер вместе сколько")
    assert "Другой вариант: Сканер D-Scan 2 (39 900 ₸)." in answer


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("Старт и модуль Лояльность за год сразу, скидка будет?", "137 800"),
        ("Старт пен Лояльность модулі бір жылға арзан ба?", "137 800"),
    ],
)
def test_a_monthly_and_a_yearly_price_are_one_sum(text: str, total: str) -> None:
    assert total in said(text)


def test_four_shops_have_four_tills() -> None:
    assert "4 × 1 500 ₸ = 6 000" in said("4 магазина, Рост и Услуги ОФД, итого в месяц")


def test_what_a_list_names_by_a_unit_alone_is_said_to_be_left_out() -> None:
    assert "Ещё не вошло: касса" in said("Рост плюс касса плюс весы плюс доставка, сколько выйдет")
    assert "не вошло" not in said("Рост плюс доставка плюс весы, сколько выйдет")


def test_several_goods_in_instalments_are_one_order() -> None:
    fits = said("весы и D-Print 80 в рассрочку, сколько в месяц?")
    assert "Вместе 144 800 ₸" in fits and "24 133" in fits
    small = said("D-Scan 1 и D-Box в рассрочку можно?")
    assert "Вместе 47 800 ₸" in small and small.count("Нет.") == 1


def test_so_many_as_are_included_are_a_yes() -> None:
    assert said("2 продавца в Старт входят или отдельно платить?").startswith(
        "Да. В него входят одна касса, 2 сотрудника"
    )
    assert "Да." not in said("7 продавцов в Старт входят или отдельно платить?")
