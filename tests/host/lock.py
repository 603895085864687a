"""`python -m tests.host.lock` (`make lock`): the lists of wheels that the role `app` installs, with their hashes.

`requirements.txt` is the base install, `requirements-semantic.txt` the one with the extra `semantic`; each is whole,
so one of them is installed. Both hold every wheel that CPython 3.11 (Debian 12) and 3.12 (Ubuntu 24.04) need on
x86_64. pip resolves them from the package index's metadata; no index address is written, so a mirror serves as well.
"""

import json
import os
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
EXTRAS = {"requirements.txt": (), "requirements-semantic.txt": ("semantic",)}
GLIBC = {"3.11": 36, "3.12": 39}  # minor version of glibc 2 where that Python is the system's
# From 2.11 on torch's wheels on PyPI are built for CUDA 13, which the driver's branch 550 cannot run.
CONSTRAINTS = ("torch<2.11",)
_HEADER = "# Made by `make lock` from pyproject.toml; do not edit. Wheels for CPython 3.11 and 3.12, Linux x86_64."


@dataclass(frozen=True)
class Wheel:
    """One wheel that one Python needs."""

    name: str
    version: str
    sha256: str
    requires: tuple[str, ...]


def declared(extras: Iterable[str] = ()) -> list[str]:
    """The requirements in pyproject.toml: the base ones and those of `extras`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]


def environment(python: str) -> dict[str, str]:
    """What PEP 508 markers are evaluated against on a target with `python`."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }


def resolve(python: str, requirements: Sequence[str], pinned: Iterable[str]) -> list[Wheel]:
    """The wheels that pip would install for `python`, none of them built here.

    Raises CalledProcessError when nothing fits.
    """
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(GLIBC[python], 4, -1)]
    platforms += ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"]
    with tempfile.TemporaryDirectory() as folder:
        report, constraints = Path(folder, "report.json"), Path(folder, "constraints.txt")
        constraints.write_text("\n".join([*pinned, *CONSTRAINTS]) + "\n")
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--isolated", "--dry-run", "--quiet", "--ignore-installed"),
                *("--disable-pip-version-check", "--only-binary=:all:", "--target", folder, "--report", str(report)),
                *("--index-url", os.environ.get("LOCK_INDEX_URL", "https://pypi.org/simple")),
                *(("--cert", os.environ["PIP_CERT"]) if "PIP_CERT" in os.environ else ()),
                *("--python-version", python, "--implementation", "cp", "--constraint", str(constraints)),
                *(argument for platform in platforms for argument in ("--platform", platform)),
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


def missing(python: str, requirements: Iterable[str], wheels: Iterable[Wheel]) -> list[str]:
    """Requirements on `python`, direct or of a wheel, that `wheels` do not fulfil.

    pip evaluates markers for the Python that it runs under; this evaluates them for the target.
    """
    found = {wheel.name: wheel for wheel in wheels}
    todo = [(Requirement(line), "") for line in requirements]
    seen: set[tuple[str, str]] = set()
    lacking = []
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate(environment(python) | {"extra": extra}):
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


def render(wheels: Iterable[Wheel]) -> str:
    """pip's format: one requirement a paragraph, the hash of each wheel on a line of its own."""
    hashes: dict[tuple[str, str], set[str]] = {}
    for wheel in wheels:
        hashes.setdefault((wheel.name, wheel.version), set()).add(wheel.sha256)
    lines = [_HEADER]
    for (name, version), known in sorted(hashes.items()):
        lines.append(f"{name}=={version} \\")
        lines.append(" \\\n".join(f"    --hash=sha256:{digest}" for digest in sorted(known)))
    return "\n".join(lines) + "\n"


def lock(extras: Sequence[str], pinned: Sequence[str] = ()) -> list[Wheel]:
    """Every wheel for both Pythons, each package in one version. Raises SystemExit when one would be missing."""
    requirements = declared(extras)
    wheels: list[Wheel] = []
    for python in GLIBC:
        versions = [f"{wheel.name}=={wheel.version}" for wheel in wheels] or pinned
        found = resolve(python, requirements, versions)
        if lacking := missing(python, requirements, found):
            unmarked = [line.partition(";")[0].strip() for line in lacking]
            found = resolve(python, [*requirements, *unmarked], versions)
        if lacking := missing(python, requirements, found):
            raise SystemExit(f"Python {python} would lack {', '.join(lacking)}")
        wheels += found
    if any(wheel.name == "nvidia-cuda-runtime" and Version(wheel.version).major > 12 for wheel in wheels):
        raise SystemExit("these wheels need CUDA 13; the driver's branch 550 runs up to CUDA 12: see CONSTRAINTS")
    return wheels


def main() -> None:
    """Writes both lists."""
    pinned: list[str] = []
    for name, extras in EXTRAS.items():
        wheels = lock(extras, pinned)
        (FOLDER / name).write_text(render(wheels), "utf-8")
        pinned = sorted({f"{wheel.name}=={wheel.version}" for wheel in wheels})
        print(f"{name}: {len(pinned)} packages, {len({wheel.sha256 for wheel in wheels})} wheels")


if __name__ == "__main__":
    main()
