"""The matrix of vectors: a large one is read coarsely, and what is near is still compared in full."""

from datetime import date, timedelta

import numpy as np
import pytest

from app.knowledge import dense
from app.knowledge.dense import DenseIndex, nearest
from app.types import Section

TODAY = date(2026, 6, 1)
DIMENSION = 128


def crowd(rows: int, seed: int = 7) -> np.ndarray:
    """Unit vectors as embedders make them: crowded about one direction, and spread along some more than others."""
    rng = np.random.default_rng(seed)
    spread = rng.standard_normal((rows, DIMENSION)) * np.geomspace(1, 0.05, DIMENSION)
    vectors = (spread + np.full(DIMENSION, 0.5)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def counts() -> list[int]:
    return [int(count) for count in np.random.default_rng(3).integers(1, 9, 3000)]


def test_a_large_matrix_finds_what_a_whole_comparison_finds(counts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, sections = crowd(sum(counts)), [Section(str(n), "x", "c") for n in range(len(counts))]
    whole = DenseIndex(sections, vectors, counts)
    monkeypatch.setattr(dense, "_MANY", 5000)
    monkeypatch.setattr(dense, "_AXES", 48)
    coarse = DenseIndex(sections, vectors, counts)
    kept = []
    for query in crowd(50, seed=8):
        exact, found = whole.similarities(query, TODAY), coarse.similarities(query, TODAY)
        best = nearest(exact, 10)
        kept.append(len(set(best) & set(nearest(found, 10))))
        assert found[nearest(found, 10)] == pytest.approx(exact[nearest(found, 10)], abs=1e-5), "compared in full"
        assert float(found.std()) == pytest.approx(float(exact.std()), rel=0.1)
        assert float(found.mean()) == pytest.approx(float(exact.mean()), abs=0.02)
    assert np.mean(kept) >= 9.8


def test_what_has_expired_is_not_near_in_a_large_matrix_either(
    counts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "_MANY", 100)
    monkeypatch.setattr(dense, "_AXES", 8)
    vectors = crowd(sum(counts))
    gone = [Section(str(n), "x", "c", valid_until=TODAY - timedelta(days=n % 2)) for n in range(len(counts))]
    found = DenseIndex(gone, vectors, counts).similarities(vectors[0], TODAY)
    assert np.isfinite(found[::2]).all()
    assert not np.isfinite(found[1::2]).any()
    assert nearest(found, 1) == [0]
