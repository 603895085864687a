"""What a model that judges sentences is asked: which sentences, and with how much of which texts."""

import pytest

from app.guardrail import Context, asserted, known_words, premises
from app.guardrail.case import Case
from app.guardrail.checks.borne import borne
from app.types import Passage, Section

SENTENCE = "Касса печатает чеки и считает остатки."


def section(name: str, text: str, title: str = "") -> Section:
    return Section(name, text, "c", title=title)


@pytest.mark.parametrize(
    ("draft", "asked"),
    [
        ("Касса печатает чеки.", True),
        ("Касса печатает.", False),
        ("Касса печатает чеки?", False),
    ],
)
def test_a_sentence_of_three_words_may_claim_something(draft: str, asked: bool) -> None:
    assert (asserted(draft, Context(())) == (draft,)) is asked


def test_the_same_sentence_is_asked_once() -> None:
    assert asserted(f"{SENTENCE} Склад считает товары сам. {SENTENCE}", Context(()))[0] == SENTENCE
    assert len(asserted(f"{SENTENCE} Склад считает товары сам.", Context(()))) == 2


def test_the_two_sections_that_share_most_words_are_read_best_first() -> None:
    none, one, two, three = (
        section("none", "Доставка за день."), section("one", "Касса есть."), section("two", "Касса печатает."),
        section("three", "Касса печатает чеки."),
    )  # fmt: skip
    assert premises(SENTENCE, (none, one, two, three), Context(())) == (three.text, two.text)
    same = section("same", "Касса печатает чеки!")
    assert premises(SENTENCE, (same, three), Context(())) == (same.text, three.text), "equals keep their order"
    assert premises(SENTENCE, (three, three), Context(())) == (three.text,)


def test_a_title_is_read_with_its_text_and_fifteen_hundred_characters_of_both() -> None:
    assert premises(SENTENCE, (section("a", "Печатает чеки.", "Касса"),), Context(())) == ("Касса\nПечатает чеки.",)
    long = "касса " * 400
    assert len(premises(SENTENCE, (section("a", long),), Context(()))[0]) == 1500
    said = Context((), customer=(f"начало {long}конец",))
    (text,) = premises(SENTENCE, (), said)
    assert (len(text), text.endswith("конец")) == (1500, True), "the end of what was said"


def test_of_the_conversation_the_last_words_of_both_and_our_own_are_read() -> None:
    context = Context(
        (), customer=("касса первая", "касса вторая"), earlier=("касса раз", "касса два"), own=("касса наша",)
    )
    assert premises(SENTENCE, (), context) == ("касса два\nкасса вторая\nкасса наша",)
    assert premises("Доставка идёт день.", (), context) == ()


# -- borne out by the knowledge

PAGE = section("page", "Маяк построили в порту. Смотрители жили рядом.")


@pytest.mark.parametrize(
    ("draft", "least", "refused"),
    [
        ("Маяк построили пираты дракона.", 0.9, False),  # two strange words are a manner of speaking
        ("Маяк построили пираты дракона ночью.", 0.4, False),  # two of five are borne out
        ("Маяк построили пираты дракона ночью.", 0.41, True),
        ("Маяк построили пираты дракона ночью.", 0.0, False),
    ],
)
def test_a_sentence_needs_three_strange_words_and_the_share(draft: str, least: float, refused: bool) -> None:
    context = Context((Passage(PAGE, 1.0),), known=known_words((PAGE,)), least_borne=least)
    assert bool(borne(Case(draft, context))) is refused
