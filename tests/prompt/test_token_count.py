"""Our own count of tokens: a prompt that is longer than we think is cut by the server without a word."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.prompt import TokenCounter
from app.prompt.token_count import usual

SHARES = {"russian": 2.8, "kazakh": 1.6, "english": 4.7}  # characters per token
ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)
OF_ONE_SCRIPT = st.one_of(
    st.text("абвгдеёжз иклмноп.,!?\n", max_size=80), st.text("abcdefgh ijkl.,!?\n", max_size=80), st.text("0123456789")
)


@given(ANY, st.floats(0.5, 2))
@example("1" * 50, 1.0)
@example("🙂" * 50, 1.0)
@example("a" * 50, 2.0)
def test_a_text_counts_at_most_a_token_a_character_and_at_least_as_many_as_the_longest_tokens_make(
    text: str, factor: float
) -> None:
    counted = TokenCounter(factor).count(text)
    assert factor * len(text) / max(SHARES.values()) - 1e-6 <= counted <= factor * len(text) + 1
    assert counted >= factor * len(re.findall(r"[0-9]", text)) - 1e-6, "a digit is a token of its own"


@given(OF_ONE_SCRIPT, OF_ONE_SCRIPT, ANY)
@example("а" * 28, "а" * 28, "")  # 56 / 2.8 is a hair above 20
def test_more_of_the_same_never_counts_less(first: str, second: str, any_text: str) -> None:
    counter = TokenCounter()
    assert counter.count(any_text + any_text) >= counter.count(any_text)
    if first[:1].isdigit() == second[:1].isdigit() and first.isascii() == second.isascii():
        assert max(counter.count(first), counter.count(second)) <= counter.count(first + second)
        assert counter.count(first + second) <= counter.count(first) + counter.count(second)


@given(st.integers(0, 60))
def test_a_figure_behind_a_text_costs_its_digits_and_signs(words: int) -> None:
    counter, text = TokenCounter(), "цена товара " * words
    assert counter.count(text + "14900") - counter.count(text) in {5, 6}


@pytest.mark.parametrize("share", [0.5, 0.9, 1.3, 2.0])
def test_what_the_server_counts_moves_the_factor_there_and_no_further(share: float) -> None:
    counter = TokenCounter()
    text = "слово " * 100
    for _ in range(200):
        counter.calibrate(counter.count(text), round(share * TokenCounter().count(text)))
    assert counter.factor == pytest.approx(share, rel=0.02)


def test_one_wild_count_moves_it_a_tenth_of_the_way_at_most() -> None:
    counter = TokenCounter()
    counter.calibrate(100, 10**6)
    assert counter.factor == pytest.approx(1.1)
    counter.calibrate(100, 1)
    assert counter.factor == pytest.approx(1.1 - 0.1 * (1.1 - 0.5))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("Сколько стоит тариф «Рост» — 14 900 ₸? №1…", "Ол қанша тұрады?", "How much is it?"), True),
        (("Спасибо! 👍🙏", "Тариф «Рост» стоит 14 900 ₸ в месяц за магазин, модуль «Лояльность» отдельно."), True),
        (("Сколько стоит?", "𒀀𒀁𒀂" * 500), False),
        (("Сколько стоит тариф Рост?" * 10, "ⴰⴱⴲ" * 20), False),
        ((), True),
    ],
)
def test_a_text_of_rare_letters_is_told_from_what_customers_write(texts: tuple[str, ...], expected: bool) -> None:
    assert usual(texts) is expected
