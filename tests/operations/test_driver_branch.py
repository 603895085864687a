"""Which driver apt would bring, by apt itself: a package may be named for a branch, numbered for it, and lead to another.

The archives are made here, in a folder: packages with the names, numbers and dependencies that Ubuntu's have had, and
nothing inside. Nothing of the system is read or changed.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT
from tests.thrift import parsed

pytestmark = pytest.mark.skipif(not (shutil.which("apt-get") and shutil.which("dpkg-deb")), reason="Debian's tools")

# name: (version, what it depends on)
REAL = {
    "nvidia-driver-550-server": (
        "550.163.01-0ubuntu0.24.04.1",
        "libnvidia-compute-550-server, nvidia-firmware-550-server",
    ),
    "libnvidia-compute-550-server": ("550.163.01-0ubuntu0.24.04.1", ""),
    "nvidia-firmware-550-server": ("550.163.01-0ubuntu0.24.04.1", ""),
    "libnvidia-egl-wayland1": ("1:1.1.13-1build1", ""),
}
LATER = {
    "nvidia-driver-580-server": ("580.95.05-0ubuntu0.24.04.2", "libnvidia-compute-580-server, libnvidia-egl-wayland1"),
    "libnvidia-compute-580-server": ("580.95.05-0ubuntu0.24.04.2", ""),
    "libnvidia-egl-wayland1": ("1:1.1.13-1build1", ""),
}
# Retired: it keeps the number that it had, and pulls the branch after it.
KEEPS_ITS_NUMBER = LATER | {"nvidia-driver-550-server": ("550.163.01-0ubuntu1", "nvidia-driver-580-server")}
# Retired otherwise: built from the newer source, with its number.
TAKES_THE_NEW_ONE = LATER | {"nvidia-driver-550-server": ("580.95.05-0ubuntu0.24.04.2", "nvidia-driver-580-server")}
EMPTY = {"nvidia-driver-550-server": ("550.163.01-0ubuntu1", "")}

# Of each role: the file, the task that rehearses, its register, the task that judges, the role's names of its variables.
ROLES = {
    "preflight": (
        "roles/preflight/tasks/main.yml",
        "What it would bring is of the wanted branch too",
        {"preflight_nvidia_enabled": True, "preflight_nvidia_branch": "550", "preflight_nvidia_package": "nvidia-driver-550-server"},
    ),
    "nvidia": (
        "roles/nvidia/tasks/candidate.yml",
        "It would bring nothing of another branch",
        {"nvidia_driver_branch": "550", "nvidia_driver_package": "nvidia-driver-550-server", "nvidia_driver_version": ""},
    ),
}  # fmt: skip


def archive(folder: Path, packages: dict[str, tuple[str, str]], installed: tuple[str, ...] = ()) -> Path:
    """apt's settings for a system of its own in `folder`, whose archive has `packages`; returns their file."""
    for part in ("lists/partial", "archives/partial", "repo", "preferences.d", "sources.list.d", "log"):
        (folder / part).mkdir(parents=True)
    index, status = [], []
    for name, (version, needs) in packages.items():
        tree = folder / "tree" / name / "DEBIAN"
        tree.mkdir(parents=True)
        control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: tests <t@example.com>\n"
        control += f"Depends: {needs}\n" if needs else ""
        (tree / "control").write_text(f"{control}Description: empty\n")
        deb = folder / "repo" / f"{name}.deb"
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree.parent, deb], check=True, capture_output=True)
        index.append(f"{control}Filename: ./{name}.deb\nSize: {deb.stat().st_size}\nDescription: empty\n")
        if name in installed:
            status.append(f"{control}Status: install ok installed\nDescription: empty\n")
    (folder / "repo" / "Packages").write_text("\n".join(index))
    (folder / "status").write_text("\n".join(status))
    (folder / "sources.list").write_text(f"deb [trusted=yes] file:{folder}/repo ./\n")
    own = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": folder / "sources.list.d",
        "Dir::Etc::preferences": folder / "preferences",
        "Dir::Etc::preferencesparts": folder / "preferences.d",
        "Dir::State": folder,
        "Dir::State::status": folder / "status",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder,
        "Dir::Cache::archives": folder / "archives",
        "Dir::Log": folder / "log",
        "APT::Sandbox::User": "root",
    }
    settings = folder / "apt.conf"
    settings.write_text("".join(f'{name} "{value}";\n' for name, value in own.items()))
    subprocess.run(["apt-get", "update", "-q"], check=True, capture_output=True, env=environment(settings))
    return settings


def environment(settings: Path) -> dict[str, str]:
    return {**os.environ, "APT_CONFIG": str(settings), "LC_ALL": "C"}


def judged(role: str, settings: Path) -> tuple[bool | str, str]:
    """What the role's own condition says of what apt would do by the role's own command; and what apt said."""
    file, name, given = ROLES[role]
    tasks = parsed((ROOT / file).read_text("utf-8"))
    (rehearsal,) = [task for task in tasks if task["name"] == "Rehearse its installation"]
    command = [*rehearsal["ansible.builtin.command"]["argv"][:-1], "nvidia-driver-550-server"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=environment(settings)).stdout
    cases: list[tuple[str, str, dict[str, Any]]] = [(file, name, given | {rehearsal["register"]: {"stdout": said}})]
    done = subprocess.run(
        [sys.executable, "-m", "tests.operations.evaluating"],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    (found,) = json.loads(done.stdout)
    return found, said


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "packages", [KEEPS_ITS_NUMBER, TAKES_THE_NEW_ONE], ids=["keeps its number", "takes the new one"]
)
def test_a_name_that_leads_to_another_branch_is_refused(
    tmp_path: Path, role: str, packages: dict[str, tuple[str, str]]
) -> None:
    found, said = judged(role, archive(tmp_path, packages))
    assert "Inst libnvidia-compute-580-server (580.95.05" in said
    assert "libraries of branch 580, not of" in str(found)
    assert "Nothing was installed." in str(found)


@pytest.mark.parametrize("role", ROLES)
def test_a_name_that_brings_nothing_is_refused(tmp_path: Path, role: str) -> None:
    found, _ = judged(role, archive(tmp_path, EMPTY))
    assert "libraries of branch none, not of" in str(found)


@pytest.mark.parametrize("role", ROLES)
def test_the_real_driver_passes_new_and_where_it_is_installed(tmp_path: Path, role: str) -> None:
    found, said = judged(role, archive(tmp_path / "new", REAL))
    assert (found, "Inst libnvidia-compute-550-server (550.163.01" in said) == (True, True), said
    found, said = judged(role, archive(tmp_path / "there", REAL, installed=tuple(REAL)))
    assert (found, "Inst" in said) == (True, False), said
