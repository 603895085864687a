"""Gathers a support bundle: how the machine does, without a word of a customer and without a secret. As root.

    bundle.py FILE.tar.gz HOURS

What may be in it is chosen file by file. Then every line of it is compared with what must not be: the API keys and
other secrets of the server, the ids of the customers, every text that the memory holds and what it noted of a customer.
A line that holds one is replaced, so a log that somebody has made more talkative does no harm either. Standard output
is one JSON object: the files, and how many lines were replaced.
"""

import io
import json
import re
import sqlite3
import subprocess
import sys
import tarfile
import time
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path

MACHINE = "/opt/sales-machine/current/venv/bin/machine"
DATA = Path("/var/lib/sales-machine")
ETC = Path("/etc/sales-machine")
_OURS = tuple(f"sales-machine{name}" for name in ("", "-recover", "-backup", "-doctor", "-drill"))
UNITS = (*(f"{name}.service" for name in (*_OURS, "ollama", "nginx", "certbot")), "sales-machine.socket")
SECRETS = ("api_keys", "webhook_url", "backup_ed25519")
DOCTOR = f"{MACHINE} doctor --settings {ETC}/settings.yaml --data {DATA} --kb {DATA}/kb"
COMMANDS = {
    "versions.txt": ". /etc/os-release; echo $PRETTY_NAME; uname -r; nginx -v 2>&1; sqlite3 --version 2>/dev/null;"
    f"{MACHINE} version; /opt/ollama/current/bin/ollama --version;"
    "nvidia-smi --query-gpu=name,driver_version --format=csv",
    "releases.txt": "sales-machine-release list; ls -l /opt/ollama/releases /opt/ollama/current",
    "doctor.json": f"CREDENTIALS_DIRECTORY={ETC} {DOCTOR} --json",
    "settings.yaml": f"{MACHINE} settings --settings {ETC}/settings.yaml",
    "version.json": "curl -sS -m 10 http://127.0.0.1:8000/version",
    "ready.json": "curl -sS -m 10 http://127.0.0.1:8000/ready",
    "metrics.txt": "curl -sS -m 10 http://127.0.0.1:8000/metrics",
    "ollama.json": "curl -sS -m 10 http://127.0.0.1:11434/api/ps",
    "units.txt": "systemctl --failed --plain --no-legend; systemctl list-timers --all --no-pager;"
    + f"systemctl show --no-pager -p Id,ActiveState,SubState,NRestarts,ExecMainStatus,Result {' '.join(UNITS)}",
    "host.txt": "uptime; free -m; df -h; ss -Hltn; nvidia-smi 2>/dev/null; journalctl -k -p warning -n 200 --no-pager",
    "backups.txt": "ls -l /var/backups/sales-machine",
    "nginx-error.log": "tail -n 2000 /var/log/nginx/sales-machine.error.log",
}
SHORT = 6  # a text of fewer letters is an everyday word: "да" would take half of every log
REPLACED = "[replaced: it held a customer's text or id, or a secret]"


class Forbidden:
    """Finds any of many texts in a line, in time that grows with the line and hardly with their number.

    A text of `SHORT` letters or more is found anywhere, a shorter one (a name) as a word by itself.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        texts = sorted(texts)
        self._words = frozenset(text for text in texts if text and len(text) < SHORT)
        # Where one text begins with another, the shorter finds all that the longer does. Of those that are left, only
        # the last one before a place's text in the alphabet can be how that text begins.
        self._texts: list[str] = []
        for text in texts:
            if len(text) >= SHORT and not (self._texts and text.startswith(self._texts[-1])):
                self._texts.append(text)
        self._begins = frozenset(text[:SHORT] for text in self._texts)
        self._longest = max(map(len, self._texts), default=0)

    def search(self, line: str) -> bool:
        """Whether the line holds one."""
        for start in range(len(line) - SHORT + 1):
            if line[start : start + SHORT] in self._begins:
                rest = line[start : start + self._longest]
                if rest.startswith(self._texts[bisect_right(self._texts, rest) - 1]):
                    return True
        return bool(self._words) and not self._words.isdisjoint(re.findall(r"\w+", line))


def run(command: str) -> str:
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, errors="replace", check=False)
    return done.stdout + done.stderr


def forbidden() -> list[str]:
    """What no line may hold: texts of `SHORT` letters or more, and customers' names however short."""
    found, names = set(), set()
    for path in (*(ETC / name for name in SECRETS), DATA / "log.key"):
        if path.exists():
            found.update(line.strip() for line in path.read_text("utf-8", "replace").splitlines())
    database = DATA / "conversations.db"
    if database.exists():
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20) as db:
            for table, columns in (("turns", "user_id, user_text, answer"), ("observations", "user_id, text")):
                for row in db.execute(f"SELECT {columns} FROM {table}"):  # nosec B608 - names from the line above
                    found.update(piece.strip() for value in row for piece in str(value).splitlines())
            for (state,) in db.execute("SELECT state FROM conversations"):
                noted = json.loads(state).get("slots", {})
                found.update(piece.strip() for value in noted.values() for piece in str(value).splitlines())
                names.update(re.findall(r"\w{2,}", str(noted.get("name", ""))))
    found |= names
    escaped = {json.dumps(text)[1:-1] for text in found}  # as a JSON log without Unicode writes it
    return sorted(names | {text for text in found | escaped if len(text) >= SHORT and not text.startswith("#")})


def scrubbed(text: str, words: Forbidden) -> tuple[str, int]:
    """The text with each forbidden line replaced, and how many there were."""
    lines = [REPLACED if words.search(line) else line for line in text.splitlines()]
    return "\n".join(lines) + "\n", lines.count(REPLACED)


def main() -> None:
    if len(sys.argv) != 3 or not sys.argv[2].isdigit():
        sys.exit(str(__doc__))
    target, hours = Path(sys.argv[1]), int(sys.argv[2])
    journal = "journalctl --no-pager --output=short-iso --lines=20000 --since=-{}h --unit={}"
    commands = COMMANDS | {f"journal/{unit}.log": journal.format(hours, unit) for unit in UNITS}
    try:
        words = Forbidden(forbidden())
    except (sqlite3.Error, ValueError) as error:  # what must not be in the bundle stands there
        sys.exit(
            f"{DATA}/conversations.db cannot be read ({error}), so nobody knows which words must not be in the bundle:"
            " none was made. Fix: docs/faults.md, a damaged memory; until then read the journals on the server."
        )
    replaced = 0
    with tarfile.open(target, "w:gz") as archive:
        target.chmod(0o600)
        for name, command in commands.items():
            text, count = scrubbed(run(command), words)
            replaced += count
            content = text.encode()
            entry = tarfile.TarInfo(f"{target.name.removesuffix('.tar.gz')}/{name}")
            entry.size, entry.mode, entry.mtime = len(content), 0o600, int(time.time())
            archive.addfile(entry, io.BytesIO(content))
    print(json.dumps({"files": sorted(commands), "replaced": replaced}))


if __name__ == "__main__":
    main()
