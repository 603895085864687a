"""How a task that runs for minutes is doing, in words: Ansible itself asks only whether it has ended.

A task with `async` and `poll` says in a variable whose name ends with `_long` what can be seen of it on the server:

    __role_long: {grows: [FOLDER, ...], whole_gb: 9.3, says: [tail, -n, "1", FILE]}

`grows` are folders that it fills, `whole_gb` (0 or left out: unknown) how much comes in all, `says` a command whose
last line tells what it does now; each may be left out. Every half a minute the answer carries a key `how_far`, one line
for a reader, which plugins/callback/lines.py prints. What cannot be measured is no fault of the task: the line then
says how long it takes alone.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from ansible.plugins import action

FIRST_S, EVERY_S = 9.0, 29.0  # a poll of 5 seconds then has its lines after 10 s and every 30 s
GB = 1_000_000_000


def span(seconds: float) -> str:
    """A length of time as people say it: 40 s, 3 min."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def line(taken_s: float, looked_s: float, came: int, whole: float, says: str) -> str:
    """What a reader is told after `taken_s` seconds, when in the last `looked_s` of them `came` of `whole` bytes (0:
    unknown) came."""
    if came <= 0:
        told = f"{span(taken_s)} so far"
    elif came >= whole:  # unknown, or larger than was thought
        told = f"{came / GB:.1f} GB so far, {span(taken_s)}"
    else:
        pace = came / looked_s
        told = f"{came / GB:.1f} of {whole / GB:.1f} GB, {pace / 1e6:.0f} MB/s, {span((whole - came) / pace)} more"
    return f"{told}; {says}" if says else told


def own() -> Any:
    """Ansible's own plugin, whose name this one has taken."""
    spec = spec_from_file_location("ansible_own_async_status", Path(action.__file__).with_name("async_status.py"))
    if spec is None or spec.loader is None:
        raise ImportError("Ansible has no action plugin async_status")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ActionModule


class ActionModule(own()):  # type: ignore[misc]
    """Asked every `poll` seconds; the same object for the whole of one task."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._begun = self._told = self._looked = time.monotonic()
        self._before: int | None = None

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = super().run(tmp, task_vars)
        named = [name for name in task_vars or () if re.fullmatch(r"__[a-z]+_long", name)]
        if answer.get("finished") or not task_vars or len(named) != 1:
            return answer
        now = time.monotonic()
        if self._before is None:
            seen: Mapping[str, Any] = self._templar.template(task_vars[named[0]])
            self._before, _ = self._look(seen)
            self._looked = now
        elif now - self._told >= (EVERY_S if self._told > self._begun else FIRST_S):
            seen = self._templar.template(task_vars[named[0]])
            size, says = self._look(seen)
            whole = float(seen.get("whole_gb", 0)) * GB
            answer["how_far"] = line(now - self._begun, now - self._looked, size - self._before, whole, says)
            self._told = now
        return answer

    def _look(self, seen: Mapping[str, Any]) -> tuple[int, str]:
        """Bytes that the folders take on the disk (of a file that is as long already as it will be, what is in it), and
        the last line of `says`."""
        folders = " ".join(shlex.quote(str(folder)) for folder in seen.get("grows", ()))
        says = " ".join(shlex.quote(str(word)) for word in seen.get("says", ()))
        measure = f"du -sk {folders} 2>/dev/null | awk '{{sum += $1}} END {{print sum + 0}}'" if folders else "echo 0"
        done = self._low_level_execute_command(f"{measure}; {says or ':'} 2>/dev/null | tail -n 1", sudoable=True)
        words = done["stdout"].strip().splitlines() or ["0"]
        size = int(words[0]) * 1024 if words[0].isdigit() else 0
        return size, words[-1].strip() if len(words) > 1 else ""
