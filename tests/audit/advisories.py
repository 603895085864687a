"""Advisories: which pinned versions have a known vulnerability, as pip-audit finds them in the index."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.host.lock import LOCKS


@dataclass(frozen=True)
class Answer:
    """What the index said of a list: how many versions it judged, which it could not, and what is known of the others."""

    judged: int
    unknown: tuple[str, ...]
    vulnerable: tuple[str, ...]


def read(report: dict[str, Any]) -> Answer:
    """pip-audit's report. A version that it skipped is not judged, whatever its exit status says."""
    judged = [each for each in report["dependencies"] if "skip_reason" not in each]
    return Answer(
        len(judged),
        tuple(each["name"] for each in report["dependencies"] if "skip_reason" in each),
        tuple(
            f"{each['name']} {each['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version'}"
            for each in judged
            for flaw in each["vulns"]
        ),
    )


def ask(path: Path) -> Answer:
    """Asks the index of every version of a list. Raises SystemExit where there is no answer at all."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    done = subprocess.run(
        [*command, "--format", "json", "--requirement", str(path)], capture_output=True, text=True, check=False
    )
    try:
        return read(json.loads(done.stdout))
    except ValueError:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise SystemExit(f"NO ADVISORIES WERE READ, and that is no pass. {path.name}: {said}") from None


def faults() -> list[str]:
    """Known vulnerabilities of all lists, and what nobody could judge; empty is a pass."""
    found: dict[str, None] = {}
    for lock in LOCKS.values():
        answer = ask(lock.path)
        found |= dict.fromkeys(answer.vulnerable)
        if answer.unknown:
            some = ", ".join(answer.unknown[:3])
            found[
                f"NOT JUDGED, and that is no pass: {len(answer.unknown)} of {answer.judged + len(answer.unknown)} packages of "
                f"{lock.path.name} are unknown to the index of advisories ({some}, ...); ask again where it answers"
            ] = None
    return list(found)
