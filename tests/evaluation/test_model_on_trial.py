"""A model on trial fails by the measure by which it would rest in service, as the playbooks put the questions to it."""

import json
import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.evaluate import evaluate
from app.evaluation.drafts import Drafts
from loadtests.emulators.harness import OllamaEmulator
from loadtests.service import ROOT

EVASIVE = "Об этом лучше спросить у менеджера."


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve of them, made from the knowledge as the playbook does."""
    cases = runpy.run_path(str(ROOT / "playbooks/files/cases.py"))["cases"]
    path = tmp_path_factory.mktemp("trial") / "cases.yaml"
    path.write_text(json.dumps(cases(ROOT / "kb", 12)), "utf-8")
    return path


def tried(questions: Path, *options: str, says: str | None = None, **more: str) -> Result:
    """The answer of `machine eval --json` with a model server that is asked as in service."""
    arguments = ("--profile", "instant", *(("--says", says) if says else ()))
    with OllamaEmulator(*arguments) as ollama:
        environment = {"MACHINE_LLM__BACKEND": "ollama", "MACHINE_LLM__HOST": ollama.url, "MACHINE_GPU__ENABLED": "off"}
        asked = [str(questions), "--kb", str(ROOT / "kb"), "--json", *options]
        return CliRunner().invoke(evaluate, asked, env=environment | more)


def test_a_good_speaker_passes_and_a_poor_one_is_told_by_its_faults(questions: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    good = tried(questions)
    before.write_text(good.stdout, "utf-8")
    figures = json.loads(good.stdout)
    assert (good.exit_code, figures["drafts"], figures["amount_rate"]) == (0, 12, 1.0), good.output
    assert tried(questions, "--drafts", f"--compare={before}").exit_code == 0

    poor = tried(questions, "--drafts", f"--compare={before}", says="Да")
    found = json.loads(poor.stdout)
    assert found["amount_rate"] == 1.0, "facts stand in the place of its drafts, so the answers hide it"
    assert (poor.exit_code, found["drafts"], found["drafts_faulty"]) == (1, 12, 12), poor.output
    assert found["draft_faults"]["bare"] == 12
    assert "the model is too poor to speak: of the last 12 drafts 12 were not fit to send: bare 12" in poor.stderr
    assert "Try another model or quantisation (docs/model.md), its chat template, llm.context" in poor.stderr


def test_without_being_asked_a_poor_model_is_no_reason_to_fail(questions: Path) -> None:
    """The one that serves may be poor: that is why another one is tried."""
    found = tried(questions, says="Да")
    assert (found.exit_code, json.loads(found.stdout)["drafts_faulty"]) == (0, 12), found.output


def test_one_that_only_says_who_will_know_is_worse_by_its_answers(questions: Path, tmp_path: Path) -> None:
    """Honest where no figure decides, so half of its drafts may go out: the amounts that nobody hears are seen."""
    before = tmp_path / "before.json"
    before.write_text(tried(questions).stdout, "utf-8")
    found = tried(questions, "--drafts", f"--compare={before}", says=EVASIVE)
    assert found.exit_code == 1, found.output
    assert "amount_rate: 1.0 -> 0" in found.stderr


def test_where_no_model_ever_rests_none_fails_for_its_drafts(questions: Path) -> None:
    found = tried(questions, "--drafts", says="Да", MACHINE_LLM__QUALITY_SHARE="1")
    assert found.exit_code == 0, found.output


def test_without_a_model_there_are_no_drafts(questions: Path) -> None:
    found = CliRunner().invoke(evaluate, [str(questions), "--kb", str(ROOT / "kb"), "--drafts"])
    assert (found.exit_code, "drafts:" in found.output) == (0, False), found.output


def test_as_much_as_the_share_is_too_poor_and_less_is_not() -> None:
    assert Drafts(12, 11, 0.49, {"missing": 11}).too_poor(0.5) == ""
    assert Drafts(12, 12, 1.0, {"amount": 12}).too_poor(1.0) == ""
    said = Drafts(12, 9, 0.5, {"missing": 7, "amount": 2}).too_poor(0.5)
    assert "of the last 12 drafts 9 were not fit to send: missing 7, amount 2" in said
    assert "llm.quality_share" in said
