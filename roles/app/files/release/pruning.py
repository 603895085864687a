"""What is removed in the course of time: releases and knowledge that nobody can want to go back to."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from history import steps
from state import CODE, DATA, FORMER, target, text

# How the role names the versions that it brings, and what it has not finished. The others came from
# `machine kb publish`, which keeps what its rollback may want and removes the rest itself.
_OURS = re.compile(r"[0-9a-f]{12}(\.part)?")


def prune(keep: int) -> list[str]:
    """Removes all but the newest `keep` releases and versions of knowledge that do not serve; returns their names.

    Never the current or the former one, and no version that `machine kb rollback` can go back to.
    """
    former = json.loads(text(FORMER) or "{}")
    before = {str(state.release) for state in steps()}
    releases = [entry for entry in (CODE / "releases").iterdir() if entry.is_dir()]
    versions = [entry for entry in (DATA / "kb-versions").iterdir() if entry.is_dir() and _OURS.fullmatch(entry.name)]
    current, log = target(DATA / "kb"), text(DATA / "kb-versions/.history.jsonl") or ""
    doomed = _idle(releases, {target(CODE / "current"), former.get("release")}, before, keep)
    doomed += _idle(versions, {current, former.get("knowledge"), *standing(log)}, set(), keep)
    for entry in doomed:
        shutil.rmtree(entry)
    return [entry.name for entry in doomed]


def standing(log: str) -> list[str]:
    """The versions that `machine kb rollback` walks back through, from its history, read as the service reads it."""
    stack: list[str] = []
    for action, name in _changes(log.split("\n")):
        if action == "publish" or name not in stack:
            if stack[-1:] != [name]:
                stack.append(name)
        else:
            while stack[-1] != name:
                stack.pop()
    return stack


def _changes(lines: list[str]) -> list[tuple[str, str]]:
    """(action, folder), oldest first. A line that cannot be read, torn by a lost power for instance, is left out."""
    found = []
    for line in lines:
        try:
            entry: dict[str, Any] = json.loads(line)
            found.append((str(entry["action"]), str(entry["folder"])))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _idle(entries: list[Path], busy: set[str | None], first: set[str], keep: int) -> list[Path]:
    """Those beyond the newest; a name in `first` counts as newer than any other."""
    idle = [entry for entry in entries if entry.name not in busy]
    idle.sort(key=lambda entry: (entry.name in first, entry.stat().st_mtime), reverse=True)
    return idle[max(0, keep - 1) :]  # the former one is kept besides
