"""`machine guard`: what the guardrail says of a draft, of many, and where its lines belong."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from app.cli.common import knowledge_folder, say
from app.cli.options import JSON, KB, OWN_KB, SETTINGS
from app.errors import ConfigError

if TYPE_CHECKING:
    from app.evaluation.guarding.judging import GuardReport
    from app.evaluation.guarding.training import Shop

_DRAFT = "draft"
_PATIENCE_S = 60.0
"""For one draft at the entailment model: nobody waits for it here."""


class _DraftFirst(click.Group):
    """`machine guard TEXT` is `machine guard draft TEXT`: most ask of one draft."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = [_DRAFT, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_DraftFirst)
def guard() -> None:
    """What the guardrail says of a draft, and how good its word is."""


@guard.command(_DRAFT)
@click.argument("text", metavar="DRAFT")
@click.option("--passages", default="", help="Ids of the sections in use, comma separated.")
@KB
@click.option("--customer", multiple=True, help="What the customer wrote; may repeat.")
@click.option(
    "--language", type=click.Choice(["ru", "kk", "en"]), default="ru", show_default=True, help="To answer in."
)
@click.option("--must", multiple=True, help="A sentence that decides what was asked; may repeat.")
@SETTINGS
def draft(
    text: str,
    passages: str,
    knowledge: Path | None,
    customer: tuple[str, ...],
    language: str,
    must: tuple[str, ...],
    file: Path | None,
) -> None:
    """Say of DRAFT whether it is true and whether it answers: every check that spoke, with its place.

    Exits with 1 when it would not be sent as it is.
    """
    from app.guardrail import Context, check, explain, known_addresses, known_words
    from app.knowledge.sections import load
    from app.settings import load as load_settings
    from app.turn.bots import least_share
    from app.types import Deciding, Language, Passage

    base = load(knowledge_folder(knowledge))
    known = {section.id: section for section in base.sections}
    wanted = [name.strip() for name in passages.split(",") if name.strip()]
    missing = [name for name in wanted if name not in known]
    if missing:
        raise ConfigError(f"the knowledge base has no section {missing[0]!r}; find ids with: machine kb search")
    used = tuple(Passage(known[name], 1.0) for name in wanted)
    context = Context(
        used,
        customer=customer,
        language=cast(Language, language),
        shop=base.shop,
        contacts=known_addresses(base.sections),
        known=known_words(base.sections, base.shop),
        languages=frozenset(section.language for section in base.sections),
        deciding=tuple(Deciding("term", each) for each in must),
        asked=any("?" in message for message in customer[-1:]),
        least_borne=least_share(load_settings(file).guardrail.borne_out, cast(Language, language), len(known)),
    )
    verdict = check(text, context)
    say(explain(verdict, text))
    sys.exit(0 if verdict.fit else 1)


_FILES = click.argument("files", metavar="DRAFTS.yaml...", nargs=-1, required=True, type=click.Path(path_type=Path))
_BOT = click.option("--bot", "name", default="default", show_default=True, help="Which bot of the settings.")


@guard.command("eval")
@_FILES
@_BOT
@SETTINGS
@OWN_KB
@JSON
@click.option("--misses", is_flag=True, help="List the drafts that were judged wrongly.")
def evaluate(
    files: tuple[Path, ...], name: str, file: Path | None, knowledge: Path | None, as_json: bool, misses: bool
) -> None:
    """Judge the drafts of DRAFTS.yaml as the service would: honest ones refused, lies passed."""
    report = asyncio.run(_judged(files, name, file, knowledge))
    if as_json:
        say(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        from app.cli.guard_shown import show

        show(report)
    if misses:
        from app.cli.guard_shown import show_misses

        show_misses(report, err=as_json)


@guard.command()
@_FILES
@_BOT
@SETTINGS
@OWN_KB
def calibrate(files: tuple[Path, ...], name: str, file: Path | None, knowledge: Path | None) -> None:
    """Fit the guardrail's lines on the drafts of DRAFTS.yaml and say what each gains; writes nothing."""
    from app.cli.guard_shown import show_fitting
    from app.evaluation.guarding.fitting import fit
    from app.settings import load
    from app.turn.bots import DEFAULT

    report = asyncio.run(_judged(files, name, file, knowledge))
    fitting = fit(report.rulings, entailment=bool(load(file).guardrail.entailment.model))
    show_fitting(report, fitting, None if name == DEFAULT else name)


@guard.command("train", hidden=True)
@click.argument("shops", metavar="FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--honest", multiple=True, type=click.Path(path_type=Path), help="Honest drafts alone; may repeat.")
@SETTINGS
@OWN_KB
def train(shops: tuple[Path, ...], honest: tuple[Path, ...], file: Path | None, knowledge: Path | None) -> None:
    """Learn when nothing bears a sentence out, and write the weights into the package (a developer's command).

    Each FOLDER has `drafts.yaml` and, beside it, the sections in `kb/`; without those the drafts, and those of
    --honest, are about the knowledge of --kb.
    """
    import app.guardrail.checks
    from app.evaluation.guarding.training import learn

    learnt = learn(asyncio.run(_shops(shops, honest, file, knowledge)))
    Path(app.guardrail.checks.__path__[0], "founded.yaml").write_text(learnt.content, encoding="utf-8")
    refused, caught = f"{learnt.refused} of {learnt.honest}", f"{learnt.caught} of {learnt.false}"
    say(f"kept aside, shop by shop: {refused} honest sentences refused, {caught} false ones caught")


async def _shops(
    folders: tuple[Path, ...], honest: tuple[Path, ...], file: Path | None, knowledge: Path | None
) -> "list[Shop]":
    from app.evaluation.guarding.drafts import read_drafts
    from app.evaluation.guarding.judging import contexts
    from app.evaluation.guarding.training import Shop
    from app.knowledge.models import open_models
    from app.service.assembly import open_bots
    from app.settings import load
    from app.telemetry import configure_logging

    configure_logging("error")
    settings, shops = load(file), []
    models = open_models(settings.search, settings.guardrail.entailment)
    try:
        for folder in folders:
            own = folder / "kb"
            cases = read_drafts([folder / "drafts.yaml"])
            if not own.is_dir():
                cases += read_drafts(honest, honest=True)
            kb = own if own.is_dir() else knowledge_folder(knowledge)
            bot = open_bots(settings, kb, key=bytes(32), models=models).default
            judged = zip(cases, await contexts(cases, bot, settings), strict=True)
            shops.append(Shop([(case.draft, context, case.honest) for case, context in judged]))
    finally:
        models.close()
    return shops


async def _judged(files: tuple[Path, ...], name: str, file: Path | None, knowledge: Path | None) -> "GuardReport":
    from dataclasses import replace

    from app.evaluation.guarding.drafts import read_drafts
    from app.evaluation.guarding.judging import judge_drafts
    from app.knowledge.models import open_models
    from app.service.assembly import open_bots, open_knowledge
    from app.settings import load
    from app.telemetry import configure_logging

    configure_logging("error")
    cases, settings = read_drafts(files), load(file)
    patient = settings.guardrail.entailment.model_copy(update={"timeout_s": _PATIENCE_S})
    models = open_models(settings.search, patient)
    try:
        bots = open_bots(settings, knowledge_folder(knowledge), key=bytes(32), models=models)
        bot = bots.named(name)
        if knowledge is not None and bot is not bots.default:
            bot = replace(bot, knowledge=open_knowledge(settings, knowledge, models, timezone=bot.timezone))
        return await judge_drafts(cases, bot, settings, models)
    finally:
        models.close()
