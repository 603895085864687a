"""Bandit's findings of medium weight and more, each mended or accepted on its line with a reason.

What is accepted is written once: in app/ as ruff reads it (`# noqa: S608 - reason`; ruff's S rules are Bandit's, with the
same numbers), elsewhere, where ruff leaves these rules out, as Bandit does (`# nosec B608 - reason`). Findings of low
weight say that a program is started at all, which is what the roles' tools are for; ruff looks at those in app/.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

FOLDERS = ("app", "loadtests", "playbooks", "roles")
_ACCEPTED = re.compile(r"# (?:noqa: S|nosec B)(\d{3}) - \S")
_ANY = re.compile(r"# (?:noqa: S\d|nosec\b).*")


def bandit(root: Path) -> list[dict[str, Any]]:
    """Its findings below the root, those that a comment of its own accepts among them."""
    command = [sys.executable, "-m", "bandit", "--quiet", "--recursive", "--format", "json", "--ignore-nosec"]
    level = ["--severity-level", "medium", "--exit-zero"]
    done = subprocess.run([*command, *level, *FOLDERS], cwd=root, capture_output=True, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    if report["errors"]:
        raise SystemExit(f"bandit could not read {report['errors']}")
    found: list[dict[str, Any]] = report["results"]
    return found


def unaccepted(found: Sequence[dict[str, Any]], root: Path) -> Iterator[str]:
    """The findings that no line accepts with a reason."""
    for finding in found:
        lines = (root / finding["filename"]).read_text("utf-8").splitlines()
        among = lines[min(finding["line_range"]) - 1 : max(finding["line_range"])]
        accepted = {number for line in among for number in _ACCEPTED.findall(line)}
        if finding["test_id"].removeprefix("B") not in accepted:
            yield (
                f"{finding['filename']}:{finding['line_number']} {finding['test_id']} {finding['issue_text']}; mend it, or "
                f"say on the line why it is none: # nosec {finding['test_id']} - reason"
            )


def faults(root: Path) -> list[str]:
    """Findings that are left, and acceptances that give no number or no reason."""
    bare = [
        f"{path.relative_to(root)}:{number} accepts without a number and a reason: {mark[0]}"
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (mark := _ANY.search(line)) and not re.match(r"# (?:noqa: S|nosec B)\d{3} - \S", mark[0])
    ]
    return [*unaccepted(bandit(root), root), *bare]
