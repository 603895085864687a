"""`python -m tests.prove.lock [--python PATH]...`: what servers install, installed, and the search's models run from it.

For each Python named (without one: this one and, where there is one, the other of the two that servers have) an empty
environment takes `requirements-semantic.txt` as the role `app` installs it: each wheel by its hash, none built. What
tests need comes into it afterwards, held to the list; then the tests of the search's models (random weights, the real
code) run from there. Every target of the list is resolved too, whether its Python is here or not.

Gigabytes are fetched and minutes pass. It proves resolution, hashes, imports and the libraries' faces; no card.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.audit.pins import pinned
from tests.host.lock import LOCKS, ROOT, SERVERS, Target

LIST = LOCKS["requirements-semantic.txt"].path
TOOLS = ("pytest", "pytest-asyncio", "pytest-timeout", "pytest-xdist", "hypothesis", "packaging")
TESTS = ("tests/knowledge/test_dense.py", "tests/knowledge/test_rerank.py", "tests/knowledge/test_weights.py",
         "tests/knowledge/test_hybrid.py")  # fmt: skip
HASHED = ("--require-hashes", "--only-binary", ":all:", "--requirement", str(LIST))


def pip(python: str, *arguments: str) -> None:
    """Raises SystemExit with what pip said."""
    # No settings of this machine's: a server has none. The index may be a mirror, as there (app_index_url).
    command = [python, "-m", "pip", "install", "--isolated", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    command += ["--index-url", os.environ.get("LOCK_INDEX_URL", "https://pypi.org/simple")]
    command += ["--cert", os.environ["PIP_CERT"]] if "PIP_CERT" in os.environ else []
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pip {' '.join(arguments)}:\n{done.stdout}{done.stderr}")


def resolved(target: Target) -> int:
    """How many wheels pip takes of the list for `target`, each with a hash that stands in it."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        platforms = [argument for name in target.platforms for argument in ("--platform", name)]
        pip(
            *(sys.executable, "--dry-run", "--ignore-installed", "--target", folder, "--report", str(report)),
            *("--implementation", "cp", "--python-version", target.python, *platforms, *HASHED),
        )
        return len(json.loads(report.read_text("utf-8"))["install"])


def installed(python: str) -> dict[str, str]:
    """name -> version of an environment."""
    done = subprocess.run([python, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True)
    return pinned(
        re.sub(r"^(\S+?)==", lambda found: f"{found[1].lower().replace('_', '-')}==", done.stdout, flags=re.M)
    )


def differing(python: str) -> dict[str, tuple[str, str | None]]:
    """Packages of the list that the environment has in another version, or not at all; of wheels for it alone."""
    wanted, there = pinned(LIST.read_text("utf-8")), installed(python)
    return {
        name: (version, there[name]) for name, version in wanted.items() if name in there and there[name] != version
    }


def proven(python: str) -> dict[str, object]:
    """Figures of one Python. Raises SystemExit where anything does not hold."""
    with tempfile.TemporaryDirectory(prefix="prove-lock.") as folder:
        own = str(Path(folder, "venv", "bin", "python"))
        subprocess.run([python, "-m", "venv", str(Path(folder, "venv"))], check=True)
        started = time.monotonic()
        pip(own, *HASHED)
        seconds, count = time.monotonic() - started, len(installed(own))
        size = sum(path.lstat().st_size for path in Path(folder, "venv").rglob("*") if path.is_file())
        subprocess.run([own, "-m", "pip", "check"], check=True, stdout=subprocess.DEVNULL)
        pip(own, "--constraint", str(constraints(folder)), *TOOLS)
        if changed := differing(own):
            raise SystemExit(f"what tests need changed the list's own: {changed}")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [own, "-m", "pytest", "-p", "no:cacheprovider", "--full", *TESTS],
            cwd=ROOT,
            env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stdout[-6000:] + done.stderr[-2000:])
        versions = installed(own)
        return {
            "python": subprocess.run([own, "-V"], capture_output=True, text=True, check=True).stdout.strip(),
            "packages": count,
            "install_s": round(seconds),
            "gib": round(size / (1 << 30), 1),
            "torch": versions["torch"],
            "transformers": versions["transformers"],
            "tests": done.stdout.strip().splitlines()[-1],
        }


def constraints(folder: str) -> Path:
    """The list without its hashes: what tests need must not move it."""
    path = Path(folder, "constraints.txt")
    path.write_text("".join(f"{name}=={version}\n" for name, version in pinned(LIST.read_text("utf-8")).items()))
    return path


def _makes_environments(python: str) -> bool:
    return subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode == 0


def pythons() -> list[str]:
    """Those of this machine that a server has."""
    named = [f"python{target.python}" for target in SERVERS]
    found = [shutil.which(name) for name in named]
    works = [path for path in found if path and _makes_environments(path)]
    return works or [sys.executable]


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line of JSON for each target and each Python."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", help="an interpreter to install into; may be given again")
    options = parser.parse_args(arguments)
    for target in SERVERS:
        print(json.dumps({"resolved_for": target.python, "wheels": resolved(target)}), flush=True)
    for python in options.python or pythons():
        print(json.dumps(proven(python)), flush=True)


if __name__ == "__main__":
    main()
