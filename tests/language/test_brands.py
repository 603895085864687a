"""Names that a shop writes with Latin letters: told from words that are only typed so."""

from hypothesis import given
from hypothesis import strategies as st

from app.language.brands import brands
from app.language.scripts import meant


def test_latin_words_of_cyrillic_texts_are_names() -> None:
    assert brands(["Набор Kolibri: двенадцать трюфелей", "Шоколад Bayan Sulu", "KZT 5 XL v2"]) == {
        "kolibri", "bayan", "sulu", "kzt",
    }  # fmt: skip


def test_what_stands_in_both_scripts_is_no_name() -> None:
    assert brands(["Тариф Rost, по-русски Рост"]) == frozenset()
    assert brands(["Rost"]) == {"rost"}


def test_a_name_stays_as_it_is_typed_and_the_words_beside_it_do_not() -> None:
    names = brands(["Набор Kolibri"])
    assert meant("skolko stoit kolibri", names).text == "сколько стоит kolibri"
    assert meant("а kolibri есть?", names).text == "а kolibri есть?"
    assert meant("а kolibri есть?").text != "а kolibri есть?"


@given(st.lists(st.text(max_size=80), max_size=6))
def test_any_texts_have_some(texts: list[str]) -> None:
    found = brands(texts)
    whole = " ".join(texts).lower()
    assert all(len(name) >= 3 and name.isalpha() and name == name.lower() for name in found)
    assert all(name in whole for name in found if name.isascii() and whole.isascii())
