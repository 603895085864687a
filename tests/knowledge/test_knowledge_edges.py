"""The knowledge modules at their edges: nothing valid, nothing said, values that YAML would change."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from app.errors import ConfigError
from app.evaluation import read_queries
from app.knowledge.lexical import best
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, digest, parse_file
from app.types import Section

TODAY = date(2026, 6, 1)


def retriever(*sections: Section) -> Retriever:
    return Retriever(KnowledgeBase(sections, digest(sections)), today=TODAY)


@pytest.mark.parametrize(
    "sections",
    [(), (Section("a", "касса", "c", valid_until=date(2020, 1, 1)),), (Section("a", "!!!", "c"),)],
    ids=["none", "all expired", "no word"],
)
def test_a_base_without_a_valid_section_finds_nothing_but_starts(sections):
    assert retriever(*sections).search("касса", top_k=5, today=TODAY) == ()


def test_equal_scores_keep_their_order_at_the_cut():
    scores = np.array([1, 2, 1, 1, 3, 1, 1, 2, 1, 1] * 5, dtype=np.float32)
    assert best(scores, 7) == [4, 14, 24, 34, 44, 1, 7]


def test_many_expired_sections_do_not_hide_a_valid_one():
    expired = [Section(f"e{i}", "касса касса", "c", valid_until=date(2026, 6, 30)) for i in range(25)]
    running = retriever(*expired, Section("valid", "касса и слова", "c"))
    assert [p.section.id for p in running.search("касса", top_k=5, today=date(2026, 7, 1))] == ["valid"]


@pytest.mark.parametrize("query", ["и", "ну и?", "что"])
def test_a_message_without_content_words_is_not_answered_from_any_section(query):
    assert retriever(Section("a", "Принтер чеков и сканер, что нужно.", "c")).search(query, top_k=5, today=TODAY) == ()


def test_a_merged_yaml_mapping_may_override_a_key(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text("sections:\n  - &base {id: a, text: t, priority: 3}\n  - {<<: *base, id: b}\n", "utf-8")
    assert [section.id for section in parse_file(path)] == ["a", "b"]


@pytest.mark.parametrize(
    "section",
    [
        "{id: a, text: '  '}",
        "{id: a, text: t, questions: ['']}",
        "{id: a, text: t, facts: [{name: x, amount: 0100}]}",
        "{id: a, text: t, facts: [{name: x, amount: 1:30}]}",
        "{id: a, text: t, facts: [{name: x, amount: -5, currency: KZT}]}",
    ],
)
def test_a_blank_text_or_an_amount_that_yaml_would_change_is_refused(tmp_path: Path, section: str):
    path = tmp_path / "a.yaml"
    path.write_text(f"sections: [{section}]", "utf-8")
    with pytest.raises(ConfigError):
        parse_file(path)


@pytest.mark.parametrize(
    "line",
    [
        '{"query": 5, "expect": ["a"]}',
        '{"query": "a", "expect": []}',
        '{"query": "a", "expect": [5]}',
        '{"query": "a", "expect": ["a"], "previous": 5}',
        '{"query": "a", "expect": {"a": 1}}',
    ],
)
def test_a_query_of_wrong_types_is_refused_with_its_line(tmp_path: Path, line: str):
    (tmp_path / "q.jsonl").write_text(line, "utf-8")
    with pytest.raises(ConfigError, match=r"q\.jsonl:1"):
        read_queries(tmp_path / "q.jsonl")


def test_a_query_may_hold_a_line_separator(tmp_path: Path):
    (tmp_path / "q.jsonl").write_text(json.dumps({"query": "a\u2028b", "expect": "x"}, ensure_ascii=False), "utf-8")
    assert read_queries(tmp_path / "q.jsonl")[0].text == "a\u2028b"


def test_importing_a_file_of_two_categories_keeps_both(tmp_path: Path):
    from app.cli.kb import kb

    (tmp_path / "f.md").write_text("# Доставка\n## Сроки\nДва дня.\n# Оплата\n## Карта\nДа.\n", "utf-8")
    done = CliRunner().invoke(kb, ["import", str(tmp_path / "f.md")])
    assert "category: dostavka" in done.output
    assert "category: oplata" in done.output
