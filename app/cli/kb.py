"""`machine kb`: lint, search, explain, eval, calibrate, import; publishing is in kb_publish.py."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import knowledge_folder, say
from app.cli.kb_publish import history_command, publish_command, rollback_command
from app.cli.options import CACHE, JSON, KB, SETTINGS
from app.errors import ConfigError

if TYPE_CHECKING:
    from app.knowledge.retriever import Explanation, Retriever
    from app.settings import RetrieverSettings
    from app.types import Passage, Section

_PREVIOUS = click.option("--previous", default=None, help="The customer's message before.")
_TOP = click.option("--top", type=click.IntRange(1, 50), default=5, show_default=True, help="How many sections.")
_QUERIES = click.option(
    "--queries", type=click.Path(path_type=Path), required=True, multiple=True, help="JSON Lines; may repeat."
)


def _today() -> date:
    return datetime.now(UTC).date()


@contextmanager
def _opened(
    knowledge: Path | None, file: Path | None, data: Path | None
) -> "Iterator[tuple[Retriever, RetrieverSettings]]":
    """The retriever of the settings, with the models that they switch on."""
    from app.knowledge.models import CACHE, open_models
    from app.knowledge.sections import load
    from app.knowledge.shelf import build_retriever
    from app.settings import load as load_settings
    from app.telemetry import configure_logging

    configure_logging("warning", sys.stderr)
    settings = load_settings(file)
    base = load(knowledge_folder(knowledge))
    models = open_models(settings.search, cache=data / CACHE if data else None)
    try:
        yield build_retriever(base, settings, models, _today()), settings.search
    finally:
        models.close()


@click.group()
def kb() -> None:
    """The knowledge base: check it, search it, measure it, import into it, publish it."""


for command in (publish_command, rollback_command, history_command):
    kb.add_command(command)


@kb.command("lint")
@KB
def lint_command(knowledge: Path | None) -> None:
    """Say what is wrong: exit 0 clean, 1 findings, 2 unreadable."""
    from app.knowledge.lint import lint
    from app.knowledge.sections import parse

    sections = parse(knowledge_folder(knowledge))
    findings = lint(sections, _today())
    for finding in findings:
        say(f"{finding.place}: {finding.severity} [{finding.check}] {finding.message}")
    errors = sum(finding.severity == "error" for finding in findings)
    say(f"{len(sections)} sections, {errors} errors, {len(findings) - errors} warnings")
    sys.exit(1 if findings else 0)


@kb.command()
@click.argument("query")
@KB
@_PREVIOUS
@_TOP
@SETTINGS
@CACHE
@JSON
def search(
    query: str,
    knowledge: Path | None,
    previous: str | None,
    top: int,
    file: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Show what a customer's QUERY finds: exit 1 when nothing."""
    with _opened(knowledge, file, data) as (retriever, _):
        found = asyncio.run(retriever.find(query, top_k=top, today=_today(), previous=previous))
    if as_json:
        _print_json(found.passages, degraded=found.degraded, seconds=found.seconds, version=found.version)
    else:
        for rank, passage in enumerate(found.passages, 1):
            say(f"{rank}. {passage.section.id}  ({passage.score:.2f})  {passage.section.title}")
            say("   " + passage.section.text.replace("\n", "\n   "))
        _warn_degraded(found.degraded)
    if not found.passages:
        say("nothing found: the machine would say that it does not know", err=as_json)
        sys.exit(1)


@kb.command()
@click.argument("query")
@KB
@_PREVIOUS
@_TOP
@SETTINGS
@CACHE
@JSON
def explain(
    query: str,
    knowledge: Path | None,
    previous: str | None,
    top: int,
    file: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Show how QUERY was searched: context, spelling, scores and ranks per stage."""
    with _opened(knowledge, file, data) as (retriever, settings):
        found = asyncio.run(retriever.explain(query, top_k=top, today=_today(), previous=previous))
    if not as_json:
        _print_explanation(found, settings)
        return
    rest = {name: getattr(found, name) for name in found.__dataclass_fields__ if name != "passages"}
    _print_json(found.passages, **rest)


def _print_json(passages: "tuple[Passage, ...]", **rest: Any) -> None:
    shown = [
        {"id": passage.section.id, "title": passage.section.title, "score": passage.score, "ranks": passage.ranks}
        for passage in passages
    ]
    say(json.dumps({**rest, "passages": shown}, ensure_ascii=False))


def _warn_degraded(degraded: tuple[str, ...]) -> None:
    if degraded:
        say(f"searched without {', '.join(degraded)}", err=True)


def _print_explanation(found: "Explanation", settings: "RetrieverSettings") -> None:
    say(f"query       {found.query}")
    say(f"in context  {found.in_context}")
    say(f"spelling    {found.corrected}")
    verdict = "enough to answer from" if found.enough else "not enough: the machine would say that it does not know"
    by_words = found.relevance is None and found.similarity is None
    least = settings.min_coverage
    say(f"coverage    {found.coverage:.2f}, enough from {least:g}{f': {verdict}' if by_words else ''}")
    if found.similarity is not None:
        say(f"similarity  {found.similarity:.4f} of the nearest, enough from {settings.min_similarity:g}")
    if found.relevance is not None:
        say(f"relevance   {found.relevance:.4f} of the best, enough from {settings.rerank_threshold:g}")
    if not by_words:
        say(f"verdict     {verdict}")
        times = ", ".join(f"{stage} {seconds * 1000:.1f} ms" for stage, seconds in found.seconds.items())
        say(f"time        {times}")
    if found.degraded:
        say(f"without     {', '.join(found.degraded)}")
    say(f"{'rank':>4}  {'score':>7}  {'per stage':<14}  section")
    for rank, passage in enumerate(found.passages, 1):
        stages = " ".join(f"{stage}:{place}" for stage, place in passage.ranks.items())
        digits = 2 if by_words else 4
        say(f"{rank:>4}  {passage.score:>7.{digits}f}  {stages:<14}  {passage.section.id}  {passage.section.source}")


@kb.command("eval")
@KB
@_QUERIES
@SETTINGS
@CACHE
@JSON
@click.option("--misses", is_flag=True, help="List the questions whose best section was another.")
def eval_command(
    knowledge: Path | None,
    queries: tuple[Path, ...],
    file: Path | None,
    data: Path | None,
    as_json: bool,
    misses: bool,
) -> None:
    """Measure the search on questions whose section is known."""
    from app.evaluation import evaluate_retrieval, read_queries

    asked = [query for path in queries for query in read_queries(path)]
    with _opened(knowledge, file, data) as (retriever, _):
        report = evaluate_retrieval(retriever, asked, _today())
    if as_json:
        say(json.dumps(report.as_json()))
        return
    for name, value in report.as_json().items():
        say(f"{name:<8} {value}")
    if misses:
        for miss in report.misses:
            say(f"rank {miss.rank or '-':>2}  {miss.query.text!r}: {miss.query.expect[0]}, found {miss.found}")


@kb.command("calibrate")
@KB
@_QUERIES
@_TOP
@SETTINGS
@CACHE
@JSON
def calibrate_command(
    knowledge: Path | None,
    queries: tuple[Path, ...],
    top: int,
    file: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Find what your models are worth and where an answer begins, with your questions with and without one."""
    from app.cli.kb_calibrate import show
    from app.evaluation.calibration import calibrate
    from app.evaluation.retrieval import read_queries

    asked = [query for path in queries for query in read_queries(path, unanswerable=True)]
    with _opened(knowledge, file, data) as (retriever, settings):
        names = ("min_coverage", "min_similarity", "meaning_weight", "rerank_threshold")
        now = {name: getattr(settings, name) for name in names}
        found = asyncio.run(calibrate(retriever, asked, _today(), top_k=top, now=now))
    if as_json:
        say(json.dumps(found.as_json()))
        return
    show(found)


@kb.command("train", hidden=True)
@KB
@_QUERIES
def train_command(knowledge: Path | None, queries: tuple[Path, ...]) -> None:
    """Learn when a section answers, and write the weights into the package (a developer's command)."""
    import app.knowledge
    from app.evaluation.answering import learn
    from app.evaluation.retrieval import read_queries

    asked = [query for path in queries for query in read_queries(path, unanswerable=True)]
    with _opened(knowledge, None, None) as (retriever, _):
        learnt = learn(retriever.sections, asked, _today())
    Path(app.knowledge.__path__[0], "evidence.yaml").write_text(learnt.content, encoding="utf-8")
    for line in learnt.lines:
        say(f"from {line.at:.2f}, kept aside: {line.lost:.3f} of the right lost, {line.wrong:.3f} of the wrong kept")


@kb.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Folder to write into [only a preview is shown]."
)
@click.option("--category", default=None, help="One category for all [the top headings].")
def import_command(files: tuple[Path, ...], out: Path | None, category: str | None) -> None:
    """Turn Markdown questions and answers, or CSV, into YAML. Without --out it is only shown."""
    from app.knowledge.importer import read, to_yaml

    for path in files:
        by_category: dict[str, list[Section]] = {}
        for section in read(path):
            by_category.setdefault(category or section.category, []).append(section)
        for name, sections in by_category.items():
            text = to_yaml(sections, name)
            if out is None:
                say(f"# {path.name}: {len(sections)} sections; write them with --out FOLDER\n{text}")
                continue
            target = out / f"{name}.yaml"
            if target.exists():
                raise ConfigError(f"{str(target)!r} exists already; move it away or choose another --out")
            out.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
            say(f"{target}: {len(sections)} sections. Now add customers' questions and run: machine kb lint --kb {out}")
