"""What may not be meant is offered, and not said as the answer."""

from decimal import Decimal
from typing import Any

import pytest

from app.composing.doubted import offered
from app.types import DialogueState, Fact, Passage, Prompt, Section, Step

PERHAPS = "Возможно, вы об этом."
BOATS = Section(id="boats", category="lake", title="Лодки у причала", text="Да, лодки стоят у причала.")
FEES = Section(
    id="fees", category="lake", title="Сколько стоит лодка", text="Час стоит 3 000 ₸.",
    facts=(Fact("час", Decimal(3000), "KZT"),),
)  # fmt: skip


def found(section: Section, answers: float | None, **ranks: int) -> Passage:
    return Passage(section, 1.0, {"lexical": 1, **ranks}, answers)


def prompt(text: str, *passages: Passage, **more: Any) -> Prompt:
    step = Step("answer", "feature", DialogueState(), **{"language": "ru", "query": text, "perhaps": PERHAPS, **more})
    return Prompt(step=step, passages=passages, history=(), text=text)


@pytest.mark.parametrize(
    ("text", "passage", "said"),
    [
        ("а катер с капитаном дадите?", found(BOATS, 0.3), f"{PERHAPS}\n\nЛодки стоят у причала."),
        ("а катер с капитаном дадите?", found(BOATS, 0.6), BOATS.text),
        ("а катер с капитаном дадите?", found(BOATS, None), BOATS.text),
        ("где лодки?", found(BOATS, 0.3), BOATS.text),  # it holds all of his words
        ("а катер с капитаном сколько стоит?", found(FEES, 0.3), FEES.text),  # a price was asked for, and stands there
    ],
)
def test_what_is_found_with_little_certainty_is_offered(text: str, passage: Passage, said: str) -> None:
    assert offered((passage,), (passage.section.text,), prompt(text, passage)) == [said]


def test_two_doubtful_ones_have_one_word_before_them_and_a_sure_one_of_the_same_question_has_none() -> None:
    doubted, other = found(BOATS, 0.3, question=1), found(FEES, 0.3, question=2)
    both = prompt("катер? капитан?", doubted, other, queries=("катер?", "капитан?"))
    assert offered((doubted, other), ("Раз.", "Два."), both) == [f"{PERHAPS}\n\nРаз.", "Два."]
    sure = found(FEES, 0.9, question=1)
    assert offered((doubted, sure), ("Раз.", "Два."), both) == ["Раз.", "Два."]


def test_what_the_flow_looks_up_itself_is_said() -> None:
    passage = found(BOATS, 0.3)
    assert offered((passage,), (BOATS.text,), prompt("дорого", passage, query="почему такая цена")) == [BOATS.text]
