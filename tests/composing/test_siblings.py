"""Who names a group or a place is told what is of it, and no condition is lost with what is of another."""

import pytest

from app.composing.siblings import of_his
from app.types import Section

PASS = (
    "Ересектерге күндік билет 3 000 ₸. Балаларға жартысы. Аквапарк дүйсенбіде жабық.",
    "Взрослые платят за вход 3 000 ₸. Дети до 12 лет проходят за полцены. Им нужен браслет. В понедельник закрыто.",
    "Adults pay 3 000 ₸. Children pay half. The park is closed on Mondays.",
)
HALLS = "Каток на Мира открыт с 9:00 до 21:00. Каток у Парка Победы работает с 12:00 до 20:00. Там нет проката. Лёд заливаем дважды в день."


def of(text: str, asked: str, told: str = "") -> str:
    return of_his(Section(id="s", text=text, category="c", title="Вход", language="ru"), text, asked, told or asked)


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
