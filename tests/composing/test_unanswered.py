"""What nothing answers is named by the customer's own words, so that he sees that it was heard."""

from typing import Any

import pytest

from app.composing.extractive import compose
from app.composing.unanswered import of_the_rest, quoted
from app.types import DialogueState, Passage, Prompt, Section, Step

SAID = {"rest": "Остальное узнаем.", "rest_of": "Про {about} узнаем.", "rest_of_several": "И про {about} узнаем."}


def step(**more: Any) -> Step:
    return Step("answer", "feature", DialogueState(), **{**SAID, **more})


@pytest.mark.parametrize(
    ("left", "text", "said"),
    [
        ((), "есть лодка?", None),
        (("есть лодка?",), "есть лодка?", "Про «есть лодка» узнаем."),
        (("есть лодка?", "где причал?"), "", "И про «есть лодка», «где причал» узнаем."),
        (("есть лодка?", "есть лодка?"), "", "Про «есть лодка» узнаем."),
        (("есть лодка?", "и тогда?"), "", "Остальное узнаем."),
        (
            ("есть лодка?", "где причал?", "есть весло?", "где якорь?"),
            "",
            "И про «есть лодка», «где причал», «есть весло» узнаем.",
        ),
        (("есть лодка?", "где причал?", "и тогда?", "где якорь?"), "", "Остальное узнаем."),
    ],
)
def test_each_question_that_is_left_is_named(left: tuple[str, ...], text: str, said: str | None) -> None:
    assert of_the_rest(left, text, step()) == said


def test_marks_of_quotation_are_those_of_the_language() -> None:
    assert (
        of_the_rest(("is there a boat?",), "is there a boat?", step(language="en"))
        == "Про \u201cis there a boat\u201d узнаем."
    )


def test_nothing_is_said_where_a_step_says_nothing_of_the_rest() -> None:
    assert of_the_rest(("есть лодка?",), "", step(rest=None)) is None


@pytest.mark.parametrize(
    ("question", "text", "named"),
    [
        ("и есть лодка?", "", "есть лодка"),
        ("2) есть лодка?", "", "есть лодка"),
        ("лодку починят?", "а лодку починят? и весло", "лодку починят"),
        ("лодку починят", "сами мы не умеем, лодку починят", "лодку починят"),
        ("лодку починят", "лодку починят и хорошо", None),
        ("есть лодка на 12 человек?", "", "есть лодка на 12 человек"),
        ("есть лодка, мой номер 87011234567?", "", None),
        ("есть лодка <b>?", "", None),
        ("лодка?", "лодка?", None),
        ("где у вас стоит большая лодка на десять человек?", "", "где у вас стоит большая лодка на десять человек"),
        ("где у вас стоит большая лодка на десять человек сейчас?", "",
         "где у вас стоит большая лодка на десять человек\u2026"),
        ("есть ли у вас такая большая лодка на десять или двенадцать человек?", "",
         "есть ли у вас такая большая лодка на десять\u2026"),
    ],
)  # fmt: skip
def test_a_question_is_named_by_plain_words_that_ask(question: str, text: str, named: str | None) -> None:
    assert quoted(question, text) == named


def composed(*passages: Passage, **more: Any) -> str:
    asked = {"query": "есть лодка? где причал?", "queries": ("есть лодка?", "где причал?"), "fallback": "Не знаем."}
    return compose(Prompt(step(**{**asked, **more}), passages, (), "есть лодка? где причал?")).text


def test_where_nothing_is_found_for_several_questions_all_are_named() -> None:
    assert composed() == "И про «есть лодка», «где причал» узнаем."


def test_where_one_of_two_is_answered_the_other_is_named() -> None:
    boat = Passage(Section("boat", "Лодка есть.", "c", title="Лодка"), 5, {"question": 1}, 0.9)
    assert composed(boat) == "Лодка есть.\n\nПро «где причал» узнаем."


@pytest.mark.parametrize("where", [{"topic": "trouble"}, {"state": DialogueState(lane="trouble")}])
def test_of_a_trouble_the_specialist_is_told_all(where: dict[str, Any]) -> None:
    asked = {"query": "есть лодка? где причал?", "queries": ("есть лодка?", "где причал?"), "fallback": "Не знаем."}
    made = Step(**{"action": "answer", "reason": "feature", "state": DialogueState(), **SAID, **asked, **where})
    assert compose(Prompt(made, (), (), "есть лодка? где причал?")).text == "Не знаем."
