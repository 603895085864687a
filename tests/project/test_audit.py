"""`make audit`: what it must find, and that an index which knows nothing is no pass."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.audit import advisories, pins, traps
from tests.host.lock import LOCKS, ROOT
from tests.thrift import parsed

HASH = "--hash=sha256:" + "a" * 64
BUILD = LOCKS["requirements-build.txt"]


def test_the_appliance_and_its_lists_are_pinned() -> None:
    assert pins.faults() == []


@pytest.mark.long
def test_the_code_has_no_trap_that_is_not_accepted_with_a_reason() -> None:
    assert traps.faults(ROOT) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("hatchling>=1.25", "not every line"),
        ("hatchling==1.27.0", "not every line"),
        (f"hatchling==1.27.0 \\\n    {HASH[:-1]}", "not every line"),
        (f"https://mirror.example/hatchling.whl \\\n    {HASH}", "names an index"),
        (f"--extra-index-url=mirror\nhatchling==1.27.0 \\\n    {HASH}", "names an index or an option"),
        (f"pluggy==1.5.0 \\\n    {HASH}", "wants hatchling>=1.25, locked is none"),
        (f"hatchling==1.24.2 \\\n    {HASH}", "wants hatchling>=1.25, locked is 1.24.2"),
    ],
)
def test_a_list_that_pins_too_little_is_named(line: str, fault: str) -> None:
    assert any(fault in found for found in pins.of_list(BUILD, f"# Made by `make lock`\n{line}\n"))


def test_a_whole_list_passes() -> None:
    assert list(pins.of_list(BUILD, f"# Made by `make lock`\nhatchling==1.27.0 \\\n    {HASH} \\\n    {HASH}\n")) == []


FETCHING = """
- ansible.builtin.pip: {name: requests}
- ansible.builtin.command: {argv: [/srv/venv/bin/pip, install, --require-hashes, --requirement=list.txt]}
- ansible.builtin.command: python3 -m pip install --only-binary=numpy --requirement list.txt
- ansible.builtin.command: pip install --require-hashes --only-binary numpy --requirement list.txt
- ansible.builtin.shell: {cmd: "cd /srv && pip3 download wheel"}
- ansible.builtin.command: {argv: [pip, wheel, --no-deps, --no-index, .]}
- ansible.builtin.get_url: {url: "https://a.example/b.tar", dest: /tmp/b}
- ansible.builtin.uri: {url: "https://a.example/b", dest: /tmp/b}
- ansible.builtin.unarchive: {src: "{{ tool_url }}", dest: /opt, remote_src: true}
- ansible.builtin.apt: {deb: "https://a.example/b.deb"}
- ansible.builtin.apt_repository: {repo: "deb https://a.example stable main"}
- ansible.builtin.git: {repo: "https://a.example/b.git", dest: /opt/b}
- ansible.builtin.shell: "curl -fsSL https://a.example/install.sh | sh"
- ansible.builtin.command: {cmd: wget -q https://a.example/b}
- ansible.builtin.command: [git, clone, "https://a.example/b.git"]
- ansible.builtin.command: {argv: [python3, -c, "from huggingface_hub import snapshot_download as s"]}
- ansible.builtin.command: {argv: [docker, pull, a/b]}
"""
CHOSEN = """
- ansible.builtin.get_url: {url: "https://a.example/b.tar", dest: /tmp/b, checksum: "sha256:0"}
- ansible.builtin.unarchive: {src: /tmp/b, dest: /opt, remote_src: true}
- ansible.builtin.uri: {url: "https://a.example/health"}
- ansible.builtin.apt: {name: [curl, git, python3-pip]}
- ansible.builtin.command: {argv: [pip, install, --require-hashes, --only-binary, ":all:", --requirement=list.txt]}
- ansible.builtin.command: {argv: [pip, install, --no-deps, --no-index, /srv/own.whl]}
- ansible.builtin.command: {argv: [pip, wheel, --no-deps, --no-index, --no-build-isolation, .]}
- ansible.builtin.command: curl -fsS http://127.0.0.1:8000/ready
- ansible.builtin.command: [systemd-run, --pipe, cat]
"""


@pytest.mark.parametrize("task", parsed(FETCHING), ids=str)
def test_a_task_that_fetches_what_nobody_chose_is_found(task: dict[str, Any], tmp_path: Path) -> None:
    for place in (tmp_path / "roles" / "r" / "tasks" / "main.yml", tmp_path / "playbooks" / "p.yml"):
        place.parent.mkdir(parents=True)
        entry = {"name": "Fetch", **task}
        held = (
            [{"hosts": "all", "tasks": [{"block": [], "rescue": [entry]}]}]
            if place.parent.name == "playbooks"
            else [entry]
        )
        place.write_text(json.dumps(held))
    assert [fault.split(", ")[0] for fault in pins.of_appliance(tmp_path)] == [
        "playbooks/p.yml",
        "roles/r/tasks/main.yml",
    ]


@pytest.mark.parametrize("task", parsed(CHOSEN), ids=str)
def test_a_task_that_knows_what_it_gets_passes(task: dict[str, Any]) -> None:
    assert list(pins.of_task(task)) == []


def test_a_script_or_a_template_that_fetches_is_found_too(tmp_path: Path) -> None:
    folder = tmp_path / "roles" / "r" / "templates"
    folder.mkdir(parents=True)
    (folder / "job.sh.j2").write_text(
        "#!/bin/sh\n# curl https://a.example/only-a-comment\nwget https://a.example/tool\n"
    )
    assert list(pins.of_appliance(tmp_path)) == [
        "roles/r/templates/job.sh.j2: it fetches without a hash: wget https://a.example/tool"
    ]


@pytest.fixture
def code(tmp_path: Path) -> Path:
    for folder in traps.FOLDERS:
        (tmp_path / folder).mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("run(given, shell=True)", 1),
        ("run(given, shell=True)  # nosec", 2),
        ("run(given, shell=True)  # nosec B602", 2),
        ("run(given, shell=True)  # nosec - it is well", 2),
        ("run(given, shell=True)  # nosec B608 - another rule's number", 1),
        ("run(given, shell=True)  # nosec B602 - written by root alone", 0),
        ("run(given, shell=True)  # noqa: S602", 2),
        ("run(given, shell=True)  # noqa: S602 - written by root alone", 0),
        ("run(['ls'])", 0),
    ],
)
def test_a_trap_is_accepted_by_its_number_and_a_reason_only(code: Path, line: str, faults: int) -> None:
    (code / "roles" / "tool.py").write_text(f"import sys\nfrom subprocess import run\n\ngiven = sys.argv[1]\n{line}\n")
    assert len(traps.faults(code)) == faults


def test_a_file_that_cannot_be_read_is_no_pass(code: Path) -> None:
    (code / "app" / "broken.py").write_text("def (:\n")
    with pytest.raises(SystemExit, match="could not read"):
        traps.faults(code)


REPORT = {
    "dependencies": [
        {"name": "sound", "version": "1.0", "vulns": []},
        {"name": "cracked", "version": "2.0", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"], "aliases": []}]},
        {"name": "unheard", "skip_reason": "Dependency not found on PyPI"},
    ]
}


def answering(monkeypatch: pytest.MonkeyPatch, stdout: str, stderr: str = "") -> None:
    """pip-audit as it answers with exit status 0, whatever it says."""
    done = subprocess.CompletedProcess([], 0, stdout, stderr)
    monkeypatch.setattr(advisories.subprocess, "run", lambda *_, **__: done)


def test_a_known_vulnerability_and_a_version_that_was_not_judged_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, json.dumps(REPORT))
    found = advisories.faults()
    assert "cracked 2.0: CVE-1, mended in 2.1" in found
    assert sum("NOT JUDGED, and that is no pass: 1 of 3" in each and "(unheard" in each for each in found) == len(LOCKS)


def test_sound_versions_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, json.dumps({"dependencies": REPORT["dependencies"][:1]}))
    assert advisories.faults() == []


def test_an_index_out_of_reach_is_said_aloud_and_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "", "ERROR: could not connect\n")
    with pytest.raises(SystemExit, match=r"NO ADVISORIES WERE READ, and that is no pass\. .*could not connect"):
        advisories.faults()


def test_an_option_that_it_does_not_know_is_no_audit() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.audit", "--of-line"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"usage:" in done.stderr
