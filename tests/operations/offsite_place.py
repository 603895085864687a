"""A place for backups outside the server: a real sshd on loopback that lets keys in as docs/backup-restore.md says, and
a server that has only what the role gives it."""

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from loadtests.service import ROOT

TOOL = ROOT / "roles" / "backup" / "files" / "offsite"
PROGRAMS = {"restic": "restic", "rclone": "rclone", "/usr/sbin/sshd": "openssh-server", "ssh": "openssh-client"}
PASSWORD = "a-password-of-a-test-that-is-long-enough"
APPENDS = 'command="rclone serve restic --stdio --append-only {place}",restrict'
DELETES = 'command="rclone serve restic --stdio {place}",restrict'
FILES = 'command="internal-sftp",restrict'


def missing() -> str:
    """What this machine lacks, and the remedy; empty for nothing."""
    lacking = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    return f"{', '.join(lacking)} missing (Debian, Ubuntu: apt install {' '.join(lacking)})" if lacking else ""


class Sshd:
    """The other side. `let_in` gives a key a line of authorized_keys."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.place, self._keys = folder, folder / "place", folder / "authorized_keys"
        self.place.mkdir(parents=True)
        self._keys.write_text("")
        key(folder / "host")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.known = f"[127.0.0.1]:{self.port} {(folder / 'host.pub').read_text()}"
        self.user = getpass.getuser()
        settings = {"Port": self.port, "ListenAddress": "127.0.0.1", "HostKey": folder / "host", "UsePAM": "no"}
        settings |= {"AuthorizedKeysFile": self._keys, "PidFile": "none", "StrictModes": "no"}
        settings |= {"PasswordAuthentication": "no", "Subsystem": "sftp internal-sftp", "AllowUsers": self.user}
        (folder / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where no systemd has made it
        with (folder / "log").open("w") as log:
            command = ["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd_config")]
            self._process = subprocess.Popen(command, stderr=log)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError((folder / "log").read_text())

    def let_in(self, public: Path, options: str) -> None:
        """Instead of what that key could before."""
        mine = public.read_text()
        others = [line for line in self._keys.read_text().splitlines(True) if not line.endswith(mine)]
        self._keys.write_text("".join([*others, f"{options.format(place=self.place)} {mine}"]))

    def files(self) -> dict[str, bytes]:
        """Path -> content of all that lies there, without locks, which come and go."""
        found = (path for path in self.place.rglob("*") if path.is_file() and path.parent.name != "locks")
        return {str(path.relative_to(self.place)): path.read_bytes() for path in found}

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


@dataclass(frozen=True)
class Told:
    status: int
    said: str
    complained: str


class Client:
    """One who has a repository's password and a key: the server, its thief, or the operator."""

    def __init__(self, folder: Path, repository: str, port: int = 22, known: str = "", **more: str) -> None:
        self.folder, self.backups = folder, folder / "backups"
        self.state, self._place = folder / "state", folder / "etc"
        self._place.mkdir(parents=True)
        told = {"repository": repository, "name": "machine.example.com", "port": port} | more
        (self._place / "place.json").write_text(json.dumps(told))
        (self._place / "password").write_text(PASSWORD)
        (self._place / "known_hosts").write_text(known)
        self.key = self._place / "identity"
        key(self.key)
        self.public = self._place / "identity.pub"

    def run(self, *arguments: str, limit_s: float = 100, **environment: str) -> Told:
        """The role's program, as its units start it."""
        own = {"OFFSITE_PLACE": self._place, "OFFSITE_STATE": self.state, "OFFSITE_BACKUPS": self.backups}
        own |= {"RESTIC_CACHE_DIR": self.folder / "cache"}
        done = subprocess.run(
            [sys.executable, str(TOOL), *arguments],
            env=os.environ | {name: str(value) for name, value in own.items()} | environment,
            capture_output=True, text=True, check=False, timeout=limit_s, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Told(done.returncode, done.stdout, done.stderr)

    def well(self, *arguments: str) -> str:
        told = self.run(*arguments)
        assert told.status == 0, told
        return told.said

    def ssh(self, sshd: Sshd, program: str, *words: str) -> Told:
        options = [f"UserKnownHostsFile={self._place}/known_hosts", "BatchMode=yes", "IdentitiesOnly=yes"]
        command = [program, "-F", "/dev/null", "-i", str(self.key), *(x for o in options for x in ("-o", o))]
        command += ["-P" if program in {"scp", "sftp"} else "-p", str(sshd.port), *words]
        done = subprocess.run(  # whatever was asked for, the place answers in its own protocol, which is no text
            command, capture_output=True, text=True, errors="replace", check=False, timeout=30, stdin=subprocess.DEVNULL
        )
        return Told(done.returncode, done.stdout, done.stderr)

    def note(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.state / "newest.json").read_text())
        return found

    def snapshots(self) -> list[str]:
        return [each["id"] for each in json.loads(self.well("restic", "snapshots", "--json")) if not each.get("tags")]


def key(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
