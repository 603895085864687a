"""Whether there is an answer at all: what a question is about, and how much of that the sections cover."""

import time
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation import read_queries
from app.knowledge.bywords import WordSearch
from app.knowledge.context import content_words, in_context
from app.knowledge.coverage import Coverage, alike
from app.knowledge.found import Asked
from app.knowledge.retriever import Retriever
from app.knowledge.sections import load
from app.knowledge.spelling import Spelling
from app.knowledge.wordlists import is_number, listed, ordinary

KB = Path(__file__).parents[2] / "kb"
TODAY = date(2026, 6, 1)
SHOP = Coverage([{"принтер", "чеков", "цена"}, {"сканер", "цена"}, {"доставка", "цена", "день"}, {"возврат", "цена"}])


@pytest.fixture(scope="module")
def sample() -> Retriever:
    return Retriever(load(KB), today=TODAY)


def found(sample: Retriever, name: str, group: str = "") -> float:
    asked = [q for q in read_queries(KB / "eval" / f"{name}.jsonl", unanswerable=True) if group in ("", q.group)]
    hits = [bool(sample.search(q.text, top_k=5, today=TODAY, previous=q.previous)) for q in asked]
    return float(np.mean(hits))


# On the sample


def test_nearly_all_questions_with_an_answer_are_answered(sample: Retriever) -> None:
    shares = [found(sample, name) for name in ("clean", "typos", "contextual")]
    assert np.average(shares, weights=[60, 30, 30]) >= 0.95, shares


@pytest.mark.parametrize(("group", "most"), [("unanswered", 0.2), ("small_talk", 0.3)])
def test_few_questions_without_an_answer_and_little_small_talk_find_one(
    sample: Retriever, group: str, most: float
) -> None:
    assert found(sample, "unanswered", group) <= most


def test_coverage_tells_the_two_kinds_apart(sample: Retriever) -> None:
    words = WordSearch(sample.sections, spelling=True, query_context=True)

    def coverages(*names: str) -> list[float]:
        asked = [q for name in names for q in read_queries(KB / "eval" / f"{name}.jsonl", unanswerable=True)]
        return [words.search(Asked(q.text, q.previous), TODAY, 5).coverage for q in asked]

    right, wrong = np.array(coverages("clean", "typos", "contextual")), np.array(coverages("unanswered"))
    above = (right[:, None] > wrong).mean() + (right[:, None] == wrong).mean() / 2
    assert above >= 0.95, "the area under the curve; 0.855 by the share of content words"


@pytest.mark.parametrize(
    "word",
    ["тариф", "касса", "адрес", "рассрочка", "цена", "сколько стоит", "прайс пришлите", "а на год", "покажите тарифы"],
)
def test_few_words_are_a_question(sample: Retriever, word: str) -> None:
    assert sample.search(word, top_k=5, today=TODAY)


def test_what_the_owner_wrote_as_a_question_is_one_however_little_it_says(sample: Retriever) -> None:
    thin = [(s.id, q) for s in sample.sections for q in s.questions if len(content_words(q)) <= 1]
    assert len(thin) > 20
    lost = [q for _, q in thin if not sample.search(q, top_k=5, today=TODAY)]
    assert len(lost) <= 0.02 * len(thin), lost


# What a question is about


@pytest.mark.parametrize(
    "text", ["15 000", "3 и 4", "15к", "40тыс", "двадцать пять", "екі мың", "twenty five", "100*3"]
)
def test_numbers_are_no_content(text: str) -> None:
    assert content_words(text) == ()


@pytest.mark.parametrize("word", ["1с", "3g", "d15", "m2"])
def test_a_name_with_a_digit_is_no_number(word: str) -> None:
    assert not is_number(word)


def test_every_list_speaks_three_languages_and_holds_what_the_search_reads() -> None:
    kinds = ("anaphora", "openers", "price", "fillers", "numerals", "common")
    for kind in kinds:
        assert {"en": "it and how much two hello"}, kind
        assert listed(kind) <= ordinary()
        assert all(word == word.lower() for word in listed(kind))
    assert {"привет", "рахмет", "thanks"} <= {*listed("common")}


# The measure


def test_a_word_counts_in_every_form_that_begins_alike() -> None:
    assert alike("сканера", "сканер")
    assert alike("возврату", "возврат")
    assert not alike("касса", "кабель")
    assert not alike("столица", "столько")
    assert SHOP.of(["сканера"], [1]) == SHOP.of(["сканер"], [1]) > 0


def test_a_rare_word_says_more_than_one_that_all_hold_and_a_common_one_least() -> None:
    shop = Coverage([{"принтер", "чек", "спасибо"}, {"сканер", "чек"}, {"доставка", "чек"}])
    assert shop.of(["принтер"], [0]) > shop.of(["чек"], [0]) > shop.of(["спасибо"], [0]) > 0


def test_what_is_not_covered_dilutes_and_numbers_of_words_do_so_slowly() -> None:
    shares = [SHOP.of(["принтер", *(f"чужое{n}" for n in range(count))], [0]) for count in range(8)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 2 * shares[7] > 0
    assert SHOP.of(["чужое"], [0]) == SHOP.of([], [0]) == SHOP.of(["принтер"], []) == 0


def test_the_best_of_the_sections_counts() -> None:
    assert SHOP.of(["доставка"], [0, 1, 2]) == SHOP.of(["доставка"], [2])
    assert SHOP.of(["принтер", "сканер"], [0, 1]) == SHOP.of(["принтер", "сканер"], [0])


@given(st.lists(st.text(max_size=12), max_size=60), st.lists(st.integers(0, 3), max_size=4))
def test_it_is_always_a_share(content: list[str], positions: list[int]) -> None:
    assert 0 <= SHOP.of(content, positions) <= 1


@given(st.text(max_size=300))
def test_content_words_never_raise_and_repeat_none(text: str) -> None:
    assert len(set(content_words(text))) == len(content_words(text))


def test_the_time_is_linear_in_the_text(sample: Retriever) -> None:
    words = WordSearch(sample.sections, spelling=True, query_context=True)
    text = " ".join(f"слово{n}про при под" for n in range(400))

    def took(length: int) -> float:
        started = time.process_time()
        words.search(Asked(text[:length], "прежнее"), TODAY, 50)
        return time.process_time() - started

    assert min(took(8000) for _ in range(3)) < 0.1
    assert min(took(200) for _ in range(5)) < 0.02


# Spelling


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("решили", "решали решили2"),
        ("вечером", "вечерок"),
        ("слышал", "слышат"),
        ("большое", "больное"),
        ("спасибо", "спасиба"),
    ],
)
def test_a_word_of_the_language_is_never_corrected_into_one_of_the_knowledge(typed: str, known: str) -> None:
    assert Spelling([known]).correct(typed) == typed


def test_what_is_a_letter_from_an_ordinary_word_is_no_rare_one() -> None:
    assert Spelling(["слышен"]).correct("слышел") == "слышел", "it may be an ordinary word that nobody wrote here"
    assert Spelling(["слышен слышал"]).correct("слышел") == "слышал", "and here somebody did"
    assert Spelling(["слышен"]).correct("слышенн") == "слышен"


def test_the_words_of_a_message_that_leans_are_still_read_from_the_lists() -> None:
    assert in_context("and for a year?", "the plan").startswith("the plan ")


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("можно ли отложить на 2 недели", ("отложить",)),
        ("отложить на две недели", ("отложить",)),
        ("can we put it off for 3 weeks", ("put", "off")),
        ("а на 2 года?", ("года",)),
        ("через сколько недель начнём, если 2 недели ждать", ("через", "недель", "начнем", "ждать")),
    ],
)
def test_for_how_long_is_no_thing_where_something_else_is_asked_of(text: str, about: tuple[str, ...]) -> None:
    assert content_words(text) == about
