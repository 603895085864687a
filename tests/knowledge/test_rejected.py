"""What the customer rejected counts for nothing, and several questions are found in one call."""

import asyncio
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.breaker import Breaker
from app.knowledge.found import Asked
from app.knowledge.models import EmbedderCalls, Model, Models
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, digest
from app.knowledge.vectors import VectorCache
from app.knowledge.worker import Worker
from app.types import Section

TODAY = date(2026, 6, 1)
RENT = Section("rent", "Аренда лодки стоит 5 000 в день.", "c", title="Аренда лодки", questions=("почём аренда",))
BOAT = Section("boat", "Лодка на троих, мотор отдельно.", "c", title="Купить лодку", questions=("сколько стоит лодка",))
MOTOR = Section("motor", "Мотор к лодке, 5 сил.", "c", title="Мотор", keywords=("двигатель",))
SHOP = (RENT, BOAT, MOTOR)


class Letters:
    """An embedder whose vectors count letters, and that notes what it was asked."""

    identity = "letters"

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def queries(self, texts: Any) -> Any:
        self.asked.append(list(texts))
        return self.documents(texts)

    def documents(self, texts: Any) -> Any:
        rows = np.array([[1 + text.lower().count(letter) for letter in "аелнорст"] for text in texts], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def retriever(embedder: Letters | None = None, *sections: Section, min_similarity: float = 1.0) -> Retriever:
    worker = Worker("letters")
    model = Model("dense", worker, 5, lambda part, reason: None, Breaker(3, 30))
    dense = EmbedderCalls(embedder, model, worker, VectorCache(None, "letters"), 0.12) if embedder else None
    base = KnowledgeBase(sections or SHOP, digest(sections or SHOP))
    return Retriever(base, today=TODAY, models=Models(dense), min_similarity=min_similarity)


def ids(passages: Any) -> list[str]:
    return [passage.section.id for passage in passages]


@pytest.mark.parametrize("embedder", [None, Letters()])
@pytest.mark.parametrize("rejected", ["аренда", "аренду", "Аренды", "арендда"])
async def test_a_section_about_what_was_rejected_falls_back(embedder: Letters | None, rejected: str) -> None:
    shop, query = retriever(embedder), "аренда лодки не нужна, сколько стоит лодка"
    assert ids((await shop.find(query, top_k=3, today=TODAY)).passages)[0] == "rent"
    found = await shop.find(query, top_k=3, today=TODAY, without=(rejected,))
    assert ids(found.passages)[0] == "boat"
    assert "rent" not in ids(found.passages)[:1]


async def test_what_was_rejected_falls_back_where_meaning_alone_has_found_it() -> None:
    class Rents(Letters):
        """To whom all that speaks of a rent is what was asked for."""

        def documents(self, texts: Any) -> Any:
            rents = [any(word in text.lower() for word in ("аренд", "плавсредство")) for text in texts]
            return np.array([(1, 0) if rent else (0, 1) for rent in rents], dtype=np.float32)

    shop = retriever(Rents(), min_similarity=0.5)
    assert ids((await shop.find("плавсредство", top_k=3, today=TODAY)).passages)[0] == "rent"
    found = await shop.find("плавсредство", top_k=3, today=TODAY, without=("аренда",))
    assert ids(found.passages)[-1] == "rent"


def test_the_search_by_words_knows_it_too() -> None:
    shop, query = retriever(), "аренда лодки не нужна, сколько стоит лодка"
    assert ids(shop.search(query, top_k=3, today=TODAY, without=("аренда",)))[0] == "boat"


async def test_a_section_that_only_mentions_it_stays() -> None:
    found = await retriever().find("мотор к лодке", top_k=3, today=TODAY, without=("аренда",))
    assert ids(found.passages)[0] == "motor"


async def test_a_message_that_only_rejects_finds_nothing() -> None:
    for embedder in (None, Letters()):
        assert (await retriever(embedder).find("аренда", top_k=3, today=TODAY, without=("аренда",))).passages == ()


async def test_what_was_said_before_and_is_rejected_now_is_not_searched() -> None:
    embedder = Letters()
    shop = retriever(embedder)
    found = await shop.find("а лодка?", top_k=3, today=TODAY, previous="почём аренда", without=("аренда",))
    assert ids(found.passages)[0] == "boat"
    assert not any("аренда" in text for batch in embedder.asked for text in batch)


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=5), st.one_of(st.none(), st.text(max_size=30)))
def test_nothing_that_can_be_rejected_breaks_a_search(query: str, without: list[str], previous: str | None) -> None:
    found = asyncio.run(_SHARED.find(query, top_k=3, today=TODAY, previous=previous, without=without))
    assert found.degraded == ()
    assert found.passages == _SHARED.search(query, top_k=3, today=TODAY, previous=previous, without=without)


_SHARED = retriever()


# Several at once


ASKED = (
    Asked("сколько стоит лодка"),
    Asked("а мотор?", previous="какая погода"),
    Asked("рецепт борща"),
    Asked("почём аренда", without=("аренда",)),
)


@pytest.mark.parametrize("embedder", [None, Letters()])
async def test_several_questions_find_what_each_would_find_alone(embedder: Letters | None) -> None:
    shop = retriever(embedder)
    together = await shop.find_all(ASKED, top_k=2, today=TODAY)
    alone = [await shop.find(a.text, top_k=2, today=TODAY, previous=a.previous, without=a.without) for a in ASKED]
    assert [ids(found.passages) for found in together] == [ids(found.passages) for found in alone]
    assert ids(together[0].passages)[0] == "boat"
    assert all(found.version == shop.version for found in together)
    assert await shop.find_all((), top_k=2, today=TODAY) == ()


async def test_they_are_one_call_of_the_embedder_and_no_text_is_read_twice() -> None:
    embedder = Letters()
    shop = retriever(embedder)
    await shop.find_all(
        [Asked("сколько стоит лодка"), Asked("мотор лодки 5 сил"), Asked("сколько стоит лодка")], top_k=2, today=TODAY
    )
    assert embedder.asked == [["сколько стоит лодка", "мотор лодки 5 сил"]]


async def test_a_failing_embedder_degrades_all_of_them() -> None:
    class Broken(Letters):
        def queries(self, texts: Any) -> Any:
            raise RuntimeError("out of memory")

    shop = retriever(Broken())
    found = await shop.find_all([Asked("сколько стоит лодка"), Asked("мотор")], top_k=2, today=TODAY)
    assert [each.degraded for each in found] == [("dense:failed",)] * 2
    assert ids(found[0].passages) == ids(shop.search("сколько стоит лодка", top_k=2, today=TODAY))
