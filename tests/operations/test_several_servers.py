"""Several servers: what changes them takes one after the other, and stops at the first that is not well afterwards."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadtests.service import ROOT
from tests.thrift import parsed

# Plays that make nothing worse: they look, or set up what serves nobody yet, or what is meant for all at once.
OTHERS = {
    "alert_test", "backup", "care", "decommission", "doctor", "drift", "drill", "fleet", "foundation", "inventory", "login", "logs", "model", "service",
    "silence", "validate",
}  # fmt: skip
WORK = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml") if path.stem not in {*OTHERS, "site"})


def play(name: str) -> dict[str, Any]:
    """The play of a playbook that does its work: the one with tasks."""
    (found,) = [each for each in parsed((ROOT / "playbooks" / f"{name}.yml").read_text("utf-8")) if "tasks" in each]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", WORK)
def test_what_changes_a_server_that_serves_takes_one_at_a_time(name: str) -> None:
    assert play(name)["serial"] == "{{ machine_serial | default(1) }}"
    assert play(name)["max_fail_percentage"] == 0


def test_the_first_server_that_fails_is_the_last_that_is_touched(tmp_path: Path) -> None:
    """By Ansible itself, with the plays' own words on how to go on."""
    kept = {key: value for key, value in play("update_driver").items() if key in {"serial", "max_fail_percentage"}}
    task = {
        "ansible.builtin.command": {
            "argv": ["sh", "-c", f"echo {{{{ inventory_hostname }}}} >> {tmp_path}/touched; false"]
        }
    }
    book = tmp_path / "book.yml"
    book.write_text(
        yaml.safe_dump([{"hosts": "all", "connection": "local", "gather_facts": False, **kept, "tasks": [task]}])
    )
    run = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "first,second,third", str(book)]
    run += ["-e", f"ansible_python_interpreter={sys.executable}"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert (tmp_path / "touched").read_text() == "first\n", done.stdout
    subprocess.run([*run, "-e", "machine_serial=2"], cwd=ROOT, capture_output=True, check=False)
    assert sorted((tmp_path / "touched").read_text().split()) == ["first", "first", "second"]
