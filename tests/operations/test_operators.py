"""What an operator is told to type works for the user who types it, and what a playbook promises does not hang on the hour."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from loadtests.service import ROOT
from tests.operations.test_playbook_tools import load
from tests.operations.test_roles import tasks_of
from tests.thrift import parsed

RUNBOOKS = sorted([*(ROOT / "docs/runbooks").glob("*.md"), *(ROOT / "docs/ru/runbooks").glob("*.md")])
# Refused to an ordinary user, or asking for a password that the deploy user has not.
ROOTS = re.compile(
    r"^(systemctl (start|stop|restart|enable|reset-failed)|journalctl --vacuum|timedatectl set|modprobe|reboot|certbot"
    r"|sales-machine-release|machine)\b"
)


def read(path: str) -> Any:
    return parsed((ROOT / path).read_text("utf-8"))


def commands(page: Path) -> list[str]:
    """Each command of a page: the lines of its blocks, and what stands in a line between backticks."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [line for block in blocks for line in block.splitlines()] + inline


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: f"{page.parts[-3]}-{page.stem}")
def test_a_runbook_can_be_typed_as_it_stands_and_says_how_to_see_that_it_worked(page: Path) -> None:
    said = page.read_text("utf-8")
    assert "ssh deploy@" in said
    assert re.search(r"^(It worked when|Помогло, если) ", said, re.MULTILINE)
    for command in commands(page):
        if command != "machine doctor":  # its name; as a command it needs to be told where everything lies
            assert not ROOTS.match(command), f"without sudo: {command}"
    assert "sudo machine doctor\n" not in said
    assert not re.search(r"^machine doctor$", said, re.MULTILINE)


def test_the_operators_read_the_logs_that_the_pages_name() -> None:
    """journalctl shows the services' lines to root and to the group adm; so does /var/log/nginx."""
    (user,) = [
        task["ansible.builtin.user"] for task in read("roles/base/tasks/user.yml") if "ansible.builtin.user" in task
    ]
    assert set(user["groups"]) == {"sudo", "adm"}


def test_the_program_that_pages_and_doctor_name_is_on_the_path() -> None:
    links = [task.get("ansible.builtin.file", {}) for task in read("roles/ollama/tasks/install.yml")]
    assert [link["src"] for link in links if link.get("dest") == "/usr/local/bin/ollama"] == [
        "/opt/ollama/current/bin/ollama"
    ]
    assert "- /usr/local/bin/ollama\n" in (ROOT / "playbooks/tasks/erase.yml").read_text("utf-8")


def test_every_play_that_installs_waits_for_the_nightly_upgrades() -> None:
    """Ansible's own patience is a minute; a new server upgrades itself for several at its first boot."""
    for name in ("foundation", "model", "service", "care", "update", "update_ollama", "update_driver", "rotate_tunnel"):
        for play in read(f"playbooks/{name}.yml"):
            if "hosts" in play:
                assert play["module_defaults"]["ansible.builtin.apt"]["lock_timeout"] >= 600, name
    assert "DPkg::Lock::Timeout=600" in (ROOT / "roles/nvidia/tasks/return.yml").read_text("utf-8")


def test_the_journals_limits_are_acted_on_before_anything_can_fail() -> None:
    tasks = read("roles/base/tasks/configure.yml")
    (at,) = [number for number, task in enumerate(tasks) if task.get("notify") == "Restart the journal"]
    assert tasks[at + 1]["ansible.builtin.meta"] == "flush_handlers"


def test_decommission_ends_the_tunnel_whatever_its_name() -> None:
    """wg-quick@wg-machine is a link to a template: `systemctl list-unit-files wg-quick@wg-machine*` prints nothing."""
    (play,) = [play for play in read("playbooks/decommission.yml") if "hosts" in play]
    roles = [(task["ansible.builtin.include_role"]) for task in play["tasks"] if "ansible.builtin.include_role" in task]
    assert {"name": "tunnel", "tasks_from": "down"} in roles
    erased = (ROOT / "playbooks/tasks/erase.yml").read_text("utf-8")
    assert "tunnel_interface | default('wg-machine')" in erased
    assert "/etc/wireguard/wg-machine" not in erased


def test_drift_that_cannot_start_ansible_does_not_say_that_something_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    drift = load("drift.py")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    monkeypatch.setattr(sys, "argv", ["drift.py", "-i", "inventory/production"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert drift.main() == 2
    assert "Fix: " in capsys.readouterr().out


def test_a_rehearsal_that_failed_is_made_up_for_by_the_next_run() -> None:
    """That run issues nothing: what is owed has to stand on the server."""
    tasks = {task["name"]: task for task in read("roles/tls/tasks/renewal.yml")}
    assert "__tls_issued is changed" not in tasks["Rehearse a renewal"]["when"]
    names = list(tasks)
    assert names.index("Note that a renewal is to be rehearsed") < names.index("Rehearse a renewal")
    assert names.index("Rehearse a renewal") < names.index("It is proven") == len(names) - 1


def test_a_bundle_of_a_damaged_memory_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bundle = load("files/bundle.py")
    monkeypatch.setattr(bundle, "DATA", tmp_path)
    monkeypatch.setattr(bundle, "ETC", tmp_path)
    monkeypatch.setattr(sys, "argv", ["bundle.py", str(tmp_path / "bundle.tar.gz"), "1"])
    (tmp_path / "conversations.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 8192)
    with pytest.raises(SystemExit, match=r"none was made\. Fix: "):
        bundle.main()
    assert not (tmp_path / "bundle.tar.gz").exists()


@pytest.mark.parametrize("model", [True, False])
def test_no_alert_for_a_model_where_none_is_used(model: bool) -> None:
    """Its figure is 0 there for ever."""
    room = jinja2.Environment(trim_blocks=True, autoescape=False)
    room.filters |= {"to_json": json.dumps, "bool": bool}
    rules = room.from_string((ROOT / "roles/monitor/templates/rules.yml.j2").read_text("utf-8"))
    (group,) = parsed(rules.render(monitor_model=model, monitor_runbook_url="docs/runbooks"))["groups"]
    assert ("ModelDown" in [rule["alert"] for rule in group["rules"]]) is model
    assert len(group["rules"]) >= 16


@pytest.mark.parametrize("net", ["0.0.0.0/0", "::/0"])
def test_the_tunnel_is_not_the_way_to_everywhere(net: str) -> None:
    """Either would lead the server's own traffic into the tunnel, ssh with it."""
    (block,) = read("roles/tunnel/tasks/validate.yml")
    (task,) = [task for task in block["block"] if "networks" in task["name"]]
    room = jinja2.Environment(autoescape=False)
    room.tests["search"] = lambda text, pattern: re.search(pattern, text) is not None
    room.tests["match"] = lambda text, pattern: re.match(pattern, text) is not None
    meet = [room.compile_expression(each) for each in task["ansible.builtin.assert"]["that"]]
    assert all(each(tunnel_peer_networks=["10.99.0.2/32", "fd00::2/128"]) for each in meet)
    assert not all(each(tunnel_peer_networks=["10.99.0.2/32", net]) for each in meet)


def asked_besides(folder: Path, kernel: str, *known: str, prebuilt: bool = False) -> list[str]:
    """What install.yml would install besides, on a server that runs `kernel` and whose apt knows the packages `known`."""
    for name, says in (("uname", kernel), ("apt-cache", "\n".join(known))):
        (folder / name).write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\n")
        (folder / name).chmod(0o755)
    tasks = {task["name"]: task for task in read("roles/nvidia/tasks/install.yml")}
    assert (
        "__nvidia_headers.stdout_lines"
        in tasks["Install the driver and what its module is built with (hundreds of MB, minutes)"][
            "ansible.builtin.apt"
        ]["name"]
    )
    room = jinja2.Environment(autoescape=False)
    room.filters["bool"] = bool
    argv = tasks["Ask what the kernel that runs lacks for a module"]["ansible.builtin.command"]["argv"]
    given = {"nvidia_prebuilt": prebuilt, "nvidia_driver_branch": "580"}
    asked = [*argv[:3], *(room.from_string(word).render(given) for word in argv[3:])]
    path = {"PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(asked, env=path, capture_output=True, text=True, check=False)
    assert done.returncode <= 1, done.stderr
    return done.stdout.splitlines()


def test_the_module_is_built_for_the_kernel_that_runs_though_a_newer_one_is_in_the_archive(tmp_path: Path) -> None:
    known = ["linux-headers-6.8.0-31-generic", "linux-headers-6.8.0-31-generic-64k"]
    assert asked_besides(tmp_path, "6.8.0-31-generic", *known) == known[:1]
    assert asked_besides(tmp_path, "6.8.0-99-ours", *known) == []


def test_a_ready_module_is_taken_for_the_kernel_that_runs_too(tmp_path: Path) -> None:
    known = ["linux-modules-nvidia-580-server-6.8.0-31-generic", "linux-modules-nvidia-580-server-generic"]
    assert asked_besides(tmp_path, "6.8.0-31-generic", *known, prebuilt=True) == known[:1]
    assert asked_besides(tmp_path, "6.8.0-99-ours", *known, prebuilt=True) == []


def test_a_path_in_a_command_is_meant_from_where_it_was_typed(tmp_path: Path) -> None:
    """Ansible looks beside the playbook; `-e publish_knowledge_src=kb` is typed in the folder above."""
    for folder in ("playbooks", "kb", "copied"):
        (tmp_path / folder).mkdir()
    (tmp_path / "kb/prices.yaml").write_text("sections: []\n")
    (tmp_path / "server.tar.gz").write_text("a bundle\n")
    (tmp_path / "home").mkdir()

    def task(path: str, name: str) -> dict[str, Any]:
        told = read(path)
        plays = [play for play in told if "hosts" in play]
        (found,) = [task for task in tasks_of(plays[0]["tasks"] if plays else told) if task["name"] == name]
        return {key: value for key, value in found.items() if key.startswith("ansible.") or key == "name"}

    copy, fetch = task("roles/app/tasks/publish.yml", "Copy it"), task("playbooks/logs.yml", "Fetch it")
    for alone in ("owner", "group"):
        del copy["ansible.builtin.copy"][alone]  # root's business
    (ask,) = [play for play in read("playbooks/publish_knowledge.yml") if "hosts" in play]
    (source,) = [told["vars"]["__app_publish_src"] for told in ask["tasks"] if "ansible.builtin.include_role" in told]
    given = {
        "publish_knowledge_src": "kb",
        "__app_publish_src": source,
        "__app_publish_folder": {"path": str(tmp_path / "copied")},
    }
    given |= {
        "__logs_file": str(tmp_path / "server.tar.gz"),
        "logs_to": "home",
        "ansible_python_interpreter": sys.executable,
    }
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": given, "tasks": [copy, fetch]}
    (tmp_path / "playbooks/both.yml").write_text(yaml.safe_dump([play]))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "playbooks/both.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "copied/prices.yaml").exists()
    assert (tmp_path / "home/server.tar.gz").exists()


def test_the_example_of_a_servers_own_variables_can_be_switched_on() -> None:
    text = (ROOT / "inventory/production/host_vars/gex44.yml").read_text("utf-8")
    assert parsed(text.replace("# machine_domain:", "machine_domain:")) == {"machine_domain": "machine-2.example.com"}


def test_a_file_of_secrets_as_the_install_page_has_it_is_read_beside_the_others(tmp_path: Path) -> None:
    page = (ROOT / "docs/install.md").read_text("utf-8")
    (block,) = re.findall(r"```\n(mkdir -p -m 700 [^`]*?)```", page)
    for folder in ("inventory/production", "roles"):
        (tmp_path / folder).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "home").mkdir()
    (tmp_path / "editor").write_text('#!/bin/sh\necho \'monitor_telegram_token: "7:secret"\' > "$1"\n')
    (tmp_path / "editor").chmod(0o755)
    own = {"HOME": str(tmp_path / "home"), "EDITOR": str(tmp_path / "editor"), "PATH": os.environ["PATH"]}

    def typed(script: str, **streams: int) -> subprocess.CompletedProcess[str]:
        told = script.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        return subprocess.run(["sh", "-ec", told], cwd=tmp_path, env=own, text=True, check=False, **piped)

    ask = ".venv/bin/ansible-inventory -i inventory/production --host gex44"
    keyboard, terminal = pty.openpty()  # without one ansible-vault opens no editor
    done = typed(f"{block}\n{ask} > asked", stdin=terminal, stdout=terminal)
    os.close(keyboard)
    os.close(terminal)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "asked").read_text())
    assert found["monitor_telegram_token"] == "7:secret"
    assert found["machine_model"] == "qwen3:14b", "what stands in machines.yml is still read"
    made = tmp_path / "inventory/production/group_vars/all/vault.yml"
    assert "secret" not in made.read_text()
    password = tmp_path / "home/.sales-machine/vault-password"
    assert (password.stat().st_mode & 0o777, password.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    without = typed(ask)
    assert without.returncode != 0
    (row,) = re.findall(r"^\| `([^`]*no vault secrets[^`]*)` \|", page, re.MULTILINE)
    assert row in " ".join(without.stderr.split())
