"""How each command ends, for a script that calls it: 0, 1, 2 and 75 as docs/cli.md has them, without a service."""

import json
from collections import Counter
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.cli.running_service import InUse, RunningService
from app.dialogue.flow import load
from app.errors import ConfigError, Hindered, MachineError, Unavailable
from app.evaluation import calibration, checkup, comparison, simulation
from app.evaluation.comparison import Comparison
from app.evaluation.retrieval import RetrievalReport
from app.evaluation.simulation import Fault, SimulationReport
from app.knowledge.lint import LintFinding


def machine(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigError("wrong"), 2),
        (Hindered("the disk is full"), 75),
        (Unavailable("no model"), 2),
    ],
)
def test_what_a_command_cannot_do_is_one_sentence_and_a_status(
    monkeypatch: pytest.MonkeyPatch, error: MachineError, status: int
) -> None:
    """systemd starts a service that ended with 2 no more, and one that ended with 75 again."""

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("app.settings.load", refuse)
    done = machine("settings")
    assert done.exit_code == status
    assert done.output == f"machine: {error}\n"


def test_a_mistake_of_the_code_is_no_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("app.settings.load", crash)
    done = machine("settings")
    assert (done.exit_code, type(done.exception)) == (1, ZeroDivisionError)


@pytest.mark.parametrize(
    ("draft", "passages", "status"),
    [
        ("Здравствуйте! Чем помочь?", "", 0),
        ("Тариф стоит 1 ₸ навсегда.", "", 1),
        ("Здравствуйте!", "no-such-section", 2),
    ],
)
def test_guard(draft: str, passages: str, status: int) -> None:
    done = machine("guard", draft, "--passages", passages)
    assert done.exit_code == status
    if status == 2:
        assert "the knowledge base has no section 'no-such-section'" in done.output


def test_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine("flow", "lint").exit_code == 0
    assert machine("flow", "show", "spin_selling").exit_code == 0
    assert machine("flow", "show", "unknown").exit_code == 2
    assert machine("flow", "graph", "unknown").exit_code == 2

    def broken() -> None:
        raise ConfigError("a stage cannot be reached")

    monkeypatch.setattr(load, "load_flows", broken)
    done = machine("flow", "lint")
    assert (done.exit_code, done.output) == (2, "machine: a stage cannot be reached\n")


FAULT = Fault("hasty", 3, "double_greeting", "Сколько?", "Здравствуйте!")


@pytest.mark.parametrize(("faults", "status"), [([], 0), ([FAULT], 1)])
def test_simulate(monkeypatch: pytest.MonkeyPatch, faults: list[Fault], status: int) -> None:
    seen: list[tuple[int, int, int]] = []

    async def play(_: object, __: object, personas: tuple[Any, ...], dialogues: int, seed: int) -> SimulationReport:
        seen.append((len(personas), dialogues, seed))
        return SimulationReport(dialogues, 7, Counter(ask=7), list(faults))

    monkeypatch.setattr(simulation, "simulate", play)
    done = machine("simulate", "--dialogues", "4", "--personas", "2", "--seed", "9")
    assert done.exit_code == status
    assert ("double_greeting in dialogue 3 (hasty)" in done.output) is bool(faults)
    assert seen == [(2, 4, 9)]
    told = json.loads(machine("simulate", "--json").output)
    assert told["faults"]["double_greeting"] == len(faults)
    assert set(told["faults"]) == {"crash", "repeated_question", "double_greeting", "two_questions", "empty_answer"}


# Which knowledge is published


def found(mrr: float, hit: float) -> RetrievalReport:
    values = dict.fromkeys(RetrievalReport.__dataclass_fields__, 0.0)
    return RetrievalReport(**(values | {"queries": 100, "mrr": mrr, "hit_3": hit, "misses": ()}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        ((0.90, 0.90), (0.88, 0.88), []),
        ((0.90, 0.90), (0.8799, 0.90), ["mrr"]),
        ((0.90, 0.90), (0.90, 0.8799), ["hit@3"]),
        ((0.90, 0.90), (0.80, 0.80), ["mrr", "hit@3"]),
        ((0.80, 0.80), (0.95, 0.95), []),
    ],
)
def test_knowledge_is_worse_when_it_is_found_less_often_by_more_than_two_hundredths(
    before: tuple[float, float], after: tuple[float, float], reasons: list[str]
) -> None:
    compared = Comparison(found(1, 1), found(*before), found(*after))
    assert [reason.split()[0] for reason in compared.worse()] == reasons
    assert comparison.LOSS == 0.02


def test_without_a_version_in_use_nothing_is_worse() -> None:
    assert Comparison(found(1, 1), None, found(0, 0)).worse() == []
    assert Comparison(found(1, 1), found(1, 1), None).worse() == []


def finding(severity: Any) -> LintFinding:
    return LintFinding(severity, "two-prices", "prices.yaml", "two prices for one name")


@pytest.mark.parametrize(
    ("findings", "compared", "reasons"),
    [
        ((), Comparison(found(1, 1)), 0),
        ((finding("warning"),), Comparison(found(1, 1)), 0),
        ((finding("error"), finding("error")), Comparison(found(1, 1)), 2),
        ((), Comparison(found(1, 1), unknown=("a", "b")), 1),
        ((), Comparison(None), 1),
        ((), Comparison(found(1, 1), found(1, 1), found(0.5, 1)), 1),
        ((finding("error"),), Comparison(None, found(1, 1), found(0.5, 0.5), unknown=("a",)), 5),
    ],
)
def test_each_thing_that_speaks_against_publishing_is_a_reason(
    findings: tuple[LintFinding, ...], compared: Comparison, reasons: int
) -> None:
    assert len(checkup.Review(findings, (), compared).reasons()) == reasons


@pytest.mark.parametrize(
    ("folder", "now", "accepted"),
    [
        ("v1", InUse("1", "v1", ""), True),
        ("v1", InUse("0", "v0", ""), False),
        ("v1", InUse("0", "v0", "v1 is broken"), True),
        (None, InUse("0", "v0", ""), True),
    ],
)
def test_a_service_that_serves_another_link_is_not_published_to(
    monkeypatch: pytest.MonkeyPatch, folder: str | None, now: InUse, accepted: bool
) -> None:
    monkeypatch.setattr(RunningService, "knowledge", lambda _: now)
    service = RunningService("http://x", "default")
    if accepted:
        service.expect(folder, "kb")
    else:
        with pytest.raises(ConfigError, match="serves 'v0', but 'kb' leads to 'v1'"):
            service.expect(folder, "kb")


def test_a_version_is_waited_for_until_it_is_in_use_refused_or_late(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [InUse("0", "v0", ""), ConfigError("restarting"), InUse("1", "v1", "")]
    clock = [0.0]

    def knowledge(_: RunningService) -> InUse:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    monkeypatch.setattr(RunningService, "knowledge", knowledge)
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr("time.sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    service = RunningService("http://x", "default")
    assert service.wait("v1", 10).folder == "v1"
    answers[:] = [InUse("0", "v0", "v1: two prices")]
    with pytest.raises(ConfigError, match="did not take it: v1: two prices"):
        service.wait("v1", 10)
    answers[:] = [InUse("0", "v0", "v0 is old")]
    with pytest.raises(ConfigError, match=r"did not take it within 10 s: it still serves 'v0'"):
        service.wait("v1", 10)
    assert 10 < clock[0] < 11, "a refusal is not waited for"


# Where the line is drawn


@pytest.mark.parametrize(
    ("value", "answered", "wrongly"), [(0.0, 3, 2), (0.2, 3, 1), (0.5, 2, 1), (0.50001, 1, 0), (0.9, 1, 0), (1.0, 0, 0)]
)
def test_a_score_on_the_line_passes(value: float, answered: int, wrongly: int) -> None:
    at = calibration.threshold([0.2, 0.5, 0.9], [0.1, 0.5], value)
    assert (at.answered, at.wrongly) == (answered, wrongly)
    assert at.f1 == pytest.approx(2 * answered / (answered + wrongly + 3), abs=1e-4)
    assert at.youden == pytest.approx(answered / 3 - wrongly / 2, abs=1e-4)


def test_how_clean_a_cut_is_and_where_it_lies() -> None:
    made = calibration._calibration("rerank_threshold", [0.9, 0.8, 0.1, 0.2], [True, True, False, False], 0.85)
    assert (made.setting, made.answerable, made.others, made.auc) == ("retriever.rerank_threshold", 2, 2, 1.0)
    assert made.best_f1.value == made.best_youden.value == 0.5, "the middle of the widest gap"
    assert (made.now.answered, made.now.wrongly) == (1, 0)
    chance = calibration._calibration("x", [0.5, 0.5], [True, False], 0.5)
    assert chance.auc == 0.5
    for labels in ([True, True], [False, False]):
        with pytest.raises(ConfigError, match="a line needs both kinds"):
            calibration._calibration("x", [0.1, 0.2], labels, 0.5)


def test_versions_that_stay() -> None:
    """What the commands keep unless they are told otherwise."""
    options = {option.name: option.default for option in main.commands["kb"].commands["publish"].params}  # type: ignore[attr-defined]
    assert (options["keep"], options["timeout"], options["url"]) == (20, 120, "http://127.0.0.1:8000")
