"""Nobody reads the same paragraph twice within three answers, and who asks on of it hears the sentence that decides."""

from dataclasses import replace

import pytest

from app.composing.extractive import compose
from app.types import DialogueState, Exchange, Passage, Prompt, Section, Step

LODGE = (
    "Домик у озера сдаётся на сутки и на неделю, заезд после двух часов. Залог за ключ возвращаем при выезде. "
    "Собаку привозить можно, кошку тоже, но на веранде её держат на поводке."
)
SECTION = Section(id="lodge", title="Домик", text=LODGE, category="c")
STEP = Step(action="answer", reason="feature", state=DialogueState(), query="а с собакой пустите в домик?")


def said(*answers: str, asked: str = "а с собакой пустите в домик?", step: Step = STEP, likely: float = 0.7) -> str:
    history = tuple(Exchange(f"q{number}", answer) for number, answer in enumerate(answers))
    return compose(Prompt(step, (Passage(SECTION, 5.0, answers=likely),), history, asked)).text


def test_what_was_not_said_lately_is_said_whole() -> None:
    assert said() == LODGE
    assert said(LODGE, "Да.", "Да.", "Да.") == LODGE


@pytest.mark.parametrize("since", [0, 1, 2])
def test_what_he_has_before_his_eyes_is_answered_by_the_sentence_that_decides(since: int) -> None:
    assert said(LODGE, *["Да."] * since).startswith("Собаку привозить можно")
    assert "Залог" not in said(LODGE, *["Да."] * since)


def test_what_hardly_answers_is_not_said_again_at_all() -> None:
    assert said(LODGE, likely=0.29) == ""
    assert said(LODGE, likely=0.3)


def test_who_asks_the_same_or_was_answered_badly_is_told_all_of_it() -> None:
    history = (Exchange("а с собакой пустите в домик?", LODGE), Exchange("q", "Да."))
    prompt = Prompt(STEP, (Passage(SECTION, 5.0, answers=0.7),), history, "а с собакой пустите в домик?")
    assert compose(prompt).text == LODGE
    angry = replace(STEP, intents=("frustration",))
    assert compose(replace(prompt, step=angry, text="другое", history=(Exchange("q", "Да."),))).text == LODGE


@pytest.mark.parametrize("since", [0, 1, 2])
@pytest.mark.parametrize("length", [60, 119, 120, 121, 160])
def test_a_text_of_a_hundred_and_twenty_characters_is_said_whole_again(length: int, since: int) -> None:
    rest, decides = "Домик сдаём на сутки.", "Собаку привозить можно."
    text = f"{rest} {decides} Заезд {'о' * (length - len(rest) - len(decides) - 9)}."
    assert len(text) == length
    history = (Exchange("q", text), *[Exchange("q", "Да.")] * since)
    prompt = Prompt(STEP, (Passage(replace(SECTION, text=text), 5.0, answers=0.7),), history, STEP.query or "")
    assert compose(prompt).text == (text if length <= 120 else decides)


def test_what_leans_on_the_sentence_before_brings_it_along() -> None:
    text = f"{LODGE} Баня топится по субботам. Она вмещает шестерых гостей, если никто не спешит домой пораньше."
    section = replace(SECTION, text=text)
    step = replace(STEP, query="сколько вмещает гостей?")
    prompt = Prompt(step, (Passage(section, 5.0, answers=0.7),), (Exchange("q", text),), "сколько вмещает гостей?")
    assert compose(prompt).text.startswith("Баня топится по субботам. Она вмещает шестерых")


def test_what_was_said_is_not_said_again_to_a_clause_that_asks_nothing() -> None:
    asked = ("беру домик", "а поводок дадите?")
    step = replace(STEP, query=". ".join(asked), queries=asked)
    passage = Passage(SECTION, 5.0, {"question": 1}, answers=0.7)
    assert compose(Prompt(step, (passage,), (Exchange("q", LODGE),), ", ".join(asked))).text == ""
    second = replace(passage, ranks={"question": 2})
    assert compose(Prompt(step, (second,), (Exchange("q", LODGE),), ", ".join(asked))).text
