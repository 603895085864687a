"""The sample knowledge base keeps what the documentation promises of it."""

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from app.evaluation import Query, evaluate_retrieval, read_queries
from app.knowledge.lint import lint
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, load
from app.knowledge.text import words

KB = Path(__file__).parents[2] / "kb"
TODAY = date(2026, 6, 1)
_TENGE = re.compile(r"(\d[\d\s]*)₸")


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    return load(KB)


@pytest.fixture(scope="module")
def retriever(base: KnowledgeBase) -> Retriever:
    return Retriever(base, today=TODAY)


@pytest.fixture(scope="module")
def queries() -> dict[str, list[Query]]:
    """Those with an answer."""
    return {name: read_queries(KB / "eval" / f"{name}.jsonl") for name in ("clean", "typos", "contextual")}


def test_it_loads_and_the_linter_finds_nothing(base: KnowledgeBase) -> None:
    assert lint(base.sections, TODAY) == []


def test_it_is_seventeen_files_named_after_their_category(base: KnowledgeBase) -> None:
    files = sorted(KB.glob("*.yaml"))
    assert len(files) == 17
    assert {path.stem for path in files} == {section.category for section in base.sections}
    assert all(section.id.startswith(f"{section.category}_") for section in base.sections)


def test_it_answers_in_three_languages(base: KnowledgeBase) -> None:
    languages = Counter(section.language for section in base.sections)
    assert languages["ru"] >= 170
    assert languages["kk"] >= 70
    assert languages["en"] >= 60


def test_every_section_in_another_language_states_the_facts_of_its_russian_twin(base: KnowledgeBase) -> None:
    by_id = {section.id: section for section in base.sections}
    for section in base.sections:
        if section.language != "ru":
            twin = by_id[section.id.removesuffix(f"_{section.language}")]
            assert twin is not section, section.id
            assert section.facts == twin.facts, section.id
            assert section.valid_until == twin.valid_until, section.id


_FIGURES = re.compile(r"[0-9]+(?:[ .,:][0-9]+)*")


def test_a_twin_says_the_figures_of_its_russian_section_and_no_others(base: KnowledgeBase) -> None:
    by_id = {section.id: section for section in base.sections}
    for section in base.sections:
        if section.language != "ru":
            twin = by_id[section.id.removesuffix(f"_{section.language}")]
            assert set(_FIGURES.findall(section.text)) <= set(_FIGURES.findall(twin.text)) | {"1", "24", "7"}, (
                section.id
            )


def test_every_section_has_three_questions_and_a_title(base: KnowledgeBase) -> None:
    poor = [s.id for s in base.sections if len(s.questions) < 3 or not s.title or not s.keywords]
    assert poor == []


def test_every_tenge_amount_in_a_text_is_a_fact_of_that_section(base: KnowledgeBase) -> None:
    checked = 0
    for section in base.sections:
        priced = {fact.amount for fact in section.facts if fact.currency == "KZT"}
        for written in _TENGE.findall(section.text):
            checked += 1
            assert int(re.sub(r"\s", "", written)) in priced, f"{section.id}: {written}₸"
    assert checked > 50, "the pattern must still match how amounts are written"


def test_every_text_can_be_sent_as_it_is(base: KnowledgeBase) -> None:
    for section in base.sections:
        assert len(section.text) <= 500, section.id
        assert not re.search(r"\*\*|^#|^\||\]\(", section.text, re.MULTILINE), section.id


def test_the_evaluation_is_120_questions_a_quarter_with_typos_a_quarter_in_context(
    queries: dict[str, list[Query]],
) -> None:
    assert {name: len(found) for name, found in queries.items()} == {"clean": 60, "typos": 30, "contextual": 30}
    assert all(query.group == name for name, found in queries.items() for query in found)
    assert all((query.previous is not None) == (query.group == "contextual") for q in queries.values() for query in q)
    texts = [
        (tuple(words(query.previous or "")), tuple(words(query.text))) for found in queries.values() for query in found
    ]
    assert len(set(texts)) == 120


def test_no_evaluation_question_is_a_question_of_a_section(
    base: KnowledgeBase, queries: dict[str, list[Query]]
) -> None:
    known = {tuple(words(question)) for section in base.sections for question in (section.title, *section.questions)}
    same = [query.text for found in queries.values() for query in found if tuple(words(query.text)) in known]
    assert same == []


def test_questions_in_kazakh_and_english_find_their_own_sections(base: KnowledgeBase, retriever: Retriever) -> None:
    asked = read_queries(KB / "eval" / "tongues.jsonl")
    known = {tuple(words(question)) for section in base.sections for question in (section.title, *section.questions)}
    assert [query.text for query in asked if tuple(words(query.text)) in known] == []
    assert len(asked) >= 60
    report = evaluate_retrieval(retriever, asked, TODAY)
    assert report.mrr >= 0.74, report.misses
    assert report.hit_5 >= 0.82


@pytest.mark.parametrize(("group", "floor"), [("clean", 0.75), ("typos", 0.80), ("contextual", 0.75)])
def test_retrieval_stays_above_its_floor(
    retriever: Retriever, queries: dict[str, list[Query]], group: str, floor: float
) -> None:
    report = evaluate_retrieval(retriever, queries[group], TODAY)
    assert report.mrr >= floor, report.misses
    assert report.hit_5 >= 0.9
    assert report.p95_ms < 50, "a search must stay far below the time of a turn"


def test_the_previous_message_is_what_finds_a_contextual_question(
    base: KnowledgeBase, retriever: Retriever, queries: dict[str, list[Query]]
) -> None:
    alone = Retriever(base, today=TODAY, query_context=False)
    with_context = evaluate_retrieval(retriever, queries["contextual"], TODAY)
    without = evaluate_retrieval(alone, queries["contextual"], TODAY)
    assert with_context.mrr > without.mrr + 0.2


@pytest.mark.parametrize("question", ["рецепт борща", "курс биткоина", "столица франции"])
def test_what_it_does_not_know_finds_nothing(retriever: Retriever, question: str) -> None:
    assert retriever.search(question, top_k=5, today=TODAY) == ()


@pytest.mark.parametrize(
    ("question", "section"),
    [
        ("туған күнге сыйлық беріле ме клиентке", "loyalty_birthday"),
        ("does it tell me about a birthday of a customer", "loyalty_birthday"),
    ],
)
def test_what_stands_in_russian_alone_is_found_by_who_asks_in_another_language(
    retriever: Retriever, question: str, section: str
) -> None:
    assert retriever.search(question, top_k=5, today=TODAY)[0].section.id == section


def test_a_question_in_the_owners_own_words_finds_its_section_first(base: KnowledgeBase, retriever: Retriever) -> None:
    asked = [(s.id, question) for s in base.sections for question in s.questions[:2]]
    wrong = []
    for name, question in asked:
        found = retriever.search(question, top_k=5, today=TODAY)
        if not found or found[0].section.id != name:
            wrong.append((name, question))
    assert len(wrong) <= 0.03 * len(asked), wrong


def test_most_of_what_customers_ask_as_they_write_is_found_and_most_remarks_find_nothing(retriever: Retriever) -> None:
    asked = read_queries(KB / "eval" / "chat.jsonl")
    remarks = read_queries(KB / "eval" / "remarks.jsonl", unanswerable=True)
    assert len(asked) >= 250
    assert len(remarks) >= 190
    assert evaluate_retrieval(retriever, asked, TODAY).hit_5 >= 0.85
    found = [remark.text for remark in remarks if retriever.search(remark.text, top_k=5, today=TODAY)]
    assert len(found) <= 0.3 * len(remarks), found
