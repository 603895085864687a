"""Who wants a sum confirmed and says something else with it hears the sum, and no yes to the rest."""

import pytest

from tests.figures.test_saying import said

_DAY, _NO, _BARE = "Да, верно: Пакет «Команда»: ", "Нет: Пакет «Команда»: ", "Пакет «Команда»: "


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("Команда 60 000 ₸ в месяц, верно?", _DAY),
        ("пакет Команда за полгода 360 000?", _DAY),
        ("короче, Команда 60000, так?", _DAY),
        ("Команда 60 000 в год, верно?", _NO),
        ("Команда 60 000 рублей, правильно?", _NO),
        ("Команда 60 000 в неделю?", _NO),
        ("Команда 60 000 и кофемашина в подарок, верно?", _BARE),
        ("Команда 60 000 и монитор большой, верно?", _BARE),
        ("Команда не 60 000, верно?", _BARE),
        ("Команда 60 000 за двоих, верно?", _BARE),
        ("Команда 60 000? Значит, и уборка ваша, да?", _BARE),
    ],
)
def test_a_yes_to_a_sum_is_a_yes_to_nothing_else(text: str, begins: str) -> None:
    assert said(text, name="coworking").startswith(begins), said(text, name="coworking")


@pytest.mark.parametrize(
    ("text", "word"),
    [("тариф Рост 14 900 это за три магазина?", "Нет."), ("Рост 14 900 за магазин?", "Да.")],
)
def test_a_price_for_one_is_none_for_several(text: str, word: str) -> None:
    assert said(text).startswith(word)


def test_which_plan_and_is_it_less_by_the_year() -> None:
    text = said("какой тариф взять и есть ли скидка если за год", магазин=1, касса=1)
    assert "Да, за год сразу выходит дешевле" in text
    assert "Нет." not in text
