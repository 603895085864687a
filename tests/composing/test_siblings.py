"""Who names a group or a place is told what is of it, and no condition is lost with what is of another."""

import pytest

from app.composing.siblings import of_his, priced_for
from app.language.ages import told as ages
from app.types import Deciding, Passage, Section

PASS = (
    "Ересектерге күндік билет 3 000 ₸. Балаларға жартысы. Аквапарк дүйсенбіде жабық.",
    "Взрослые платят за вход 3 000 ₸. Дети до 12 лет проходят за полцены. Им нужен браслет. В понедельник закрыто.",
    "Adults pay 3 000 ₸. Children pay half. The park is closed on Mondays.",
)
HALLS = "Каток на Мира открыт с 9:00 до 21:00. Каток у Парка Победы работает с 12:00 до 20:00. Там нет проката. Лёд заливаем дважды в день."


def of(text: str, asked: str, told: str = "") -> str:
    return of_his(text, asked, told or asked, ages(asked) or ages(told))


@pytest.mark.parametrize(
    ("text", "asked", "gone", "kept"),
    [
        (PASS[1], "сколько с ребёнка?", "Взрослые", "В понедельник закрыто."),
        (PASS[1], "а взрослому почём", "Дети", "3 000 ₸"),
        (PASS[1], "дочке 7, надо билет?", "Взрослые", "Им нужен браслет."),
        (PASS[0], "балама билет қанша", "Ересектерге", "жабық"),
        (PASS[2], "how much for an adult", "half", "closed on Mondays"),
        (HALLS, "на мира до скольки каток", "Победы", "Лёд заливаем"),
        (HALLS, "у победы во сколько закрываетесь", "на Мира", "Там нет проката."),
    ],
)
def test_the_sentences_on_another_one_are_left_out(text: str, asked: str, gone: str, kept: str) -> None:
    said = of(text, asked)
    assert gone not in said and kept in said


def test_what_leans_on_a_sentence_goes_with_it() -> None:
    assert "браслет" not in of(PASS[1], "взрослый билет почём")
    assert "проката" not in of(HALLS, "каток на мира во сколько открывается")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (PASS[1], "сколько стоит вход?"),
        (PASS[1], "взрослый и ребёнок, сколько вместе?"),
        (HALLS, "до скольки работаете?"),
        (HALLS, "на мира или у победы дольше открыто?"),
        ("Детям вход за полцены. В понедельник закрыто.", "взрослому можно?"),
        ("На Мира вход 3 000 ₸. На Победы есть парковка.", "сколько вход на мира"),
        ("Взрослые платят 3 000 ₸.", "дети бесплатно?"),
        ("Взрослые с детьми входят вместе. Детям нужен браслет.", "что нужно детям?"),
        ("Мастер Иванов ведёт группу с 9:00.", "иванов во сколько?"),
    ],
)
def test_nothing_is_left_out_where_none_or_both_are_named(text: str, asked: str) -> None:
    assert of(text, asked) == text


def test_whom_he_told_of_counts_where_the_question_names_none_and_is_not_of_himself() -> None:
    told = "сыну 6 лет, какие дни? и сколько вход?"
    assert "Взрослые" not in of(PASS[1], "и сколько вход?", told)
    assert of(PASS[1], "а мне сколько вход?", told) == PASS[1]


SWIM = "Малыши 3–6 лет плавают с мамой, 12 000 ₸. Дети 7–14 лет плавают в группе, 15 000 ₸. С 15 лет вход по взрослому билету, 4 000 ₸. Шапочка нужна всем."


@pytest.mark.parametrize(
    ("asked", "kept", "gone"),
    [
        ("сыну 5, сколько стоит плавание?", "12 000", ("15 000", "4 000")),
        ("дочке 10 лет", "15 000", ("12 000", "4 000")),
        ("мне 40 лет, почём", "4 000", ("12 000", "15 000")),
    ],
)
def test_an_age_that_is_told_leaves_what_is_for_it(asked: str, kept: str, gone: tuple[str, ...]) -> None:
    said = of(SWIM, asked)
    assert kept in said and "Шапочка нужна всем." in said
    assert not any(other in said for other in gone)


def test_two_ages_leave_both_and_one_for_whom_nothing_is_said_leaves_all() -> None:
    both = of(SWIM, "дети 5 и 10 лет")
    assert "12 000" in both and "15 000" in both and "4 000" not in both
    assert of(SWIM, "сыну 2 года") == SWIM


def test_a_price_for_another_age_is_left_out_where_one_is_for_his() -> None:
    section = Section(id="swim", text=SWIM, category="c", title="Плавание", language="ru")
    passages = (Passage(section, 5.0),)
    named = {"Малыши": 12000, "Группа": 15000, "Взрослый билет": 4000}
    prices = tuple(Deciding("price", f"{name}: {n // 1000} 000 ₸.", ("swim",)) for name, n in named.items())
    assert [each.said for each in priced_for(prices, passages, (10,))] == ["Группа: 15 000 ₸."]
    assert priced_for(prices, passages, ()) == priced_for(prices, passages, (2,)) == prices
    assert priced_for(prices, (), (10,)) == prices
