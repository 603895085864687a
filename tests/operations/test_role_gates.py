"""The gates of a server: who logs in, who is banned, in which order gates are closed, who may read what. A change must
not lose one of these lines unnoticed; tests/host tries the same on a real server."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest

from loadtests.service import ROOT
from tests.operations.rendering import lines
from tests.thrift import parsed

# The way in


def test_keys_let_ordinary_users_in_and_nothing_else_anybody(rendered: Path) -> None:
    assert {
        "PermitRootLogin no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PubkeyAuthentication yes",
        "AuthenticationMethods publickey",
        "PermitEmptyPasswords no",
        "HostbasedAuthentication no",
        "X11Forwarding no",
        "AllowAgentForwarding no",
        "PermitTunnel no",
    } <= set(lines(rendered, "access.sshd.conf"))


def test_only_the_deploy_user_becomes_root(rendered: Path) -> None:
    assert lines(rendered, "base.sudoers") == ["deploy ALL=(ALL:ALL) NOPASSWD: ALL"]


@pytest.mark.parametrize(
    ("line", "banned"),
    [
        ('203.0.113.7 - - [01/Jan/2026:00:00:00 +0000] "POST /api/v1/process HTTP/1.1" 401 99 "-" "x"', True),
        ('203.0.113.7 - - [01/Jan/2026:00:00:00 +0000] "POST /api/v1/process HTTP/1.1" 200 99 "-" "x"', False),
        ('203.0.113.7 - - [01/Jan/2026:00:00:00 +0000] "POST /api/v1/process HTTP/1.1" 403 99 "-" "x"', False),
        (r'203.0.113.7 - - [01/Jan/2026:00:00:00 +0000] "GET /\x22 401 1 \x22 HTTP/1.1" 404 99 "-" "x"', False),
        ('203.0.113.7 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 404 401 "-" "a 401 1 b"', False),
        ('203.0.113.7 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "a 401 1 "', False),
        ('203.0.113.7 - a 401 1 [01/Jan/2026:00:00:00 +0000] "GET / 401 1 " 400 5 "-" "-"', False),
    ],
)
def test_a_wrong_key_and_nothing_else_is_what_fail2ban_looks_for(rendered: Path, line: str, banned: bool) -> None:
    (regex,) = [each[12:] for each in lines(rendered, "firewall.filter.conf") if each.startswith("failregex = ")]
    without_date = re.sub(r"\[.*?\]", "", line)  # as fail2ban takes the date out before it looks
    assert bool(re.search(regex.replace("<ADDR>", r"(?P<ip>\S+)"), without_date)) is banned


def test_who_guesses_is_banned_and_the_operators_never_are(rendered: Path) -> None:
    jail = lines(rendered, "firewall.jail.local")
    assert jail.count("enabled = true") == 2
    assert [line for line in jail if line.startswith("[")] == ["[DEFAULT]", "[sshd]", "[sales-machine-api]"]
    ignored = [line.partition(" = ")[2].split() for line in jail if line.startswith("ignoreip = ")]
    assert len(ignored) == 2, "everybody's, and the API's own"
    for never in ignored:
        assert {"127.0.0.0/8", "::1"} <= set(never)
        assert {"0.0.0.0/0", "::/0"} & set(never) == set()
    assert "port = 80,443" in jail
    assert all(
        int(line.partition(" = ")[2]) > 0 for line in jail if line.startswith(("maxretry", "bantime", "findtime"))
    )


@pytest.mark.parametrize("role", ["access", "firewall"])
def test_a_change_that_nobody_proves_is_taken_back_by_the_server_itself(rendered: Path, role: str) -> None:
    script = (rendered / f"{role}.switch.sh").read_text("utf-8")
    arm = script.partition("\narm)")[2].partition(";;")[0]
    assert script.splitlines()[0] == "#!/bin/sh"
    assert "\nset -eu\n" in script
    assert arm.index('[ -d "$state" ] || keep "$@"') < arm.index("systemd-run"), "what is kept is the proven state"
    assert '--on-active="$seconds"' in arm
    assert '"$0" revert' in arm
    assert "bring_back" in script.partition("\nrevert)")[2]
    assert "systemctl stop" in script.partition("\ncancel)")[2].partition(";;")[0]
    assert "mkdir -m 700" in script


# In which order


def tasks(role: str, name: str = "main") -> list[dict[str, Any]]:
    """A role's tasks in the order in which they run, those of blocks and of imported files among them."""

    def flat(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for entry in entries:
            yield entry
            yield from flat(entry.get("block", []))
            if imported := entry.get("ansible.builtin.import_tasks"):
                yield from tasks(role, Path(imported).stem)

    return list(flat(parsed((ROOT / "roles" / role / "tasks" / f"{name}.yml").read_text("utf-8"))))


def place(found: list[dict[str, Any]], **wanted: Any) -> int:
    """Where the first task stands whose module is told all of `wanted`. Raises AssertionError."""
    for number, task in enumerate(found):
        for told in task.values():
            if isinstance(told, dict) and wanted.items() <= told.items():
                return number
    raise AssertionError(f"no task with {wanted}")


def imports(role: str) -> list[str]:
    return [
        Path(task["ansible.builtin.import_tasks"]).stem
        for task in tasks(role)
        if "ansible.builtin.import_tasks" in task
    ]


def switch(role: str, word: str) -> int:
    """Where a role's switch is told this word."""
    found = tasks(role)
    said = [task.get("ansible.builtin.command") for task in found]
    (number,) = [n for n, each in enumerate(said) if isinstance(each, dict) and word in each["argv"][1:2]]
    return number


def test_the_ports_are_opened_before_the_rest_is_closed() -> None:
    found = tasks("firewall")
    opened = place(found, rule="allow", port="{{ item }}")
    closed = place(found, state="enabled", default="deny", direction="incoming")
    assert found[opened]["loop"] == "{{ firewall_tcp_ports | map('string') }}"
    assert "delete" not in found[opened]["community.general.ufw"]
    assert place(found, path="/etc/default/ufw", line="IPV6=yes") < closed
    assert opened < closed


@pytest.mark.parametrize(
    ("role", "order"),
    [
        ("firewall", ["arm", "configure", "prove", "verify"]),
        ("access", ["arm", "keys", "prove", "configure", "prove", "verify"]),
    ],
)
def test_a_gate_is_closed_under_an_armed_switch_and_proven_before_it_is_cancelled(role: str, order: list[str]) -> None:
    assert [name for name in imports(role) if name in order] == order
    found = tasks(role)
    proven = [n for n, task in enumerate(found) if "ansible.builtin.wait_for_connection" in task]
    assert switch(role, "arm") < min(proven) <= max(proven) < switch(role, "cancel")
    assert all(task["vars"]["ansible_control_path"] == "none" for task in (found[n] for n in proven)), "a fresh login"


def test_what_sshd_does_is_asked_of_sshd() -> None:
    (proof,) = [task for task in tasks("access") if "__access_wanted" in task.get("vars", {})]
    assert set(proof["vars"]["__access_wanted"]) == {
        "permitrootlogin no",
        "passwordauthentication no",
        "kbdinteractiveauthentication no",
        "pubkeyauthentication yes",
        "authenticationmethods publickey",
    }


def test_keys_that_are_no_operators_are_taken_away_and_the_deploy_user_has_no_password() -> None:
    (keys,) = [
        task["ansible.posix.authorized_key"] for task in tasks("access") if "ansible.posix.authorized_key" in task
    ]
    assert keys["exclusive"] is True
    (user,) = [task["ansible.builtin.user"] for task in tasks("base") if "ansible.builtin.user" in task]
    assert user["password"] == "!"


# What only root or the service may read, and what is taken only by its hash

SECRETS = {
    "/etc/sales-machine/api_keys": "0600",
    "/etc/sales-machine/llm_key": "0600",
    "/etc/sales-machine/alertmanager.yml": "0600",
    "/etc/sales-machine/{{ item.name }}": "0600",  # the webhook's address and secret
    "/etc/ssh/sshd_config.d/00-sales-machine.conf": "0600",
    "/etc/sudoers.d/60-{{ base_deploy_user }}": "0440",
    "/etc/wireguard/{{ tunnel_interface }}.conf": "0600",
    "/etc/wireguard/{{ __tunnel_next }}.{{ item }}": "0600",
    "/var/lib/sales-machine": "0700",
    "{{ backup_target }}": "0700",
    "/var/lib/sales-machine/kb-versions": "0750",
    "/var/lib/ollama": "0750",
}


def modes() -> Iterator[tuple[str, str]]:
    """(path, mode) of every file and folder that a task of any role makes with a mode."""
    for file in sorted((ROOT / "roles").glob("*/tasks/*.yml")):
        for task in tasks(file.parents[1].name, file.stem):
            for told in [*task.values(), *(task["loop"] if isinstance(task.get("loop"), list) else [])]:
                if isinstance(told, dict) and (path := told.get("dest") or told.get("path")) and "mode" in told:
                    yield str(path), str(told["mode"])


def test_what_is_secret_is_read_by_nobody_else() -> None:
    found = {path: {mode for other, mode in modes() if other == path} for path in SECRETS}
    assert found == {path: {mode} for path, mode in SECRETS.items()}


def test_nothing_that_a_role_makes_can_be_written_by_others() -> None:
    told = [(path, mode) for path, mode in modes() if "{{ item.mode }}" not in mode]
    assert len(told) > 50
    assert [(path, mode) for path, mode in told if mode[-1] not in "045"] == []


def test_who_is_told_and_with_which_secrets_is_not_shown() -> None:
    every = [*tasks("monitor"), *tasks("monitor", "receivers")]
    written = [task for task in every if "ansible.builtin.copy" in task or "ansible.builtin.template" in task]
    secret = [task for task in written if re.search("monitor_webhook_|/alertmanager.yml", str(task))]
    assert len(secret) == 2 and all(task["no_log"] is True for task in secret)


def test_the_api_key_is_made_on_the_server_at_random_and_never_over_another() -> None:
    commands = [task["ansible.builtin.command"] for task in tasks("app", "key") if "ansible.builtin.command" in task]
    (made,) = [each for each in commands if each.get("creates") == "/etc/sales-machine/api_keys"]
    code = made["argv"][-1]
    assert "secrets.token_urlsafe(32)" in code
    assert "os.O_CREAT | os.O_EXCL, 0o600" in code


def test_what_is_installed_is_taken_only_by_its_hash() -> None:
    (pip, wheel) = [
        task["ansible.builtin.command"]["argv"]
        for task in tasks("app", "wheels")
        if "pip" in str(task) and "argv" in str(task)
    ]
    assert {"--require-hashes", "--only-binary"} <= set(pip)
    assert pip[pip.index("--only-binary") + 1] == ":all:"
    assert {"--no-deps", "--no-index"} <= set(wheel)
    (fetched,) = [
        task["ansible.builtin.get_url"] for task in tasks("ollama", "release") if "ansible.builtin.get_url" in task
    ]
    assert fetched["checksum"] == "sha256:{{ ollama_sha256 }}"
    names = [task["name"] for task in tasks("ollama", "model")]
    assert names[-1] == "The model is the one that was chosen"


# What stays


@pytest.mark.parametrize(("keep", "stay"), [(1, 0), (2, 1), (3, 2)])
def test_the_release_that_served_before_counts_among_those_that_are_kept(keep: int, stay: int) -> None:
    (removal,) = [t for t in tasks("ollama", "prune") if t.get("ansible.builtin.file", {}).get("state") == "absent"]
    assert "reverse=true" in removal["loop"], "the newest first"
    removed = jinja2.Environment().compile_expression(removal["when"])
    index = removal["loop_control"]["index_var"]
    others = range(4)  # the two that serve and served before are left out of the list
    assert [n for n in others if not removed(**{index: n, "ollama_keep_releases": keep})] == list(range(stay))
