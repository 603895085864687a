"""A task that runs for minutes says how large it is in its name, and how far it is in lines in between."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadtests.service import ROOT
from tests.operations.test_roles import tasks_of
from tests.thrift import parsed

FILES = sorted((ROOT / "roles").glob("*/tasks/*.yml"))
LONG = [
    (path, task) for path in FILES for task in tasks_of(parsed(path.read_text("utf-8"))) if "async" in task
]  # fmt: skip
ASKING = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("ours", "plugins/action/async_status.py")
ours = importlib.util.module_from_spec(spec)
spec.loader.exec_module(ours)
json.dump([ours.line(*each) for each in json.load(sys.stdin)], sys.stdout)
"""


def test_a_line_says_how_much_of_how_much_how_fast_and_how_long_yet() -> None:
    asked = [
        (10, 5, 200_000_000, 9_300_000_000, ""),
        (700, 600, 9_000_000_000, 9_300_000_000, ""),
        (40, 30, 0, 9_300_000_000, ""),
        (400, 300, 9_600_000_000, 9_300_000_000, ""),
        (100, 95, 300_000_000, 0, "status half-configured nvidia-dkms-550-server"),
        (200, 195, -5_000, 0, "status installed libc6"),
    ]
    command = [sys.executable, "-c", ASKING]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        "0.2 of 9.3 GB, 40 MB/s, 4 min more",
        "9.0 of 9.3 GB, 15 MB/s, 20 s more",
        "40 s so far",
        "9.6 GB so far, 7 min",
        "0.3 GB so far, 2 min; status half-configured nvidia-dkms-550-server",
        "3 min so far; status installed libc6",
    ]


@pytest.mark.parametrize(("path", "task"), LONG, ids=lambda value: value["name"] if isinstance(value, dict) else "")
def test_what_runs_for_minutes_says_in_its_name_how_large_it_is_and_what_can_be_seen_of_it(
    path: Path, task: dict[str, Any]
) -> None:
    assert re.search(r"\(.*(GB|MB|minutes)", task["name"])
    assert task["poll"] == 5
    (seen,) = [value for name, value in task["vars"].items() if re.fullmatch(r"__[a-z]+_long", name)]
    assert seen["grows"] and set(seen) <= {"grows", "whole_gb", "says"}


def test_each_of_the_large_downloads_is_among_them() -> None:
    assert {path.relative_to(ROOT / "roles").as_posix() for path, _ in LONG} == {
        "app/tasks/fetched_weights.yml",
        "app/tasks/wheels.yml",
        "nvidia/tasks/install.yml",
        "nvidia/tasks/set.yml",
        "nvidia/tasks/update.yml",
        "ollama/tasks/pull.yml",
        "ollama/tasks/release.yml",
    }


def play(folder: Path, script: str, seen: dict[str, Any], **more: Any) -> str:
    """What a run says whose one task is a script of sh, on this machine, with the settings of the checkout."""
    task = {"name": "Fetch (GB)", "ansible.builtin.command": {"argv": ["sh", "-ec", script]}, "changed_when": True}
    task |= {"async": 60, "poll": 1, "vars": {"__test_long": seen}} | more
    (folder / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    told = f"ansible_connection=local ansible_python_interpreter={sys.executable}"
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "gex44,", str(folder / "play.yml")]
    done = subprocess.run([*command, "-e", told], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.long
def test_lines_stand_in_between_and_no_numbers_of_jobs(tmp_path: Path) -> None:
    (tmp_path / "come").mkdir()
    grow = f"for n in $(seq 7); do head -c 20000000 /dev/urandom > {tmp_path}/come/$n; sleep 2; done"
    seen = {"grows": [f"{tmp_path}/come", "/nowhere"], "whole_gb": "{{ 0.3 }}", "says": ["ls", f"{tmp_path}/come"]}
    said = play(tmp_path, grow, seen)
    (line,) = re.findall(r"^  gex44: (.*)$", said, re.MULTILINE)
    assert re.fullmatch(r"0\.1 of 0\.3 GB, \d+ MB/s, \d+ s more; [4-6]", line), said
    assert "changed: [gex44]" in said
    assert "ASYNC" not in said


@pytest.mark.long
def test_what_cannot_be_measured_does_not_fail_and_what_fails_says_why(tmp_path: Path) -> None:
    said = play(
        tmp_path, "sleep 12; echo the registry is away >&2; exit 3", {"grows": ["/nowhere"], "says": ["nothing-here"]}
    )
    assert re.search(r"^  gex44: (9|1\d) s so far$", said, re.MULTILINE), said
    assert "the registry is away" in said
    assert "failed=1" in said
