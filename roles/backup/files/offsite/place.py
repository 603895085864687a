"""A restic repository outside this server, and the way to it."""

import json
import os
import re
import signal
import subprocess
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

LOOK_S = 300  # a list, not a transfer: restic tries again for minutes when the line is bad
PROBE = "probe"
FORBIDDEN = "403"  # what rclone answers, in restic's words
_ROOT = re.compile(r"(/\w[\w.-]*)+", re.ASCII)
_ARCHIVE = re.compile(r"\d{8}T\d{6}Z")


class Trouble(Exception):
    """What is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of all backups. `at` is when its client says that it was made, in Unix time."""

    id: str
    at: float
    root: str
    probe: bool


class Place:
    """A repository and the way to it."""

    def __init__(self, folder: Path) -> None:
        told = json.loads((folder / "place.json").read_text("utf-8"))
        self.repository: str = told["repository"]
        self.name: str = told["name"]
        self.keep_days = int(told.get("keep_days", 0))
        self.appends = self.repository.startswith("ssh:")
        identity = Path(told.get("identity") or folder / "identity")
        self._public = identity.with_name(f"{identity.name}.pub")
        way = f"ssh -F /dev/null -p {told['port']} -o UserKnownHostsFile={folder / 'known_hosts'}"
        way += " -o StrictHostKeyChecking=yes -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=30"
        way += f" -o IdentitiesOnly=yes -i {identity}" if identity.exists() else ""
        kind, _, rest = self.repository.partition(":")
        self._words = ["restic", "-r", self.repository]
        if kind == "sftp":
            self._words += ["-o", f"sftp.command={way} {rest.partition(':')[0]} -s sftp"]
        elif kind == "ssh":  # rclone speaks there: what it is called with stands in that server's authorized_keys
            self._words = ["restic", "-r", "rclone:", "-o", f"rclone.program={way} {rest}", "-o", "rclone.args=serve"]
        self._environment = os.environ | {"RESTIC_PASSWORD_FILE": str(folder / "password")}
        if kind == "s3":
            keys = {"AWS_ACCESS_KEY_ID": told["access_key"], "AWS_SECRET_ACCESS_KEY": told["secret_key"]}
            self._environment |= keys

    def line(self) -> str:
        """For the other side's authorized_keys."""
        options = 'command="rclone serve restic --stdio --append-only FOLDER",restrict ' if self.appends else ""
        return options + self._public.read_text("ascii").strip()

    def ask(self, *arguments: str, limit_s: float | None = None, given: bytes = b"") -> str:
        """Runs restic; raises Trouble with its own last words."""
        status, said, complained = self.attempt(*arguments, limit_s=limit_s, given=given)
        if status:
            last = " / ".join(line for line in complained.splitlines() if line.strip())[-400:]
            raise Trouble(f"restic {arguments[0]} on {self.repository} failed ({status}): {last}")
        return said

    def attempt(self, *arguments: str, limit_s: float | None = None, given: bytes = b"") -> tuple[int, str, str]:
        """Exit status, standard output, standard error. What takes too long is interrupted, so that its lock goes."""
        pipe = subprocess.PIPE
        with subprocess.Popen(
            [*self._words, *arguments], env=self._environment, stdin=pipe, stdout=pipe, stderr=pipe
        ) as running:
            try:
                said, complained = running.communicate(given, limit_s)
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGINT)
                said, complained = running.communicate()
                complained += b"\nit took too long"
        return running.returncode, said.decode("utf-8", "replace"), complained.decode("utf-8", "replace")

    def refuses(self, *arguments: str) -> bool:
        """Whether the other side says that it is forbidden; restic would go on asking for a minute."""
        with subprocess.Popen(
            [*self._words, *arguments],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            late = threading.Timer(LOOK_S, running.send_signal, [signal.SIGINT])
            late.start()
            refused = any(FORBIDDEN in line for line in running.stderr or ())
            running.send_signal(signal.SIGINT)
            late.cancel()
        self.attempt("unlock", limit_s=LOOK_S)  # interrupted, it leaves its lock
        return refused

    def snapshots(self) -> list[Snapshot]:
        """Oldest first."""
        told = json.loads(self.ask("snapshots", "--no-lock", "--json", limit_s=LOOK_S) or "[]") or []
        found = [
            Snapshot(each["id"], seconds(each["time"]), each["paths"][0], PROBE in (each.get("tags") or ()))
            for each in told
        ]
        return sorted(found, key=lambda each: each.at)

    def archives(self, snapshot: Snapshot) -> list[str]:
        """The names of the backups in it, oldest first."""
        if not _ROOT.fullmatch(snapshot.root):
            raise Trouble(
                f"snapshot {snapshot.id[:8]} is of {snapshot.root!r}. Fix: find out who made it, choose another"
            )
        lines = self.ask("ls", "--no-lock", "--json", snapshot.id, snapshot.root, limit_s=LOOK_S).splitlines()
        names = (json.loads(line).get("name", "") for line in lines)
        return sorted(name for name in names if _ARCHIVE.fullmatch(name))

    def kept(self) -> list[Snapshot]:
        return [each for each in self.snapshots() if not each.probe]


def seconds(text: str) -> float:
    """restic writes nanoseconds, which Python 3.11 does not read."""
    return datetime.fromisoformat(re.sub(r"\.(\d{6})\d*", r".\1", re.sub(r"\.\d{1,5}(?=[Z+-])", "", text))).timestamp()


def stamp(archive: str) -> float:
    return datetime.strptime(archive, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def last_words(complained: str) -> str:
    """What the other side said to ssh, else what restic makes of it."""
    said = [line.strip() for line in complained.splitlines() if line.strip() and "NOTICE" not in line]
    ssh = [line for line in said if line.startswith(("rclone: ", "subprocess ssh: "))]
    fatal = [line for line in said if line.startswith("Fatal")]
    return next(iter(ssh + fatal + said[::-1]), "nothing was said")[:300]
