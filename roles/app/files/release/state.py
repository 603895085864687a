"""What serves: release, settings, knowledge and unit, each put in place by an atomic rename."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CODE = Path("/opt/sales-machine")
ETC = Path("/etc/sales-machine")
DATA = Path("/var/lib/sales-machine")
SETTINGS = ETC / "settings.yaml"
GATE = ETC / "candidate/gate.env"
FORMER = ETC / "former.json"
HISTORY = ETC / "history.json"
UNIT_FILE = Path("/etc/systemd/system/sales-machine.service")
UNIT = UNIT_FILE.name
SOCKET = "sales-machine.socket"
COMMAND = "/usr/local/sbin/sales-machine-release"
USER = "sales-machine"
URL = "http://127.0.0.1:8000"
DATABASE = "conversations.db"


class Failed(Exception):
    """Why a release does not serve."""


@dataclass(frozen=True)
class State:
    """What serves, or is to. None: there is none yet."""

    release: str | None
    settings: str | None
    knowledge: str | None
    unit: str | None

    @classmethod
    def current(cls) -> "State":
        return cls(target(CODE / "current"), text(SETTINGS), target(DATA / "kb"), text(UNIT_FILE))

    def apply(self, *, keep_knowledge: bool) -> None:
        """Makes this the state on disk, each part by an atomic rename, the release last.

        A cut in between leaves parts of two states: intent.py sees to it that they are put right.
        """
        write(UNIT_FILE, self.unit, 0o644, "root")
        write(SETTINGS, self.settings, 0o640, USER)
        if not keep_knowledge:  # what is not changed here may meanwhile have been published by somebody else
            _link(DATA / "kb", "kb-versions", self.knowledge)
        _link(CODE / "current", "releases", self.release)
        run("systemctl", "daemon-reload")


def target(link: Path) -> str | None:
    return link.readlink().name if link.is_symlink() else None


def text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def write(path: Path, content: str | None, mode: int, group: str) -> None:
    """Whole or not at all, and on the disk when it returns. None: the file is removed."""
    if content is None:
        path.unlink(missing_ok=True)
        _sync(path.parent)
    elif content != text(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            shutil.chown(name, "root", group)
            os.fsync(file.fileno())
        Path(name).replace(path)
        _sync(path.parent)


def _link(link: Path, folder: str, name: str | None) -> None:
    if name is None:
        link.unlink(missing_ok=True)
    elif name != target(link):
        made = link.with_name(f".{link.name}.new")
        made.unlink(missing_ok=True)
        made.symlink_to(Path(folder, name))
        made.replace(link)
    _sync(link.parent)


def _sync(folder: Path) -> None:
    """Puts a folder's names on the disk: without it a rename may be undone by a lost power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"`{' '.join(command[:3])}` ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def fetch(url: str, key: str | None = None, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    data = json.dumps(body).encode() if body else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback needs no proxy
    with opener.open(urllib.request.Request(url, data, headers), timeout=60) as answer:
        reply: dict[str, Any] = json.load(answer)
    return reply


def until_healthy(url: str, end: float, gone: Any) -> None:
    """Returns once /health says ok. Raises Failed when `gone()` gives a reason, or at the time `end`."""
    reason = "it does not listen"
    while time.monotonic() < end:
        if why := gone():
            raise Failed(why)
        try:
            if fetch(f"{url}/health").get("status") == "ok":
                return
            reason = "/health is not ok"
        except (OSError, ValueError) as error:
            reason = f"/health: {error}"
        time.sleep(0.2)
    raise Failed(f"not healthy in time: {reason}")
