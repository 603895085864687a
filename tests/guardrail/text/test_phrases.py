"""The rows of phrases.yaml: how they are written, found, and in what time."""

import time

import pytest

from app.guardrail.case import Case
from app.guardrail.checks.contacts import contacts
from app.guardrail.checks.money.signs import signs
from app.guardrail.checks.promises.gifts import gifts
from app.guardrail.checks.retelling import retelling
from app.guardrail.text.phrases import Phrases
from app.guardrail.text.words import read
from tests.guardrail.sample import in_shop

CHECKS = (signs, gifts, contacts, retelling)
LENGTH = 4000


def found(row: str, text: str) -> list[str]:
    return [text[turn.start : turn.end] for turn in Phrases({"one": [row]}).find(read(text))["one"].all]


@pytest.mark.parametrize(
    ("row", "text", "expected"),
    [
        ("верн*|отда* .. деньги", "Мы вернём вам сразу все деньги.", ["вернём вам сразу все деньги"]),
        ("верн*|отда* .. деньги", "Вернём, и деньги тоже.", []),
        ("верн* деньги", "Вернём вам деньги.", []),
        ("won't charge", "We won't charge you.", ["won't charge"]),
        ("пол лимона", "Пол-лимона.", ["Пол-лимона"]),
        ("сыйлаймыз", "Біз сыйлаймыз.", ["сыйлаймыз"]),
        ('*майм*', "Бере алмаймыз.", ["алмаймыз"]),
    ],
)  # fmt: skip
def test_a_row_is_found(row: str, text: str, expected: list[str]) -> None:
    assert found(row, text) == expected


def test_a_beginning_of_fewer_than_three_letters_is_refused() -> None:
    with pytest.raises(ValueError, match="'да\\* верно'"):
        Phrases({"one": ["да* верно"]})


def test_a_row_of_one_list_does_not_hide_another_lists() -> None:
    both = Phrases({"one": ["верн* деньги", "верн*"], "two": ["вернем"]}).find(read("Вернём деньги."))

    assert (len(both["one"].all), len(both["two"].all), len(both["three"].all)) == (1, 1, 0)


@pytest.mark.parametrize(
    "piece",
    ["a@", "a@b.", "www.", "8(702)", "(1", "1-", "KZ12 ", "a dot com ", "x at y ", "①", "2e3 ", "1о", "MM ₸ ", "косарь ",
     "половина цены ", "дарим месяц ", "вернём деньги ", "мне сказано ", "восемь ", "a", "1", ".", "а/", "://"],
)  # fmt: skip
def test_a_long_draft_costs_time_in_proportion_to_its_length(piece: str) -> None:
    def seconds(length: int) -> float:
        case = Case((piece * length)[:length], in_shop((), customer=(piece * 200,), system="Бери цены из блока. " * 20))
        assert case.figures is not None  # read beforehand: what a check costs beside it is measured
        started = time.process_time()
        for one in CHECKS:
            one(case)
        return time.process_time() - started

    seconds(100)
    short = min(seconds(LENGTH // 4) for _ in range(3))
    assert min(seconds(LENGTH) for _ in range(3)) < max(0.1, 10 * short), "four times the length: a square is sixteen"
