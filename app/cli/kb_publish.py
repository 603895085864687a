"""`machine kb publish|rollback|history`: a new version in use without a restart, and the way back."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import say
from app.cli.options import CACHE, JSON, SETTINGS
from app.errors import ConfigError

if TYPE_CHECKING:
    from app.cli.running_service import RunningService
    from app.evaluation.checkup import Review
    from app.knowledge.publishing import Place
    from app.knowledge.sections import KnowledgeBase

_TO = click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    required=True,
    help="The link that the service is given with --kb; versions lie beside it.",
)
_URL = click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Address of the service.")
_BOT = click.option("--bot", default="default", show_default=True, help="Whose knowledge it is.")
_NO_SERVICE = click.option("--no-service", is_flag=True, help="No service runs: its next start takes the version.")
_TIMEOUT = click.option(
    "--timeout", type=click.FloatRange(1, 3600), default=120, show_default=True, help="Seconds until it is in use."
)


@click.command("publish")
@click.argument("source", type=click.Path(path_type=Path))
@_TO
@_URL
@_BOT
@_NO_SERVICE
@click.option("--no-switch", is_flag=True, help="Only put the version beside the others: a deployment uses it later.")
@_TIMEOUT
@click.option(
    "--queries", type=click.Path(path_type=Path), multiple=True, help="JSON Lines; may repeat [SOURCE/eval/*.jsonl]."
)
@click.option("--force", is_flag=True, help="Publish although something speaks against it.")
@click.option("--keep", type=click.IntRange(2), default=20, show_default=True, help="How many versions stay.")
@SETTINGS
@CACHE
@JSON
def publish_command(
    source: Path,
    target: Path,
    url: str,
    bot: str,
    no_service: bool,
    no_switch: bool,
    timeout: float,
    queries: tuple[Path, ...],
    force: bool,
    keep: int,
    file: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Check the knowledge in SOURCE, publish it as a version and wait until it is in use: exit 1 when refused."""
    from app.knowledge.publishing import locked, prune, store, switch
    from app.knowledge.sections import load

    place, service = _place(target), _service(url, bot, no_service or no_switch)
    with locked(place):
        base, used = load(source), place.in_use()
        if service:
            service.expect(used.name if used else None, str(target))
        found = _reviewed(base, source, used, queries, file, data)
        reasons = found.reasons()
        told: dict[str, Any] = {"version": base.version, "reasons": reasons, "forced": bool(reasons)} | found.as_json()
        _show(found, reasons, quiet=as_json)
        if reasons and not force:
            _end({"outcome": "refused", **told, "forced": False}, "nothing was published", as_json, 1)
        version = store(place, source, base)
        told |= {"folder": version.name, "before": used.name if used else None}
        if version != used and not no_switch:
            switch(place, version, "publish", forced=bool(reasons))
        if service:
            _wait(place, service, version, used, timeout)
        told["removed"] = [] if no_switch else prune(place, keep)
    named = f"version {base.version} ({version.name})"
    if version == used:
        outcome, said = "unchanged", f"{named} was in use already"
    elif no_switch:
        outcome, said = "stored", f"{named} is stored, and nothing uses it yet"
    else:
        outcome, said = "published", _done(version, base.version, service)
    _end({"outcome": outcome, **told}, said, as_json, 0)


@click.command("rollback")
@_TO
@_URL
@_BOT
@_NO_SERVICE
@_TIMEOUT
@JSON
def rollback_command(target: Path, url: str, bot: str, no_service: bool, timeout: float, as_json: bool) -> None:
    """Go back to the version before the one in use; again: one further back."""
    from app.knowledge.publishing import before, locked, switch
    from app.knowledge.sections import load

    place, service = _place(target), _service(url, bot, no_service)
    with locked(place):
        version, used = before(place), place.in_use()
        base = load(version)
        if service:
            service.expect(used.name if used else None, str(target))
        switch(place, version, "rollback")
        if service:
            _wait(place, service, version, used, timeout)
    told = {"outcome": "rolled back", "version": base.version, "folder": version.name}
    _end(told | {"before": used.name if used else None}, _done(version, base.version, service), as_json, 0)


@click.command("history")
@_TO
@JSON
def history_command(target: Path, as_json: bool) -> None:
    """List what was published when and by whom, oldest first; the version in use is marked."""
    place = _place(target)
    used = place.in_use()
    entries = place.history()
    if as_json:
        in_use = used.name if used else None
        say(json.dumps({"in_use": in_use, "entries": [asdict(entry) for entry in entries]}, ensure_ascii=False))
        return
    last = {entry.folder: number for number, entry in enumerate(entries)}
    for number, entry in enumerate(entries):
        here = used is not None and entry.folder == used.name and last[entry.folder] == number
        kept = "" if (place.versions / entry.folder).is_dir() else "  no longer kept"
        marks = f"{'  forced' if entry.forced else ''}{kept}{'  <- in use' if here else ''}"
        say(f"{entry.at}  {entry.action:<8}  {entry.folder}  {entry.who or '-'}{marks}")
    if used is not None and used.name not in last:
        say(f"{used.name}  <- in use, put there by something else")


def _place(target: Path) -> "Place":
    from app.knowledge.publishing import Place

    if not target.absolute().parent.is_dir():
        raise ConfigError(f"there is no folder {str(target.absolute().parent)!r} to publish in; name another with --to")
    return Place(target.absolute())


def _service(url: str, bot: str, no_service: bool) -> "RunningService | None":
    from app.cli.running_service import RunningService

    return None if no_service else RunningService(url, bot)


def _reviewed(
    base: "KnowledgeBase",
    source: Path,
    used: Path | None,
    queries: tuple[Path, ...],
    file: Path | None,
    data: Path | None,
) -> "Review":
    from app.evaluation.checkup import review
    from app.evaluation.comparison import questions_of
    from app.evaluation.retrieval import read_queries
    from app.knowledge.models import CACHE, open_models
    from app.knowledge.shelf import build_retriever
    from app.settings import load as load_settings
    from app.telemetry import configure_logging

    configure_logging("warning", sys.stderr)
    settings, today = load_settings(file), datetime.now(UTC).date()
    asked = [query for path in queries for query in read_queries(path)] if queries else questions_of(source)
    models = open_models(settings.search, cache=data / CACHE if data else None)
    try:
        return review(base, used, lambda new: build_retriever(new, settings, models, today), asked, today)
    finally:
        models.close()


def _wait(place: "Place", service: "RunningService", version: Path, used: Path | None, timeout: float) -> None:
    """Until the service has it in use; else the link goes back, because the next start would not have it either."""
    from app.knowledge.publishing import switch

    try:
        service.wait(version.name, timeout)
    except ConfigError as error:
        if used is None or version == used:
            raise
        switch(place, used, "rollback")
        raise ConfigError(f"{error}; {used.name} is in use again") from None


def _show(found: "Review", reasons: list[str], *, quiet: bool) -> None:
    if quiet:
        return
    for finding in found.findings:
        if finding.severity == "warning":
            say(f"{finding.place}: warning [{finding.check}] {finding.message}")
    for change in found.changes:
        say(f"price    {change.name}: {change.before or 'none'} -> {change.after or 'none'}")
    comparison = found.comparison
    if comparison.before and comparison.after:
        for name in ("mrr", "hit@3"):
            old, new = comparison.before.as_json()[name], comparison.after.as_json()[name]
            say(f"{name:<8} {old:.4f} -> {new:.4f} on {comparison.after.queries} questions")
    if comparison.gone:
        say(f"gone     {comparison.gone} questions of the version in use, whose sections the new one has not")
    if found.note:
        say(f"note     {found.note}")
    for reason in reasons:
        say(f"against  {reason}")


def _done(version: Path, content: str, service: "RunningService | None") -> str:
    where = f"in use at {service.url}" if service else "linked: the next start of the service takes it"
    return f"version {content} ({version.name}) is {where}"


def _end(told: dict[str, Any], said: str, as_json: bool, status: int) -> None:
    say(json.dumps(told, ensure_ascii=False) if as_json else said)
    if status:
        sys.exit(status)
