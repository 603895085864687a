"""What a role's or playbook's conditions come to with given variables, by Ansible's own engine, without a server.

    python -m tests.operations.evaluating < CASES

CASES is JSON: [[file, task, variables], ...]. Standard output is JSON: for each case true where the task's assertion is
met (or not asked), else the message that an operator reads. A program of its own: Ansible's engine changes how Python
imports, and warns of what only it can mend.
"""

import json
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.thrift import parsed

ROOT = Path(__file__).resolve().parents[2]
ASSERT = "ansible.builtin.assert"


def asserts(file: Path) -> Iterator[dict[str, Any]]:
    """Every task of a file that asserts something, with the conditions of the blocks around it."""

    def walk(entries: list[dict[str, Any]] | None, around: list[Any]) -> Iterator[dict[str, Any]]:
        for task in entries or []:
            when = task.get("when", [])
            asked = [*around, *(when if isinstance(when, list) else [when])]
            if ASSERT in task:
                yield task | {"when": asked}
            for part in ("block", "rescue", "always", "tasks"):
                yield from walk(task.get(part), asked)

    yield from walk(parsed(file.read_text("utf-8")), [])


@cache
def known(role: str) -> dict[str, Any]:
    """The variables of the example inventory, and the defaults of a role ("": of no role) with what it makes of them."""
    own = ROOT / "roles" / role / "vars/main.yml"
    files = [
        ROOT / "inventory/production/group_vars/machines.yml",
        *([ROOT / "roles" / role / "defaults/main.yml", ROOT / "tests/host/render_vars.yml"] if role else []),
        *([own] if role and own.exists() else []),
    ]
    found: dict[str, Any] = {"ansible_check_mode": False, "inventory_hostname": "server"}
    for file in files:
        found |= parsed(file.read_text("utf-8"))
    return found | {"role_path": str(ROOT / "roles" / role)}


def main() -> None:
    warnings.simplefilter("ignore")
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import init_plugin_loader
    from ansible.template import Templar, trust_as_template

    def trusted(value: Any) -> Any:
        if isinstance(value, str):
            return trust_as_template(value)
        if isinstance(value, list):
            return [trusted(each) for each in value]
        return {key: trusted(each) for key, each in value.items()} if isinstance(value, dict) else value

    def came_to(task: dict[str, Any], variables: dict[str, Any]) -> bool | str:
        room = Templar(loader=DataLoader(), variables=variables)
        if not all(room.evaluate_conditional(each) for each in task["when"]):
            return True
        told = task[ASSERT]
        that = told["that"] if isinstance(told["that"], list) else [told["that"]]
        for item in room.template(task["loop"]) if "loop" in task else [None]:
            each = Templar(loader=DataLoader(), variables=variables | {"item": item})
            if not all(each.evaluate_conditional(condition) for condition in that):
                return str(each.template(told["fail_msg"]))
        return True

    init_plugin_loader()
    found = []
    for file, name, given in json.load(sys.stdin):
        path = ROOT / file
        (task,) = (trusted(task) for task in asserts(path) if task["name"] == name)
        role = path.parents[1].name if file.startswith("roles/") else ""
        for variable, registered in given.items():  # as Ansible itself splits what a program wrote
            if variable.startswith("__") and isinstance(registered, dict):
                lines, whole = registered.get("stdout_lines"), registered.get("stdout")
                registered["stdout"] = "\n".join(lines) if whole is None and lines is not None else whole or ""
                registered["stdout_lines"] = registered["stdout"].splitlines() if lines is None else lines
        found.append(came_to(task, trusted(known(role)) | task.get("vars", {}) | given))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
