"""The real n8n and a real Redis: where they are, and how n8n comes there."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

N8N_VERSION = "1.123.81"
# A package that n8n takes from an address outside the registry; the registry holds it too, one release older.
_OVERRIDES = {"xlsx": "npm:xlsx@0.18.5"}
_TOOLS = {"node": "nodejs", "npm": "npm", "redis-server": "redis-server", "g++": "g++"}
_OLDEST_NODE = 20


def obstacle() -> str:
    """What this machine lacks for a run, and the remedy; empty for nothing. g++ counts only until n8n is installed."""
    wanted = {tool: name for tool, name in _TOOLS.items() if tool != "g++" or not _complete(n8n_folder())}
    if missing := [name for tool, name in wanted.items() if not shutil.which(tool)]:
        return f"missing: {', '.join(missing)} (Debian, Ubuntu: apt install {' '.join(missing)})"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < _OLDEST_NODE:
        return f"node is {version}; n8n {N8N_VERSION} needs {_OLDEST_NODE} or later"
    return ""


def n8n_folder() -> Path:
    """Where n8n of this version lives between runs: a cache outside the repository."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "/var/tmp")
    return cache / "sales-machine-n8n" / f"n8n-{N8N_VERSION}"


def ensure_n8n() -> Path:
    """Installs n8n when the cache lacks it (about five minutes, 1.8 GB). Returns its folder.

    Raises RuntimeError with npm's last words when that fails.
    """
    folder = n8n_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs on one machine install once
        if not _complete(folder):
            print(f"Installing n8n {N8N_VERSION} into {folder}: about five minutes, once", file=sys.stderr, flush=True)
            _install(folder)
    return folder


def _complete(folder: Path) -> bool:
    return (folder / "complete").exists()


def _install(folder: Path) -> None:
    package = {"private": True, "dependencies": {"n8n": N8N_VERSION}, "overrides": _OVERRIDES}
    (folder / "package.json").write_text(json.dumps(package), "utf-8")
    # Scripts of 1,900 packages are not run; the database driver is the one that needs its own.
    _npm(folder, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock")
    _npm(folder, "rebuild", "sqlite3")
    (folder / "complete").touch()


def _npm(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["npm", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"npm {' '.join(arguments)} failed in {folder}:\n{done.stderr[-3000:]}")
