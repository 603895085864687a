"""A new API key reaches the operator as a file that nobody else reads, and stands in no output, however talkative."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from loadtests.service import ROOT

ETC = "/etc/sales-machine"
OLD, NEW = "the-key-that-leaves-0123456789012345678", "the-key-that-comes-0123456789012345678"


@dataclass(frozen=True)
class Run:
    """What one run said, without the colours and folds of a terminal."""

    status: int
    said: str


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A folder with the role's own handlers and hand_over.yml, whose server is this machine: /etc/sales-machine is a folder of the test."""
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "api_keys").write_text(f"# One API key per line\n{OLD}\n{NEW}\n")
    (etc / "api_keys").chmod(0o600)
    role = tmp_path / "roles/app"
    for name in ("tasks/hand_over.yml", "handlers/main.yml"):
        text = (ROOT / "roles/app" / name).read_text("utf-8").replace(f"{ETC}/", f"{etc}/")
        (role / name).parent.mkdir(parents=True)
        (role / name).write_text(text.replace("owner: root", "").replace("group: root", ""))
    made = {"name": "Make", "ansible.builtin.debug": {"msg": "made"}, "changed_when": True}
    (role / "tasks/main.yml").write_text(yaml.safe_dump([made | {"notify": "Hand over the new API key"}]))
    play = {"hosts": "all", "gather_facts": False, "roles": ["app"]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    return tmp_path


def run(server: Path, key_file: str, *arguments: str) -> Run:
    """The key of a server is handed over, by a command typed in the folder of the test."""
    told = ["-e", f"ansible_connection=local ansible_python_interpreter={sys.executable} app_key_file={key_file}"]
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "gex44,", "play.yml", *told, *arguments]
    done = subprocess.run(command, cwd=server, capture_output=True, text=True, check=False)
    return Run(done.returncode, " ".join((done.stdout + done.stderr).split()))


def test_the_newest_key_is_in_a_file_for_its_owner_alone_and_in_no_output(server: Path) -> None:
    file = server / "mine/machine.key"
    done = run(server, str(file), "-vvv", "--diff")
    assert done.status == 0, done.said
    assert file.read_text() == f"{NEW}\n"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (
        f"The new API key of gex44, for the caller's Authorization header, is in {file} on this computer" in done.said
    )
    assert NEW not in done.said
    assert OLD not in done.said
    assert (server / "etc/api_keys.shown").exists(), "the next run does not hand it over again"


def test_a_path_is_meant_from_where_it_was_typed_and_a_folder_that_is_there_keeps_its_mode(server: Path) -> None:
    (server / "shared").mkdir(mode=0o755)
    (server / "shared/machine.key").write_text("the key of the server that was there before\n")
    (server / "shared/machine.key").chmod(0o644)
    done = run(server, "shared/machine.key")
    assert done.status == 0, done.said
    assert (server / "shared/machine.key").read_text() == f"{NEW}\n"
    assert (server / "shared/machine.key").stat().st_mode & 0o777 == 0o600
    assert (server / "shared").stat().st_mode & 0o777 == 0o755


def test_without_a_file_it_stays_on_the_server_and_the_run_says_how_to_read_it(server: Path) -> None:
    before = {path for path in server.rglob("*") if "etc" not in path.parts}
    done = run(server, "", "-vvv")
    assert done.status == 0, done.said
    assert "is on the server alone (app_key_file is empty): sudo tail -1" in done.said
    assert NEW not in done.said
    assert {path for path in server.rglob("*") if "etc" not in path.parts} == before


def test_no_task_shows_a_key() -> None:
    """What reads or writes it says nothing of what it holds."""
    for path in [ROOT / "roles/app/tasks/hand_over.yml", ROOT / "playbooks/rotate_key.yml"]:
        for task in yaml.safe_load(path.read_text("utf-8")):
            text = yaml.safe_dump(task)
            if "slurp" in text or "b64decode" in text:
                assert task["no_log"] is True, task["name"]
            assert "debug" not in text or "__app_key.content" not in text
