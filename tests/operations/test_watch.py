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
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT
from tests.operations.smartctl import stand_in

WATCH = ROOT / "roles/monitor/files/watch.py"
RULES = (ROOT / "roles/monitor/templates/rules.yml.j2").read_text("utf-8")
ALERTS = [*re.findall(r"^  \('(\w+)', ", RULES, re.MULTILINE), "DoctorFinds", "UnitFailed"]


class Manager(http.server.BaseHTTPRequestHandler):
    """Alertmanager's API, as far as it is told."""

    told: list[list[dict[str, Any]]]
    status: int

    def do_POST(self) -> None:
        assert self.path == "/api/v2/alerts"
        type(self).told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(type(self).status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class Watched:
    """A folder with a doctor whose report the test writes, and an Alertmanager that listens."""

    def __init__(self, folder: Path, manager: type[Manager], port: int) -> None:
        self.folder, self.manager, self.address = folder, manager, f"127.0.0.1:{port}"
        (folder / "metrics").mkdir()
        (folder / "backups").mkdir()

    def look(
        self, report: str, *arguments: str, units: str = "", **changed: str | None
    ) -> subprocess.CompletedProcess[str]:
        """`arguments` instead of `doctor`; `units` as systemctl lists them; `changed` variables, None without."""
        (self.folder / "report").write_text(report)
        (self.folder / "units").write_text(units)
        environment: dict[str, str | None] = {
            "PATH": os.environ["PATH"],
            "WATCH_DOCTOR": f"cat {self.folder}/report",
            "WATCH_UNITS": f"cat {self.folder}/units",
            "WATCH_STATE": str(self.folder / "state"),
            "WATCH_METRICS": str(self.folder / "metrics/doctor.prom"),
            "WATCH_BACKUPS": str(self.folder / "backups"),
            "WATCH_ALERTMANAGERS": self.address,
            "WATCH_HOST": "bot.example.com",
            "WATCH_RUNBOOKS": "https://pages.example.com",
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

    def last(self) -> dict[str, bool]:
        """What the last look told: name and check or unit -> whether it lasts."""
        now = time.time()
        return {
            " ".join(
                each["labels"][name] for name in ("alertname", "check", "unit", "severity") if name in each["labels"]
            ): datetime.fromisoformat(each["endsAt"]).timestamp() > now + 60
            for each in self.manager.told[-1]
        }


def report(level: str, name: str = "disk", detail: str = "d") -> str:
    return json.dumps(
        {"level": level, "exit": 0, "checks": [{"name": name, "level": level, "detail": detail, "fix": "f"}]}
    )


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    manager = type("OneManager", (Manager,), {"told": [], "status": 200})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), manager)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Watched(tmp_path, manager, server.server_address[1])
    server.shutdown()
    thread.join()
    server.server_close()


def test_each_look_is_written_as_figures_whatever_it_finds(watched: Watched) -> None:
    for level in ("ok", "ok", "error", "error"):
        watched.look(report(level))
        assert "sales_machine" in watched.figures
        (watched.folder / "metrics/doctor.prom").unlink()


def test_each_look_tells_all_that_is_wrong_and_what_is_over(watched: Watched) -> None:
    assert watched.look(report("ok")).returncode == 0
    assert watched.manager.told == [], "well from the start: no news"
    for level, told in (
        ("error", {"DoctorFinds disk critical": True}),
        ("error", {"DoctorFinds disk critical": True}),
        ("warning", {"DoctorFinds disk warning": True, "DoctorFinds disk critical": False}),
        ("ok", {"DoctorFinds disk warning": False}),
    ):
        assert watched.look(report(level)).returncode == 0
        assert watched.last() == told
    looks = len(watched.manager.told)
    assert watched.look(report("ok")).returncode == 0
    assert len(watched.manager.told) == looks


def test_an_alert_says_where_since_when_what_and_what_to_do(watched: Watched) -> None:
    watched.look(report("error", detail="first"))
    watched.look(report("error", detail="second"))
    ((first,), (second,)) = watched.manager.told
    assert first["labels"] == second["labels"] == {
        "alertname": "DoctorFinds", "check": "disk", "severity": "critical", "host": "bot.example.com",
    }  # fmt: skip
    assert second["annotations"] == {
        "summary": "second", "fix": "f", "runbook_url": "https://pages.example.com/DoctorFinds.md",
    }  # fmt: skip
    assert first["startsAt"] == second["startsAt"] and first["endsAt"] < second["endsAt"]


def test_what_was_not_taken_is_told_until_it_is_its_end_too(watched: Watched) -> None:
    watched.look(report("error"))
    watched.manager.status = 500
    done = watched.look(report("ok"))
    assert done.returncode == 1
    assert f"Alertmanager {watched.address} did not take it: 500; it is told again at the next look" in done.stderr
    watched.manager.status = 200
    assert watched.look(report("ok")).returncode == 0
    assert watched.last() == {"DoctorFinds disk critical": False}
    assert len(watched.manager.told) == 3
    assert watched.look(report("ok")).returncode == 0
    assert len(watched.manager.told) == 3


def test_every_alertmanager_is_told_though_one_of_them_is_away(watched: Watched) -> None:
    done = watched.look(report("error"), WATCH_ALERTMANAGERS=f"127.0.0.1:9 {watched.address}")
    assert done.returncode == 1
    assert watched.last() == {"DoctorFinds disk critical": True}


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"level": "fine", "checks": []}', '{"level": "ok"}'])
def test_a_doctor_that_cannot_be_read_is_an_error_itself(watched: Watched, broken: str) -> None:
    assert watched.look(broken).returncode == 0
    assert watched.last() == {"DoctorFinds doctor critical": True}
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


@pytest.mark.parametrize(
    ("note", "figure"),
    [
        ({"at": 1767319200.0, "since": 5.0}, "1767319200"),
        ({"at": 0.0, "since": 1767000000.0}, "1767000000"),
        (None, None),
        ("nonsense", None),
    ],
)
def test_the_age_of_the_newest_backup_outside_is_a_figure_from_the_first_day_on(
    watched: Watched, note: object, figure: str | None
) -> None:
    place = watched.folder / "newest.json"
    if note is not None:
        place.write_text(json.dumps(note))
    watched.look(report("ok"), WATCH_OFFSITE=str(place))
    line = f"sales_machine_offsite_timestamp_seconds {figure}\n"
    assert (line in watched.figures) if figure else ("offsite" not in watched.figures)


def test_a_unit_that_failed_is_told_by_itself_at_once_and_by_every_look_while_it_is(watched: Watched) -> None:
    assert watched.look("", "alert", "sales-machine-backup.service").returncode == 0
    ((told,),) = watched.manager.told
    assert told["labels"]["unit"] == "sales-machine-backup.service" and told["labels"]["alertname"] == "UnitFailed"
    lasts = datetime.fromisoformat(told["endsAt"]).timestamp() - time.time()
    assert 600 < lasts < 1800, "the next looks say whether it lasts; none that sees it, and it is over by itself"
    units = "sales-machine-backup.service loaded failed failed Backup\nx@1.service loaded failed failed X\n"
    watched.look(report("ok"), units=units)
    assert watched.manager.told[-1][0]["labels"] == told["labels"]
    assert watched.last() == {
        "UnitFailed sales-machine-backup.service warning": True, "UnitFailed x@1.service warning": True,
    }  # fmt: skip
    watched.look(report("ok"), units=units.splitlines()[1])
    assert watched.last()["UnitFailed sales-machine-backup.service warning"] is False
    watched.manager.status = 500
    assert watched.look("", "alert", "x.service").returncode == 1


@pytest.mark.parametrize("units", [None, "", "/nowhere/systemctl", "false"])
def test_without_systemctl_the_doctor_is_told_all_the_same(watched: Watched, units: str | None) -> None:
    assert watched.look(report("error"), WATCH_UNITS=units).returncode == 0
    assert watched.last() == {"DoctorFinds disk critical": True}


def test_without_an_alertmanager_each_change_stands_in_the_journal_once(watched: Watched) -> None:
    for nobody in (None, ""):
        done = watched.look("", "alert", "x.service", WATCH_ALERTMANAGERS=nobody)
        assert (done.returncode, json.loads(done.stdout)["unit"]) == (0, "x.service")
    said = [watched.look(report(level), WATCH_ALERTMANAGERS=None).stdout for level in ("error", "error", "ok", "ok")]
    assert [json.loads(each)["event"] for each in said if each] == ["begins", "over"]
    assert [bool(each) for each in said] == [True, False, True, False]
    assert watched.manager.told == []


@pytest.mark.parametrize("arguments", [("alert",), ("alert", "a", "b"), ("fly",)])
def test_a_wrong_call_says_how_it_is_called(watched: Watched, arguments: tuple[str, ...]) -> None:
    done = watched.look("", *arguments)
    assert done.returncode == 2
    assert "watch alert UNIT" in done.stderr


def test_a_doctor_that_is_not_there_is_an_error_with_the_command_to_try(watched: Watched) -> None:
    watched.look("", WATCH_DOCTOR="/nowhere/machine doctor")
    ((told,),) = watched.manager.told
    assert "No such file" in told["annotations"]["summary"]
    assert told["annotations"]["fix"] == "run it by hand: /nowhere/machine doctor"


def test_where_nobody_reads_figures_none_are_written(watched: Watched) -> None:
    for metrics in (None, str(watched.folder / "nowhere/doctor.prom")):
        assert watched.look(report("ok"), WATCH_METRICS=metrics).returncode == 0
    assert list((watched.folder / "metrics").iterdir()) == []
    assert not (watched.folder / "nowhere").exists()


@pytest.mark.parametrize("note", ['{"level": "fine"}', "[1]", '[{"labels": 3, "since": ""}]', "\x00"])
def test_a_note_that_cannot_be_read_is_a_first_look(watched: Watched, note: str) -> None:
    (watched.folder / "state").write_text(note)
    assert watched.look(report("error")).returncode == 0
    assert watched.last() == {"DoctorFinds disk critical": True}


def test_what_a_check_finds_twice_is_one_alert_as_bad_as_the_worst(watched: Watched) -> None:
    found = [("warning", "a"), ("error", "b"), ("ok", "c"), ("error", "d"), ("error", "b")]
    checks = [{"name": "gpu", "level": level, "detail": detail, "fix": "f"} for level, detail in found]
    watched.look(json.dumps({"level": "error", "checks": checks}))
    assert watched.last() == {"DoctorFinds gpu critical": True}
    (summary,) = [each["annotations"] for each in watched.manager.told[0]]
    assert (summary["summary"], summary["fix"]) == ("a; b; d", "f")
    assert 'sales_machine_doctor_check_level{check="gpu"} 2' in watched.figures


def test_what_the_service_says_of_a_part_and_what_is_seen_of_it_from_outside_are_one_fault(watched: Watched) -> None:
    names = {"gpu": "error", "service: gpu": "warning", "service: search": "warning"}
    checks = [{"name": name, "level": level, "detail": name, "fix": "f"} for name, level in names.items()]
    watched.look(json.dumps({"level": "error", "checks": checks}))
    assert watched.last() == {"DoctorFinds gpu critical": True, "DoctorFinds search warning": True}
    checks = [check for check in checks if check["name"] == "service: search"]
    watched.look(json.dumps({"level": "warning", "checks": checks}))
    assert watched.last() == {"DoctorFinds gpu critical": False, "DoctorFinds search warning": True}


def test_there_are_alerts() -> None:
    assert len(ALERTS) == len(set(ALERTS)) >= 15


@pytest.mark.parametrize("folder", ["docs/runbooks", "docs/ru/runbooks"])
def test_every_alert_has_its_page_and_every_page_its_alert(folder: str) -> None:
    pages = {path.stem: path.read_text("utf-8") for path in (ROOT / folder).glob("*.md")}
    assert set(pages) == set(ALERTS)
    for name, text in pages.items():
        assert text.startswith(f"# {name}\n")
        assert text.count("\n## ") == 2


def test_every_metric_of_the_rules_exists(tmp_path: Path) -> None:
    """A renamed metric would silence its alert without a word."""
    from app.telemetry import Telemetry

    disks = [sys.executable, str(ROOT / "roles/monitor/files/disks.py"), str(tmp_path / "r"), str(tmp_path / "m")]
    subprocess.run(disks, env=os.environ | {"DISKS_SMARTCTL": stand_in(tmp_path)}, check=True)
    ours = Telemetry(b"key").exposition().decode() + WATCH.read_text("utf-8") + (tmp_path / "m").read_text("utf-8")
    known = {name.removesuffix("_total") for name in re.findall(r"# TYPE (\w+)", ours)}
    used = {re.sub(r"_(total|bucket)$", "", name) for name in re.findall(r"\b(?:sales_)?machine_[a-z_]+\b", RULES)}
    assert used <= known, used - known
    assert len(used) >= 8


@pytest.mark.parametrize("page", ["docs/runbooks/RaidShort.md", "docs/ru/runbooks/RaidShort.md"])
@pytest.mark.parametrize(
    ("good", "bad", "part"),
    [("nvme0n1", "nvme1n1", "p"), ("nvme1n1", "nvme0n1", "p"), ("sda", "sdb", ""), ("sdb", "sda", "")],
)
def test_whichever_disk_broke_its_partitions_are_the_ones_that_are_touched(
    tmp_path: Path, page: str, good: str, bad: str, part: str
) -> None:
    """The page's own lines, over what Linux shows of two arrays: one lacks its half, of the other it was thrown out."""
    for array, number in (("md0", 2), ("md127", 1)):
        (tmp_path / array / "md" / f"dev-{good}{part}{number}").mkdir(parents=True)
    (tmp_path / "md127/md" / f"dev-{bad}{part}1").mkdir()
    text = (ROOT / page).read_text("utf-8")
    names, function = (re.search(rf"^{begin}.*$", text, re.MULTILINE) for begin in ("GOOD=", r"each\(\)"))
    assert names
    assert function
    assert "GOOD=nvme0n1 BAD=nvme1n1 " in names[0]
    assert "GOOD=nvme1n1 BAD=nvme0n1" in names[0]
    script = (
        f"GOOD={good} BAD={bad}\n{function[0].replace('/sys/block', str(tmp_path))}\neach --fail --remove; each --add"
    )
    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == [
        f"sudo mdadm /dev/md0 --fail /dev/{bad}{part}2 --remove /dev/{bad}{part}2",
        f"sudo mdadm /dev/md127 --fail /dev/{bad}{part}1 --remove /dev/{bad}{part}1",
        f"sudo mdadm /dev/md0 --add /dev/{bad}{part}2",
        f"sudo mdadm /dev/md127 --add /dev/{bad}{part}1",
    ]
    assert "sgdisk" not in text, "it writes over a disk in use without a word"
