"""`machine kb`: lint, search, explain, import, eval."""

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import knowledge_folder
from app.errors import ConfigError

if TYPE_CHECKING:
    from app.knowledge.retriever import Explanation, Retriever
    from app.types import Section

_KB = click.option(
    "--kb", "knowledge", type=click.Path(path_type=Path), default=None, help="Knowledge base folder [the sample]."
)
_PREVIOUS = click.option("--previous", default=None, help="The customer's message before.")


def _today() -> date:
    return datetime.now(UTC).date()


def _retriever(knowledge: Path | None) -> "Retriever":
    from app.assembly import open_retriever
    from app.settings import load

    return open_retriever(load(), knowledge_folder(knowledge))


@click.group()
def kb() -> None:
    """The knowledge base: check it, search it, measure it, import into it."""


@kb.command("lint")
@_KB
def lint_command(knowledge: Path | None) -> None:
    """Say what is wrong: exit 0 clean, 1 findings, 2 unreadable."""
    from app.knowledge.lint import lint
    from app.knowledge.sections import parse

    sections = parse(knowledge_folder(knowledge))
    findings = lint(sections, _today())
    for finding in findings:
        click.echo(f"{finding.place}: {finding.severity} [{finding.check}] {finding.message}")
    errors = sum(finding.severity == "error" for finding in findings)
    click.echo(f"{len(sections)} sections, {errors} errors, {len(findings) - errors} warnings")
    sys.exit(1 if findings else 0)


@kb.command()
@click.argument("query")
@_KB
@_PREVIOUS
@click.option("--top", type=click.IntRange(1, 50), default=5, show_default=True, help="How many sections.")
def search(query: str, knowledge: Path | None, previous: str | None, top: int) -> None:
    """Show what a customer's QUERY finds: exit 1 when nothing."""
    found = _retriever(knowledge).search(query, top_k=top, today=_today(), previous=previous)
    for rank, passage in enumerate(found, 1):
        click.echo(f"{rank}. {passage.section.id}  ({passage.score:.2f})  {passage.section.title}")
        click.echo("   " + passage.section.text.replace("\n", "\n   "))
    if not found:
        click.echo("nothing found: the machine would say that it does not know")
        sys.exit(1)


@kb.command()
@click.argument("query")
@_KB
@_PREVIOUS
@click.option("--top", type=click.IntRange(1, 50), default=5, show_default=True, help="How many sections.")
def explain(query: str, knowledge: Path | None, previous: str | None, top: int) -> None:
    """Show how QUERY was searched: context, spelling, scores and ranks per stage."""
    _print_explanation(_retriever(knowledge).explain(query, top_k=top, today=_today(), previous=previous))


def _print_explanation(found: "Explanation") -> None:
    click.echo(f"query       {found.query}")
    click.echo(f"in context  {found.in_context}")
    click.echo(f"spelling    {found.corrected}")
    verdict = "enough to answer from" if found.enough else "not enough: the machine would say that it does not know"
    click.echo(f"coverage    {found.coverage:.2f} of the content words: {verdict}")
    click.echo(f"{'rank':>4}  {'score':>7}  {'per stage':<14}  section")
    for rank, passage in enumerate(found.passages, 1):
        stages = " ".join(f"{stage}:{place}" for stage, place in passage.ranks.items())
        click.echo(f"{rank:>4}  {passage.score:>7.2f}  {stages:<14}  {passage.section.id}  {passage.section.source}")


@kb.command("eval")
@_KB
@click.option(
    "--queries", type=click.Path(path_type=Path), required=True, multiple=True, help="JSON Lines; may repeat."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--misses", is_flag=True, help="List the questions whose best section was another.")
def eval_command(knowledge: Path | None, queries: tuple[Path, ...], as_json: bool, misses: bool) -> None:
    """Measure the search on questions whose section is known."""
    from app.evaluation import evaluate_retrieval, read_queries

    report = evaluate_retrieval(_retriever(knowledge), [q for path in queries for q in read_queries(path)], _today())
    if as_json:
        click.echo(json.dumps(report.as_json()))
        return
    for name, value in report.as_json().items():
        click.echo(f"{name:<8} {value}")
    if misses:
        for miss in report.misses:
            click.echo(f"rank {miss.rank or '-':>2}  {miss.query.text!r}: {miss.query.expect[0]}, found {miss.found}")


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
                click.echo(f"# {path.name}: {len(sections)} sections; write them with --out FOLDER\n{text}")
                continue
            target = out / f"{name}.yaml"
            if target.exists():
                raise ConfigError(f"{str(target)!r} exists already; move it away or choose another --out")
            out.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
            click.echo(
                f"{target}: {len(sections)} sections. Now add customers' questions and run: machine kb lint --kb {out}"
            )
