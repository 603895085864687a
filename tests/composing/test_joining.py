"""What decides a question and what the knowledge says beside it: one of the two says each thing."""

from dataclasses import replace
from typing import Any

import pytest

from app.composing.completing import completed
from app.composing.extractive import Extractive, compose
from app.composing.joining import joined
from app.types import Deciding, DialogueState, Passage, Prompt, Section, Step


def about(name: str, text: str = "") -> Passage:
    return Passage(Section(id=name, title=name, text=text or f"Про {name}.", category="c"), 5)


BOAT, HOURS = about("лодка"), about("часы")
PRICE = Deciding("price", "Лодка: 500 ₸.", ("лодка",))
SUM = Deciding("sum", "Две лодки: 1000 ₸.", ("лодка",))
RIGHT = Deciding("confirmed", "Да, 1000 ₸.", ("лодка",))
WRONG = Deciding("corrected", "Нет, 1000 ₸.", ("лодка",))
ADVISED = Deciding("advised", "Хватит одной лодки.")
UNKNOWN = Deciding("not_known", "Этого мы не знаем.")
YES = Deciding("yes_no", "Да, есть.", ("другое",), value=True)


@pytest.mark.parametrize(
    ("deciding", "passages", "more", "lines", "behind"),
    [
        ((), (BOAT,), False, (), (BOAT,)),
        ((), (), True, (), ()),
        ((UNKNOWN,), (), False, (UNKNOWN.said,), ()),
        ((UNKNOWN,), (HOURS,), False, (), (HOURS,)),
        ((UNKNOWN,), (replace(HOURS, answers=0.3),), False, (UNKNOWN.said,), ()),
        ((UNKNOWN, PRICE), (), False, (PRICE.said,), ()),
        ((UNKNOWN, UNKNOWN), (), False, (UNKNOWN.said,) * 2, ()),
        ((UNKNOWN, YES), (BOAT,), True, (YES.said,), ()),
        ((PRICE,), (BOAT, HOURS), False, (), (BOAT, HOURS)),
        ((PRICE,), (HOURS, BOAT), False, (PRICE.said,), (HOURS,)),
        ((PRICE,), (), False, (PRICE.said,), ()),
        ((PRICE,), (HOURS,), False, (PRICE.said,), ()),
        ((PRICE, YES), (BOAT, HOURS), False, (PRICE.said, YES.said), (HOURS,)),
        ((SUM,), (BOAT, HOURS), False, (SUM.said,), ()),
        ((ADVISED,), (HOURS, BOAT), False, (ADVISED.said,), ()),
        ((SUM,), (HOURS, BOAT), True, (SUM.said,), (HOURS,)),
        ((SUM,), (BOAT,), True, (SUM.said,), ()),
        ((RIGHT,), (HOURS, BOAT), True, (RIGHT.said,), ()),
        ((WRONG,), (HOURS, BOAT), True, (WRONG.said,), ()),
        ((WRONG, YES), (HOURS, BOAT), True, (WRONG.said, YES.said), (HOURS,)),
        ((YES,), (HOURS, BOAT), False, (YES.said,), (BOAT,)),
    ],
)
def test_one_of_the_two_says_it(
    deciding: tuple[Deciding, ...], passages: tuple[Passage, ...], more: bool, lines: Any, behind: Any
) -> None:
    assert joined(deciding, passages, asks_more=more) == (lines, behind)


def asked(number: int, passage: Passage) -> Passage:
    return replace(passage, ranks={"question": number})


def test_each_of_several_questions_that_the_facts_do_not_decide_keeps_its_passage() -> None:
    queries = ("сколько за две лодки?", "когда вы открыты?")
    found = (asked(1, BOAT), asked(2, HOURS), about("иное"))
    assert joined((SUM,), found, asks_more=False, queries=queries) == ((SUM.said,), (found[1],))
    assert joined((), found, asks_more=False, queries=queries) == ((), found)


@pytest.mark.parametrize(
    ("draft", "greeting", "whole"),
    [
        ("Здравствуйте! Ждём вас.", "Здравствуйте!", "Здравствуйте! Да. Ждём вас."),
        ("Здравствуйте!", "Здравствуйте!", "Здравствуйте! Да."),
        (" Ждём вас. ", "Здравствуйте!", "Да. Ждём вас."),
        ("Здравствуйте! Ждём.", None, "Да. Здравствуйте! Ждём."),
        ("", None, "Да."),
    ],
)
def test_what_lacks_is_said_first_behind_a_greeting(draft: str, greeting: str | None, whole: str) -> None:
    assert completed(draft, "Да.", greeting) == whole


def composed(*passages: Passage, deciding: tuple[Deciding, ...] = (), **step: Any) -> str:
    first = Step("answer", "feature", DialogueState(), **{"query": "лодка", **step})
    return compose(Prompt(first, passages, (), "лодка", deciding=deciding)).text


def test_what_is_left_unanswered_is_said_and_what_is_answered_is_not() -> None:
    asked = {
        "query": "есть лодка? есть баня?",
        "queries": ("есть лодка?", "есть баня?"),
        "rest": "Про остальное узнаем.",
    }
    assert composed(BOAT, **asked) == "Про лодка.\n\nПро остальное узнаем."
    assert composed(about("баня", "Лодка и баня есть."), **asked) == "Лодка и баня есть."


def test_a_section_in_another_language_is_announced() -> None:
    other = Passage(Section(id="a", text="Boats are here.", category="c", language="en"), 5)
    assert composed(other) == "Об этом у нас есть на английском:\n\nBoats are here."
    assert composed(other, language="en") == "Boats are here."


def test_the_lead_announces_passages_and_facts_alike() -> None:
    assert composed(BOAT, lead="Вот:") == "Вот:\n\nПро лодка."
    assert composed(deciding=(YES,), lead="Вот:", fallback="Не нашли.") == "Вот:\n\nДа, есть."
    assert composed(lead="Вот:", fallback="Не нашли.", question="Что ещё?") == "Не нашли.\n\nЧто ещё?"
    assert composed(BOAT, query=None, statement="Пока!", lead="Вот:", fallback="Не нашли.") == "Пока!"


def test_more_than_a_sum_is_said_to_who_asks_for_more() -> None:
    found = (HOURS, about("лодки", "Лодки есть."))
    assert composed(*found, deciding=(SUM,), query="часы") == "Две лодки: 1000 ₸."
    assert composed(HOURS, deciding=(SUM,), query="часы", intents=("feature",)) == "Две лодки: 1000 ₸."


def test_a_section_that_asks_is_said_whole_where_nothing_was_told_or_asked() -> None:
    asks = about("лодка", "Лодка 500 ₸. Напишите, сколько вас.")
    assert composed(asks) == "Лодка 500 ₸. Напишите, сколько вас."
    assert composed(asks, question="На какой день?") == "Лодка 500 ₸.\n\nНа какой день?"


async def test_the_embedded_backend_is_always_there() -> None:
    backend = Extractive()
    await backend.open()
    backend.available()
    assert (backend.name, backend.inventive, backend.needs_gpu, backend.wants_prompt) == (
        "extractive",
        False,
        False,
        False,
    )
    assert backend.state().state == "embedded"
    draft = compose(Prompt(Step("answer", "feature", DialogueState(), query="лодка"), (BOAT,), (), "лодка"))
    assert (draft.origin, draft.used) == ("knowledge", (BOAT,))
    await backend.close()
