"""Words, meaning and reranking together: fusion, what happens without a model, swapping the knowledge, calibration."""

import asyncio
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.breaker import Breaker
from app.cli import main
from app.deadline import Deadline
from app.errors import ConfigError, Unavailable
from app.evaluation import Query, evaluate_retrieval, read_queries
from app.evaluation.calibration import calibrate, threshold
from app.knowledge.dense import parts
from app.knowledge.fusion import combine
from app.knowledge.models import Degraded, Model, Models
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, digest
from app.knowledge.shelf import Knowledge, build_retriever
from app.knowledge.worker import Worker
from app.service.assembly import open_machine
from app.settings import load
from app.telemetry import Telemetry
from app.types import Section
from loadtests.service import ROOT, clean_environment
from tests import models

TODAY = date(2026, 6, 1)
DELIVERY = Section("delivery", "Доставим по городу за два дня.", "c", questions=("когда привезёте заказ",))
PRINTER = Section("printer", "Принтер чеков печатает на ленте 58 мм.", "c", title="Принтер чеков")
SCANNER = Section("scanner", "Сканер читает штрихкоды и маркировку.", "c", keywords=("считыватель",))
REFUND = Section("refund", "Вернём деньги за подписку в течение месяца.", "c", title="Возврат денег")
SHOP = (DELIVERY, PRINTER, SCANNER, REFUND)
RUNS_OUT = 0.2  # seconds a model is given where a test makes it hang


def base(*sections: Section) -> KnowledgeBase:
    return KnowledgeBase(sections, digest(sections))


def retriever(found: Models | None = None, *sections: Section, **options: Any) -> Retriever:
    return Retriever(base(*(sections or SHOP)), today=TODAY, models=found, **options)


def ids(found: Any) -> list[str]:
    return [passage.section.id for passage in found.passages]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {"embedder": models.embedder(folder / "embedder"), "reranker": models.reranker(folder / "reranker")}


@pytest.fixture
def open_with(folders: dict[str, Path]) -> Iterator[Callable[..., Models]]:
    """open_with("embedder", "reranker", **settings): the models of those settings, closed behind the test."""
    made: list[Models] = []

    def opened(*names: str, **values: Any) -> Models:
        made.append(models.opened(**{name: folders[name] for name in names}, **values))
        return made[-1]

    yield opened
    for one in made:
        one.close()


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Any]]:
    """What is logged meanwhile, in place of a page of traceback on the console."""
    structlog.reset_defaults()  # a command that ran in this process before may have asked for errors alone
    with structlog.testing.capture_logs() as lines:
        yield lines


# Fusion

# Scores of words: no subnormal, which halved is nothing.
LEXICAL = st.lists(st.floats(0, 50, width=32, allow_subnormal=False), min_size=1, max_size=20)


def given_arrays(lexical: list[float], seed: int) -> tuple[Any, Any]:
    cosines = np.random.default_rng(seed).uniform(0.7, 0.9, len(lexical)).astype(np.float32)
    return np.array(lexical, dtype=np.float32), cosines


@given(LEXICAL, st.integers(0, 99), st.floats(0, 2))
def test_what_is_better_by_words_and_by_meaning_is_better(lexical: list[float], seed: int, weight: float) -> None:
    by_words, cosines = given_arrays(lexical, seed)
    scores = combine(by_words, cosines, weight)
    for one in range(len(scores)):
        above = (by_words >= by_words[one]) & (cosines >= cosines[one])
        assert (scores[above] >= scores[one] - 1e-5).all()


@given(LEXICAL, st.integers(0, 99), st.floats(0, 2), st.floats(0.125, 8, width=32))
def test_neither_scale_matters(lexical: list[float], seed: int, weight: float, scale: float) -> None:
    by_words, cosines = given_arrays(lexical, seed)
    plain = combine(by_words, cosines, weight)
    assert combine(by_words * np.float32(scale), cosines, weight) == pytest.approx(plain, abs=1e-3)
    assert combine(by_words, cosines * np.float32(0.5) - np.float32(0.25), weight) == pytest.approx(plain, abs=1e-2)


@given(LEXICAL, st.integers(0, 99))
def test_without_weight_the_words_decide_and_their_best_scores_one(lexical: list[float], seed: int) -> None:
    by_words, cosines = given_arrays(lexical, seed)
    best = by_words.max()
    assert combine(by_words, cosines, 0.0) == pytest.approx(by_words / best if best else by_words, abs=1e-6)


def test_the_sum_is_of_the_words_share_and_the_weighted_standard_score() -> None:
    cosines = np.array([0.8, 0.9, 0.7, -np.inf], dtype=np.float32)  # mean 0.8, deviation 0.0816; the last has expired
    scores = combine(np.array([4, 1, 0, 9], dtype=np.float32), cosines, 0.1)
    assert scores == pytest.approx([1, 0.25 + 0.12247, -0.12247, -np.inf], abs=1e-4)
    assert combine(np.zeros(2, np.float32), np.full(2, 0.8, np.float32), 5) == pytest.approx([0, 0]), "no spread"
    assert combine(np.zeros(1, np.float32), np.full(1, -np.inf, np.float32), 5) == pytest.approx([-np.inf])


# The stages together


@given(st.text(max_size=40), st.one_of(st.none(), st.text(max_size=40)))
def test_without_models_the_async_search_is_the_search_by_words(query: str, previous: str | None) -> None:
    plain = _PLAIN.search(query, top_k=3, today=TODAY, previous=previous)
    found = asyncio.run(_PLAIN.find(query, top_k=3, today=TODAY, previous=previous))
    assert found.passages == plain
    assert found.degraded == ()
    assert set(found.seconds) == {"lexical"}
    assert found.version == _PLAIN.version


_PLAIN = retriever()


async def test_every_stage_leaves_its_rank_and_its_time(open_with: Callable[..., Models]) -> None:
    running = retriever(open_with("embedder", "reranker", rerank_threshold=0))
    found = await running.find("принтер чеков", top_k=3, today=TODAY)
    assert len(found.passages) == 3
    first = next(passage for passage in found.passages if passage.section.id == "printer")
    assert set(first.ranks) == {"lexical", "dense", "fused", "rerank"}
    assert first.ranks["lexical"] == 1
    assert set(found.seconds) == {"lexical", "dense", "rerank"}
    assert all(seconds > 0 for seconds in found.seconds.values())
    assert found.degraded == ()


async def test_the_text_of_any_part_is_nearest_in_meaning(open_with: Callable[..., Models]) -> None:
    running = retriever(open_with("embedder", query_prefix="x ", document_prefix="x "))
    for part in parts(DELIVERY) + parts(PRINTER):
        found = await running.explain(part, top_k=4, today=TODAY)
        assert found.similarity == pytest.approx(1, abs=1e-5)
        first = found.passages[0]
        assert first.ranks == {"lexical": 1, "dense": 1, "fused": 1}
        assert first.score == pytest.approx(1 + 0.12 * 3**0.5, abs=0.2), "the words' best and the highest of four"
        assert len(found.passages) == 4, "meaning finds sections that share no word"


async def test_a_section_near_enough_in_meaning_is_enough_where_the_words_say_no(
    open_with: Callable[..., Models],
) -> None:
    found = open_with("embedder")
    query = "рецепт борща"
    assert retriever(found).search(query, top_k=2, today=TODAY) == ()
    cosine = (await retriever(found).explain(query, top_k=2, today=TODAY)).similarity
    assert cosine is not None
    below, above = retriever(found, min_similarity=cosine - 1e-4), retriever(found, min_similarity=cosine + 1e-4)
    assert len((await below.find(query, top_k=2, today=TODAY)).passages) == 2
    assert (await above.find(query, top_k=2, today=TODAY)).passages == ()
    assert ids(await above.find("принтер", top_k=1, today=TODAY)), "the words are enough by themselves, as before"


async def test_a_question_that_leans_on_the_one_before_is_embedded_with_it_uncorrected(
    open_with: Callable[..., Models],
) -> None:
    found = open_with("embedder")
    running = retriever(found)
    with models.inputs(found, "dense") as seen:
        await running.explain("а скока?", top_k=2, today=TODAY, previous="нужен скнаер")
    read = models.tokens(found, "dense").decode(seen[0], skip_special_tokens=True)
    alone = models.tokens(found, "dense").decode(seen[1], skip_special_tokens=True)
    assert {read, alone} == {"search_query: нужен скнаер\nа скока?", "search_query: а скока?"}


async def test_a_message_that_does_not_belong_to_the_one_before_is_searched_alone(
    open_with: Callable[..., Models],
) -> None:
    found = open_with("embedder")
    running = retriever(found, min_coverage=0.6)
    with models.inputs(found, "dense") as seen:
        answer = await running.find("сканер", top_k=2, today=TODAY, previous="какая погода?")
    read = [models.tokens(found, "dense").decode(text, skip_special_tokens=True) for text in seen]
    assert sorted(read) == ["search_query: какая погода?\nсканер", "search_query: сканер", "search_query: сканер"]
    assert "scanner" in ids(answer)
    assert answer.seconds["dense"] > 0


@pytest.mark.parametrize("query", ["принтер \ud83d", "принтер чеков " * 600, "принтер\x00чеков", "<s></s> принтер"])
async def test_nothing_a_customer_can_write_fails_a_model(open_with: Callable[..., Models], query: str) -> None:
    running = retriever(open_with("embedder", "reranker", rerank_threshold=0))
    found = await running.find(query, top_k=3, today=TODAY, previous="сколько \udc00 стоит")
    assert found.degraded == ()
    assert len(found.passages) == 3


async def test_an_expired_section_is_found_by_no_stage(open_with: Callable[..., Models]) -> None:
    offer = Section("offer", "Скидка на сканер.", "c", valid_until=TODAY)
    running = retriever(open_with("embedder", "reranker", rerank_threshold=0), offer, *SHOP)
    assert "offer" in ids(await running.find("скидка на сканер", top_k=9, today=TODAY))
    assert "offer" not in ids(await running.find("скидка на сканер", top_k=9, today=date(2026, 6, 2)))


# Without a model that does not answer


def break_down() -> None:
    raise RuntimeError("CUDA error: out of memory")


async def test_a_failing_embedder_leaves_the_search_by_words(
    open_with: Callable[..., Models], logged: list[Any]
) -> None:
    found = open_with("embedder")
    running = retriever(found)
    with models.before_each_call(found, "dense", break_down):
        answer = await running.find("принтер чеков", top_k=3, today=TODAY)
    assert answer.passages == running.search("принтер чеков", top_k=3, today=TODAY)
    assert answer.degraded == ("dense:failed",)
    assert [(line["event"], line["part"], line["reason"]) for line in logged] == [("model_left_out", "dense", "failed")]
    assert (await running.find("принтер чеков", top_k=3, today=TODAY)).degraded == (), "and it is used again"


async def test_an_embedder_that_keeps_failing_is_named_until_it_answers_again(open_with: Callable[..., Models]) -> None:
    found = open_with("embedder", "reranker")
    assert found.dense is not None
    running = retriever(found)
    with models.before_each_call(found, "dense", break_down):
        for tries in range(1, 4):
            assert found.resting == (), "one miss is no news"
            await running.find(f"принтер чеков {tries}", top_k=3, today=TODAY)
    assert found.resting == ("dense",)
    found.dense.model._breaker._pause_s = 0.0  # its rest is over
    assert found.resting == ("dense",), "until a call has shown that it answers"
    assert (await running.find("принтер чеков", top_k=3, today=TODAY)).degraded == ()
    assert found.resting == ()


async def test_a_failing_reranker_leaves_the_fused_order_and_the_word_s_verdict(
    open_with: Callable[..., Models],
) -> None:
    found = open_with("embedder", "reranker", rerank_threshold=1)
    running = retriever(found)
    assert (await running.find("принтер чеков", top_k=3, today=TODAY)).passages == ()
    with models.before_each_call(found, "rerank", break_down):
        answer = await running.find("принтер чеков", top_k=3, today=TODAY)
    alone = retriever(replace(found, rerank=None))
    assert answer.passages == (await alone.find("принтер чеков", top_k=3, today=TODAY)).passages
    assert answer.degraded == ("rerank:failed",)
    assert "fused" in answer.passages[0].ranks


async def test_both_models_may_fail_and_the_metric_counts_each(open_with: Callable[..., Models]) -> None:
    telemetry = Telemetry(b"key")
    found = open_with(
        "embedder",
        "reranker",
        on_degraded=lambda part, reason: telemetry.retrieval_degraded.labels(part, reason).inc(),
    )
    running = retriever(found)
    with (
        models.before_each_call(found, "dense", break_down),
        models.before_each_call(found, "rerank", break_down),
    ):
        answer = await running.find("принтер чеков", top_k=3, today=TODAY)
    assert ids(answer) == ids_of(running.search("принтер чеков", top_k=3, today=TODAY))
    assert answer.degraded == ("dense:failed", "rerank:failed")
    exposition = telemetry.exposition().decode()
    assert 'machine_retrieval_degraded_total{part="dense",reason="failed"} 1.0' in exposition
    assert 'machine_retrieval_degraded_total{part="rerank",reason="failed"} 1.0' in exposition


def ids_of(passages: Any) -> list[str]:
    return [passage.section.id for passage in passages]


async def test_a_hanging_model_is_left_out_in_time_then_at_once_then_used_again(
    open_with: Callable[..., Models],
) -> None:
    found = open_with("embedder", model_timeout_s=RUNS_OUT)
    running, release = retriever(found), threading.Event()
    with models.before_each_call(found, "dense", lambda: release.wait(30)):
        started = time.monotonic()
        assert (await running.find("принтер", top_k=3, today=TODAY)).degraded == ("dense:timeout",)
        assert RUNS_OUT <= time.monotonic() - started < RUNS_OUT + 1
        started, words = time.monotonic(), running.search("принтер", top_k=3, today=TODAY)
        for _ in range(20):
            answer = await running.find("принтер", top_k=3, today=TODAY)
            assert answer.degraded == ("dense:busy",)
            assert answer.passages == words
        assert time.monotonic() - started < 10 * RUNS_OUT, "nobody waits behind a call that was given up"
        release.set()
        await until(lambda: not found.worker.stuck)  # type: ignore[union-attr]
    assert (await running.find("принтер", top_k=3, today=TODAY)).degraded == ()


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true within 5 s")


async def test_the_search_leaves_half_of_the_turn_to_the_answer(open_with: Callable[..., Models]) -> None:
    found = open_with("embedder", model_timeout_s=30)
    running, release = retriever(found), threading.Event()
    with models.before_each_call(found, "dense", lambda: release.wait(30)):
        deadline = Deadline.after(1)
        answer = await running.find("принтер", top_k=3, today=TODAY, deadline=deadline)
        assert answer.degraded == ("dense:deadline",)
        assert 0.2 < deadline.remaining() <= 0.5
        release.set()
    late = await running.find("принтер", top_k=3, today=TODAY, deadline=Deadline.after(-1))
    assert late.degraded == ("dense:deadline",)
    assert late.passages == running.search("принтер", top_k=3, today=TODAY)


async def test_the_event_loop_goes_on_while_a_model_computes(open_with: Callable[..., Models]) -> None:
    found = open_with("embedder")
    running, beats = retriever(found), 0

    async def heart() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.01)

    heartbeat = asyncio.create_task(heart())
    with models.before_each_call(found, "dense", lambda: time.sleep(0.4)):
        answer = await running.find("принтер", top_k=3, today=TODAY)
    heartbeat.cancel()
    assert answer.degraded == ()
    assert answer.seconds["dense"] >= 0.4
    assert beats >= 5


async def test_models_are_called_one_at_a_time_and_off_the_loop_s_thread(open_with: Callable[..., Models]) -> None:
    found = open_with("embedder", "reranker", rerank_threshold=0)
    running, inside, most, threads = retriever(found), 0, 0, set[int]()

    def enter() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        threads.add(threading.get_ident())
        time.sleep(0.005)
        inside -= 1

    with models.before_each_call(found, "dense", enter), models.before_each_call(found, "rerank", enter):
        answers = await asyncio.gather(*(running.find("принтер", top_k=3, today=TODAY) for _ in range(12)))
    assert most == 1
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    assert len({tuple(ids(answer)) for answer in answers}) == 1
    assert all(answer.degraded == () for answer in answers)


async def test_a_cancelled_turn_leaves_nothing_in_the_queue(open_with: Callable[..., Models]) -> None:
    found = open_with("embedder")
    running, release, calls = retriever(found), threading.Event(), 0

    def count() -> None:
        nonlocal calls
        calls += 1
        release.wait(30)

    with models.before_each_call(found, "dense", count):
        turns = [asyncio.create_task(running.find("принтер", top_k=3, today=TODAY)) for _ in range(5)]
        await until(lambda: calls == 1)
        for turn in turns:
            turn.cancel()
        outcomes = await asyncio.gather(*turns, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        release.set()
        assert (await running.find("принтер", top_k=3, today=TODAY)).degraded == ()
    assert calls == 2, "the one that ran and the new one: the four that waited were never begun"


async def test_after_failures_in_a_row_a_model_rests_and_one_call_tries_it_again() -> None:
    now, worker, heard = [0.0], Worker("test"), list[str]()
    model = Model("dense", worker, 5, lambda part, reason: heard.append(reason), Breaker(3, 30, lambda: now[0]))
    for _ in range(3):
        with pytest.raises(Degraded, match="dense:failed"):
            await model.call(break_down)
    with pytest.raises(Degraded, match="dense:resting"):
        await model.call(lambda: 1)
    now[0] = 31
    release = threading.Event()
    trial = asyncio.create_task(model.call(lambda: release.wait(5)))
    await asyncio.sleep(0.02)
    with pytest.raises(Degraded, match="dense:resting"):
        await model.call(lambda: 1)
    release.set()
    assert await trial
    assert await model.call(lambda: 1) == 1
    assert heard == ["failed", "failed", "failed", "resting", "resting"]
    worker.close()


async def test_waiting_behind_others_is_no_failure_of_the_model() -> None:
    worker, release, heard = Worker("test"), threading.Event(), list[str]()
    slow = Model("dense", worker, 30, lambda part, reason: heard.append(reason))
    quick = Model("rerank", worker, 0.05, lambda part, reason: heard.append(reason), Breaker(1, 30))
    running = asyncio.create_task(slow.call(lambda: release.wait(10)))
    await asyncio.sleep(0.01)
    with pytest.raises(Degraded, match="rerank:busy"):
        await quick.call(lambda: 1)
    release.set()
    assert await running
    assert await quick.call(lambda: 1) == 1
    worker.close()


def test_a_hanging_model_does_not_keep_the_process_from_ending() -> None:
    code = "import threading; from app.knowledge.worker import Worker; Worker('w').submit(threading.Event().wait)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=clean_environment(), timeout=20, check=False)
    assert done.returncode == 0


def test_a_call_s_own_timeout_error_is_its_failure_and_not_ours() -> None:
    def impatient() -> None:
        raise TimeoutError("from within")

    worker = Worker("test")
    with pytest.raises(Degraded, match="dense:failed"):
        asyncio.run(Model("dense", worker, 5, lambda part, reason: None).call(impatient))
    worker.close()


# The knowledge in use


def numbered(version: int) -> KnowledgeBase:
    return base(*(Section(f"v{version}-{n}", f"Касса номер {n} в версии {version}.", "c") for n in range(6)))


async def test_searches_go_on_while_the_knowledge_is_replaced_and_each_sees_one_version(
    open_with: Callable[..., Models],
) -> None:
    found = open_with("embedder", "reranker", rerank_threshold=0)
    knowledge = Knowledge(numbered(0), lambda new: Retriever(new, today=TODAY, models=found))
    versions = {numbered(n).version: n for n in range(5)}
    seen, stop = set[int](), asyncio.Event()

    async def customer() -> None:
        while not stop.is_set():
            answer = await knowledge.find("касса номер", top_k=3, today=TODAY)
            assert len(answer.passages) == 3
            assert answer.degraded == ()
            assert {passage.section.id.split("-")[0] for passage in answer.passages} == {f"v{versions[answer.version]}"}
            seen.add(versions[answer.version])

    customers = [asyncio.create_task(customer()) for _ in range(4)]
    for number in range(1, 5):
        await asyncio.sleep(0.05)
        made = await knowledge.rebuild(numbered(number))
        assert knowledge.current is made
        assert knowledge.version == numbered(number).version
    async with asyncio.timeout(5):
        while 4 not in seen:  # noqa: ASYNC110 - until one of them has met the last version
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.gather(*customers)
    assert {0, 4} <= seen
    assert [section.id for section in knowledge.sections] == [f"v4-{n}" for n in range(6)]


async def test_a_rebuild_that_fails_leaves_the_old_knowledge_in_use(open_with: Callable[..., Models]) -> None:
    found = open_with("embedder")
    settings = load(environ={})
    knowledge = Knowledge(numbered(0), partial(build_retriever, settings=settings, models=found, today=TODAY))
    with (
        models.before_each_call(found, "dense", break_down),
        pytest.raises(Unavailable, match="the embedder failed on the sections"),
    ):
        await knowledge.rebuild(numbered(1))
    assert knowledge.version == numbered(0).version
    assert ids(await knowledge.find("касса номер", top_k=1, today=TODAY))[0].startswith("v0")
    await knowledge.rebuild(numbered(1))
    assert knowledge.version == numbered(1).version


async def test_of_two_rebuilds_the_later_one_stays() -> None:
    def build(new: KnowledgeBase) -> Retriever:
        time.sleep(0.1 if new.version == numbered(1).version else 0)
        return Retriever(new, today=TODAY)

    knowledge = Knowledge(numbered(0), build)
    await asyncio.gather(knowledge.rebuild(numbered(1)), knowledge.rebuild(numbered(2)))
    assert knowledge.version == numbered(2).version


async def test_searches_get_their_turn_between_the_batches_of_a_rebuild(open_with: Callable[..., Models]) -> None:
    found = open_with("embedder")
    knowledge = Knowledge(base(*SHOP), lambda new: Retriever(new, today=TODAY, models=found))
    many = base(*(Section(f"s{n}", f"Касса номер {n}.", "c") for n in range(80)))
    with models.before_each_call(found, "dense", lambda: time.sleep(0.05)):
        rebuilding = asyncio.create_task(knowledge.rebuild(many))
        await asyncio.sleep(0.1)
        answer = await knowledge.find("принтер", top_k=1, today=TODAY)
        assert not rebuilding.done()
        assert answer.degraded == ()
        await rebuilding
    assert len(knowledge.sections) == 80


# Evaluation and calibration


def test_the_evaluation_uses_the_models_and_says_what_they_took(open_with: Callable[..., Models]) -> None:
    found = open_with("embedder", "reranker")
    report = evaluate_retrieval(
        retriever(found), [Query("принтер", ("printer",)), Query("сканер", ("scanner",))], TODAY
    )
    shown = report.as_json()
    assert set(shown["stage_p95_ms"]) == {"lexical", "dense", "rerank"}
    assert shown["degraded"] == 0
    with models.before_each_call(found, "rerank", break_down):
        assert evaluate_retrieval(retriever(found), [Query("принтер", ("printer",))], TODAY).degraded == 1
    assert "degraded" not in evaluate_retrieval(retriever(), [Query("принтер", ("printer",))], TODAY).as_json()


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
    st.floats(0, 1),
)
def test_a_threshold_counts_what_it_lets_through(right: list[float], wrong: list[float], value: float) -> None:
    found = threshold(sorted(right), sorted(wrong), value)
    assert found.answered == sum(score >= value for score in right)
    assert found.wrongly == sum(score >= value for score in wrong)
    missed = len(right) - found.answered
    assert found.f1 == pytest.approx(2 * found.answered / (2 * found.answered + found.wrongly + missed), abs=1e-4)
    assert found.youden == pytest.approx(found.answered / len(right) - found.wrongly / len(wrong), abs=1e-4)


NOW = {"min_coverage": 0.5, "min_similarity": 1.0, "meaning_weight": 0.12, "rerank_threshold": 0.1}
LABELLED = [Query("принтер чеков", ("printer",)), Query("сканер штрихкодов", ("scanner",)), Query("рецепт борща", ())]


async def test_a_calibration_draws_the_line_that_separates_best(open_with: Callable[..., Models]) -> None:
    running = retriever(open_with("embedder", "reranker"))
    made = await calibrate(running, LABELLED, TODAY, top_k=4, now=NOW | {"rerank_threshold": 0.0})
    by_name = {calibration.setting: calibration for calibration in made.lines}
    assert set(by_name) == {"retriever.min_coverage", "retriever.rerank_threshold", "retriever.min_similarity"}
    found = by_name["retriever.rerank_threshold"]
    assert (found.answerable, found.others) == (2, 1)
    assert (found.now.answered, found.now.wrongly) == (2, 1), "0 lets everything through"
    scores = [(await running.explain(query.text, top_k=4, today=TODAY)).relevance or 0 for query in LABELLED]
    lines = [0, *(score + 1e-9 for score in scores)]
    best = max(threshold(sorted(scores[:2]), [scores[2]], line).youden for line in lines)
    assert found.best_youden.youden == pytest.approx(best)
    assert found.best_f1.f1 >= found.now.f1
    assert found.auc == pytest.approx(sum(score > scores[2] for score in scores[:2]) / 2)


async def test_a_calibration_says_what_it_lacks(open_with: Callable[..., Models]) -> None:
    now = NOW
    found = open_with("reranker")
    with pytest.raises(ConfigError, match=r"2 questions found their section and 0 did not.*\"expect\": \[\]"):
        await calibrate(retriever(found), LABELLED[:2], TODAY, top_k=4, now=now)
    with (
        models.before_each_call(found, "rerank", break_down),
        pytest.raises(ConfigError, match="did not answer every question"),
    ):
        await calibrate(retriever(found), LABELLED, TODAY, top_k=4, now=now)


def test_only_a_calibration_reads_questions_without_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_text('{"query": "рецепт борща", "expect": []}\n', "utf-8")
    assert read_queries(path, unanswerable=True) == [Query("рецепт борща", ())]
    with pytest.raises(ConfigError, match=r"labelled\.jsonl:1"):
        read_queries(path)


# The commands, with a model by its name on the Hub


@pytest.fixture(scope="module")
def hub(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a host that fetched the embedder as acme/tiny, and has no way to the Hub now."""
    home = tmp_path_factory.mktemp("hf")
    repository = home / "hub" / "models--acme--tiny"
    shutil.copytree(folders["embedder"], repository / "snapshots" / ("c" * 40))
    return {
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": "1",
        "MACHINE_RETRIEVER__EMBEDDER": "acme/tiny",
        "MACHINE_RETRIEVER__EMBEDDER_REVISION": "c" * 40,
        "MACHINE_RETRIEVER__RERANKER": str(folders["reranker"]),
        "MACHINE_RETRIEVER__RERANK_THRESHOLD": "0",
        "MACHINE_RETRIEVER__DEVICE": "cpu",
        "MACHINE_RETRIEVER__MODEL_TIMEOUT_S": "30",
    }


def machine(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: where models lie is read when their library is imported."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "app", *arguments],
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kb")
    sections = [{"id": section.id, "title": section.title, "text": section.text} for section in SHOP]
    (folder / "shop.yaml").write_text(json.dumps({"category": "c", "sections": sections}), "utf-8")
    return folder


@pytest.fixture
def here(hub: dict[str, str], folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Commands in this process, whose libraries are imported already; the embedder is named by its folder."""
    for name, value in (hub | {"MACHINE_RETRIEVER__EMBEDDER": str(folders["embedder"])}).items():
        monkeypatch.setenv(name, value)
    return CliRunner()


EXPLAIN = ("kb", "explain", "принтер чеков")


@pytest.mark.long
def test_explain_shows_every_stage_of_a_model_named_as_on_the_hub(
    hub: dict[str, str], shop: Path, tmp_path: Path
) -> None:
    text = machine(hub, *EXPLAIN, "--kb", str(shop), "--data", str(tmp_path))
    assert text.returncode == 0, text.stderr
    assert "similarity" in text.stdout
    assert "rerank:1" in text.stdout
    assert text.stderr == "", "no progress bars, no warnings"
    kept = [path for path in (tmp_path / "vectors").rglob("*") if path.is_file()]
    assert len(kept) == sum(len(parts(replace(section, questions=(), keywords=()))) for section in SHOP)


def test_explain_as_json(here: CliRunner, shop: Path, tmp_path: Path) -> None:
    done = here.invoke(main, [*EXPLAIN, "--kb", str(shop), "--data", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert set(shown["seconds"]) == {"lexical", "dense", "rerank"}
    assert shown["degraded"] == []
    assert shown["enough"] is True
    assert set(shown["passages"][0]["ranks"]) >= {"dense", "fused", "rerank"}


def test_calibrate_prints_a_line_to_draw(here: CliRunner, shop: Path, tmp_path: Path) -> None:
    queries = tmp_path / "labelled.jsonl"
    lines = [{"query": query.text, "expect": list(query.expect)} for query in LABELLED]
    queries.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    done = here.invoke(main, ["kb", "calibrate", "--kb", str(shop), "--queries", str(queries)])
    assert done.exit_code == 0, done.output
    assert "retriever.rerank_threshold: 2 questions with an answer, 1 without" in done.stdout
    assert "retriever.min_similarity: " in done.stdout
    assert done.stdout.count("best F1") == done.stdout.count("best Youden") == 3
    assert "put into the settings:\nretriever:\n  min_coverage: " in done.stdout


@pytest.mark.parametrize("query", ["🙂", "…", "👍🙏"])
async def test_a_message_without_a_word_is_near_to_nothing(open_with: Callable[..., Models], query: str) -> None:
    found = await retriever(open_with("embedder"), min_similarity=-1.0).find(query, top_k=3, today=TODAY)
    assert found.passages == (), "though every section would be near enough"
    assert "dense" not in found.seconds


@pytest.mark.parametrize("off", ["", "dense_search", "reranker"])
async def test_a_model_that_a_flag_switches_off_is_neither_loaded_nor_asked(
    folders: dict[str, Path], shop: Path, tmp_path: Path, off: str
) -> None:
    environ = {
        "MACHINE_RETRIEVER__EMBEDDER": str(folders["embedder"]),
        "MACHINE_RETRIEVER__RERANKER": str(folders["reranker"]),
        "MACHINE_RETRIEVER__DEVICE": "cpu",
        "MACHINE_RETRIEVER__MODEL_TIMEOUT_S": "30",
    }
    switched = {f"FF_{off}": "false"} if off else {}
    machine = open_machine(load(environ={**environ, **switched}), tmp_path / "data", shop)
    assert (machine.models.dense is None, machine.models.rerank is None) == (off == "dense_search", off == "reranker")
    found = await machine.bots.default.knowledge.find("принтер чеков", top_k=3, today=TODAY)
    assert set(found.seconds) == {"lexical", "dense", "rerank"} - {
        "dense" if off == "dense_search" else "rerank" if off else ""
    }
    assert found.degraded == ()
    await machine.close()


async def test_what_a_turn_holds_stays_as_it_is_while_another_version_comes_into_use() -> None:
    knowledge = Knowledge(numbered(1), lambda base: Retriever(base, today=TODAY))
    held = knowledge.pinned()
    await knowledge.rebuild(numbered(2))
    assert held.version == numbered(1).version != knowledge.version
