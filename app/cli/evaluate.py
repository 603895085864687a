"""`machine eval`: dialogues whose answers are known, played offline."""

import asyncio
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import knowledge_folder, running, say
from app.cli.options import JSON, OWN_KB, SETTINGS

if TYPE_CHECKING:
    from app.evaluation.cases import DialogueCase
    from app.evaluation.dialogues import DialogueReport

_SHOWN = 160  # characters of a message or an answer in the list of misses


@click.command("eval")
@click.argument("files", metavar="CASES.yaml...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--bot", "name", default="default", show_default=True, help="Which bot of the settings.")
@SETTINGS
@OWN_KB
@JSON
@click.option("--misses", is_flag=True, help="List what did not hold.")
@click.option(
    "--compare", "earlier", type=click.Path(path_type=Path), default=None, help="An earlier --json: exit 1 when worse."
)
@click.option("--drafts", "gate", is_flag=True, help="Exit 1 when the model's drafts are too poor to serve.")
def evaluate(
    files: tuple[Path, ...],
    name: str,
    file: Path | None,
    knowledge: Path | None,
    as_json: bool,
    misses: bool,
    earlier: Path | None,
    gate: bool,
) -> None:
    """Play the dialogues of CASES.yaml with a throw-away memory and check every answer."""
    from app.evaluation.cases import read_cases
    from app.evaluation.dialogues import compare

    report, share = asyncio.run(_evaluate(name, file, knowledge, read_cases(files)))
    if as_json:
        say(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        _print_table(report)
    if misses:
        _print_misses(report, err=as_json)
    worse = False
    if earlier is not None:
        found = compare(earlier, report)
        for line in found.lines or ("nothing changed",):
            say(line, err=as_json)
        worse = found.worse
    if gate and (poor := report.drafts.too_poor(share)):
        say(poor, err=as_json)
        worse = True
    sys.exit(1 if worse else 0)


async def _evaluate(
    name: str, file: Path | None, knowledge: Path | None, cases: "list[DialogueCase]"
) -> "tuple[DialogueReport, float]":
    """The report, and the share of faults above which a model rests."""
    from app.evaluation.dialogues import evaluate_dialogues
    from app.service.assembly import open_knowledge, open_machine
    from app.settings import load
    from app.telemetry import configure_logging

    configure_logging("error")
    loaded = load(file)
    with tempfile.TemporaryDirectory(prefix="machine-eval-") as data:
        async with running(open_machine(loaded, Path(data), knowledge_folder(knowledge))) as machine:
            bot = machine.bots.named(name)
            if knowledge is not None and bot is not machine.bots.default:
                bot = replace(bot, knowledge=open_knowledge(loaded, knowledge, machine.models, timezone=bot.timezone))
            return await evaluate_dialogues(bot, cases, machine), loaded.llm.quality_share


def _print_table(report: "DialogueReport") -> None:
    from app.evaluation.dialogues import CHECKS

    say(f"bot {report.bot}, {report.cases} cases, {report.errors} ended in an error")
    say(f"{'check':<10}{'cases':>6}{'passed':>8}{'rate':>8}")
    for check in CHECKS:
        count = report.counted.get(check, 0)
        if check not in report.counted:
            continue
        say(f"{check:<10}{count:>6}{count - len(report.failed(check)):>8}{report.rate(check):>8.1%}")
    say(f"{'whole':<10}{report.cases:>6}{report.cases - len(report.missed):>8}{_share(report):>8.1%}")
    drafts = report.drafts
    if drafts.looked_at:
        told = ", ".join(f"{kind} {count}" for kind, count in drafts.kinds.items())
        unfit = f"{drafts.faulty} not fit to send{told and f' ({told})'}"
        say(f"drafts: {drafts.looked_at}, {unfit}, weight {drafts.weight}")
    kinds = report.by_kind()
    if len(kinds) < report.cases:
        say("\nkind                cases  passed")
        for kind, (cases, passed) in kinds.items():
            say(f"{kind:<18}{cases:>7}{passed:>8}")
    if report.unchecked:
        say("not checked: " + ", ".join(f"{name} ({count})" for name, count in report.unchecked.items()))


def _share(report: "DialogueReport") -> float:
    return 1 - len(report.missed) / report.cases if report.cases else 1.0


def _print_misses(report: "DialogueReport", *, err: bool) -> None:
    """On stderr beside JSON, so that the object stays readable by a program."""
    for miss in report.misses:
        say(f"\n{miss.case} {miss.check}: {miss.detail}\n  > {_cut(miss.said)}\n  < {_cut(miss.answer)}", err=err)


def _cut(text: str) -> str:
    flat = " / ".join(line for line in text.splitlines() if line.strip())
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN] + "…"
