"""Every condition of the roles and playbooks, with values on both sides of each of its bounds, by Ansible's own engine.

What is refused is refused before anything is changed, with a message that says how to go on: so the cases in
conditions/*.yaml are what an operator's inventory, a server or a certificate authority may be.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT
from tests.operations.evaluating import asserts
from tests.thrift import parsed

TABLES = sorted(Path(__file__).with_name("conditions").glob("*.yaml"))
FILES = sorted([*(ROOT / "roles").glob("*/tasks/*.yml"), *(ROOT / "playbooks").glob("**/*.yml")])
Case = tuple[str, str, dict[str, Any], bool]


def cases() -> list[Case]:
    """(file, task, variables, whether the condition is met) of every table."""
    found: list[Case] = []
    for table in TABLES:
        for file, tasks in parsed(table.read_text("utf-8")).items():
            for task, told in tasks.items():
                assert set(told) <= {"given", "met", "unmet"}, task
                for wanted in ("met", "unmet"):
                    assert told[wanted], f"{file}: {task}: a condition that nothing fails, or nothing meets"
                    found += [(file, task, told.get("given", {}) | each, wanted == "met") for each in told[wanted]]
    return found


CASES = cases()


@pytest.fixture(scope="module")
def came_to() -> list[bool | str]:
    """What each case came to, in their order."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.operations.evaluating"],
        input=json.dumps([each[:3] for each in CASES]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[bool | str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: f"{CASES[n][0]}-{CASES[n][1]}-{n}")
def test_a_condition_is_met_within_its_bounds_and_refuses_what_lies_beyond(
    came_to: list[bool | str], number: int
) -> None:
    file, task, variables, met = CASES[number]
    found = came_to[number]
    assert (found is True) is met, f"{file}: {task}: {variables}: {found}"
    if not met:
        assert len(str(found)) > 20, "an operator is told what is wrong"


def test_no_condition_is_left_out() -> None:
    known = {(str(file.relative_to(ROOT)), task["name"]) for file in FILES for task in asserts(file)}
    assert known == {case[:2] for case in CASES}
