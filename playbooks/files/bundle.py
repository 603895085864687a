"""Gathers a support bundle: how the machine does, without a word of a customer and without a secret. As root.

    bundle.py FILE.tar.gz HOURS

What may be in it is chosen file by file. The machine's own log is JSON: of each of its lines only the fields stay whose
names are known to be harmless, so a text goes whatever it says and whether or not the memory still holds it. What is
left, and every other line, is compared with what must not be: the secrets of the server, the ids of the customers,
every text that the memory holds and what it noted of a customer. Standard output is one JSON object: the files, how
many lines were replaced in whole or in part, and which files of the server were not read, with the reason.
"""

import base64
import json
import mmap
import os
import re
import sqlite3
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

MACHINE = "/opt/sales-machine/current/venv/bin/machine"
DATA = Path("/var/lib/sales-machine")
ETC = Path("/etc/sales-machine")
_OURS = tuple(
    f"sales-machine{n}" for n in ("", "-recover", "-backup", "-offsite", "-offsite-drill", "-doctor", "-drill")
)
UNITS = (*(f"{name}.service" for name in (*_OURS, "ollama", "nginx", "certbot")), "sales-machine.socket")
OUTSIDE = ("offsite/password", "offsite/identity", "offsite/place.json")
SECRETS = ("api_keys", "llm_key", "webhook_url", "webhook_secret", *OUTSIDE)
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
WINDOW = 6  # words: a quotation of the first so many is found, and one from the middle of twice as many less one
REPLACED = "[replaced: it held a customer's text or id, or a secret]"
MOST = {"log.key": 64}  # bytes; the data folder belongs to the service's user, who could put anything there
MOST_ELSEWHERE = 65_536

# What the machine's log writes. A value of the named shape is the machine's own and stays; one without a shape is
# compared; every other field goes.
EVENTS = (
    "aside lost|asked|answered|clock set|failed|gpu_found|gpu_trouble|gpu_xid|knowledge version not recorded|model|"
    "setting without effect|"
    "messages are brought over|messages brought over|messages not brought over|"
    "model call failed|model rests|model speaks again|old conversations deleted|old conversations not deleted|"
    "prompt cut by the server|rehearsal failed|request|"
    "serving|knowledge not swapped|knowledge swapped|loop goes on|loop stuck|memory damaged|model_left_out|"
    "sections_not_embedded|systemd not notified|vector_cache_unwritable"
)
_HASH, _NUMBER, _CODE = "[0-9a-f]{12}", r"-?\d{1,9}(\.\d{1,9})?", "[A-Za-z_]{1,60}"
SHAPES = (
    {"at": r"\d{4}-\d\d-\d\dT[\d:.]{8,15}Z", "level": "debug|info|warning|error|critical", "method": "[A-Z]{3,10}"}
    | {"route": "other|/[a-z0-9_/]{0,80}", "logger": r"[A-Za-z0-9_.]{1,80}", "hung_up": "true"}
    | dict.fromkeys(("request_id", "session", "user", "kb_version", "before"), _HASH)
    | dict.fromkeys(
        "status ms conversations days seconds sections schema ours read xid number gpu after_s".split(), _NUMBER
    )
    | dict.fromkeys(("error", "exception", "kind", "reason", "state", "part"), _CODE)
    | {"states": r'\["[A-Z]{1,20}=[\w ]{0,60}"(, "[A-Z]{1,20}=[\w ]{0,60}")*\]'}
)
COMPARED = frozenset("event bot address version backend flow name driver detail meaning fix trouble folder why".split())
_TRACE = re.compile(r"[\w.<>-]{1,80}:\d{1,7}:[\w.<>]{1,80}")
_SHAPES = {name: re.compile(shape) for name, shape in SHAPES.items()}
_EVENT = re.compile(EVENTS)

# Whoever writes to a customer's channel chooses the words that are looked for. A text of nothing but these and small
# numbers would take the lines of the programs themselves.
COMMON = frozenset(
    " ".join((EVENTS, *SHAPES, *COMPARED, *UNITS, *COMMANDS)).translate(str.maketrans("|._-/", "     ")).split()
) | frozenset(
    """
    a accept accepting act action activating active address after ago alert all an and api apr as asides at aug
    available avg be bin bind bucket buff by bytes cache calls celsius certificate client closed closing cmd code
    config configuration configured connect connected connecting connection consumed conversations could count cpu
    created crit critical current deactivated deactivating dead debug dec default degraded denied dev device disk
    done driver drafts emerg enabled end entailment enough entered err error errors etc exec execmainstatus exit
    exited exiting expired fail failed false feb file filesystem findings finished first for found free fri from
    get gin gnu go gpu guardrail handshake hangups has head health help home host hour hours http https id in
    inactive inf info is it jan jul jun kernel killed knowledge last late layers le left length level lib limit
    line link linux listen listening live llama load loaded loading local localhost log loop machine main mar may
    mem memory metrics min mnt mode model models mon mounted ms msg n nginx no not notice nov nrestarts nvidia oct
    of off ok on open opening opt or out overlong passed peer pid port post power proc process prompt public put
    python quantile query ratio reached read reading ready reason received refusals refused reload reloading
    replays request requests response restart restarting resting rests result retries retrieval root route routes
    run runner running sat sched sec seconds sections send sending sent sep server service shared shutdown signal
    size slot source ssl stage start started starting state status stop stopped stopping sub substate success
    successful successfully sum sun swap swaps sys system systemd target task tcp temperature the throttled thu
    time timed timeout timer timers tmp to today token tokens total true truncated tue turn turns type ubuntu
    unasked unit unknown unlogged unsure up updated upstream usage use used user users usr utc utilisation v value
    var verdicts version vram waiting warn warning was watts wed while wishes with worker write writing www x xids
    zero
    """.split()
)
_SMALL = re.compile(r"\d{0,5}(t\d{0,2})?z?|v?\d{1,2}|[a-z]")  # of dates and versions
_WORD = re.compile(r"[^\W_]+")
_ESCAPED = re.compile(r"""(?:\\x[0-9a-fA-F]{2})+|(?:\\u[0-9a-fA-F]{4})+|\\[\\"'/bfnrt]""")
_PREFIX = re.compile(r"\d{4}-\d\d-\d\dT[\d:]{8}\S{0,6} [\w.-]{1,255} [\w.@()-]{1,64}(\[\d{1,10}\])?: ")  # of short-iso


class Seen:
    """A set of hashes in 64 MB whatever their number. It may take one for seen that is not: one of 5 million where it
    holds a million, one of 8,000 where it holds 9 million; a line too many is replaced then, never one too few.
    """

    def __init__(self) -> None:
        self._bits = mmap.mmap(-1, 1 << 26)  # takes only the pages that are written

    def add(self, value: int) -> None:
        for place in self._places(value):
            self._bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, value: int) -> bool:
        return all(self._bits[place >> 3] >> (place & 7) & 1 for place in self._places(value))

    @staticmethod
    def _places(value: int) -> tuple[int, int, int]:
        most, step = (1 << 29) - 1, value >> 29 | 1
        return value & most, value + step & most, value + 2 * step & most


class Forbidden:
    """Finds any of many texts in a line, in time that grows with the line and hardly with their number.

    A text is found by its words, whatever stands between them: all of them in a row, or `WINDOW` of a longer one. One
    of fewer than `SHORT` letters that is no name, and one of `COMMON` words alone, is found only as a whole value.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._seen = Seen()
        self._lengths: set[int] = set()
        self._secrets: set[str] = set()
        for text in texts:
            self.add(text)

    def add(self, text: str, name: bool = False) -> None:
        """A text, line by line. `name`: however short."""
        for line in (text, *text.splitlines()):
            self._seen.add(hash(line.strip().casefold()))
        for line in text.splitlines():
            words = _WORD.findall(line.casefold())
            last = max(0, len(words) - WINDOW)
            for start in (*range(0, last, WINDOW), last):
                window = tuple(words[start : start + WINDOW])
                if (name or len(" ".join(window)) >= SHORT) and not all(map(_common, window)):
                    self._seen.add(hash(window))
                    self._lengths.add(len(window))

    def add_secret(self, text: str) -> None:
        """A text that is found anywhere, inside a word too."""
        if len(text) >= SHORT:
            self._secrets.add(text)

    def is_value(self, text: str) -> bool:
        """Whether a value of a field is one of them, or holds one."""
        return hash(text.strip().casefold()) in self._seen or self.search(text)

    def search(self, line: str) -> bool:
        """Whether the line holds one, as it stands or with its escapes undone."""
        return self._search(line) or ("\\" in line and self._search(_ESCAPED.sub(_undone, line)))

    def _search(self, line: str) -> bool:
        if any(secret in line for secret in self._secrets):
            return True
        words = tuple(_WORD.findall(line.casefold()))
        return any(
            hash(words[start : start + length]) in self._seen
            for length in self._lengths
            for start in range(len(words) - length + 1)
        )


def _common(word: str) -> bool:
    return word in COMMON or _SMALL.fullmatch(word) is not None


def _undone(match: re.Match[str]) -> str:
    text = match.group()
    if text[1] == "x":  # nginx writes the bytes of UTF-8 so
        return bytes.fromhex(text.replace("\\x", "")).decode("utf-8", "replace")
    if text[1] == "u":
        return bytes.fromhex(text.replace("\\u", "")).decode("utf-16-be", "replace")
    return {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}.get(text[1], text[1])


def run(command: str) -> Iterator[str]:
    """The lines that it writes, one at a time, then those of its standard error."""
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        arguments = ["sh", "-c", command]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace") as process:
            assert process.stdout is not None
            yield from process.stdout
        errors.seek(0)
        yield from errors


def read(path: Path) -> bytes:
    """A small regular file; nothing where there is none. Raises ValueError saying what else it is."""
    most = MOST.get(path.name, MOST_ELSEWHERE)
    try:  # NONBLOCK: a pipe is refused, not waited for
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ValueError("a link" if path.is_symlink() else str(error.strerror)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("no regular file")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"larger than {most} bytes")
    return content


def forbidden(refused: dict[str, str]) -> Forbidden:
    """What no line may hold. A file of secrets that is not read is noted in `refused`, with the reason.

    Raises ValueError and sqlite3.Error where the memory cannot be read.
    """
    found = Forbidden()
    for path in (*(ETC / name for name in SECRETS), DATA / "log.key"):
        try:
            content = read(path)
        except ValueError as error:
            refused[str(path)] = f"not read, so not looked for: {error}"
            continue
        if path.name == "log.key":
            for written in (
                content.hex(),
                base64.b64encode(content).decode(),
                base64.urlsafe_b64encode(content).decode(),
            ):
                found.add_secret(written.rstrip("="))
            found.add_secret(repr(content)[2:-1])
            continue
        for line in content.decode("utf-8", "replace").splitlines():
            if not line.startswith("#"):
                found.add_secret(line.strip())
    database = DATA / "conversations.db"
    for name in (database.name, f"{database.name}-wal", f"{database.name}-shm"):
        if os.path.lexists(DATA / name) and not stat.S_ISREG((DATA / name).lstat().st_mode):
            raise ValueError(f"{name} is no regular file")
    if database.exists():
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20)) as db:
            remember(db, found)
    return found


def remember(db: sqlite3.Connection, found: Forbidden) -> None:
    """Adds what the memory holds, a row at a time."""
    known = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    columns_of = {"turns": "request_id, user_text, answer", "observations": "request_id, text"}
    columns_of |= {"messages": "channel_message_id, text"} if "messages" in known else {}  # none in a memory of before
    for table, columns in columns_of.items():
        query = f"SELECT session_id, user_id, {columns} FROM {table}"  # nosec B608 - names from above
        for value in chain.from_iterable(db.execute(query)):
            if value is not None:
                found.add(str(value))
    for session, user, state in db.execute("SELECT session_id, user_id, state FROM conversations"):
        try:
            noted = dict(json.loads(state).get("slots", {}))
        except (AttributeError, TypeError, RecursionError):
            raise ValueError("the state of a conversation is none") from None
        for value in (session, user, *noted.values()):
            found.add(str(value))
        for name in re.findall(r"\w{2,}", str(noted.get("name", ""))):
            found.add(name, name=True)


def scrubbed(text: str, words: Forbidden, journal: bool = False) -> tuple[str, int]:
    """The text with what is forbidden replaced, and how many lines that were. `journal`: of the machine itself."""
    lines = list(scrub(text.splitlines(), words, journal))
    return "\n".join(line for line, _ in lines) + "\n", sum(replaced for _, replaced in lines)


def scrub(lines: Iterable[str], words: Forbidden, journal: bool = False) -> Iterator[tuple[str, bool]]:
    """Each line, and whether something of it was replaced."""
    torn = (
        ""  # whose line journald cut, as it does after 48 KB: the other half is no JSON, and may be a text throughout
    )
    for each in lines:
        line = each.rstrip("\n")
        prefix = found.group() if (found := _PREFIX.match(line)) else ""
        rest, writer = line[len(prefix) :], prefix.partition(" ")[2] or "unknown"
        kept: str | None = rest
        if journal and rest.lstrip().startswith("{"):
            kept = record(rest, words)
            torn = writer if kept is None else ""
        elif writer == torn or words.search(rest):
            kept = None
        rest_now = REPLACED if kept is None else kept
        yield prefix + rest_now, rest_now != rest


def documented(lines: Iterable[str], words: Forbidden) -> Iterator[tuple[str, bool]]:
    """As `scrub`, for what begins with one JSON document, of which only values are replaced: it may be one line."""
    text = "".join(f"{line.rstrip()}\n" for line in lines)
    try:
        document, end = json.JSONDecoder().raw_decode(text)
        kept = _walked(document, words)
    except (ValueError, RecursionError):
        yield from scrub(text.splitlines(), words)
        return
    yield json.dumps(kept, ensure_ascii=False), kept != document
    yield from scrub(text[end:].strip().splitlines(), words)


def _walked(value: object, words: Forbidden) -> object:
    if isinstance(value, dict):
        return {_walked(name, words): _walked(each, words) for name, each in value.items()}
    if isinstance(value, list):
        return [_walked(each, words) for each in value]
    return REPLACED if value is not None and words.search(str(value)) else value


def record(line: str, words: Forbidden) -> str | None:
    """A line of the machine's log with the fields that may stay; None where it is no JSON."""
    try:
        pairs = json.loads(line, object_pairs_hook=list)  # a name may stand there twice
    except (ValueError, RecursionError):
        return None
    foreign = any(name == "logger" for name, _ in pairs)
    kept: list[tuple[str, object]] = []
    for name, value in pairs:
        said = value if isinstance(value, str) else json.dumps(value)
        shape = _EVENT if name == "event" and not foreign else _SHAPES.get(name)  # a library words its own events
        if (shape and (value is None or shape.fullmatch(said))) or (name == "trace" and _is_trace(value)):
            kept.append((name, value))
        elif name in COMPARED and shape is None and isinstance(value, str | int | float | None):
            kept.append((name, REPLACED if words.is_value(said) else value))
    if kept == pairs:
        return line
    return json.dumps(dict(kept) | {"left_out": len(pairs) - len(kept)})


def _is_trace(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and _TRACE.fullmatch(each) for each in value)


def main() -> None:
    if len(sys.argv) != 3 or not sys.argv[2].isdigit():
        sys.exit(str(__doc__))
    target, hours = Path(sys.argv[1]), int(sys.argv[2])
    journal = "journalctl --no-pager --output=short-iso --lines=20000 --since=-{}h --unit={}"
    commands = COMMANDS | {f"journal/{unit}.log": journal.format(hours, unit) for unit in UNITS}
    refused: dict[str, str] = {}
    try:
        words = forbidden(refused)
    except (sqlite3.Error, ValueError) as error:  # what must not be in the bundle stands there
        sys.exit(
            f"{DATA}/conversations.db cannot be read ({error}), so nobody knows which words must not be in the bundle:"
            " none was made. Fix: docs/faults.md, a damaged memory; until then read the journals on the server."
        )
    replaced = 0
    notes = {"not-read.txt": [f"{path}: {reason}\n" for path, reason in refused.items()]} if refused else {}
    with tarfile.open(target, "w:gz") as archive:
        target.chmod(0o600)
        for name, lines in chain(notes.items(), ((name, run(command)) for name, command in commands.items())):
            with tempfile.TemporaryFile(dir=target.parent) as content:
                whole = name.endswith(".json")
                ours = name.startswith("journal/sales-machine")
                for line, changed in documented(lines, words) if whole else scrub(lines, words, ours):
                    content.write(line.encode("utf-8", "replace") + b"\n")
                    replaced += changed
                entry = tarfile.TarInfo(f"{target.name.removesuffix('.tar.gz')}/{name}")
                entry.size, entry.mode, entry.mtime = content.tell(), 0o600, int(time.time())
                content.seek(0)
                archive.addfile(entry, content)
    print(json.dumps({"files": sorted([*notes, *commands]), "replaced": replaced, "refused": refused}))


if __name__ == "__main__":
    main()
