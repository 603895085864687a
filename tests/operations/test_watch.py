"""What the server runs to watch itself, and the pages its alerts lead to; no server needed."""

import http.server
import json
import os
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT

WATCH = ROOT / "roles/monitor/files/watch.py"
RULES = (ROOT / "roles/monitor/templates/rules.yml.j2").read_text("utf-8")
ALERTS = re.findall(r"^  \('(\w+)', ", RULES, re.MULTILINE)


class Hook(http.server.BaseHTTPRequestHandler):
    told: list[dict[str, Any]]
    status: int

    def do_POST(self) -> None:
        type(self).told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(type(self).status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class Watched:
    """A folder with a doctor whose report the test writes, and a webhook that listens."""

    def __init__(self, folder: Path, hook: type[Hook], port: int) -> None:
        self.folder, self.hook = folder, hook
        (folder / "webhook_url").write_text(f"http://127.0.0.1:{port}/\n")
        (folder / "metrics").mkdir()
        (folder / "backups").mkdir()

    def look(self, report: str, *arguments: str, **changed: str | None) -> subprocess.CompletedProcess[str]:
        """`arguments` instead of `doctor`; `changed` variables of the environment, None without."""
        (self.folder / "report").write_text(report)
        environment: dict[str, str | None] = {
            "PATH": os.environ["PATH"],
            "CREDENTIALS_DIRECTORY": str(self.folder),
            "WATCH_DOCTOR": f"cat {self.folder}/report",
            "WATCH_STATE": str(self.folder / "state"),
            "WATCH_METRICS": str(self.folder / "metrics/doctor.prom"),
            "WATCH_BACKUPS": str(self.folder / "backups"),
        }
        return subprocess.run(
            [sys.executable, str(WATCH), *(arguments or ["doctor"])],
            env={name: value for name, value in (environment | changed).items() if value is not None},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    @property
    def figures(self) -> str:
        return (self.folder / "metrics/doctor.prom").read_text()

    @property
    def levels(self) -> list[tuple[str | None, str]]:
        return [(each["before"], each["level"]) for each in self.hook.told]


def report(level: str, name: str = "disk") -> str:
    return json.dumps(
        {"level": level, "exit": 0, "checks": [{"name": name, "level": level, "detail": "d", "fix": "f"}]}
    )


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    hook = type("OneHook", (Hook,), {"told": [], "status": 204})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Watched(tmp_path, hook, server.server_address[1])
    server.shutdown()
    thread.join()
    server.server_close()


def test_each_look_is_written_as_figures_whatever_it_finds(watched: Watched) -> None:
    for level in ("ok", "ok", "error", "error"):
        watched.look(report(level))
        assert "sales_machine" in watched.figures
        (watched.folder / "metrics/doctor.prom").unlink()


def test_only_a_change_of_level_is_told(watched: Watched) -> None:
    for level in ("ok", "ok", "error", "error", "warning", "ok", "ok"):
        assert watched.look(report(level)).returncode == 0
    assert watched.levels == [("ok", "error"), ("error", "warning"), ("warning", "ok")]
    assert watched.hook.told[0]["checks"] == [{"name": "disk", "level": "error", "detail": "d", "fix": "f"}]
    assert watched.hook.told[2]["checks"] == []


def test_trouble_at_the_first_look_is_told(watched: Watched) -> None:
    watched.look(report("error"))
    assert watched.levels == [(None, "error")]


def test_what_was_not_taken_is_told_until_it_is(watched: Watched) -> None:
    watched.look(report("ok"))
    watched.hook.status = 500
    assert watched.look(report("error")).returncode == 1
    assert watched.look(report("error")).returncode == 1
    watched.hook.status = 200
    assert watched.look(report("error")).returncode == 0
    assert watched.look(report("error")).returncode == 0
    assert watched.levels == [("ok", "error")] * 3


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"level": "fine", "checks": []}', '{"level": "ok"}'])
def test_a_doctor_that_cannot_be_read_is_an_error_itself(watched: Watched, broken: str) -> None:
    assert watched.look(broken).returncode == 0
    assert watched.levels == [(None, "error")]
    assert watched.hook.told[0]["checks"][0]["name"] == "doctor"
    assert "sales_machine_doctor_level 2" in watched.figures


def test_the_figures_of_every_check_and_of_the_newest_backup(watched: Watched) -> None:
    for name in ("20260101T020000Z", "20260102T020000Z", ".partial-1-20260103T020000Z", "mine"):
        (watched.folder / "backups" / name).mkdir()
    watched.look(report("warning", name='odd "name"\\'))
    assert 'sales_machine_doctor_check_level{check="odd \\"name\\"\\\\"} 1' in watched.figures
    assert "sales_machine_backup_timestamp_seconds 1767319200\n" in watched.figures
    assert stat.S_IMODE((watched.folder / "metrics/doctor.prom").stat().st_mode) == 0o644
    assert stat.S_IMODE((watched.folder / "state").stat().st_mode) == 0o600


def test_without_any_backup_there_is_no_figure_of_one(watched: Watched) -> None:
    watched.look(report("ok"))
    assert "sales_machine_backup" not in watched.figures


def test_a_unit_that_failed_is_told_with_its_name(watched: Watched) -> None:
    assert watched.look("", "alert", "sales-machine-backup.service").returncode == 0
    (told,) = watched.hook.told
    assert (told["event"], told["unit"], told["level"]) == ("unit failed", "sales-machine-backup.service", "error")
    assert told["host"] and abs(told["at"] - time.time()) < 60
    watched.hook.status = 500
    done = watched.look("", "alert", "x.service")
    assert done.returncode == 1
    assert "the webhook did not take the message: 500; it is sent again at the next run" in done.stderr


def test_without_a_webhook_it_stands_in_the_journal_and_is_told_once(watched: Watched) -> None:
    for changed in ({"CREDENTIALS_DIRECTORY": None}, {"CREDENTIALS_DIRECTORY": str(watched.folder / "metrics")}):
        done = watched.look("", "alert", "x.service", **changed)
        assert (done.returncode, json.loads(done.stdout)["unit"]) == (0, "x.service")
    (watched.folder / "webhook_url").write_text("\n")
    assert json.loads(watched.look(report("error")).stdout)["level"] == "error"
    assert watched.look(report("error")).stdout == ""
    assert watched.hook.told == []


@pytest.mark.parametrize("arguments", [("alert",), ("alert", "a", "b"), ("fly",)])
def test_a_wrong_call_says_how_it_is_called(watched: Watched, arguments: tuple[str, ...]) -> None:
    done = watched.look("", *arguments)
    assert done.returncode == 2
    assert "watch alert UNIT" in done.stderr


def test_a_doctor_that_is_not_there_is_an_error_with_the_command_to_try(watched: Watched) -> None:
    watched.look("", WATCH_DOCTOR="/nowhere/machine doctor")
    (check,) = watched.hook.told[0]["checks"]
    assert "No such file" in check["detail"]
    assert check["fix"] == "run it by hand: /nowhere/machine doctor"


def test_where_nobody_reads_figures_none_are_written(watched: Watched) -> None:
    for metrics in (None, str(watched.folder / "nowhere/doctor.prom")):
        assert watched.look(report("ok"), WATCH_METRICS=metrics).returncode == 0
    assert list((watched.folder / "metrics").iterdir()) == []
    assert not (watched.folder / "nowhere").exists()


def test_a_note_that_cannot_be_read_is_a_first_look_and_the_worst_of_a_name_counts(watched: Watched) -> None:
    (watched.folder / "state").write_text('{"level": "fine"}')
    checks = [{"name": "gpu", "level": level, "detail": "d", "fix": "f"} for level in ("warning", "error", "ok")]
    watched.look(json.dumps({"level": "error", "checks": checks}))
    assert watched.levels == [(None, "error")]
    assert [each["level"] for each in watched.hook.told[0]["checks"]] == ["warning", "error"]
    assert 'sales_machine_doctor_check_level{check="gpu"} 2' in watched.figures


def test_there_are_alerts() -> None:
    assert len(ALERTS) == len(set(ALERTS)) >= 15


@pytest.mark.parametrize("folder", ["docs/runbooks", "docs/ru/runbooks"])
def test_every_alert_has_its_page_and_every_page_its_alert(folder: str) -> None:
    pages = {path.stem: path.read_text("utf-8") for path in (ROOT / folder).glob("*.md")}
    assert set(pages) == set(ALERTS)
    for name, text in pages.items():
        assert text.startswith(f"# {name}\n")
        assert text.count("\n## ") == 2


def test_every_metric_of_the_rules_exists() -> None:
    """A renamed metric would silence its alert without a word."""
    from app.telemetry import Telemetry

    ours = Telemetry(b"key").exposition().decode() + WATCH.read_text("utf-8")
    known = {name.removesuffix("_total") for name in re.findall(r"# TYPE (\w+)", ours)}
    used = {re.sub(r"_(total|bucket)$", "", name) for name in re.findall(r"\b(?:sales_)?machine_[a-z_]+\b", RULES)}
    assert used <= known, used - known
    assert len(used) >= 8
