"""The entailment model: what it reads, its scores, what it refuses to load, and that it is left out like the others."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import ConfigError
from app.knowledge.models import Degraded, Models, Part, Reason
from tests import models

PAIRS = [
    ("Принтер чеков печатает на ленте.", "Принтер печатает чеки."),
    ("Доставим по городу за два дня.", "Доставка займёт неделю."),
    ("Вернём деньги, если касса не подошла.", "Привезём и настроим."),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.entailer(tmp_path_factory.mktemp("models") / "entailer")


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Iterator[Models]:
    found = models.opened(entails=models.entailment(folder))
    yield found
    found.close()


def scores(found: Models, pairs: list[tuple[str, str]]) -> tuple[float, ...]:
    assert found.entail
    return found.entail.entailer.scores(pairs)


def test_a_score_is_the_share_of_the_output_that_is_called_entailment(loaded: Models) -> None:
    found = scores(loaded, PAIRS)
    assert all(0 < score < 1 for score in found)
    assert len({round(score, 4) for score in found}) == len(PAIRS)
    assert loaded.entail
    import torch

    shares = loaded.entail.entailer._model.predict(PAIRS, activation_fn=torch.nn.Softmax(dim=-1))
    assert found == pytest.approx([float(row[1]) for row in shares], abs=1e-5)
    assert scores(loaded, PAIRS[:1])[0] == pytest.approx(found[0], abs=1e-5), "whatever stands in the same batch"
    assert scores(loaded, []) == ()


def test_all_pairs_are_one_batch_the_text_before_the_sentence(loaded: Models) -> None:
    calls: list[int] = []
    with models.inputs(loaded, "entail") as seen, models.before_each_call(loaded, "entail", lambda: calls.append(1)):
        scores(loaded, PAIRS)
    assert len(calls) == 1
    read = [models.tokens(loaded, "entail").decode(ids, skip_special_tokens=True) for ids in seen]
    assert sorted(text.replace(" ", "") for text in read) == sorted("".join(pair).replace(" ", "") for pair in PAIRS)


def test_a_model_with_one_output_is_read_as_a_probability(tmp_path: Path) -> None:
    found = models.opened(entails=models.entailment(models.reranker(tmp_path / "one")))
    assert all(0 < score < 1 for score in scores(found, PAIRS))
    found.close()


def test_outputs_of_which_none_is_entailment_are_refused(tmp_path: Path) -> None:
    folder = models.reranker(tmp_path / "other", labels=3)
    with pytest.raises(ConfigError, match=r"guardrail.entailment.model .* judges no entailment: .*label_0, label_1"):
        models.opened(entails=models.entailment(folder))


def test_a_model_of_the_hub_needs_its_commit() -> None:
    with pytest.raises(ConfigError, match=r"guardrail.entailment.revision is '', so nobody knows"):
        models.entailment("some/model")
    assert models.entailment("some/model", revision="a" * 40).model == "some/model"


def test_nothing_is_loaded_where_none_is_named() -> None:
    assert models.opened(entails=models.entailment("")) == Models()


async def test_a_late_or_failing_model_is_left_out_and_told(folder: Path) -> None:
    told: list[tuple[Part, Reason]] = []
    found = models.opened(
        entails=models.entailment(folder, timeout_s=0.2), on_degraded=lambda part, reason: told.append((part, reason))
    )
    assert found.entail
    held = threading.Event()

    def broken() -> None:
        raise RuntimeError("out of memory")

    with models.before_each_call(found, "entail", broken), pytest.raises(Degraded, match="entail:failed"):
        await found.entail.scores(PAIRS, None)
    ticks = 0
    with models.before_each_call(found, "entail", lambda: held.wait(5)):
        call = asyncio.create_task(found.entail.scores(PAIRS, None))
        while not call.done():
            await asyncio.sleep(0.01)
            ticks += 1
        held.set()
    with pytest.raises(Degraded, match="entail:timeout"):
        await call
    assert ticks > 5, "the event loop went on meanwhile"
    assert told == [("entail", "failed"), ("entail", "timeout")]
    found.close()
