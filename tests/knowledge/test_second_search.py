"""The search without what came before is still within the turn's deadline."""

import pytest

from app.deadline import Deadline
from app.knowledge.retriever import Retriever
from tests.knowledge.test_hybrid import TODAY, retriever


async def test_the_second_search_has_the_turns_deadline_too(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    explain = Retriever.explain_all

    async def spied(self, asked, **named):
        seen.append(named.get("deadline"))
        return await explain(self, asked, **named)

    monkeypatch.setattr(Retriever, "explain_all", spied)
    deadline = Deadline.after(30)
    await retriever().find("а гитара?", top_k=3, today=TODAY, previous="какая погода", deadline=deadline)
    assert seen == [deadline, deadline]
