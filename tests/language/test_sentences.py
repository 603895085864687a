"""Sentences and clauses: what ends one, what does not, and that nothing of the text is lost."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.language.sentences import clauses, sentences
from tests.thrift import parsed

ROWS = parsed(Path(__file__).with_name("sentences.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Привет! Сколько стоит диван? Спасибо.", ["Привет!", "Сколько стоит диван?", "Спасибо."]),
        ("Цена 14.900 тг. в месяц, верно?", ["Цена 14.900 тг. в месяц, верно?"]),
        ("Это 2.5 кг. Беру", ["Это 2.5 кг.", "Беру"]),
        ("Живу на ул. Абая 5. Как доехать?", ["Живу на ул. Абая 5.", "Как доехать?"]),
        ("чай, кофе и т.д. есть", ["чай, кофе и т.д. есть"]),
        ("чай, кофе и т.д. Есть торты", ["чай, кофе и т.д.", "Есть торты"]),
        ("Да!а сколько", ["Да!", "а сколько"]),
        ("Есть.Приезжайте", ["Есть.", "Приезжайте"]),
        ("привет 😊 сколько стоит", ["привет 😊", "сколько стоит"]),
        ("😊 привет", ["😊 привет"]),
        ("привет\nсколько стоит\nдоставка есть", ["привет", "сколько стоит", "доставка есть"]),
        ("нужны стулья,\nпять штук", ["нужны стулья,\nпять штук"]),
        ("1. стол\n2. стул", ["1. стол", "2. стул"]),
        ("Мне бы... подешевле", ["Мне бы... подешевле"]),
        ("Подумаю... Спасибо", ["Подумаю...", "Спасибо"]),
        ("Dr. Smith called. Is he in?", ["Dr. Smith called.", "Is he in?"]),
        ("I like tea, coffee etc. and cakes", ["I like tea, coffee etc. and cakes"]),
        ("shop.kz открыт. Да", ["shop.kz открыт.", "Да"]),
        ("Куплено в 2024 г. Доставка была", ["Куплено в 2024 г.", "Доставка была"]),
        ("Он сказал: «Да!» И ушёл", ["Он сказал: «Да!»", "И ушёл"]),
        ("Бағасы 5 мың. теңге. Алам", ["Бағасы 5 мың. теңге.", "Алам"]),
        ("", []),
        ("???", ["???"]),
    ],
)
def test_sentences(text: str, wanted: list[str]) -> None:
    assert [each.of(text) for each in sentences(text)] == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("беру стол, а стул нет", ["беру стол", "а стул нет"]),
        ("в 10:30, или 14,5 кг", ["в 10:30", "или 14,5 кг"]),
        ("Диван (угловой) - сколько?", ["Диван", "угловой", "сколько?"]),
        ("кресло-качалка есть", ["кресло-качалка есть"]),
        ("тариф «Домашний» есть?", ["тариф", "Домашний", "есть?"]),
    ],
)
def test_clauses(text: str, wanted: list[str]) -> None:
    assert [each.of(text) for each in clauses(text)] == wanted


def test_a_question_is_heard_as_one() -> None:
    text = "Есть столы? Мне два. Правда?! «Да?» Нет"
    assert [each.asks for each in sentences(text)] == [True, False, True, True, False]


@given(
    st.text(alphabet=st.sampled_from(list("абВГ aZ19.,!?…\n;:()«»-—😊👍\u200d'\"")), max_size=80) | st.text(max_size=40)
)
def test_nothing_is_lost_and_places_are_in_order(text: str) -> None:
    found = sentences(text)
    assert "".join("".join(each.of(text).split()) for each in found) == "".join(text.split())
    assert all(one.end <= other.start for one, other in pairwise(found))
    letters = "".join(filter(str.isalnum, text))
    assert "".join(filter(str.isalnum, "".join(each.of(text) for each in clauses(text)))) == letters


@pytest.mark.parametrize(("text", "wanted"), ROWS["sentences"])
def test_what_ends_a_sentence(text: str, wanted: list[str]) -> None:
    assert [each.of(text) for each in sentences(text)] == wanted


@pytest.mark.parametrize(("text", "wanted"), ROWS["clauses"])
def test_what_parts_a_clause(text: str, wanted: list[str]) -> None:
    assert [each.of(text) for each in clauses(text)] == wanted
