"""The reranker: what it reads, its scores, and the threshold below which nothing counts as found."""

import json
import math
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigError
from app.knowledge.models import Models
from app.knowledge.rerank import CANDIDATES, readable_text
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, digest
from app.types import Section
from tests import models

TODAY = date(2026, 6, 1)
MANY = tuple(Section(f"s{n}", f"Касса номер {n} стоит {n * 7} тенге.", "c", title=f"Касса {n}") for n in range(30))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.reranker(tmp_path_factory.mktemp("models") / "reranker")


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Iterator[Models]:
    found = models.opened(reranker=folder)
    yield found
    found.close()


def retriever(found: Models) -> Retriever:
    return Retriever(KnowledgeBase(MANY, digest(MANY)), today=TODAY, models=found)


def with_threshold(folder: Path, value: float) -> Retriever:
    return retriever(models.opened(reranker=folder, rerank_threshold=value))


def scores(found: Models, *texts: str) -> tuple[float, ...]:
    assert found.rerank
    return found.rerank.reranker.scores("касса", texts)


def test_scores_are_sigmoids_in_the_order_of_the_texts(loaded: Models) -> None:
    texts = ["принтер", "Доставка по городу за два дня, если заказ до обеда.", "касса"]
    found = scores(loaded, *texts)
    assert all(0 < score < 1 for score in found)
    assert len({round(score, 4) for score in found}) == 3
    assert loaded.rerank
    raw = loaded.rerank.reranker._model.predict([("касса", texts[1])], activation_fn=lambda logits: logits)
    assert found[1] == pytest.approx(1 / (1 + math.exp(-float(raw[0]))), abs=1e-5)
    assert scores(loaded, texts[1])[0] == pytest.approx(found[1], abs=1e-5)
    assert scores(loaded) == ()


def test_a_sigmoid_is_used_whatever_the_model_s_file_says(folder: Path, tmp_path: Path, loaded: Models) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    config: dict[str, Any] = json.loads((other / "config.json").read_text())
    config["sentence_transformers"] = {"activation_fn": "torch.nn.modules.linear.Identity"}
    (other / "config.json").write_text(json.dumps(config))
    found = models.opened(reranker=other)
    assert scores(found, "сканер") == scores(loaded, "сканер")
    found.close()


async def test_the_network_reads_the_question_and_the_natural_text(loaded: Models) -> None:
    with models.inputs(loaded, "rerank") as seen:
        await retriever(loaded).find("сколько стит касса номер 3", top_k=5, today=TODAY)
    read = [models.tokens(loaded, "rerank").decode(ids, skip_special_tokens=True) for ids in seen]
    assert len(read) == CANDIDATES, "the best candidates, and no more"
    assert all(text.startswith("сколько стит касса номер 3") for text in read), "as the customer wrote it"
    assert f"сколько стит касса номер 3{readable_text(MANY[3])}" in [text.replace("  ", "") for text in read]


async def test_the_passages_come_in_the_reranker_s_order(loaded: Models) -> None:
    found = (await retriever(loaded).find("касса номер", top_k=7, today=TODAY)).passages
    assert [passage.ranks["rerank"] for passage in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [passage.score for passage in found] == sorted((passage.score for passage in found), reverse=True)
    assert [passage.score for passage in found] == pytest.approx(
        [scores_of(loaded, passage.section) for passage in found], abs=1e-5
    )
    assert [passage.ranks["lexical"] for passage in found] != [1, 2, 3, 4, 5, 6, 7], "it changed something"


def scores_of(found: Models, section: Section) -> float:
    assert found.rerank
    return found.rerank.reranker.scores("касса номер", [readable_text(section)])[0]


async def test_below_the_threshold_nothing_is_found_and_from_it_on_all(folder: Path, loaded: Models) -> None:
    best = (await retriever(loaded).explain("касса номер", top_k=5, today=TODAY)).relevance
    assert best
    above, below = with_threshold(folder, best + 1e-4), with_threshold(folder, best - 1e-4)
    assert (await above.find("касса номер", top_k=5, today=TODAY)).passages == ()
    assert len((await below.find("касса номер", top_k=5, today=TODAY)).passages) == 5
    shown = await above.explain("касса номер", top_k=5, today=TODAY)
    assert not shown.enough
    assert len(shown.passages) == 5, "an explanation shows what was not enough"


async def test_the_threshold_decides_alone_where_the_words_would_say_no(folder: Path) -> None:
    query = "касса гитара банджо"
    found = with_threshold(folder, 0)
    assert found.search(query, top_k=5, today=TODAY) == ()
    assert len((await found.find(query, top_k=5, today=TODAY)).passages) == 5


@pytest.mark.parametrize("query", ["", "🙂", "  ", "…"])
async def test_a_message_without_a_word_finds_nothing_and_costs_no_call(folder: Path, query: str) -> None:
    found = models.opened(reranker=folder, rerank_threshold=0)
    with models.inputs(found, "rerank") as seen:
        assert (await retriever(found).find(query, top_k=5, today=TODAY)).passages == ()
    assert seen == []
    found.close()


def test_a_model_that_is_no_reranker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is no reranker but .* with 3 outputs; name a cross-encoder"):
        models.opened(reranker=models.reranker(tmp_path / "three", labels=3))
    with pytest.raises(ConfigError, match=r"retriever\.reranker '.*embedder' (is no reranker|cannot be loaded)"):
        models.opened(reranker=models.embedder(tmp_path / "embedder"))
