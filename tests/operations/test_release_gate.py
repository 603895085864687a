"""The gate of a release: a real process, started beside the one that serves, answers a message before it may serve."""

import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.error
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.operations.release_tool import Tool, modules

# A release's `machine`: serves as the service does, and does what the test wants of it. It notes what it was started with.
MACHINE = """#!{python}
import json, os, signal, sqlite3, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
wants = json.load(open({wants!r}))
data = sys.argv[sys.argv.index("--data") + 1]
with open({seen!r}, "w") as file:
    rows = sqlite3.connect(os.path.join(data, "conversations.db")).execute("SELECT * FROM turns").fetchall()
    json.dump({{"arguments": sys.argv[1:], "rows": rows, "data": data}}, file)
if wants.get("ends"):
    print("wrong setting", flush=True)
    sys.exit(2)
class Handler(BaseHTTPRequestHandler):
    def reply(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.reply({{"status": wants.get("health", "ok")}} if self.path == "/health" else {{"version": wants.get("version", "2.0")}})
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.headers["Authorization"] == "Bearer " + os.environ["API_KEYS"]
        self.reply({{"answer": wants.get("answer", "said: " + asked["message"]["text"]) if known else ""}})
    def log_message(self, *_):
        pass
server = HTTPServer(("127.0.0.1", 0), Handler)
def end(*_):
    os._exit(wants.get("status", 0))
signal.signal(signal.SIGTERM, end)
print(json.dumps({{"event": "serving", "address": "127.0.0.1:%d" % server.server_port}}), flush=True)
server.serve_forever()
"""


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tool]:
    with modules() as found:
        made = Tool(tmp_path, found, monkeypatch)
        made.install("2.0-b")
        machine = made.code / "releases/2.0-b/venv/bin/machine"
        machine.write_text(
            MACHINE.format(python=sys.executable, wants=str(tmp_path / "wants"), seen=str(tmp_path / "seen"))
        )
        machine.chmod(0o755)
        started: list[subprocess.Popen[str]] = []

        class Kept(subprocess.Popen):  # type: ignore[type-arg]
            """The tool is a program: its pipes end with it. Here they are closed."""

            def __init__(self, *arguments: Any, **more: Any) -> None:
                super().__init__(*arguments, **more)
                started.append(self)

        monkeypatch.setattr(subprocess, "Popen", Kept)
        with closing(sqlite3.connect(made.data / "conversations.db")) as memory:
            memory.execute("CREATE TABLE turns (text)")
            memory.execute("INSERT INTO turns VALUES ('Сколько стоит?')")
            memory.commit()
        yield made
        for process in started:
            if process.stdout:
                process.stdout.close()
        made.close()


def gate(tool: Tool, questions: Path | None = None, **wants: Any) -> dict[str, Any]:
    """Runs the gate; what the release was started with. Raises Failed."""
    (tool.folder / "wants").write_text(json.dumps(wants))
    options = Namespace(
        name="2.0-b", timeout=wants.get("timeout", 20), message="Сколько?", questions=questions, settings="s.yaml",
        knowledge="kb1",
    )  # fmt: skip
    tool.modules["gate"].gate(options)
    seen: dict[str, Any] = json.loads((tool.folder / "seen").read_text())
    return seen


def test_a_release_is_tried_on_a_spare_port_with_a_copy_of_the_memory(tool: Tool) -> None:
    seen = gate(tool)
    data = seen["data"]
    assert seen["rows"] == [["Сколько стоит?"]]
    assert Path(data) != tool.data and not Path(data).exists(), "the copy is not left behind"
    assert seen["arguments"] == ["serve", "--port=0", "--data", data, "--kb", "kb1", "--settings", "s.yaml"]


@pytest.mark.parametrize(
    ("wants", "said"),
    [
        ({"ends": True}, r"(?s)it ended with exit status 2 before it served.*wrong setting"),
        ({"version": "3.0"}, r"it says that it is version 3\.0, not that of release 2\.0-b"),
        ({"version": "2"}, r"it says that it is version 2,"),
        ({"answer": " "}, "its answer to a message is empty"),
        ({"status": 3}, "it did not stop cleanly, exit status 3"),
        ({"health": "starting", "timeout": 1}, "not healthy in time: /health is not ok"),
    ],
)
def test_a_release_that_does_not_do_is_refused_with_the_reason(tool: Tool, wants: dict[str, Any], said: str) -> None:
    with pytest.raises(tool.failed, match=said):
        gate(tool, **wants)


def test_its_answers_are_told_in_the_order_of_the_questions(tool: Tool, capsys: pytest.CaptureFixture[str]) -> None:
    asked = tool.folder / "questions.json"
    asked.write_text(json.dumps([{"ask": "А?", "amounts": ["1"]}, {"ask": "Б?", "amounts": ["2"]}]))
    gate(tool, questions=asked)
    assert json.loads(capsys.readouterr().out) == ["said: А?", "said: Б?"]


def test_a_release_that_does_not_end_when_told_is_killed(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "up\n"
    wait = process.wait
    monkeypatch.setattr(process, "wait", lambda seconds: wait(0.2 if seconds == 60 else seconds))
    assert tool.modules["gate"]._end(process) != 0
    process.stdout.close()


def test_the_gate_runs_as_the_services_user_in_a_unit_that_leaves_nothing(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.append(command)
        return subprocess.CompletedProcess(command, 0, '["a"]', "")

    monkeypatch.setattr(subprocess, "run", run)
    options = Namespace(timeout=180, message="Сколько?")
    answers = tool.modules["gate"].try_out("2.0-b", Path("/s.yaml"), Path("/kb"), options, Path("/q.json"))
    assert answers == ["a"]
    assert seen[0] == ["systemctl", "--quiet", "stop", "sales-machine-gate.service"]
    assert seen[1] == [
        "systemd-run", "--quiet", "--wait", "--pipe", "--collect", "--unit=sales-machine-gate.service",
        "--uid=sales-machine", "--gid=sales-machine", "--property=RuntimeMaxSec=240", "--property=PrivateTmp=yes",
        "--property=EnvironmentFile=-/etc/sales-machine/candidate/gate.env", "/usr/local/sbin/sales-machine-release",
        "gate", "2.0-b", "--settings", "/s.yaml", "--knowledge", "/kb", "--timeout=180", "--message=Сколько?",
        "--questions=/q.json",
    ]  # fmt: skip
    tool.modules["gate"].try_out("2.0-b", Path("/s.yaml"), Path("/kb"), options)
    assert not [word for word in seen[-1] if word.startswith("--questions")]


def test_what_the_gate_said_is_the_reason_shortened_in_its_middle(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "first " + "x" * 3000 + " last"
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "", f"{said}\n")
    )
    with pytest.raises(tool.failed, match=r"(?s)release 2\.0-b did not pass its gate: first .*\n\.\.\.\n.* last$"):
        tool.modules["gate"].try_out("2.0-b", Path("/s"), Path("/k"), Namespace(timeout=1, message="?"))


# What is asked


def test_questions_are_asked_that_the_knowledge_answers_with_an_amount(tool: Tool, tmp_path: Path) -> None:
    sections = [
        {"questions": [f"{number}?", "другое?"], "facts": [{"amount": number}, {"amount": None}]}
        for number in range(12)
    ]
    sections += [{"questions": ["без цены?"], "facts": []}, {"facts": [{"amount": 7}]}]
    (tmp_path / "a.yaml").write_text(json.dumps({"sections": sections}))
    (tmp_path / "b.yml").write_text("")
    found = tool.modules["questions"].questions(tmp_path)
    assert found == [{"ask": f"{number}?", "amounts": [str(number)]} for number in (0, 2, 4, 6, 8)]
    (tmp_path / "a.yaml").write_text(json.dumps({"sections": sections[:2] + sections[-2:]}))
    assert [each["ask"] for each in tool.modules["questions"].questions(tmp_path)] == ["0?", "1?"]


@pytest.mark.parametrize(("amount", "written"), [(14900, "14900"), (14900.0, "14900"), (0.5, "0.5"), (12.75, "12.75")])
def test_an_amount_is_written_as_answers_are_read(tool: Tool, amount: float, written: str) -> None:
    assert tool.modules["questions"]._digits(amount) == written


def test_the_questions_are_read_with_a_release_that_works_and_kept_from_others(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned: list[tuple[str, str, str]] = []
    compare = tool.modules["compare"]
    monkeypatch.setattr(compare.shutil, "chown", lambda path, user, group: owned.append((str(path), user, group)))
    monkeypatch.setattr(compare, "run", lambda *command: json.dumps([{"ask": " ".join(command[1:]), "amounts": ["1"]}]))
    file = tool.folder / "questions.json"
    asked = compare.write_questions("2.0-b", Path("/kb"), file)
    assert asked[0]["ask"].endswith("questions.py /kb") and asked[0]["ask"].startswith("-B ")
    assert json.loads(file.read_text()) == asked
    assert file.stat().st_mode & 0o777 == 0o640
    assert owned == [(str(file), "root", "sales-machine")], "the gate runs as the service's user"


# What is written


def test_a_file_is_replaced_whole_with_its_mode_or_removed(tool: Tool) -> None:
    write, path = tool.modules["state"].write, tool.etc / "settings.yaml"
    write(path, "one", 0o640, "root")
    first = path.stat().st_ino
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("one", 0o640)
    write(path, "one", 0o600, "root")
    assert path.stat().st_ino == first, "what is the same is not written again"
    write(path, "two", 0o600, "root")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("two", 0o600)
    write(path, None, 0o600, "root")
    write(path, None, 0o600, "root")
    assert list(tool.etc.iterdir()) == []


def test_a_service_is_waited_for_until_it_is_healthy_or_gone(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [
        urllib.error.URLError("refused"),
        ValueError("no JSON"),
        {"status": "starting"},
        {"status": "ok"},
    ]
    state = tool.modules["state"]

    def fetch(*_: object) -> Any:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(state, "fetch", fetch)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    state.until_healthy("http://x", time.monotonic() + 60, lambda: "")
    assert answers == []
    with pytest.raises(tool.failed, match="it ended"):
        state.until_healthy("http://x", time.monotonic() + 60, lambda: "it ended")
    with pytest.raises(tool.failed, match="not healthy in time: it does not listen"):
        state.until_healthy("http://x", time.monotonic() - 1, lambda: "")


def test_a_program_that_fails_is_named_with_what_it_said(tool: Tool) -> None:
    run = tool.modules["state"].run
    assert run("echo", "well") == "well\n"
    with pytest.raises(tool.failed, match=r"`sh -c echo why >&2; exit 3` ended with 3: why"):
        run("sh", "-c", "echo why >&2; exit 3")


def test_no_proxy_stands_between_the_tool_and_the_service(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert gate(tool)["rows"]
    assert os.environ["http_proxy"]
