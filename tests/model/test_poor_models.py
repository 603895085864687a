"""Twenty dialogues through the whole service with two real models that write badly: they do no harm.

All of them, and the figures: python -m tests.model.poor
"""

import re
from pathlib import Path

import pytest

from app.evaluation.cases import DialogueCase, Expected
from tests.model.playing import Played, Turn
from tests.model.poor import FEW, HEARD, Compared, compare, dialogues
from tests.model.weights import LLAMA, MODELS, Model

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


@pytest.mark.model
@pytest.mark.long
@pytest.mark.parametrize("model", [pytest.param(model, id=model.name) for model in MODELS])
def test_what_has_to_be_said_is_said_and_nothing_else_is_done(model: Model, tmp_path: Path) -> None:
    if model.missing:
        pytest.skip(model.missing)
    found = compare(model, dialogues(few=True), tmp_path)
    print("\n".join(["", *found.table(), *found.differences()]))
    assert found.harm() == []
    assert any(turn.drafts for each in found.spoken for turn in each.turns), "the model never spoke"


def test_there_are_dialogues_enough_in_every_language_and_the_few_are_of_them() -> None:
    cases = dialogues(few=False)
    assert len(cases) >= 150
    assert {case.id for case in cases} >= FEW and len(FEW) == 20
    for language in ("ru", "kk", "en"):
        assert sum(case.id.split("-")[1] == language for case in cases) >= 45
        assert sum(name.split("-")[1] == language for name in FEW) >= 6
    assert HEARD.keys() == {model.name for model in MODELS}


def test_what_is_installed_is_what_the_extra_names() -> None:
    listed = re.findall(
        r'"([\w.-]+==[\w.]+)"', PYPROJECT.read_text("utf-8").partition("modeltest = [")[2].partition("]")[0]
    )
    assert sorted(listed) == sorted({LLAMA, *(package for model in MODELS for package in model.packages)})


def played(*answers: str, action: str = "answer", error: str = "", missed: str = "") -> Played:
    case = DialogueCase("price-en-0", (("how much?", Expected(every=("5",), never=("6",))),))
    wrong = ((missed, ""),) if missed else ()
    return Played(case, tuple(Turn("how much?", answer, action, error=error, missed=wrong) for answer in answers))


@pytest.mark.parametrize(
    ("spoken", "harm"),
    [
        (played("5"), ""),
        (played("5 or 6", missed="forbidden"), "forbidden text in 1 dialogues, 0 without it"),
        (played("5", action="handover"), "a handover that nobody wished: price-en-0"),
        (played("", error="503 busy"), "an error: price-en-0: 503 busy"),
    ],
)
def test_harm_is_told_by_its_kind(spoken: Played, harm: str) -> None:
    found = Compared("m", (spoken,), (played("5"),)).harm()
    assert found[:1] == ([harm] if harm else [])


def test_what_is_not_said_once_may_be_chance_and_twice_is_harm() -> None:
    silent, said = played("no", missed="include"), played("5")
    assert Compared("m", (silent, said), (said, said)).harm() == []
    assert Compared("m", (silent, silent), (said, said)).harm() == [
        "what has to be said was said in 0 of 2 dialogues, 2 without it"
    ]
