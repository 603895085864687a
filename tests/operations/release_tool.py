"""The tool that switches releases in a folder of the test's own: its modules, and stand-ins for systemd's programs."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from loadtests.service import ROOT

TOOL = ROOT / "roles" / "app" / "files" / "release"
NAMES = ("state", "history", "intent", "gate", "compare", "pruning", "questions", "switch")
# What the stand-ins do: each call is written down. `systemctl show` names the process of the release that is in force.
PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >> {folder}/calls
case "$(basename "$0") $*" in
*is-active*) test -e {folder}/active ;;
*--property=MainPID*) cat {folder}/process 2>/dev/null || cat "{folder}/pids/$(basename "$(readlink {folder}/code/current)")" ;;
"systemctl restart"*) test ! -e {folder}/refuses && touch {folder}/active ;;
"systemctl stop"*) rm -f {folder}/active ;;
journalctl*--unit*) echo "what the service said last" ;;
esac
"""


@contextmanager
def modules() -> Iterator[dict[str, ModuleType]]:
    """The tool's modules by name. They have everyday names, so they are known only while this lasts."""
    before = dict(sys.modules)
    sys.path.insert(0, str(TOOL))
    for name in NAMES:
        sys.modules.pop(name, None)
    try:
        found = {name: importlib.import_module(name) for name in NAMES}
        spec = importlib.util.spec_from_file_location("release_tool_main", TOOL / "__main__.py")
        assert spec
        assert spec.loader
        found["main"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found["main"])
        yield found
    finally:
        sys.path.remove(str(TOOL))
        for name in NAMES:
            sys.modules.pop(name, None)
            if name in before:
                sys.modules[name] = before[name]


class Tool:
    """A server's folders, the tool's modules that work on them, and what is broken on it."""

    def __init__(self, folder: Path, found: dict[str, ModuleType], patch: pytest.MonkeyPatch) -> None:
        self.folder, self.modules, self._patch = folder, found, patch
        self.code, self.etc, self.data = folder / "code", folder / "etc", folder / "data"
        self.ill: set[str] = set()
        """Releases that do not become healthy."""
        self.failed: type[Exception] = found["state"].Failed
        self._processes: list[subprocess.Popen[bytes]] = []
        for path in (self.code / "releases", self.etc, self.data / "kb-versions", folder / "bin", folder / "pids"):
            path.mkdir(parents=True)
        for name in ("systemctl", "journalctl", "systemd-run"):
            (folder / "bin" / name).write_text(PROGRAM.format(folder=folder))
            (folder / "bin" / name).chmod(0o755)
        patch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        places = {
            "CODE": self.code, "ETC": self.etc, "DATA": self.data, "SETTINGS": self.etc / "settings.yaml",
            "FORMER": self.etc / "former.json", "HISTORY": self.etc / "history.json", "INTENT": self.etc / "switch.json",
            "UNIT_FILE": folder / "sales-machine.service", "_LOCK": folder / "lock",
        }  # fmt: skip
        for module in found.values():
            for name, path in places.items():
                if hasattr(module, name):
                    patch.setattr(module, name, path)
        patch.setattr(shutil, "chown", lambda *_: None)
        patch.setattr(os, "sync", lambda: None)
        patch.setattr(found["switch"], "until_healthy", self._healthy)

    def _healthy(self, *_: object) -> None:
        if self.current in self.ill:
            raise self.failed("not healthy in time")

    def install(self, *names: str) -> None:
        """Releases that can be chosen; each has a process that stands in its folder."""
        for name in names:
            release = self.code / "releases" / name
            (release / "venv/bin").mkdir(parents=True)
            (release / "venv/bin/machine").touch()
            process = subprocess.Popen(["sleep", "600"], cwd=release)
            self._processes.append(process)
            (self.folder / "pids" / name).write_text(str(process.pid))

    def publish(self, *names: str) -> None:
        for name in names:
            (self.data / "kb-versions" / name).mkdir()

    def state(self, release: str | None, settings: str | None = "a: 1", knowledge: str | None = "kb1") -> Any:
        return self.modules["state"].State(release, settings, knowledge, "[Unit]")

    def serves(self, *arguments: Any) -> Any:
        """Makes a state the one that serves."""
        state = self.state(*arguments)
        state.apply(keep_knowledge=False)
        (self.folder / "active").touch()
        return state

    def switch(self, wanted: Any, *, gate: bool = False, compare: bool = False) -> bool:
        options = Namespace(timeout=1, message="?", gate=gate, compare=compare, questions=None, name="", command="use")
        return bool(self.modules["switch"].switch(wanted, options))

    def main(self, *arguments: str) -> None:
        self._patch.setattr(sys, "argv", ["sales-machine-release", *arguments])
        self.modules["main"].main()

    @property
    def current(self) -> str | None:
        return str(found) if (found := self.modules["state"].target(self.code / "current")) else None

    @property
    def knowledge(self) -> str | None:
        return str(found) if (found := self.modules["state"].target(self.data / "kb")) else None

    @property
    def former(self) -> Any:
        path = self.etc / "former.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    @property
    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text("utf-8").splitlines() if path.exists() else []

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
