"""A switch that was cut off, by a lost power or a kill, is undone: what is on the disk is always one whole state.

Before anything is changed the intent says on the disk what served; it goes when the new state has proven that it
serves. Whoever comes next and finds one, sales-machine-recover.service at the boot or the next command, puts back
what it says.
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from state import CODE, DATA, ETC, FORMER, HISTORY, SETTINGS, SOCKET, UNIT, UNIT_FILE, Failed, State, text, write

INTENT = ETC / "switch.json"
_LOCK = Path("/run/sales-machine-release.lock")
_PATIENCE_S = 900  # longer than two gates and two starts


@contextlib.contextmanager
def alone(patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Holds the tool's lock, which ends with its process. Raises Failed when somebody else keeps it so long."""
    end = time.monotonic() + patience_s
    with _LOCK.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise Failed("another sales-machine-release is at work; try again when it has ended") from None
                time.sleep(0.5)
        yield


def begin(former: State, *, keep_knowledge: bool) -> None:
    """From here on a cut leads back to `former`. What the new state consists of is on the disk before."""
    os.sync()  # a release and its knowledge were copied by others, who wait for no disk
    saved = {
        "former": asdict(former),
        "keep_knowledge": keep_knowledge,
        "files": {str(path): text(path) for path in (FORMER, HISTORY)},
    }
    write(INTENT, json.dumps(saved), 0o600, "root")


def end() -> None:
    """The state on the disk is the one that is to stay."""
    write(INTENT, None, 0o600, "root")


def recover(*, boot: bool) -> bool:
    """Undoes a switch that was cut off; whether there was one. Call it alone.

    At the boot the service has not been started yet; otherwise it is restarted, whatever it then says: the command that
    comes next may be its repair.
    """
    _tidy()
    saved = json.loads(text(INTENT) or "null")
    if saved is None:
        return False
    former = State(**saved["former"])
    if not boot and former.release is None:
        subprocess.run(["systemctl", "stop", SOCKET, UNIT], check=False)
    former.apply(keep_knowledge=saved["keep_knowledge"])
    for path, content in saved["files"].items():
        write(Path(path), content, 0o600, "root")
    end()
    if not boot and former.release is not None:
        subprocess.run(["systemctl", "--quiet", "reset-failed", UNIT, SOCKET], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["systemctl", "restart", UNIT], check=False)
    return True


def _tidy() -> None:
    """Removes what a process that was killed had begun to write."""
    for path in (SETTINGS, UNIT_FILE, FORMER, HISTORY, INTENT):
        for left in path.parent.glob(f".{path.name}.*"):
            left.unlink()
    for link in (CODE / "current", DATA / "kb"):
        link.with_name(f".{link.name}.new").unlink(missing_ok=True)
    for folder in ETC.glob(".gate.*"):
        shutil.rmtree(folder)
