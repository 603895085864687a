"""Finding sections: words, spelling, context, the retriever and its evaluation."""

import asyncio
import json
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ConfigError
from app.evaluation import Query, evaluate_retrieval, read_queries
from app.knowledge.context import content_words, in_context, leans_on_context
from app.knowledge.lexical import best
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, digest
from app.knowledge.spelling import Spelling
from app.knowledge.text import trigrams, words
from app.types import Section

TODAY = date(2026, 6, 1)

DELIVERY = Section("delivery", "Доставим по городу за два дня.", "c", questions=("когда привезёте заказ",))
PRINTER = Section("printer", "Принтер чеков печатает на ленте 58 мм.", "c", title="Принтер чеков")
SCANNER = Section("scanner", "Сканер читает штрихкоды и маркировку.", "c", keywords=("считыватель",))
REFUND = Section("refund", "Вернём деньги за подписку в течение месяца.", "c", title="Возврат денег")
SHOP = (DELIVERY, PRINTER, SCANNER, REFUND)


def base(*sections: Section) -> KnowledgeBase:
    return KnowledgeBase(sections, digest(sections))


def retriever(*sections: Section, **options: Any) -> Retriever:
    return Retriever(base(*(sections or SHOP)), today=options.pop("today", TODAY), **options)


def ids(found: Any) -> list[str]:
    return [passage.section.id for passage in found]


def search(query: str, *sections: Section, previous: str | None = None, top_k: int = 5, **options: Any) -> list[str]:
    """What a turn would be given: the service's own `find`, and `search` (what the commands use) must agree with it."""
    searched = retriever(*sections, **options)
    found = asyncio.run(searched.find(query, top_k=top_k, today=TODAY, previous=previous)).passages
    assert found == searched.search(query, top_k=top_k, today=TODAY, previous=previous)
    return ids(found)


# Words and trigrams


def test_words_ignore_case_marks_and_the_two_ways_to_write_yo() -> None:
    assert words("Ещё, «Касса-2»: да!") == ["еще", "касса", "2", "да"]
    assert words("🙂 — …") == []


def test_trigrams_are_padded_and_keep_repeats() -> None:
    assert trigrams("Касса") == [" ка", "кас", "асс", "сса", "са "]
    assert trigrams("я я") == [" я ", " я "]


# Lexical search


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("принтеры для чеков", "printer"),
        ("считывателя", "scanner"),
        ("когда привезете", "delivery"),
        ("верните мне деньги", "refund"),
        ("ВОЗВРАТ", "refund"),
    ],
)
def test_a_section_is_found_by_its_text_title_questions_and_keywords_in_any_form(query: str, expected: str) -> None:
    assert search(query)[0] == expected


def test_passages_come_best_first_with_scores_and_ranks_and_no_more_than_asked_for() -> None:
    found = retriever().search("принтер чеков и сканер", top_k=2, today=TODAY)
    assert len(found) == 2
    assert found[0].score >= found[1].score > 0
    assert [passage.ranks for passage in found] == [{"lexical": 1}, {"lexical": 2}]


def test_sections_that_share_nothing_with_the_query_are_not_returned() -> None:
    assert search("бег", Section("a", "бег и бегун", "c"), Section("b", "плавание", "c")) == ["a"]


def test_of_two_equal_sections_the_one_of_higher_priority_comes_first() -> None:
    low, high = (Section(f"p{priority}", "касса", "c", priority=priority) for priority in (3, 9))
    assert search("касса", low, high) == search("касса", high, low) == ["p9", "p3"]


def test_priority_does_not_lift_a_section_above_one_that_fits_better() -> None:
    assert search("сканер штрихкодов", SCANNER, Section("other", "Сканер.", "c", priority=10))[0] == "scanner"


def test_best_returns_only_positive_scores_highest_first() -> None:
    scores = np.array([0.0, 3.0, 1.0, -1.0, 2.0], dtype=np.float32)
    assert best(scores, 2) == [1, 4]
    assert best(scores, 10) == [1, 4, 2]
    assert best(scores, 0) == []
    assert best(np.zeros(0, dtype=np.float32), 5) == []


@given(st.text(max_size=60), st.one_of(st.none(), st.text(max_size=60)))
def test_no_message_can_break_the_search(query: str, previous: str | None) -> None:
    found = asyncio.run(_SHARED.find(query, top_k=3, today=TODAY, previous=previous)).passages
    assert len(found) <= 3
    assert _SHARED.search(query, top_k=3, today=TODAY, previous=previous) == found


_SHARED = retriever()


# Spelling


def test_a_typing_error_of_one_letter_is_corrected_to_a_known_word() -> None:
    spelling = Spelling(["доставка принтера"])
    assert spelling.correct("даставка, ПРИНТРЕА и достаавка") == "доставка принтера и доставка"


@pytest.mark.parametrize("word", ["сканер", "доставка", "касс", "12345", "принт"])
def test_known_short_distant_words_and_numbers_stay(word: str) -> None:
    assert Spelling(["доставка касса 12346 принтера"]).correct(word) == word


def test_of_two_neighbours_the_one_that_more_sections_use_wins() -> None:
    assert Spelling(["чека оплаты", "оплаты", "оплата"]).correct("оплатв") == "оплаты"


def test_a_misspelt_question_finds_its_section_and_the_flag_turns_that_off() -> None:
    assert search("скнаер")[0] == "scanner"
    assert search("скнаер", spelling=False) == []


# Context


@pytest.mark.parametrize("text", ["а сколько?", "и на год?", "сколько это стоит", "а он с гарантией идёт?", "қанша?"])
def test_a_short_or_anaphoric_message_is_searched_with_the_one_before(text: str) -> None:
    assert leans_on_context(text)
    assert in_context(text, "Расскажите про сканер").startswith("Расскажите про сканер ")


@pytest.mark.parametrize(
    "text",
    ["сколько стоит доставка принтера чеков", "Нужен сканер для склада на двадцать тысяч позиций, какой выбрать?"],
)
def test_a_message_that_says_enough_is_searched_alone(text: str) -> None:
    assert in_context(text, "Расскажите про возврат") == text


@pytest.mark.parametrize("previous", [None, ""])
def test_without_a_previous_message_the_text_stays(previous: str | None) -> None:
    assert in_context("а сколько?", previous) == "а сколько?"


def test_the_previous_message_finds_the_section_and_the_flag_turns_that_off() -> None:
    assert search("а сколько?", previous="нужен принтер чеков")[0] == "printer"
    assert "printer" not in search("а сколько?", previous="нужен принтер чеков", query_context=False)


def test_the_words_of_the_newest_message_outweigh_the_previous_one() -> None:
    assert search("а сканер?", previous="сколько стоит принтер")[0] == "scanner"


@pytest.mark.parametrize("previous", ["какая погода, идём купаться?", "верёвка и мыло", "ололо пыщпыщ"])
@pytest.mark.parametrize("message", ["сканер", "а считыватель?"])
def test_a_message_that_does_not_belong_to_the_one_before_is_searched_alone(message: str, previous: str) -> None:
    assert search(message, previous=previous)[0] == "scanner"


def test_content_words_say_what_a_message_is_about() -> None:
    assert content_words("А сколько стоит ваша доставка?") == ("доставка",)
    assert content_words("а он сколько?") == ("сколько",), "where nothing else is left"
    assert content_words("а он есть?") == ()


# Enough to answer from


@pytest.mark.parametrize("query", ["купить бассейн", "рецепт борща", "🙂", "", "   "])
def test_a_question_about_something_else_finds_nothing(query: str) -> None:
    assert search(query) == []


def test_a_question_needs_the_configured_coverage() -> None:
    assert search("принтер гитара", min_coverage=0.4)[0] == "printer"
    assert search("принтер гитара", min_coverage=0.6) == []


def test_a_longer_story_around_a_question_still_finds_it() -> None:
    story = "вчера пришла сестра, увидела очередь и посоветовала сканер, который читает штрихкоды"
    assert search(story)[0] == "scanner"


async def test_an_explanation_shows_every_stage_even_when_it_is_not_enough() -> None:
    found = await retriever().explain("скнаер гитара банджо", top_k=5, today=TODAY, previous="сколько стоит")
    assert found.query == "скнаер гитара банджо"
    assert found.in_context.startswith("сколько стоит скнаер")
    assert "сканер" in found.corrected
    assert 0 < found.coverage < 0.5
    assert not found.enough
    assert ids(found.passages)[0] == "scanner"


# Validity and immutability


def test_an_expired_section_is_never_found() -> None:
    old = Section("old", "Скидка на сканер.", "c", valid_until=date(2026, 5, 31))
    last_day = Section("last", "Скидка на принтер.", "c", valid_until=TODAY)
    found = retriever(old, last_day, *SHOP)
    assert "old" not in {section.id for section in found.sections}
    assert "last" in ids(found.search("скидка", top_k=5, today=TODAY))
    assert "old" not in ids(found.search("скидка на сканер", top_k=9, today=TODAY))


def test_a_section_that_expires_after_the_start_is_not_found_either() -> None:
    offer = Section("offer", "Скидка на сканер.", "c", valid_until=TODAY)
    running = retriever(offer, SCANNER, min_coverage=0.4)
    assert ids(running.search("скидка на сканер", top_k=1, today=TODAY)) == ["offer"]
    assert ids(running.search("скидка на сканер", top_k=1, today=date(2026, 6, 2))) == ["scanner"]


@given(st.lists(st.dates(date(2026, 1, 1), date(2026, 12, 31)), min_size=1, max_size=10), st.dates())
def test_whatever_the_dates_only_valid_sections_are_found(ends: list[date], today: date) -> None:
    sections = [Section(str(i), "касса", "c", valid_until=end) for i, end in enumerate(ends)]
    found = Retriever(base(*sections, SCANNER), today=date(2026, 1, 1)).search("касса", top_k=20, today=today)
    assert all(p.section.valid_until is None or p.section.valid_until >= today for p in found)


def test_a_search_leaves_the_index_as_it_was() -> None:
    running = retriever()
    first = running.search("принтер чеков", top_k=5, today=TODAY)
    for query in ("скнаер", "возврат денег", "ничего такого нет", ""):
        running.search(query, top_k=3, today=TODAY, previous="доставка")
    assert running.search("принтер чеков", top_k=5, today=TODAY) == first
    assert running.sections == SHOP


def test_what_was_found_cannot_be_changed() -> None:
    (passage,) = retriever().search("принтер", top_k=1, today=TODAY)
    with pytest.raises(FrozenInstanceError):
        passage.score = 0.0  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        passage.section.text = "x"  # type: ignore[misc]


def test_the_order_of_files_changes_neither_the_version_nor_the_answer() -> None:
    one, two = retriever(*SHOP), retriever(*reversed(SHOP))
    assert one.version == two.version
    for query in ("принтер чеков", "вернуть деньги", "скнаер"):
        assert ids(one.search(query, top_k=1, today=TODAY)) == ids(two.search(query, top_k=1, today=TODAY))


# Evaluation


def queries_file(folder: Path, *lines: str) -> Path:
    path = folder / "queries.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_queries_are_read_with_one_or_several_expected_sections(tmp_path: Path) -> None:
    path = queries_file(
        tmp_path,
        json.dumps({"query": "а", "expect": "x"}),
        "",
        json.dumps({"query": "б", "expect": ["x", "y"], "previous": "до", "set": "contextual", "note": "ignored"}),
    )
    assert read_queries(path) == [Query("а", ("x",)), Query("б", ("x", "y"), "до", "contextual")]


@pytest.mark.parametrize(
    "line", ["not json", '{"query": "a"}', '{"expect": ["a"]}', '["a"]', '"a"', "5", '{"query": "a", "expect": 5}']
)
def test_a_line_that_is_no_query_is_reported_with_its_number(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError, match=r"^queries\.jsonl:2: .*correct"):
        read_queries(queries_file(tmp_path, '{"query": "a", "expect": ["b"]}', line))


def test_a_queries_file_that_is_empty_missing_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no query"):
        read_queries(queries_file(tmp_path, "", " "))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_queries(tmp_path / "missing.jsonl")
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_queries(tmp_path / "binary.jsonl")


def test_the_metrics_are_what_their_names_say() -> None:
    """Ranks 1, 2, 4 and not found: MRR (1 + 1/2 + 1/4 + 0) / 4."""
    more = [Section(f"c{i}", "чек " * i + "слово", "c") for i in (4, 3, 2, 1)]
    running = retriever(*more, DELIVERY)
    order = ids(asyncio.run(running.explain("чек", top_k=5, today=TODAY)).passages)
    assert len(order) == 4
    asked = [Query("чек", (order[rank - 1],)) for rank in (1, 2, 4)] + [Query("чек", ("delivery",))]
    report = evaluate_retrieval(running, asked, TODAY)
    assert (report.queries, report.hit_1, report.hit_3, report.hit_5) == (4, 0.25, 0.5, 0.75)
    assert report.mrr == 0.4375
    assert [(miss.rank, miss.found) for miss in report.misses] == [(2, order[0]), (4, order[0]), (0, order[0])]
    assert report.p95_ms > 0
    assert set(report.as_json()) == {"queries", "hit@1", "hit@3", "hit@5", "mrr", "p95_ms"}


def test_any_of_several_expected_sections_counts_at_the_best_rank() -> None:
    assert evaluate_retrieval(retriever(), [Query("принтер", ("refund", "printer"))], TODAY).mrr == 1.0


def test_the_evaluation_measures_the_ranking_even_where_the_machine_would_say_nothing() -> None:
    running = retriever(min_coverage=1.0)
    assert running.search("принтер гитара", top_k=5, today=TODAY) == ()
    assert evaluate_retrieval(running, [Query("принтер гитара", ("printer",))], TODAY).hit_1 == 1.0


def test_an_expected_section_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="no_such_section"):
        evaluate_retrieval(retriever(), [Query("принтер", ("no_such_section",))], TODAY)
