"""A passage that is only near to a question is not given as its answer: a number, an address or the thing must be there."""

from dataclasses import replace

import pytest

from app.composing.choosing import choose
from app.types import DialogueState, Language, Passage, Prompt, Section, Step


def told(text: str, *questions: str, title: str = "", language: Language = "ru", score: float = 9) -> Passage:
    found = Section(id=title or text, text=text, category="c", title=title, questions=questions, language=language)
    return Passage(found, score)


def answered(question: str, *passages: Passage, language: Language = "ru") -> list[str]:
    state = replace(DialogueState(), language=language)
    step = Step(action="answer", reason="feature", state=state, query=question, language=language)
    return [passage.section.text for passage in choose(Prompt(step, passages, (), question))]


BEES = told("Пчёл мы кормим сами, осенью улья утепляем.", "кто ухаживает за ульями", title="Уход за пчёлами")
HIVES = told("На пасеке сорок ульев.", title="Пасека")
VISIT = told("Приезжайте по субботам, встретим у ворот.", title="Как приехать на пасеку")
OPEN = told("Пасека открыта с 9:00 до 18:30.", title="Когда мы на пасеке")
SITE = told("Заказать мёд можно на asyl-bal.kz.", title="Заказ")


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("сколько у вас ульев?", BEES),
        ("а сколько пчёл на пасеке", BEES),
        ("қанша ара бар?", BEES),
        ("сколько пчеловодов у вас работает?", HIVES),
        ("киньте ссылку на сайт", VISIT),
        ("какой у вас сайт?", VISIT),
        ("какая справка нужна?", VISIT),
        ("справка какая нужна?", VISIT),
        ("пасека до скольки сегодня", VISIT),
        ("пасека со скольки?", VISIT),
        ("пасека во сколько завтра", HIVES),
    ],
)
def test_what_holds_no_answer_of_the_kind_that_is_asked_for_is_left_unsaid(question: str, passage: Passage) -> None:
    assert answered(question, passage) == []


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("сколько у вас ульев?", HIVES),
        ("киньте ссылку на сайт", SITE),
        ("сколько дней хранится мёд?", told("Мёд хранится два года.")),
        ("какой уход за пчёлами осенью?", BEES),
        ("пчёлы какие у вас зимуют?", BEES),
        ("какие у вас условия посещения пасеки?", VISIT),
        ("пасека до скольки сегодня", OPEN),
        ("во сколько", OPEN),
        ("увижу сколько собрали с ульев?", BEES),
        ("помогаете утеплять ульи, какую помощь даёте? дадите какую", told("Помощь с ульями: утепляем сами.")),
        ("экскурсию проведёте? какую", VISIT),
        ("до скольки ульев можно поставить рядом?", told("Рядом ставим до пяти ульев.")),
        ("хочу с улицы видеть, сколько пчёл вылетает на пасеке", BEES),
    ],
)
def test_what_holds_one_is_said(question: str, passage: Passage) -> None:
    assert answered(question, passage) == [passage.section.text]


def test_the_owner_may_say_that_it_is_answered_without_a_number() -> None:
    soon = told("В тот же день.", "сколько ждать отправку", title="Отправка")
    assert answered("сколько ждать отправку мёда?", soon) == [soon.section.text]


def test_where_the_best_holds_no_such_thing_the_next_one_that_does_is_said() -> None:
    jars = told("Банка стеклянная, на литр.", title="Банка", score=7)
    assert answered("какая банка подойдёт для пасеки?", BEES, jars) == [jars.section.text]


def test_a_passage_in_another_language_is_not_measured_by_its_words() -> None:
    assert answered("which bees do you keep?", BEES, language="en") == [BEES.section.text]
