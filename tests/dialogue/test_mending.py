"""Who says that we answered beside the point is told sorry, and what he asked is looked for anew."""

from collections.abc import Callable

import pytest

from tests.dialogue.conftest import Customer

Talk = Callable[..., Customer]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("вы не поняли, мне про хранение шин расскажите", "хранение шин"),
        ("я вообще-то про аренду зала спрашивал", "аренду зала"),
        ("i was asking about the garden furniture", "garden furniture"),
        ("мен орындық туралы сұрадым", "орындық"),
    ],
)
def test_what_he_says_beside_the_correction_is_looked_for(talk: Talk, text: str, about: str) -> None:
    step = talk("а выставка у вас бывает?", text).steps[-1]
    assert "correction" in step.intents
    assert step.query is not None
    assert about in step.query
    assert step.statement
    assert not {"спрашивал", "asking", "сұрадым", "поняли"} & set(step.query.split())


@pytest.mark.parametrize("text", ["вы меня не поняли", "я вообще не об этом", "вы не ответили на вопрос"])
def test_where_he_says_nothing_else_his_question_is_looked_for_again(talk: Talk, text: str) -> None:
    step = talk("как хранить шины зимой?", text).steps[-1]
    assert step.query is not None
    assert "хранить шины" in step.query
    assert step.statement


def test_a_first_message_corrects_nothing(talk: Talk) -> None:
    assert talk("я спрашивал про хранение шин").steps[-1].statement is None


def test_a_number_that_he_corrects_is_no_answer_of_ours_beside_the_point(talk: Talk) -> None:
    step = talk("у нас 3 магазина", "ой, не 3, а 4 магазина").steps[-1]
    assert step.state.slots.get("shops") == "4"
    assert step.query is None or "магазин" not in step.query
