#!/usr/bin/env python3
"""What differs on the servers from this repository and its inventory.

    playbooks/drift.py -i inventory/production [ansible-playbook's arguments]

Runs drift.yml with --check --diff: nothing is changed. Exit status 0: nothing differs; 1: something does, with each
task and its difference printed; 2: it could not be found out, with the reason.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(.*)\] \**$", re.MULTILINE)
_CHANGED = re.compile(r"^changed: \[([^\]\s]+)", re.MULTILINE)
_FAILED = re.compile(r"^(?:fatal|failed): \[.*", re.MULTILINE | re.DOTALL)
# A login that is refused is how login.yml learns which user works.
_TRIED = "Try the deploy user"


def differences(output: str) -> list[tuple[str, list[str], str]]:
    """(task, hosts, what it would change) of every task that would change something, in the order of the run."""
    parts = _TASK.split(output)
    found = []
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        if hosts := _CHANGED.findall(text):
            found.append((name, list(dict.fromkeys(hosts)), _diff(text)))
    return found


def reason(output: str) -> str:
    """The first failure of a run, as it was printed."""
    parts = _TASK.split(output)
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        if not name.startswith(_TRIED) and (failed := _FAILED.search(text)):
            return f"{name}: {failed[0].split('PLAY RECAP')[0].strip()}"
    return output.strip()[-2000:]


def _diff(text: str) -> str:
    """The unified diffs in a task's output, each up to its empty line; files whose content is secret show none."""
    shown, inside = [], False
    for line in text.splitlines():
        inside = line.startswith("--- ") or (inside and bool(line.strip()))
        if inside:
            shown.append(f"    {line}")
    return "\n".join(shown)


def main() -> int:
    if len(sys.argv) < 3:
        sys.stderr.write(str(__doc__))
        return 2
    beside = Path(sys.executable).with_name("ansible-playbook")
    command = [str(beside) if beside.exists() else "ansible-playbook", str(ROOT / "playbooks/drift.yml")]
    try:
        done = subprocess.run(
            [*command, "--check", "--diff", *sys.argv[1:]],
            cwd=ROOT,
            env=os.environ | {"ANSIBLE_NOCOLOR": "1", "PATH": f"{beside.parent}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:  # a traceback would end with 1, which says that something differs
        print(f"It could not be found out.\n{error}. Fix: call it with .venv/bin/python, where Ansible was installed.")
        return 2
    output = done.stdout + done.stderr
    if done.returncode:
        print(f"It could not be found out.\n{reason(output)}")
        return 2
    found = differences(output)
    for name, hosts, diff in found:
        print(f"{', '.join(hosts)}: {name}\n{diff}".rstrip())
    print(f"{len(found)} difference{'s' * (len(found) > 1)}" if found else "nothing differs")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
