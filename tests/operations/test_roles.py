"""The appliance without a server: its roles are complete, documented, strict, and say how to repair a wrong inventory."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT, clean_environment
from tests.host.hosts import run
from tests.host.readme_tables import defaults, main_spec, page
from tests.operations.rendering import TEMPLATES
from tests.thrift import parsed

ROLES = sorted((ROOT / "roles").iterdir())
ORDER = [
    "bundle",
    "preflight",
    "base",
    "access",
    "firewall",
    "nvidia",
    "ollama",
    "app",
    "tunnel",  # nginx may listen on its address alone, and `nginx -t` refuses an address that is not there
    "nginx",
    "tls",
    "backup",
    "monitor",
    "verify",
]
PLAYS = ["inventory", "login", "validate", "foundation", "model", "service", "care"]
BIN = Path(sys.executable).parent
REMEDY = re.compile(r"\b(fix|set|write|name|correct|put|add|choose|install)\b", re.IGNORECASE)
each_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)


def read(path: Path) -> Any:
    return parsed(path.read_text("utf-8"))


def tasks_of(entries: list[dict[str, Any]] | None) -> Iterator[dict[str, Any]]:
    """Every task of a list, those inside blocks too."""
    for task in entries or []:
        yield task
        for part in ("block", "rescue", "always"):
            yield from tasks_of(task.get(part))


@each_role
def test_the_specification_names_exactly_the_defaults(role: Path) -> None:
    options = main_spec(role)["options"]
    assert list(options) == list(defaults(role))
    assert all(name.startswith(f"{role.name}_") for name in options)
    assert all(option["description"] and option["type"] for option in options.values())


OTHERWISE_SAID = {"app_release"}
"""Of these the specification says what they are without a bundle."""


@each_role
def test_a_default_that_the_specification_names_is_the_one_that_is_taken(role: Path) -> None:
    values = defaults(role)
    for name, option in main_spec(role)["options"].items():
        if "default" in option and name not in OTHERWISE_SAID:
            assert option["default"] == values[name], name


@each_role
def test_the_readme_is_current(role: Path) -> None:
    assert (role / "README.md").read_text("utf-8") == page(role), f"run: python -m tests.host.readme_tables {role.name}"


@each_role
def test_each_condition_says_how_to_meet_it(role: Path) -> None:
    files = sorted((role / "tasks").glob("validate*.yml"))
    assert role / "tasks" / "validate.yml" in files
    tasks = [task for file in files for task in tasks_of(read(file))]
    for task in tasks:
        condition = task.get("ansible.builtin.assert")
        if condition:
            message = condition["fail_msg"]
            assert re.search(rf"\b({role.name}|machine|ansible)_\w+|\{{\{{ item|/etc/", message), (
                f"names nothing: {task['name']}"
            )
            assert REMEDY.search(message), f"no remedy: {task['name']}"


@each_role
def test_no_task_hides_a_failure_and_no_file_is_long(role: Path) -> None:
    for file in sorted([*role.glob("tasks/*.yml"), *role.glob("handlers/*.yml")]):
        text = file.read_text("utf-8")
        assert "ignore_errors" not in text, file
        assert len(text.splitlines()) <= (100 if file.name.startswith("validate") else 70), file


@each_role
def test_a_role_reads_no_other_roles_variables(role: Path) -> None:
    others = [name for name in ORDER if name != role.name]
    public = re.compile(r"(?<![\w./-])(" + "|".join(others) + r")_[a-z]\w*\b(?!\()")  # a macro is no variable
    files = [
        *role.glob("tasks/*.yml"),
        *role.glob("templates/*"),
        *role.glob("handlers/*.yml"),
        role / "defaults" / "main.yml",
    ]
    for file in files:
        code = "\n".join(
            line.split(" #")[0] for line in file.read_text("utf-8").splitlines() if not line.startswith("#")
        )
        for expression in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", code, re.DOTALL):
            assert not public.search(expression), f"{file}: {expression}"


def test_every_role_is_checked_before_any_runs_and_runs_in_this_order() -> None:
    plays = [play for name in PLAYS for play in read(ROOT / "playbooks" / f"{name}.yml")]
    run_in_order = [entry["role"] for play in plays for entry in play.get("roles", [])]
    assert run_in_order == ORDER
    assert all(entry["tags"] == [entry["role"]] for play in plays for entry in play.get("roles", []))
    (check,) = read(ROOT / "playbooks" / "validate.yml")
    assert check["tasks"][0]["vars"]["__site_roles"] == ORDER
    assert [role.name for role in ROLES] == sorted(ORDER)
    assert [play["import_playbook"] for play in read(ROOT / "playbooks" / "site.yml")] == [
        f"{name}.yml" for name in PLAYS
    ]


def test_the_inventories_define_the_same_shared_variables_and_hold_no_secret() -> None:
    pages = {
        name: read(ROOT / "inventory" / name / "group_vars" / "machines.yml") for name in ("production", "testhost")
    }
    shared = [{name for name in page if name.startswith("machine_")} for page in pages.values()]
    assert shared[0] == shared[1]
    for file in (ROOT / "inventory").rglob("*.yml"):
        assert not re.search(
            r"(password|secret|token|api_key)\w*\s*:\s*\S|PRIVATE KEY", file.read_text("utf-8"), re.I
        ), file


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_each_template_renders_with_the_example_inventory(rendered: Path, template: Path) -> None:
    file = rendered / f"{template.relative_to(ROOT).parts[1]}.{template.stem}"
    text = file.read_text("utf-8")
    assert text.strip()
    assert "{%" not in text
    if text.startswith("#!/bin/sh"):
        subprocess.run(["sh", "-n", str(file)], check=True)
    if file.suffix in {".yml", ".yaml"}:
        assert parsed(text)


def test_the_rendered_upgrades_exclude_the_driver(rendered: Path) -> None:
    settings = (rendered / "base.apt.conf").read_text("utf-8")
    excluded = re.search(r"Package-Blacklist \{(.*?)\};", settings, re.DOTALL)
    assert excluded
    patterns = re.findall(r'"(.*)";', excluded[1])
    for package in ("nvidia-driver-550-server", "libnvidia-gl-550-server", "linux-modules-nvidia-550-server-generic"):
        assert any(re.match(pattern, package) for pattern in patterns)
    assert not any(re.match(pattern, "linux-image-generic") or re.match(pattern, "openssl") for pattern in patterns)


def test_the_inventory_as_it_was_shipped_is_refused_before_any_login(tmp_path: Path) -> None:
    """All of it in one sentence. `ssh` is one that would tell: nobody calls it until the inventory is filled in."""
    called, folder = tmp_path / "called", tmp_path / "bin"
    folder.mkdir()
    (folder / "ssh").write_text(f'#!/bin/sh\necho "$@" >> {called}\necho refused >&2\nexit 255\n')
    (folder / "ssh").chmod(0o755)
    command = [str(BIN / "ansible-playbook"), "-i", "inventory/production", "site.yml", "--check"]

    def said(**variables: object) -> str:
        environment = clean_environment(PATH=f"{folder}:{os.environ['PATH']}", ANSIBLE_HOME=str(tmp_path / "home"))
        done = subprocess.run(
            [*command, "-e", json.dumps(variables)],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode != 0
        return " ".join((done.stdout + done.stderr).split())

    shipped = said()
    for word in (
        "ansible_host is 192.0.2.10", "machine_domain is machine.example.com", "machine_contact_email is ops@example.com",
        "machine_operator_keys is empty", "machine_allowlist is empty", "Fix: write what is yours into hosts.yml (ansible_host)",
    ):  # fmt: skip
        assert word in shipped
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA you@here"
    own = {"machine_domain": "machine.shop.kz", "machine_contact_email": "ops@shop.kz", "machine_operator_keys": [key]}
    own |= {"ansible_host": "127.0.0.1", "machine_allowlist": ["127.0.0.1/32"]}
    assert "machine_operator_keys holds" in said(**own | {"machine_operator_keys": ["ssh-ed25519 AAAA you@here"]})
    assert not called.exists(), "a login was tried"
    assert "UNREACHABLE" in said(**own)
    assert "127.0.0.1" in called.read_text()


@pytest.mark.parametrize("inventory", ["production", "testhost"])
def test_the_playbook_is_well_formed(inventory: str) -> None:
    run([str(BIN / "ansible-playbook"), "--syntax-check", "-i", f"inventory/{inventory}", "site.yml"])


@pytest.mark.timeout(600)  # half a minute of computing: a busy machine makes minutes of it
@pytest.mark.long
def test_ansible_lint_finds_nothing() -> None:
    run(
        [str(BIN / "python"), "-m", "tests.ansible_lint", "--offline", "--strict", "--profile", "production", "-q"]
    )  # what .ansible-lint includes


def test_yamllint_finds_nothing() -> None:
    run([str(BIN / "yamllint"), "--strict", "site.yml", "playbooks", "roles", "inventory", "tests/host"])
