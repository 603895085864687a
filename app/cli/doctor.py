"""`machine doctor`: the findings as a table or as JSON, and the exit status that sums them up."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import say
from app.cli.options import DATA, KB, SETTINGS, json_of

if TYPE_CHECKING:
    from app.health.readiness import PartState

_EXIT = {"ok": 0, "warning": 1, "error": 2}
_WORD = {"ok": "ok", "warning": "warn", "error": "FAIL"}


@click.command()
@json_of("level, exit, checks")
@SETTINGS
@DATA
@KB
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Where the service should answer.")
@click.option("--cert", type=click.Path(path_type=Path), default=None, help="PEM file whose end of validity to check.")
@click.option(
    "--offsite",
    type=click.Path(path_type=Path),
    default=None,
    help="Note of the backups sent away, whose age to check.",
)
def doctor(
    as_json: bool,
    file: Path | None,
    data: Path,
    knowledge: Path | None,
    url: str,
    cert: Path | None,
    offsite: Path | None,
) -> None:
    """Check settings, memory, knowledge, disk, clock, ports, model, GPU: exit 0 well, 1 warnings, 2 errors."""
    from app.cli.diagnosis import Diagnosis
    from app.health.readiness import worst

    findings = tuple(Diagnosis(file, data, knowledge, url.rstrip("/"), cert, offsite).findings())
    level = worst(findings)
    if as_json:
        checks = [{"name": f.name, "level": f.level, "detail": f.detail, "fix": f.fix} for f in findings]
        say(json.dumps({"level": level, "exit": _EXIT[level], "checks": checks}, ensure_ascii=False))
    else:
        _print(findings)
    sys.stdout.flush()
    sys.exit(_EXIT[level])


def _print(findings: tuple["PartState", ...]) -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        say(f"{_WORD[finding.level]:<5} {finding.name:<{width}}  {finding.detail}")
    to_do = [finding for finding in findings if finding.fix]
    if to_do:
        say("\nWhat to do:")
    for finding in to_do:
        say(f"  {finding.name}: {finding.fix}")
