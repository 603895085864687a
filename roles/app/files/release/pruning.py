"""What is removed in the course of time: releases and knowledge that nobody can want to go back to."""

import contextlib
import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from history import steps
from state import CODE, DATA, FORMER, target, text

# How `machine kb publish` names a version, and how the role did while it copied them itself, unfinished ones too.
# What has another name was put there by hand.
_VERSION = re.compile(r"[0-9a-f]{12}(-[0-9a-f]{8}|\.part)?")


def prune(keep: int) -> list[str]:
    """Removes all but the newest `keep` releases and versions of knowledge that do not serve; returns their names.

    Never the current or the former one, and no version that `machine kb rollback` can go back to. While somebody
    publishes, the versions stay: one of them may be about to be used.
    """
    former = json.loads(text(FORMER) or "{}")
    before = {str(state.release) for state in steps()}
    releases = [entry for entry in (CODE / "releases").iterdir() if entry.is_dir()]
    doomed = _idle(releases, {target(CODE / "current"), former.get("release")}, before, keep)
    with _publishing(DATA / "kb-versions/.lock") as busy:
        if not busy:
            versions = [entry for entry in (DATA / "kb-versions").iterdir() if entry.is_dir()]
            ours = [entry for entry in versions if _VERSION.fullmatch(entry.name)]
            current, log = target(DATA / "kb"), text(DATA / "kb-versions/.history.jsonl") or ""
            doomed += _idle(ours, {current, former.get("knowledge"), *standing(log)}, set(), keep)
        for entry in doomed:
            shutil.rmtree(entry)
    return [entry.name for entry in doomed]


@contextlib.contextmanager
def _publishing(lock: Path) -> Iterator[bool]:
    """Whether somebody publishes; if nobody does, nobody can until the end."""
    try:
        held = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:  # nobody has published yet
        yield False
        return
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            busy = False
        except BlockingIOError:
            busy = True
        yield busy
    finally:
        os.close(held)


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
