"""A promise that a section makes may be repeated; one that it refuses to make may not."""

import pytest

from app.guardrail import Context, check
from app.types import Passage, Section


def ok(draft: str, text: str) -> bool:
    section = Section(id="harvest", category="c", title="Урожай", text=text)
    return check(draft, Context(passages=(Passage(section, 1.0),), customer=("какой будет урожай?",))).ok


@pytest.mark.parametrize("draft", ["Урожай гарантируем.", "Мы гарантируем урожай."])
def test_a_guarantee_is_one_only_where_the_section_does_not_deny_it(draft: str) -> None:
    assert ok(draft, "Урожай гарантируем.")
    assert not ok(draft, "Урожай не гарантируем.")
    assert not ok(draft, "Сажаем в мае.")
