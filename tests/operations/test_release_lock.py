"""The lists of wheels that servers and operators install: whole, with a hash each, and nothing is installed but by them."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.audit.pins import pinned
from tests.host.lock import CONTROLLERS, LOCKS, ROOT, SERVERS, Target, Wheel, environment, missing, render
from tests.prove import lock
from tests.thrift import parsed

LISTS = sorted(LOCKS)
TARGETS = [
    pytest.param(name, target, id=f"{name}-{target.system}-{target.machine}-{target.python}")
    for name in LISTS
    for target in LOCKS[name].targets
]


@pytest.mark.parametrize("name", LISTS)
def test_every_requirement_has_its_hashes_and_no_index_is_named(name: str) -> None:
    text = LOCKS[name].path.read_text("utf-8")
    assert text.startswith("# Made by `make lock`")
    entry = r"[a-z0-9-]+==[^\s\\]+(?: \\\n    --hash=sha256:[0-9a-f]{64})+"
    assert re.fullmatch(rf"#.*\n(?:{entry}\n)+", text)
    assert "://" not in text


@pytest.mark.parametrize(("name", "target"), TARGETS)
def test_what_the_project_declares_is_in_it(name: str, target: Target) -> None:
    """`make lock` was run since pyproject.toml was changed."""
    versions = pinned(LOCKS[name].path.read_text("utf-8"))
    for line in LOCKS[name].requirements:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment(target)):
            version = versions.get(canonicalize_name(requirement.name))
            assert version is not None, f"{requirement.name} is not in {name}: run make lock"
            assert requirement.specifier.contains(version, prereleases=True), f"{line}, locked {version}: run make lock"


def test_both_lists_of_a_server_agree() -> None:
    base, semantic = (
        pinned(LOCKS[name].path.read_text("utf-8")) for name in ("requirements.txt", "requirements-semantic.txt")
    )
    assert base.items() <= semantic.items()


def test_the_wheel_is_built_with_what_its_list_names_and_nothing_else() -> None:
    tasks = parsed((ROOT / "roles" / "app" / "tasks" / "wheel.yml").read_text("utf-8"))
    environment, install, build = (task["ansible.builtin.command"]["argv"] for task in tasks)
    folder = environment[-1]
    assert environment[1:] == ["-m", "venv", folder]
    assert install[0] == build[0] == f"{folder}/bin/pip"
    assert {"--require-hashes", ":all:", "--requirement={{ role_path }}/files/requirements-build.txt"} <= set(install)
    assert {"--no-build-isolation", "--no-index", "--no-deps"} <= set(build)
    assert LOCKS["requirements-build.txt"].path == ROOT / "roles" / "app" / "files" / "requirements-build.txt"
    assert all(task["delegate_to"] == "localhost" for task in tasks)


def test_the_proof_installs_the_list_as_the_role_does() -> None:
    """`make prove-lock`: not another list, not with less asked of a wheel."""
    (install, _) = [
        task["ansible.builtin.command"]["argv"]
        for task in parsed((ROOT / "roles" / "app" / "tasks" / "wheels.yml").read_text("utf-8"))
        if "pip" in str(task.get("ansible.builtin.command"))
    ]
    hashed = [word for word in install if word.startswith(("--require", "--only")) or word == ":all:"]
    assert list(lock.HASHED[:3]) == hashed[:3]
    assert lock.LIST.name == "requirements-semantic.txt"
    assert all((ROOT / name).is_file() for name in lock.TESTS)


def test_a_list_that_what_tests_need_has_moved_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = pinned(lock.LIST.read_text("utf-8"))
    there = dict(wanted) | {"pytest": "9"}
    monkeypatch.setattr(lock, "installed", lambda python: there)
    assert lock.differing("python") == {}
    there["torch"] = "2.14.0"
    assert lock.differing("python") == {"torch": (wanted["torch"], "2.14.0")}


@pytest.mark.parametrize("page", ["docs/install.md", "docs/ru/install.md"])
def test_operators_are_told_to_install_from_their_list(page: str) -> None:
    commands = re.findall(r"pip install .*", (ROOT / page).read_text("utf-8"))
    assert commands
    assert all("--require-hashes -r requirements-ops.txt" in command for command in commands)
    assert LOCKS["requirements-ops.txt"].path == ROOT / "requirements-ops.txt"


def test_everything_that_the_code_imports_is_locked() -> None:
    """A package that only the development environment has would be missing on the server."""
    distributions = packages_distributions()
    locked = pinned(LOCKS["requirements-semantic.txt"].path.read_text("utf-8"))
    for path in sorted((ROOT / "app").rglob("*.py")):
        for module in _imports(path) - {"app"} - sys.stdlib_module_names:
            names = {canonicalize_name(name) for name in distributions.get(module, [module])}
            assert names & locked.keys(), (
                f"{path.relative_to(ROOT)} imports {module}, which pyproject.toml does not name"
            )


def _imports(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules.add(node.module.partition(".")[0])
    return modules


def test_a_requirement_of_another_python_is_found_missing() -> None:
    needs = ('old; python_version < "3.12"', 'new; python_version >= "3.12"', 'extra-only; extra == "more"')
    wheels = [Wheel("root", "1.0", "a" * 64, needs), Wheel("old", "1.0", "b" * 64, ())]
    older, newer = SERVERS
    assert missing(older, ["root>=1"], wheels) == []
    assert missing(newer, ["root>=1"], wheels) == ['new; python_version >= "3.12"']
    assert missing(older, ["root[more]>=1"], wheels) == ['extra-only; extra == "more"']
    assert missing(older, ["root>=2"], wheels) == ["root>=2"]


def test_a_requirement_of_another_system_is_found_missing() -> None:
    wheels = [Wheel("root", "1.0", "a" * 64, ('fruit; sys_platform == "darwin"', 'arm; platform_machine == "aarch64"'))]
    lacking = {
        missing(target, ["root"], wheels)[0].split(";")[0] for target in CONTROLLERS if target.machine != "x86_64"
    }
    assert lacking == {"fruit", "arm"}
    assert all(missing(target, ["root"], wheels) == [] for target in CONTROLLERS if target.machine == "x86_64")


def test_each_wheel_has_a_line_of_its_own() -> None:
    wheels = [Wheel("b", "2", "f" * 64, ()), Wheel("a", "1", "2" * 64, ()), Wheel("a", "1", "1" * 64, ())]
    assert render(wheels, "nobody").splitlines()[1:] == [
        "a==1 \\",
        f"    --hash=sha256:{'1' * 64} \\",
        f"    --hash=sha256:{'2' * 64}",
        "b==2 \\",
        f"    --hash=sha256:{'f' * 64}",
    ]
