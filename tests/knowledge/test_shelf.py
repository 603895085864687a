"""What is asked of the knowledge in use is handed on as it was asked, and the settings reach the search."""

from datetime import date
from typing import Any, cast

import pytest

from app.deadline import Deadline
from app.knowledge import shelf
from app.knowledge.found import Asked, Found
from app.knowledge.models import Models
from app.knowledge.sections import KnowledgeBase, digest
from app.knowledge.shelf import Knowledge, build_retriever
from app.settings import load
from app.types import Section

TODAY = date(2026, 6, 1)
BASE = KnowledgeBase((Section("a", "Текст.", "c"),), digest((Section("a", "Текст.", "c"),)))


class Noting:
    """A retriever that notes what it is asked."""

    async def find(self, query: str, **asked: Any) -> Found:
        self.asked = asked | {"query": query}
        return Found((), version="v")

    async def find_all(self, queries: Any, **asked: Any) -> tuple[Found, ...]:
        self.asked = asked | {"queries": tuple(queries)}
        return (Found((), version="v"),)


async def test_a_search_is_handed_on_whole() -> None:
    knowledge, deadline = Knowledge(BASE, lambda base: cast(Any, Noting())), Deadline.after(5)
    noting = cast(Any, knowledge.current)
    told = {"top_k": 7, "today": TODAY, "deadline": deadline}
    await knowledge.find("цена", previous="до", without=("старт",), **told)
    assert noting.asked == {"query": "цена", "previous": "до", "without": ("старт",), **told}
    await knowledge.find_all([Asked("цена")], **told)
    assert noting.asked == {"queries": (Asked("цена"),), **told}


def test_the_settings_reach_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(shelf, "Retriever", lambda base, **more: made.append(more | {"base": base}))
    environ = {
        "MACHINE_RETRIEVER__MIN_COVERAGE": "0.31",
        "MACHINE_RETRIEVER__MIN_SIMILARITY": "0.77",
        "FF_spelling": "false",
        "FF_query_context": "false",
    }
    models = Models()
    build_retriever(BASE, load(environ=environ), models, TODAY)
    build_retriever(BASE, load(environ={}), models, TODAY)
    same = {"base": BASE, "today": TODAY, "models": models}
    assert made == [
        {**same, "min_coverage": 0.31, "min_similarity": 0.77, "spelling": False, "query_context": False},
        {**same, "min_coverage": 0.45, "min_similarity": 1.0, "spelling": True, "query_context": True},
    ]
