"""What `machine guard eval` and `machine guard calibrate` print."""

from typing import TYPE_CHECKING

from app.cli.common import say

if TYPE_CHECKING:
    from app.evaluation.guarding.fitting import Counted, Fitting, Line
    from app.evaluation.guarding.judging import GuardReport

_SHOWN = 160  # characters of a draft in the list of misses


def show(report: "GuardReport") -> None:
    """The counts, and a line for each kind."""
    for honest, wrongly in ((True, "honest refused"), (False, "lies passed")):
        if count := report.count(honest=honest):
            wrong = report.count(honest=honest, wrong=True)
            say(f"{wrongly:<16}{wrong:>5} of {count:<5}{wrong / count:>7.1%}")
    say(f"{'balanced accuracy':<28}{report.balanced:>9.3f}")
    say(f"\n{'kind':<20}{'drafts':>7}{'wrong':>7}")
    for kind, counts in report.by_kind().items():
        say(f"{kind:<20}{counts['drafts']:>7}{counts['wrong']:>7}")


def show_misses(report: "GuardReport", *, err: bool) -> None:
    """On stderr beside JSON, so that the object stays readable by a program."""
    for ruling in report.wrong:
        what = "honest, refused" if ruling.case.honest else "a lie, passed"
        said = "; ".join(f"{check}: {detail}" for check, detail in ruling.findings)
        customer = ruling.case.customer[-1] if ruling.case.customer else ""
        lines = [f"\n{ruling.case.id}: {what}{f' ({said})' if said else ''}"]
        lines += [f"  > {_cut(customer)}"] if customer else []
        say("\n".join((*lines, f"  < {_cut(ruling.case.draft)}")), err=err)


def show_fitting(report: "GuardReport", fitting: "Fitting", bot: str | None) -> None:
    """Each line with what it gains, and what to put into the settings; nothing of a line that gains nothing."""
    from app.evaluation.guarding.fitting import FEWEST, settings_of

    say(f"{len(report.rulings)} drafts: {report.count(honest=True)} honest, {report.count(honest=False)} lies")
    for line in fitting.lines:
        _line(line)
    for setting, honest, lies in fitting.too_few:
        say(f"{setting}: {honest} honest drafts and {lies} lies are too few; {FEWEST} of each are needed")
    if fitting.worth:
        say("put into the settings:\n" + "\n".join(settings_of(fitting.worth, bot)))
    else:
        say("nothing to put into the settings: no line gains anything that these drafts show")


def _line(line: "Line") -> None:
    say(f"{'.'.join(line.setting)}: {line.honest} honest drafts, {line.lies} lies")
    say(f"  without           {_counted(line.without)}")
    say(f"  fitted, held out  {_counted(line.held_out)}: {line.gain:+.3f}, give or take {line.error:.3f}")
    if line.worth:
        say(f"  all of them together choose {line.value:g}")
    else:
        say("  it gains nothing that these drafts show: leave it as it is without")


def _counted(found: "Counted") -> str:
    return f"honest refused {found.refused:>4}  lies passed {found.passed:>4}  balanced accuracy {found.balanced:.3f}"


def _cut(text: str) -> str:
    flat = " / ".join(line for line in text.splitlines() if line.strip())
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN] + "…"
