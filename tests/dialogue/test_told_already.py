"""What was told is not asked again, and whoever says that he has told it never hears the question another time."""

from collections.abc import Callable

import pytest

from tests.dialogue.conftest import Customer

Talk = Callable[..., Customer]


def asked(customer: Customer) -> list[str]:
    """The slots that the newest turns asked for."""
    return [step.state.pending.slot for step in customer.steps if step.question and step.state.pending]


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("сидим на Ромашке третий год, магазин обуви один", "есть доставка?"),
        ("у меня одна лавка, тканями торгую. программа другая стоит", "а гарантия есть?"),
        ("only one boutique here, we have been on Quickshop for years", "do you deliver?"),
    ],
)
def test_another_program_and_a_single_shop_are_not_asked_for(talk: Talk, text: str, then: str) -> None:
    assert not {"shops", "current_tools"} & set(asked(talk(text, then, "ok")))


@pytest.mark.parametrize(
    ("text", "shops"),
    [
        ("только одна. а сколько стоит?", "1"),
        ("біреу ғана. бағасы қанша?", "1"),
        ("just one. what does it cost?", "1"),
        ("две, а доставка есть?", "2"),
    ],
)
def test_a_number_in_a_clause_of_its_own_answers_beside_a_question(talk: Talk, text: str, shops: str) -> None:
    first = {"қ": "сәлеметсіз бе", "j": "hello"}.get(text[0], "здравствуйте")
    assert talk("сәлеметсіз бе" if "ғана" in text else first, text).slots["shops"] == shops


@pytest.mark.parametrize("text", ["возьму два", "беру 3"])
def test_what_is_bought_counts_no_shops(talk: Talk, text: str) -> None:
    customer = talk("сколько стоит сканер?", text)
    assert "shops" not in customer.slots


@pytest.mark.parametrize(
    ("first", "reproach"),
    [
        ("здравствуйте", "я же говорил уже"),
        ("сәлеметсіз бе", "айттым ғой"),
        ("hello", "I told you already"),
    ],
)
def test_who_says_that_he_has_told_it_is_not_asked_for_it_again(talk: Talk, first: str, reproach: str) -> None:
    customer = talk(first, reproach, "ok", "а доставка есть?", "ok", "ok")
    assert asked(customer).count("shops") == 1
    assert customer.steps[1].question is None
