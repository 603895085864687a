#!/usr/bin/env python3
"""Runs `machine doctor`, writes what it found as metrics, and tells a webhook when the level changes.

    watch doctor   runs the command in WATCH_DOCTOR and compares its level with the one in WATCH_STATE
    watch alert UNIT   tells that a unit failed

The webhook's URL is the content of the file `webhook_url` in $CREDENTIALS_DIRECTORY; without it nothing is sent. A
message that could not be sent is sent at the next run: only then is the new level noted. Standard library alone.
"""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LEVELS = {"ok": 0, "warning": 1, "error": 2}
DOCTOR_LIMIT_S = 60
WEBHOOK_LIMIT_S = 10
_BACKUP = re.compile(r"\d{8}T\d{6}Z")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def main(arguments: list[str]) -> int:
    """Exit status 0: done; 1: the webhook did not take the message; 2: wrong call."""
    match arguments:
        case ["doctor"]:
            return watch_doctor(
                shlex.split(os.environ["WATCH_DOCTOR"]),
                Path(os.environ["WATCH_STATE"]),
                Path(os.environ["WATCH_METRICS"]) if os.environ.get("WATCH_METRICS") else None,
                Path(os.environ["WATCH_BACKUPS"]) if os.environ.get("WATCH_BACKUPS") else None,
            )
        case ["alert", unit]:
            return 0 if send({"event": "unit failed", "unit": unit, "level": "error"}) else 1
    sys.stderr.write(f"{__doc__}\n")
    return 2


def watch_doctor(command: list[str], state: Path, metrics: Path | None, backups: Path | None) -> int:
    """One look. `metrics` is a file in node_exporter's folder of text files, `backups` the folder of the backups."""
    report = examine(command)
    if metrics is not None and metrics.parent.is_dir():
        write(metrics, exposition(report, newest_backup(backups), time.time()), 0o644)
    before = level_noted(state)
    if report["level"] == before:
        return 0
    trouble = [check for check in report["checks"] if check["level"] != "ok"]
    if before is None and not trouble:  # the first look at a healthy machine is no news
        write(state, json.dumps({"level": report["level"]}), 0o600)
        return 0
    message = {"event": "level changed", "level": report["level"], "before": before, "checks": trouble}
    if not send(message):
        return 1
    write(state, json.dumps({"level": report["level"]}), 0o600)
    return 0


def examine(command: list[str]) -> dict[str, Any]:
    """The doctor's report; a doctor that cannot be run or read is an error itself."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOCTOR_LIMIT_S, check=False)
        report: dict[str, Any] = json.loads(done.stdout)
        if report["level"] in LEVELS and all(check["level"] in LEVELS for check in report["checks"]):
            return report
        problem = f"unknown level in {report['level']!r}"
    except subprocess.TimeoutExpired:
        problem = f"took longer than {DOCTOR_LIMIT_S} s"
    except OSError as error:
        problem = str(error)
    except (ValueError, KeyError, TypeError):
        problem = f"exit {done.returncode}, no report: {done.stderr.strip()[-300:]}"
    fix = f"run it by hand: {shlex.join(command)}"
    return {"level": "error", "checks": [{"name": "doctor", "level": "error", "detail": problem, "fix": fix}]}


def newest_backup(folder: Path | None) -> float | None:
    """When the newest finished backup was made, in Unix time, as its folder is named; None when there is none."""
    if folder is None or not folder.is_dir():
        return None
    names = [path.name for path in folder.iterdir() if _BACKUP.fullmatch(path.name)]
    return datetime.strptime(max(names), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() if names else None


def exposition(report: dict[str, Any], backup: float | None, now: float) -> str:
    """The report in Prometheus' text format: 0 well, 1 warning, 2 error."""
    lines = [
        "# HELP sales_machine_doctor_level Worst finding: 0 well, 1 warning, 2 error.",
        "# TYPE sales_machine_doctor_level gauge",
        f"sales_machine_doctor_level {LEVELS[report['level']]}",
        "# HELP sales_machine_doctor_check_level Each check: 0 well, 1 warning, 2 error.",
        "# TYPE sales_machine_doctor_check_level gauge",
    ]
    worst: dict[str, int] = {}
    for check in report["checks"]:
        name = str(check["name"]).translate(_ESCAPES)
        worst[name] = max(worst.get(name, 0), LEVELS[check["level"]])
    lines += [f'sales_machine_doctor_check_level{{check="{name}"}} {level}' for name, level in worst.items()]
    lines += [
        "# HELP sales_machine_doctor_run_timestamp_seconds When the doctor last looked.",
        "# TYPE sales_machine_doctor_run_timestamp_seconds gauge",
        f"sales_machine_doctor_run_timestamp_seconds {now:.0f}",
    ]
    if backup is not None:
        lines += [
            "# HELP sales_machine_backup_timestamp_seconds When the newest verified backup was made.",
            "# TYPE sales_machine_backup_timestamp_seconds gauge",
            f"sales_machine_backup_timestamp_seconds {backup:.0f}",
        ]
    return "\n".join(lines) + "\n"


def level_noted(state: Path) -> str | None:
    """The level of the look before; None at the first, or when the note is not readable."""
    try:
        level = json.loads(state.read_text("utf-8"))["level"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return level if level in LEVELS else None


def send(message: dict[str, Any]) -> bool:
    """Posts the message as JSON. True when it was taken, or when there is no webhook."""
    url = webhook_url()
    if url is None:
        print(json.dumps(message, ensure_ascii=False))
        return True
    body = json.dumps({"host": socket.gethostname(), "at": int(time.time()), **message}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "sales-machine-watch"}
    request = urllib.request.Request(url, body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=WEBHOOK_LIMIT_S):  # nosec B310 - the role took http and https alone
            return True
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "code", None) or getattr(error, "reason", None) or type(error).__name__
        sys.stderr.write(f"the webhook did not take the message: {reason}; it is sent again at the next run\n")
        return False


def webhook_url() -> str | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder, "webhook_url") if folder else None
    return (path.read_text("utf-8").strip() or None) if path is not None and path.exists() else None


def write(path: Path, text: str, mode: int) -> None:
    """Replaces a file at once, so that no reader sees half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    Path(name).chmod(mode)
    Path(name).replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
