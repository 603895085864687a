"""What a calibration chooses, and that what it promises is of questions that had no part in choosing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from app.evaluation import Query
from app.evaluation.verdicts import NEVER, Thresholds, judge
from app.evaluation.weighing import FOLDS, WEIGHTS, folds_of, held_out, weigh
from app.knowledge.retriever import Signals

KB = Path(__file__).parents[2] / "kb"
IDS = [f"s{n}" for n in range(20)]


def signals(
    count: int, *, words_right: float, meaning_right: float, seed: int = 7
) -> tuple[list[Query], list[Signals]]:
    """Questions whose section the words (the meaning) place first with these chances."""
    rng, queries, found = np.random.default_rng(seed), [], []
    for number in range(count):
        wanted = int(rng.integers(len(IDS)))
        lexical = rng.uniform(1, 5, len(IDS)).astype(np.float32)
        cosines = rng.uniform(0.8, 0.82, len(IDS)).astype(np.float32)
        lexical[wanted] = 6 if rng.random() < words_right else 3
        cosines[wanted] = 0.86 if rng.random() < meaning_right else 0.8
        queries.append(Query(f"вопрос {number}", (IDS[wanted],)))
        found.append(Signals(lexical, 0.7, cosines))
    return queries, found


def test_an_embedder_that_helps_gets_a_weight_and_its_gain_is_held_out() -> None:
    found = weigh(*signals(200, words_right=0.5, meaning_right=0.9), IDS, 0.12)
    assert found
    assert found.worth
    assert found.weight > 0
    assert found.held_out.mrr - found.words.mrr == pytest.approx(found.gain, abs=1e-3)
    assert found.gain > 3 * found.error > 0


def test_an_embedder_of_noise_is_not_worth_it() -> None:
    found = weigh(*signals(200, words_right=0.9, meaning_right=0.05), IDS, 0.12)
    assert found
    assert not found.worth
    assert found.held_out.mrr >= found.words.mrr - 0.01, "the others choose no weight either"


def test_without_similarities_or_answers_there_is_nothing_to_weigh() -> None:
    queries, found = signals(5, words_right=0.5, meaning_right=0.5)
    assert weigh(queries, [Signals(each.lexical, 0.7, None) for each in found], IDS, 0.1) is None
    assert weigh([Query(query.text, ()) for query in queries], found, IDS, 0.1) is None


@given(st.lists(st.text(max_size=20), min_size=1, max_size=40))
def test_no_question_has_a_part_in_its_own_choice(texts: list[str]) -> None:
    folds = folds_of(texts)
    assert all(0 <= fold < FOLDS for fold in folds)
    assert folds == folds_of(texts)
    chosen = held_out(folds, frozenset)
    for number, among in enumerate(chosen):
        assert (number not in among) or len(set(folds)) == 1


def verdict(right: list[float], wrong: list[float], cosines: tuple[list[float], list[float]] | None = None) -> Any:
    queries = [Query(f"да {n}", ("s0",)) for n in range(len(right))] + [
        Query(f"нет {n}", ()) for n in range(len(wrong))
    ]
    near = [*cosines[0], *cosines[1]] if cosines else [None] * len(queries)
    found = [
        Signals(np.ones(1, np.float32), cover, None if cosine is None else np.array([cosine], np.float32))
        for cover, cosine in zip([*right, *wrong], near, strict=True)
    ]
    return judge(queries, found, Thresholds(0.9))


def test_the_line_of_coverage_is_drawn_where_it_separates() -> None:
    found = verdict([0.7] * 30 + [0.8] * 30, [0.1] * 30 + [0.3] * 30)
    assert 0.3 < found.line.min_coverage <= 0.7
    assert found.line.min_similarity == NEVER
    assert (found.words.answered, found.words.falsely) == (1.0, 0.0)
    assert (found.now.answered, found.now.falsely) == (0.0, 0.0)
    assert found.models is None


def test_similarity_is_used_where_it_knows_more_and_left_where_it_does_not() -> None:
    coverage = ([0.2] * 30 + [0.8] * 30, [0.2] * 60)
    knows = verdict(*coverage, ([0.9] * 60, [0.8] * 60))
    assert knows.models.answered > knows.words.answered
    assert 0.8 < knows.line.min_similarity <= 0.9
    crowded = verdict(*coverage, ([0.85] * 60, [0.85] * 60))
    assert crowded.line.min_similarity == NEVER


def test_the_command_draws_the_lines_of_words_alone(tmp_path: Path) -> None:
    files = [f"--queries={KB / 'eval' / name}.jsonl" for name in ("clean", "typos", "contextual", "unanswered")]
    done = CliRunner().invoke(main, ["kb", "calibrate", "--kb", str(KB), *files, "--json"])
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert shown["weighing"] is None
    assert list(shown["settings"]) == ["min_coverage"]
    assert 0.4 <= shown["settings"]["min_coverage"] <= 0.65, "the default stands near what the sample says"
    assert shown["verdicts"]["words"]["answered"] >= 0.88
    assert shown["verdicts"]["words"]["falsely"] <= 0.2
    told = CliRunner().invoke(main, ["kb", "calibrate", "--kb", str(KB), *files])
    assert "put into the settings:\nretriever:\n  min_coverage: " in told.stdout
    assert "embedder" not in told.stdout


def test_zero_is_among_the_weights_so_that_no_embedder_must_be_used() -> None:
    assert WEIGHTS[0] == 0
    assert list(WEIGHTS) == sorted(set(WEIGHTS))
