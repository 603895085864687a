"""The bounds of the search: how many words lean on those before, what counts as an answer, what a place is worth."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from app.knowledge import watcher
from app.knowledge.context import content_words, in_context, leans_on_context
from app.knowledge.dense import DenseIndex, nearest, parts
from app.knowledge.lexical import LexicalIndex
from app.knowledge.rerank import CANDIDATES
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase
from app.knowledge.spelling import Spelling
from app.types import Section

TODAY = date(2026, 6, 1)


def section(name: str, text: str = "Текст.", **fields: object) -> Section:
    return replace(Section(name, text, "c"), **fields)  # type: ignore[arg-type]


def retriever(*sections: Section, **options: object) -> Retriever:
    return Retriever(KnowledgeBase(tuple(sections), "v"), today=TODAY, **options)  # type: ignore[arg-type]


def ids(found: Sequence[object]) -> list[str]:
    return [passage.section.id for passage in found]  # type: ignore[attr-defined]


# Leaning on what was said before


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("кассовый аппарат онлайн", True),
        ("кассовый аппарат онлайн новый", False),
        ("он печатает чеки автоматически сразу вечером", True),
        ("он печатает чеки автоматически сразу вечером дома", False),
        ("а кассовый аппарат онлайн новый", True),
        ("кассовый аппарат онлайн новый он", True),
        ("сколько это стоит у вас и как мне заказать", False),
        ("сколько это стоит у вас и как", True),
    ],
)
def test_a_message_of_three_words_or_with_a_pronoun_in_six_leans_on_the_one_before(text: str, leans: bool) -> None:
    assert leans_on_context(text) is leans
    assert (in_context(text, "Прежний вопрос") != text) is leans


def test_the_newest_message_stands_three_times_beside_the_one_before() -> None:
    assert in_context("а цена?", "Касса") == "Касса а цена? а цена? а цена?"
    assert in_context("а цена?", None) == in_context("а цена?", "") == "а цена?"


def test_words_that_ask_for_a_price_are_content_only_where_nothing_else_is() -> None:
    assert content_words("сколько стоит касса") == ("касса",)
    assert content_words("а сколько стоит?") == ("сколько", "стоит")
    assert content_words("ну и?") == ()


# What counts as found


# one word that no other section holds beside words that none holds: 1 / (root of their number + 0.5)
@pytest.mark.parametrize(
    ("query", "coverage"),
    [("арбуз", 0.667), ("арбуз банан", 0.522), ("арбуз банан вишня", 0.448), ("арбуз банан вишня груша", 0.4)],
)
def test_a_question_is_answered_when_enough_of_it_is_covered(query: str, coverage: float) -> None:
    sections = (section("a", "арбуз"), section("b", "касса"))
    for least, found in ((coverage - 0.01, True), (coverage + 0.01, False)):
        shop = retriever(*sections, spelling=False, min_coverage=least)
        assert bool(shop.search(query, top_k=5, today=TODAY)) is found


def test_where_nothing_is_covered_nothing_is_found_whatever_the_setting() -> None:
    assert retriever(section("a", "арбуз"), min_coverage=0.0).search("банан вишня", top_k=5, today=TODAY) == ()


@pytest.mark.parametrize(("days", "found"), [(-1, False), (0, True), (1, True)])
def test_a_section_is_found_up_to_its_last_day(days: int, found: bool) -> None:
    ending = section("a", "арбуз", valid_until=TODAY + timedelta(days=days))
    shop = Retriever(KnowledgeBase((ending, section("b", "касса")), "v"), today=TODAY - timedelta(days=9))
    assert (ids(shop.search("арбуз", top_k=5, today=TODAY)) == ["a"]) is found
    vectors = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    near = nearest(DenseIndex([ending, section("b")], vectors, [1, 1]).similarities(vectors[0], TODAY), 5)
    assert near == ([0, 1] if found else [1])


def test_what_has_expired_at_the_start_is_no_section() -> None:
    dates = [TODAY - timedelta(days=1), TODAY, None]
    assert ids_of(retriever(*(section(str(n), f"слово{n}", valid_until=day) for n, day in enumerate(dates)))) == [
        "1",
        "2",
    ]


def ids_of(shop: Retriever) -> list[str]:
    return [each.id for each in shop.sections]


def test_no_more_of_a_question_is_read_than_two_thousand_characters() -> None:
    shop = retriever(section("a", "арбуз"), section("b", "касса"), spelling=False, min_coverage=0.0)
    assert ids(shop.search("б " * 1000 + "арбуз", top_k=1, today=TODAY)) == []
    assert ids(shop.search("б " * 997 + "арбуз", top_k=1, today=TODAY)) == ["a"]


# In which order


@pytest.mark.parametrize("field", ["title", "questions", "keywords"])
def test_what_stands_in_title_questions_or_keywords_weighs_twice_as_much_as_in_the_text(field: str) -> None:
    value = "арбуз" if field == "title" else ("арбуз",)
    marked = section("marked", "слово", **{field: value})
    once, twice, thrice = (section(f"said {n}", " ".join(["арбуз"] * n + ["слово"])) for n in (1, 2, 3))
    filler = [section(f"other {n}", "касса чек") for n in range(4)]
    index = LexicalIndex([once, marked, twice, thrice, *filler])
    scores = index.scores("арбуз", TODAY)
    assert scores[0] < scores[1] == scores[2] < scores[3]


@pytest.mark.parametrize(("higher", "lower"), [(6, 5), (10, 9), (5, 0)])
def test_of_sections_that_fit_alike_the_one_of_higher_priority_comes_first(higher: int, lower: int) -> None:
    shop = retriever(section("b", "арбуз", priority=lower), section("a", "арбуз", priority=higher))
    assert ids(shop.search("арбуз", top_k=5, today=TODAY)) == ["a", "b"]


def test_a_priority_is_worth_a_hundredth_a_step_and_not_more_than_ten() -> None:
    index = LexicalIndex([section(str(n), "арбуз", priority=n) for n in (5, 6, 10, 50)])
    scores = index.scores("арбуз", TODAY)
    assert scores / scores[0] == pytest.approx([1.0, 1.01, 1.05, 1.05])


def test_the_nearest_are_the_most_similar_and_equals_keep_their_order() -> None:
    assert nearest(np.array([0.1, 0.9, 0.9, -np.inf, -0.5], dtype=np.float32), 3) == [1, 2, 0]
    assert nearest(np.array([-np.inf], dtype=np.float32), 3) == []


def test_what_a_model_reads_of_a_section() -> None:
    assert parts(section("a", "Текст.", title="Имя", questions=("Раз?", "Два?"))) == ("Имя", "Раз?", "Два?", "Текст.")
    assert CANDIDATES == 20


# Typing errors


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("кассп", "касса"),  # another letter
        ("кассаа", "касса"),  # one too many
        ("тарф", "тарф"),  # four letters: too many neighbours
        ("тариыф", "тариф"),
        ("трдиф", "трдиф"),  # two letters away
        ("тарфи", "тариф"),  # two letters swapped
        ("12345", "12345"),
        ("касса", "касса"),
    ],
)
def test_an_unknown_word_of_five_letters_becomes_the_known_one_a_letter_away(typed: str, read: str) -> None:
    assert Spelling(["касса тариф", "12344"]).correct(typed) == read


def test_of_many_unknown_words_the_first_forty_are_corrected() -> None:
    known = [f"{first}{second}орная" for first in "бвгджзклм" for second in "нпрст"]
    typed = [f"{word}ю" for word in known]
    found = Spelling([" ".join(known)]).correct(" ".join(typed)).split()
    assert found == known[:40] + typed[40:]


# Taking up what was published


def test_the_service_looks_every_second_and_tries_a_bad_version_again_after_half_a_minute() -> None:
    assert (watcher.POLL_S, watcher._RETRY_S) == (1.0, 30.0)
