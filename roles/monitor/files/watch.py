#!/usr/bin/env python3
"""Runs `machine doctor`, looks for failed units, writes figures, and tells Alertmanager what is wrong.

    watch doctor       runs the commands in WATCH_DOCTOR and WATCH_UNITS
    watch alert UNIT   tells at once that a unit failed

Each look tells the whole set of what is wrong, and what of the set before (noted in WATCH_STATE) is over. Alertmanager
compares it with what people were told: only changes and reminders reach them. WATCH_ALERTMANAGERS names it, HOST:PORT,
or several; without one, changes are printed for the journal. Standard library alone.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Labels = dict[str, str]
Alert = dict[str, Any]

LEVELS = {"ok": 0, "warning": 1, "error": 2}
OF_THE_SERVICE = "service: "  # before the name of a part that the service itself complains of
SEVERITIES = {"warning": "warning", "error": "critical"}
DOCTOR_LIMIT_S = 60
UNITS_LIMIT_S = 20
TELL_LIMIT_S = 10
# A look says what is over; that no look comes at all is told by the alert DoctorSilent.
LASTS = timedelta(days=1)
# What another unit told: the doctor's next looks say whether it lasts.
UNTIL_THE_NEXT_LOOKS = timedelta(minutes=15)
_BACKUP = re.compile(r"\d{8}T\d{6}Z")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def main(arguments: list[str]) -> int:
    """Exit status 0: done; 1: an Alertmanager did not take it; 2: wrong call."""
    match arguments:
        case ["doctor"]:
            return watch_doctor(os.environ)
        case ["alert", unit]:
            alert = unit_failed(unit, datetime.now(UTC), UNTIL_THE_NEXT_LOOKS)
            if not managers():
                print(json.dumps(alert["labels"]))
            return 0 if tell([alert]) else 1
    sys.stderr.write(f"{__doc__}\n")
    return 2


def watch_doctor(environment: Mapping[str, str]) -> int:
    """One look. WATCH_METRICS: a file in node_exporter's folder of text files; WATCH_BACKUPS: the folder of backups;
    WATCH_OFFSITE: the note of what lies outside."""
    now = datetime.now(UTC)
    report = examine(shlex.split(environment["WATCH_DOCTOR"]))
    metrics = Path(environment["WATCH_METRICS"]) if environment.get("WATCH_METRICS") else None
    backups = Path(environment["WATCH_BACKUPS"]) if environment.get("WATCH_BACKUPS") else None
    if metrics is not None and metrics.parent.is_dir():
        write(metrics, exposition(report, newest_backup(backups), time.time(), newest_outside(environment)), 0o644)
    found = findings(report, now)
    found += [unit_failed(unit, now, LASTS) for unit in failed_units(shlex.split(environment.get("WATCH_UNITS", "")))]
    state = Path(environment["WATCH_STATE"])
    before = noted(state)
    since = {key(each["labels"]): each["since"] for each in before}
    for alert in found:
        alert["startsAt"] = since.get(key(alert["labels"]), alert["startsAt"])
    standing = {key(alert["labels"]) for alert in found}
    over = [each for each in before if key(each["labels"]) not in standing]
    ended = [{"labels": each["labels"], "startsAt": each["since"], "endsAt": now.isoformat()} for each in over]
    if not managers():
        say([alert["labels"] for alert in found if key(alert["labels"]) not in since], over)
    taken = tell([*found, *ended])
    note = [{"labels": alert["labels"], "since": alert["startsAt"]} for alert in found]
    write(state, json.dumps(note if taken else [*note, *over], ensure_ascii=False), 0o600)
    return 0 if taken else 1


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


def findings(report: dict[str, Any], now: datetime) -> list[Alert]:
    """One alert of each part in trouble, as bad as the worst that is found of it: a detail that changes is no news.

    What the service says of a part and what the doctor sees of it from outside is one fault, and the two end at times
    of their own.
    """
    together: dict[str, list[dict[str, Any]]] = {}
    for check in report["checks"]:
        if check["level"] != "ok":
            together.setdefault(str(check["name"]).removeprefix(OF_THE_SERVICE), []).append(check)
    found = []
    for name, checks in together.items():
        level = max((check["level"] for check in checks), key=LEVELS.__getitem__)
        labels = {"alertname": "DoctorFinds", "check": name, "severity": SEVERITIES[level]}
        summary = "; ".join(dict.fromkeys(str(check["detail"]) for check in checks))
        fix = "; ".join(dict.fromkeys(str(check["fix"]) for check in checks))
        found.append(alert_of(labels, summary, fix, now, LASTS))
    return found


def failed_units(command: list[str]) -> list[str]:
    """The units that systemd calls failed; none where no command is given or it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=UNITS_LIMIT_S, check=True)
    except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
        if command:
            sys.stderr.write(f"failed units could not be asked for: {type(error).__name__}\n")
        return []
    return [line.split()[0] for line in done.stdout.splitlines() if line.strip()]


def unit_failed(unit: str, now: datetime, lasts: timedelta) -> Alert:
    labels = {"alertname": "UnitFailed", "unit": unit, "severity": "warning"}
    return alert_of(
        labels, f"{unit} failed", f"sudo journalctl -u {unit} -n 50; sudo systemctl restart {unit}", now, lasts
    )


def alert_of(labels: Labels, summary: str, fix: str, now: datetime, lasts: timedelta) -> Alert:
    """In the form of Alertmanager's API."""
    return {
        "labels": labels | {"host": os.environ.get("WATCH_HOST", "")},
        "annotations": {
            "summary": summary,
            "fix": fix,
            "runbook_url": f"{os.environ.get('WATCH_RUNBOOKS', 'docs/runbooks')}/{labels['alertname']}.md",
        },
        "startsAt": now.isoformat(),
        "endsAt": (now + lasts).isoformat(),
    }


def key(labels: Labels) -> str:
    """The same for the same labels."""
    return json.dumps(labels, sort_keys=True)


def newest_backup(folder: Path | None) -> float | None:
    """When the newest finished backup was made, in Unix time, as its folder is named; None when there is none."""
    if folder is None or not folder.is_dir():
        return None
    names = [path.name for path in folder.iterdir() if _BACKUP.fullmatch(path.name)]
    return datetime.strptime(max(names), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() if names else None


def newest_outside(environment: Mapping[str, str]) -> float | None:
    """When the newest backup outside this server was made; before the first one, since when they should be sent. None:
    nothing is sent anywhere."""
    try:
        note = json.loads(Path(environment.get("WATCH_OFFSITE", "")).read_text("utf-8"))
        return float(note["at"] or note["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def exposition(report: dict[str, Any], backup: float | None, now: float, outside: float | None = None) -> str:
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
    if outside is not None:
        lines += [
            "# HELP sales_machine_offsite_timestamp_seconds When the newest backup outside this server was made.",
            "# TYPE sales_machine_offsite_timestamp_seconds gauge",
            f"sales_machine_offsite_timestamp_seconds {outside:.0f}",
        ]
    return "\n".join(lines) + "\n"


def noted(state: Path) -> list[dict[str, Any]]:
    """The set of the look before, each with its labels and since when; empty when there is none to be read."""
    try:
        note = json.loads(state.read_text("utf-8"))
        return [{"labels": dict(each["labels"]), "since": str(each["since"])} for each in note]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def managers() -> list[str]:
    return os.environ.get("WATCH_ALERTMANAGERS", "").split()


def say(begun: list[Labels], over: list[dict[str, Any]]) -> None:
    """A line of the journal for each change."""
    for labels in begun:
        print(json.dumps({"event": "begins"} | labels, ensure_ascii=False))
    for each in over:
        print(json.dumps({"event": "over"} | each["labels"], ensure_ascii=False))


def tell(alerts: list[Alert]) -> bool:
    """True when every Alertmanager took them, or there is nothing to tell, or nobody."""
    taken = True
    for manager in managers() if alerts else []:
        body = json.dumps(alerts, ensure_ascii=False).encode("utf-8", "replace")
        request = urllib.request.Request(
            f"http://{manager}/api/v2/alerts", body, {"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=TELL_LIMIT_S):  # nosec B310 - the role took HOST:PORT alone
                pass
        except (urllib.error.URLError, OSError, ValueError) as error:
            reason = getattr(error, "code", None) or getattr(error, "reason", None) or type(error).__name__
            sys.stderr.write(f"Alertmanager {manager} did not take it: {reason}; it is told again at the next look\n")
            taken = False
    return taken


def write(path: Path, text: str, mode: int) -> None:
    """Replaces a file at once, so that no reader sees half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    Path(name).chmod(mode)
    Path(name).replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
