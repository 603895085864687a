"""Which of his earlier questions is meant, and which of them our answer left open."""

import pytest

from app.dialogue.rules.earlier import left_open, meant, questions_of

WRITTEN = ("спасибо", "сколько стоит доставка?", "а есть сканер?", "какая гарантия?", "где вы находитесь?")


@pytest.mark.parametrize(
    ("about", "question"),
    [
        ("доставку", "сколько стоит доставка"),
        ("про гарантию", "какая гарантия"),
        ("находитесь", ""),  # five messages ago
        ("доставка терминала", "сколько стоит доставка"),  # half of the words
        ("доставка терминала принтера", ""),  # a third
        ("дставка", "сколько стоит доставка"),  # a slip
        ("погода", ""),
        ("", ""),
    ],
)
def test_of_his_last_four_messages_the_question_is_meant_that_holds_half_of_the_words(
    about: str, question: str
) -> None:
    assert meant(about, WRITTEN) == question


def test_of_two_that_hold_as_much_the_newer_one_is_meant() -> None:
    assert meant("доставка", ("когда доставка?", "сколько стоит доставка?")) == "когда доставка"
    assert meant("сколько доставка", ("когда доставка?", "сколько стоит доставка?")) == "сколько стоит доставка"


def test_what_is_asked_is_read_clause_by_clause_and_all_of_it_where_nothing_asks() -> None:
    asked = questions_of("у нас два магазина. сколько стоит доставка? и есть ли сканер?")
    assert asked == ("сколько стоит доставка", "и есть ли сканер")
    assert (questions_of("привет"), questions_of("")) == (("привет",), ())


def test_three_hundred_characters_of_a_message_are_read_again() -> None:
    told = "у нас магазин и склад. " * 12
    assert any("доставка" in each for each in questions_of(told + "есть доставка?"))
    assert not any("доставка" in each for each in questions_of(told + "у нас магазин и склад. есть доставка?"))


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("Доставка стоит 500 ₸.", "какая гарантия"),
        ("Гарантия год.", "сколько стоит доставка"),
        ("Про «сколько стоит доставка» узнаем. Гарантия год.", "сколько стоит доставка"),
    ],
)
def test_the_question_is_left_open_that_the_answer_has_least_of(answer: str, left: str) -> None:
    assert left_open(("сколько стоит доставка? какая гарантия?", "привет"), answer) == left
    assert left_open((), answer) == ""
