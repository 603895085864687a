"""How likely a section answers what it was found for: told by the words of both, whatever the trade."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.evidence import FIELDS, Evidence, weights
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase
from app.types import Passage, Section

TODAY = date(2026, 6, 1)
SHARE = st.floats(0, 1)


def section(name: str, title: str, text: str, *questions: str) -> Section:
    return Section(id=name, category="c", title=title, text=text, questions=questions, keywords=(), language="ru")


BOATS = Retriever(
    KnowledgeBase(
        (
            section("hire", "Прокат лодок", "Лодку можно взять на час или на день.", "как взять лодку на день"),
            section("vests", "Спасательные жилеты", "Жилеты выдаём всем, детские тоже есть.", "есть ли детские жилеты"),
            section(
                "storm", "Отмена из-за ветра", "При сильном ветре лодки не выдаём, деньги вернём.", "а если будет ветер"
            ),
            section("lessons", "Уроки гребли", "Уроки ведёт инструктор по субботам.", "можно ли научиться грести"),
        ),
        "v",
    ),
    today=TODAY,
)


def best(text: str) -> Passage:
    found = BOATS.search(text, top_k=4, today=TODAY)
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [("детские жилеты есть?", "vests"), ("можно научиться грести?", "lessons"), ("если будет сильный ветер", "storm")],
)
def test_a_section_that_is_asked_in_its_own_words_answers_more_likely_than_one_that_shares_a_word(
    text: str, name: str
) -> None:
    right, near = (
        best(text),
        best("лодки на жидком газе ночью рыбакам для соревнований по гребле с призами за день даёте?"),
    )
    assert right.section.id == name
    assert right.answers is not None
    assert near.answers is not None
    assert right.answers > 2 * near.answers


def test_only_the_best_few_are_judged_and_no_more_than_a_share() -> None:
    found = BOATS.search("лодка на день и жилеты для детей", top_k=4, today=TODAY)
    assert all(passage.answers is not None and 0 <= passage.answers <= 1 for passage in found)


SOME = st.floats(0, 40)


@given(
    st.builds(Evidence, SHARE, st.floats(0, 6), SHARE, SHARE, SHARE, SOME, SHARE, SHARE, SOME, SHARE, SHARE, SOME, SOME, SHARE)
)  # fmt: skip
def test_whatever_the_evidence_it_is_a_probability(evidence: Evidence) -> None:
    assert 0 <= weights().of(evidence) <= 1


def test_more_of_what_is_asked_is_never_less_likely() -> None:
    little = Evidence(
        0.2,
        0.3,
        0.2,
        0.1,
        1,
        1,
        0,
        unknown=0.4,
        named=0,
        nameless=0.4,
        heaviest=0.8,
        heads=0.8,
        asked=4,
        ahead=0,
        near=1,
    )
    much = Evidence(
        0.8,
        1.0,
        0.8,
        0.6,
        1,
        3,
        0.3,
        unknown=0,
        named=0.9,
        nameless=0,
        heaviest=1,
        heads=3.2,
        asked=4,
        ahead=0.25,
        near=1,
    )
    assert weights().of(little) < 0.15
    assert weights().of(much) > 0.5


@pytest.mark.parametrize("text", ["лодка", "отмена из-за ветра", "уроки гребли"])
def test_a_keyword_beside_a_strange_word_is_less_likely_than_alone(text: str) -> None:
    """«бетон с доставкой» asks of concrete, and «доставка» is the word that both have."""
    keyed = Retriever(
        KnowledgeBase(tuple(replace(s, keywords=(s.title.lower(), "лодка")) for s in BOATS.sections), "v"), today=TODAY
    )
    alone, beside = (keyed.search(asked, top_k=1, today=TODAY) for asked in (text, f"{text} ипотека"))
    assert alone[0].answers is not None
    assert not beside or (beside[0].answers or 0.0) < alone[0].answers


def test_there_is_a_weight_for_all_that_is_looked_at() -> None:
    found = weights()
    assert len(found.means) == len(found.scales) == len(found.factors) == len(FIELDS)
    assert min(found.scales) > 0
