"""The gate: a release on a spare port, with a copy of the memory, answers a real message before it may serve."""

import argparse
import contextlib
import json
import os
import secrets
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from state import CODE, COMMAND, DATA, DATABASE, GATE, USER, Failed, fetch, until_healthy

_GATE_UNIT = "sales-machine-gate.service"


def try_out(
    name: str, settings: Path, knowledge: Path, options: argparse.Namespace, questions: Path | None = None
) -> list[str]:
    """Runs the gate as the service's user in a unit of its own, so that nothing is left behind. Raises Failed.

    Returns the answers to `questions`, a file of compare.write_questions, in their order.
    """
    limits = [
        f"--property=RuntimeMaxSec={options.timeout + 60}",
        "--property=PrivateTmp=yes",
        f"--property=EnvironmentFile=-{GATE}",
    ]
    # One that was left alone by a tool that was killed: whoever calls this holds the tool's lock.
    subprocess.run(["systemctl", "--quiet", "stop", _GATE_UNIT], check=False, stderr=subprocess.DEVNULL)
    command = [COMMAND, "gate", name, "--settings", str(settings), "--knowledge", str(knowledge)]
    done = subprocess.run(
        [
            *("systemd-run", "--quiet", "--wait", "--pipe", "--collect", f"--unit={_GATE_UNIT}"),
            *(f"--uid={USER}", f"--gid={USER}", *limits),
            *(*command, f"--timeout={options.timeout}", f"--message={options.message}"),
            *([f"--questions={questions}"] if questions else []),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"release {name} did not pass its gate: {_shortened((done.stderr or done.stdout).strip())}")
    answers: list[str] = json.loads(done.stdout or "[]")
    return answers


def gate(options: argparse.Namespace) -> None:
    """One real turn on a free port. Raises Failed with the service's last lines."""
    machine = CODE / "releases" / options.name / "venv/bin/machine"
    key, end = secrets.token_urlsafe(32), time.monotonic() + options.timeout
    with tempfile.TemporaryDirectory() as scratch:
        _copy_memory(DATA / DATABASE, Path(scratch, DATABASE))
        process = subprocess.Popen(
            [
                machine,
                "serve",
                "--port=0",
                "--data",
                scratch,
                "--kb",
                options.knowledge,
                "--settings",
                options.settings,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"API_KEYS": key},
        )
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
        reader.start()
        try:
            url = _address(lines, process, end)
            _turn(url, key, end, process, options)
            if options.questions:
                asked = json.loads(options.questions.read_text("utf-8"))
                print(json.dumps([_answer(url, key, each["ask"]) for each in asked]), flush=True)
        except (Failed, OSError, ValueError) as error:
            raise Failed(f"{error}\n{''.join(lines[-15:])}") from None
        finally:
            status = _end(process)
            reader.join(5)
        if status:
            raise Failed(f"it did not stop cleanly, exit status {status}\n{''.join(lines[-15:])}")


def _shortened(text: str) -> str:
    """The reason at its beginning, the service's last lines at its end."""
    return text if len(text) <= 2000 else f"{text[:500]}\n...\n{text[-1500:]}"


def _copy_memory(source: Path, copy: Path) -> None:
    """The memory as it is, so that a migration which fails on it fails here."""
    if source.exists():
        with (
            contextlib.closing(sqlite3.connect(source)) as origin,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            origin.backup(target)


def _address(lines: list[str], process: "subprocess.Popen[str]", end: float) -> str:
    while time.monotonic() < end:
        for line in list(lines):
            if '"serving"' in line:
                return f"http://{json.loads(line)['address']}"
        if process.poll() is not None:
            raise Failed(f"it ended with exit status {process.returncode} before it served")
        time.sleep(0.1)
    raise Failed("it did not come up in time")


def _turn(url: str, key: str, end: float, process: "subprocess.Popen[str]", options: argparse.Namespace) -> None:
    until_healthy(url, end, lambda: "it ended" if process.poll() is not None else "")
    version = fetch(f"{url}/version")["version"]
    if not options.name.startswith(f"{version}-"):
        raise Failed(f"it says that it is version {version}, not that of release {options.name}")
    if not _answer(url, key, options.message).strip():
        raise Failed("its answer to a message is empty")


def _answer(url: str, key: str, text: str) -> str:
    """The answer to the first message of a new customer; "" when the reply holds none."""
    ask = {"session_id": "gate", "user_id": secrets.token_hex(8), "message": {"text": text}}
    return str(fetch(f"{url}/api/v1/process", key, ask).get("answer", ""))


def _end(process: "subprocess.Popen[str]") -> int:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(10)
