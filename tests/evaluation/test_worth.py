"""When a line or a weight is worth an owner's honest answers, just below, at and just above each bound."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.errors import ConfigError
from app.evaluation.guarding.fitting import Counted, Line, fit
from app.evaluation.guarding.judging import Ruling
from app.evaluation.guarding.training import Shop, learn
from app.evaluation.retrieval import Query, read_queries
from app.evaluation.verdicts import Thresholds, judge
from app.evaluation.weighing import Quality, Weighing, folds_of, held_out, weigh
from app.knowledge.retriever import Signals
from app.types import Language
from tests.evaluation.test_guarding import draft

NOTHING = Counted(0, 0, 0.5)
LINE = Line(("borne_out", "en"), 40, 40, NOTHING, NOTHING, 0.5, 0.0, 0.0)


@pytest.mark.parametrize(
    ("value", "gain", "error", "worth"),
    [
        (0.5, 0.0099, 0.0, False),
        (0.5, 0.01, 0.0, True),
        (0.5, 0.0999, 0.05, False),
        (0.5, 0.1, 0.05, True),
        (0.0, 0.5, 0.0, False),
    ],
)
def test_a_line_gains_a_hundredth_and_twice_its_standard_error(
    value: float, gain: float, error: float, worth: bool
) -> None:
    assert replace(LINE, value=value, gain=gain, error=error).worth is worth


@pytest.mark.parametrize(
    ("weight", "gain", "error", "worth"),
    [
        (0.1, 0.0049, 0.0, False),
        (0.1, 0.005, 0.0, True),
        (0.1, 0.0099, 0.01, False),
        (0.1, 0.01, 0.01, True),
        (0.0, 0.5, 0.0, False),
    ],
)
def test_an_embedder_gains_five_thousandths_and_its_standard_error(
    weight: float, gain: float, error: float, worth: bool
) -> None:
    as_good = Quality(0.5, 0.5)
    assert Weighing(9, as_good, as_good, as_good, weight, gain, error).worth is worth


def rulings(honest: int, lies: int, language: Language = "en") -> list[Ruling]:
    kinds = [True] * honest + [False] * lies
    return [
        Ruling(draft(f"number {n}", honest=kind), language, (), (), True, 0.9 if kind else 0.5, 1.0)
        for n, kind in enumerate(kinds)
    ]


@pytest.mark.parametrize(("honest", "lies", "lines"), [(20, 20, 1), (19, 20, 0), (20, 19, 0), (21, 21, 1)])
def test_twenty_drafts_of_either_kind_tell_something(honest: int, lies: int, lines: int) -> None:
    fitting = fit(rulings(honest, lies), entailment=False)
    assert len(fitting.lines) == lines
    assert fitting.too_few == (() if lines else (("borne_out.en", honest, lies),))


def test_of_lines_as_good_the_middle_one_is_drawn() -> None:
    [line] = fit(rulings(40, 40), entailment=False).lines
    assert line.value == pytest.approx(0.7, abs=0.03), (
        "between .5 and .9, where drafts that nobody saw lie on both sides"
    )


def test_each_fifth_is_judged_by_the_other_four() -> None:
    folds = folds_of([f"вопрос {n}" for n in range(200)])
    assert set(folds) == {0, 1, 2, 3, 4}
    assert max(held_out(folds, len)) < 200 - 20


def signals(lexical: Sequence[float], cosines: Sequence[float]) -> Signals:
    return Signals(np.array(lexical, np.float32), 0.7, np.array(cosines, np.float32))


def test_of_weights_as_good_the_smallest_is_chosen() -> None:
    asked = [Query(f"вопрос {n}", ("a",)) for n in range(20)]
    right = signals([6, 1, 1], [0.9, 0.1, 0.1])  # whatever the weight, the section that words find is first
    found = weigh(asked, [right] * 20, ["a", "b", "c"], 0.12)
    assert found is not None
    assert (found.weight, found.words.mrr, found.now.mrr, found.worth) == (0.0, 1.0, 1.0, False)


def test_of_coverages_as_good_the_one_nearest_to_the_half_is_drawn() -> None:
    queries = [Query(f"да {n}", ("a",)) for n in range(10)] + [Query(f"нет {n}", ()) for n in range(10)]
    found = [Signals(np.ones(1, np.float32), 0.9 if query.expect else 0.1, None) for query in queries]
    assert judge(queries, found, Thresholds(0.9)).line == Thresholds(0.5)


def test_a_question_without_an_answer_is_read_only_where_it_may_be(tmp_path: Path) -> None:
    file = tmp_path / "queries.jsonl"
    file.write_text(json.dumps({"query": "есть ли парковка?", "expect": []}) + "\n", "utf-8")
    assert read_queries(file, unanswerable=True) == [Query("есть ли парковка?", ())]
    with pytest.raises(ConfigError):
        read_queries(file)


def test_learning_needs_true_and_false_drafts_of_two_shops() -> None:
    with pytest.raises(ConfigError, match="two shops or more"):
        learn([Shop(())])
