"""What `machine kb calibrate` prints."""

from typing import TYPE_CHECKING

from app.cli.common import say

if TYPE_CHECKING:
    from app.evaluation.calibration import Calibration, CalibrationReport, Threshold
    from app.evaluation.verdicts import Rates
    from app.evaluation.weighing import Quality, Weighing


def show(found: "CalibrationReport") -> None:
    """The gain of the embedder, the lines, and what to put into the settings."""
    if found.weighing:
        _weighing(found.weighing)
    if found.reranked:
        say(f"order with the reranker: {_quality(found.reranked)}")
    _verdicts(found)
    for line in found.lines:
        _line(line)
    say("put into the settings:\nretriever:")
    for name, value in found.settings().items():
        say(f"  {name}: {value:g}")
    if found.weighing and not found.weighing.worth:
        say('  embedder: ""')


def _weighing(found: "Weighing") -> None:
    say(f"order of sections, {found.questions} questions with an answer:")
    say(f"  words alone           {_quality(found.words)}")
    say(f"  with the embedder now {_quality(found.now)}")
    say(f"  calibrated, held out  {_quality(found.held_out)}: {found.gain:+.4f}, give or take {found.error:.4f}")
    if not found.worth:
        say("  the embedder gains nothing that these questions show: leave it out")


def _quality(found: "Quality") -> str:
    return f"MRR {found.mrr:.4f}  hit@1 {found.hit_1:.4f}"


def _verdicts(found: "CalibrationReport") -> None:
    verdicts = found.verdicts
    say("enough to answer from, of questions with an answer and of those without:")
    say(f"  now                   {_share(verdicts.now)}")
    say(f"  by words, held out    {_share(verdicts.words)}")
    if verdicts.models:
        say(f"  by both, held out     {_share(verdicts.models)}")


def _share(found: "Rates") -> str:
    return f"{found.answered:.3f}, and falsely {found.falsely:.3f}"


def _line(found: "Calibration") -> None:
    def at(name: str, line: "Threshold") -> None:
        say(
            f"  {name:<12}{line.value:<10.6g}F1 {line.f1:.3f}  Youden {line.youden:+.3f}  answers {line.answered} of "
            f"{found.answerable}, and {line.wrongly} of {found.others} that it should not"
        )

    say(f"{found.setting}: {found.answerable} questions with an answer, {found.others} without, AUC {found.auc:.3f}")
    at("best F1", found.best_f1)
    at("best Youden", found.best_youden)
    at("now", found.now)
