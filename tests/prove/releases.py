"""Releases to update to: each is built from this checkout and differs from it, so that the server takes it for a new one;
or from the files of a commit."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.host.hosts import ROOT

PARTS = ("app", "kb", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")
# The model at twenty times the speed of the card, and the service told so.
FAST: dict[str, Any] = {
    "ollama_environment": {"EMULATOR_PROFILE": "gex44", "EMULATOR_SPEED": "20"},
    "app_settings": {"llm": {"prefill_tps": 18000, "decode_tps": 470}},
    "app_start_timeout_s": 40,
}


def wheel(folder: Path, name: str, path: str = "app/__main__.py", appended: str = "", tree: Path = ROOT) -> str:
    """Builds release `name` in `folder` from the files below `tree`, with `appended` at the end of the file `path`;
    returns the wheel's path."""
    source = folder / name
    source.mkdir()
    for part in PARTS:
        copy: Callable[..., Any] = shutil.copytree if (tree / part).is_dir() else shutil.copy2
        copy(tree / part, source / part)
    with (source / path).open("a", encoding="utf-8") as file:
        file.write(appended or f"# {name}\n")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(source / "dist")]
    subprocess.run([*command, str(source)], check=True, capture_output=True)
    (built,) = (source / "dist").glob("*.whl")
    return str(built)


def serving(host: Any) -> str:
    """The release of the process that serves."""
    return str(host.sh("basename $(readlink /proc/$(systemctl show -P MainPID sales-machine)/cwd)"))
