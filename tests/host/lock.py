"""`python -m tests.host.lock [LIST...]` (`make lock`): every list of wheels that is installed, each wheel by its hash.

The role `app` installs `requirements.txt` on a server, or `requirements-semantic.txt` with the extra `semantic`; each is
whole, so one of them is installed. `requirements-build.txt` makes the wheel on the operator's computer, and
`requirements-ops.txt` is what the operator installs there. pip resolves them from the package index's metadata; no index
address is written, so a mirror serves as well.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "roles" / "app" / "files"
# From 2.11 on torch's wheels on PyPI are built for CUDA 13, which the driver's branch 550 cannot run.
CONSTRAINTS = ("torch<2.11",)


@dataclass(frozen=True)
class Target:
    """A kind of machine that wheels are chosen for: `glibc` is the minor version of glibc 2, 0 on macOS."""

    python: str
    system: str  # as sys.platform
    machine: str
    glibc: int

    @property
    def platforms(self) -> list[str]:
        """pip's names of the platforms whose wheels run there, the best first."""
        if self.system == "darwin":
            return [f"macosx_{major}_0_{kind}" for major in (14, 13, 12, 11) for kind in (self.machine, "universal2")]
        named = ["manylinux2014"] + (["manylinux2010", "manylinux1"] if self.machine == "x86_64" else [])
        since = [f"manylinux_2_{minor}" for minor in range(self.glibc, 4, -1)]
        return [f"{name}_{self.machine}" for name in [*since, *named, "linux"]]


SERVERS = (Target("3.11", "linux", "x86_64", 36), Target("3.12", "linux", "x86_64", 39))  # Debian 12, Ubuntu 24.04
CONTROLLERS = tuple(
    Target(python, system, machine, glibc)
    for python in ("3.11", "3.12", "3.13", "3.14")
    for system, machine, glibc in (("linux", "x86_64", 35), ("linux", "aarch64", 35), ("darwin", "arm64", 0))
)


@dataclass(frozen=True)
class Lock:
    """One list: its file, what pyproject.toml says that it holds, and the machines that it is for."""

    path: Path
    group: str
    targets: tuple[Target, ...]
    made_for: str

    @property
    def requirements(self) -> list[str]:
        """`group` is `base`, `build`, `ops` (an extra by itself) or an extra that is laid on the base (`semantic`)."""
        content = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
        base, extras = content["project"]["dependencies"], content["project"]["optional-dependencies"]
        alone: dict[str, list[str]] = {"base": base, "build": content["build-system"]["requires"], "ops": extras["ops"]}
        return alone.get(self.group) or [*base, *extras[self.group]]


_SERVERS = "CPython 3.11 and 3.12, Linux x86_64"
_CONTROLLERS = "CPython 3.11 to 3.14, Linux x86_64 and aarch64, macOS arm64"
LOCKS = {
    lock.path.name: lock
    for lock in (
        Lock(FOLDER / "requirements.txt", "base", SERVERS, _SERVERS),
        Lock(FOLDER / "requirements-semantic.txt", "semantic", SERVERS, _SERVERS),
        Lock(FOLDER / "requirements-build.txt", "build", CONTROLLERS, _CONTROLLERS),
        Lock(ROOT / "requirements-ops.txt", "ops", CONTROLLERS, _CONTROLLERS),
    )
}


@dataclass(frozen=True)
class Wheel:
    """One wheel that one Python needs."""

    name: str
    version: str
    sha256: str
    requires: tuple[str, ...]


def environment(target: Target) -> dict[str, str]:
    """What PEP 508 markers are evaluated against on a target."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{target.python}.0",
        "os_name": "posix",
        "platform_machine": target.machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[target.system],
        "platform_version": "",
        "python_full_version": f"{target.python}.0",
        "python_version": target.python,
        "sys_platform": target.system,
    }


def resolve(target: Target, requirements: Sequence[str], pinned: Iterable[str]) -> list[Wheel]:
    """The wheels that pip would install for `target`, none of them built here.

    Raises CalledProcessError when nothing fits.
    """
    with tempfile.TemporaryDirectory() as folder:
        report, constraints = Path(folder, "report.json"), Path(folder, "constraints.txt")
        constraints.write_text("\n".join([*pinned, *CONSTRAINTS]) + "\n")
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--isolated", "--dry-run", "--quiet", "--ignore-installed"),
                *("--disable-pip-version-check", "--only-binary=:all:", "--target", folder, "--report", str(report)),
                *("--index-url", os.environ.get("LOCK_INDEX_URL", "https://pypi.org/simple")),
                *(("--cert", os.environ["PIP_CERT"]) if "PIP_CERT" in os.environ else ()),
                *("--python-version", target.python, "--implementation", "cp", "--constraint", str(constraints)),
                *(argument for platform in target.platforms for argument in ("--platform", platform)),
                *requirements,
            ],
            check=True,
        )
        installs: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))["install"]
    return [
        Wheel(
            canonicalize_name(item["metadata"]["name"]),
            item["metadata"]["version"],
            item["download_info"]["archive_info"]["hashes"]["sha256"],
            tuple(item["metadata"].get("requires_dist", ())),
        )
        for item in installs
    ]


def missing(target: Target, requirements: Iterable[str], wheels: Iterable[Wheel]) -> list[str]:
    """Requirements on `target`, direct or of a wheel, that `wheels` do not fulfil.

    pip evaluates markers for the machine that it runs on; this evaluates them for the target.
    """
    found = {wheel.name: wheel for wheel in wheels}
    todo = [(Requirement(line), "") for line in requirements]
    seen: set[tuple[str, str]] = set()
    lacking = []
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate(environment(target) | {"extra": extra}):
            continue
        wheel = found.get(canonicalize_name(requirement.name))
        if wheel is None or not requirement.specifier.contains(wheel.version, prereleases=True):
            lacking.append(str(requirement))
            continue
        for wanted in {"", *requirement.extras}:
            if (wheel.name, wanted) not in seen:
                seen.add((wheel.name, wanted))
                todo += [(Requirement(line), wanted) for line in wheel.requires]
    return lacking


def render(wheels: Iterable[Wheel], made_for: str) -> str:
    """pip's format: one requirement a paragraph, the hash of each wheel on a line of its own."""
    hashes: dict[tuple[str, str], set[str]] = {}
    for wheel in wheels:
        hashes.setdefault((wheel.name, wheel.version), set()).add(wheel.sha256)
    lines = [f"# Made by `make lock` from pyproject.toml; do not edit. Wheels for {made_for}."]
    for (name, version), known in sorted(hashes.items()):
        lines.append(f"{name}=={version} \\")
        lines.append(" \\\n".join(f"    --hash=sha256:{digest}" for digest in sorted(known)))
    return "\n".join(lines) + "\n"


def resolve_all(lock: Lock, pinned: Sequence[str] = ()) -> list[Wheel]:
    """Every wheel for every target, each package in one version. Raises SystemExit when one would be missing."""
    wheels: list[Wheel] = []
    for target in lock.targets:
        versions = [*pinned, *{f"{wheel.name}=={wheel.version}" for wheel in wheels}]
        found = resolve(target, lock.requirements, versions)
        if lacking := missing(target, lock.requirements, found):
            unmarked = [line.partition(";")[0].strip() for line in lacking]
            found = resolve(target, [*lock.requirements, *unmarked], versions)
        if lacking := missing(target, lock.requirements, found):
            raise SystemExit(f"{target} would lack {', '.join(lacking)}")
        wheels += found
    if any(wheel.name == "nvidia-cuda-runtime" and Version(wheel.version).major > 12 for wheel in wheels):
        raise SystemExit("these wheels need CUDA 13; the driver's branch 550 runs up to CUDA 12: see CONSTRAINTS")
    return wheels


def main() -> None:
    """Writes the lists that are named, or all. `requirements-semantic.txt` has the versions of `requirements.txt`."""
    for name in sys.argv[1:] or LOCKS:
        lock = LOCKS[name]
        base = LOCKS["requirements.txt"].path if name == "requirements-semantic.txt" else None
        wheels = resolve_all(lock, re.findall(r"^\S+==\S+", base.read_text("utf-8"), re.MULTILINE) if base else ())
        lock.path.write_text(render(wheels, lock.made_for), "utf-8")
        names, digests = {wheel.name for wheel in wheels}, {wheel.sha256 for wheel in wheels}
        print(f"{name}: {len(names)} packages, {len(digests)} wheels")


if __name__ == "__main__":
    main()
