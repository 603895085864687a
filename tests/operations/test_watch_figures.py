"""The bounds that the server's own watch keeps: how long it asks, how long what it tells lasts, from which share on a disk
is worn. In this process, without a server."""

import importlib.util
import json
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app.health.disks import DiskHealth, DisksReport, disks_part
from loadtests.service import ROOT
from tests.operations.smartctl import nvme, sata

NOW = datetime(2026, 1, 31, 2, 0, tzinfo=UTC)


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "roles/monitor/files" / f"{name}.py")
    assert spec and spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def watch() -> ModuleType:
    return module("watch")


@pytest.fixture
def disks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    found = module("disks")
    monkeypatch.setitem(__import__("sys").modules, "disks", found)
    return found


def hanging(asked: list[dict[str, Any]]) -> Callable[..., Any]:
    def run(command: list[str], **named: Any) -> Any:
        asked.append(named)
        raise subprocess.TimeoutExpired(command, named["timeout"])

    return run


# The doctor's looks


def test_a_doctor_that_hangs_is_ended_after_a_minute_and_is_an_error(
    watch: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(watch.subprocess, "run", hanging(asked))
    report = watch.examine(["machine", "doctor"])
    assert asked[0]["timeout"] == 60
    assert report == {
        "level": "error",
        "checks": [
            {"name": "doctor", "level": "error", "detail": "took longer than 60 s", "fix": "run it by hand: machine doctor"}
        ],
    }  # fmt: skip


def test_units_that_cannot_be_asked_within_twenty_seconds_are_none_and_said(
    watch: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(watch.subprocess, "run", hanging(asked))
    assert watch.failed_units(["systemctl"]) == []
    assert asked[0]["timeout"] == 20
    assert asked[0]["check"] is True, "what systemctl says while it fails are no units"
    assert capsys.readouterr().err == "failed units could not be asked for: TimeoutExpired\n"
    assert watch.failed_units([]) == []


def test_what_a_look_tells_lasts_a_day_and_what_a_unit_tells_a_quarter_of_an_hour(
    watch: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(watch, "tell", lambda alerts: told.append(alerts) or True)
    monkeypatch.setenv("WATCH_ALERTMANAGERS", "127.0.0.1:9")
    monkeypatch.setenv("WATCH_HOST", "bot.example.com")
    report = {"level": "warning", "checks": [{"name": "disk", "level": "warning", "detail": "d", "fix": "f"}]}
    (found,) = watch.findings(report, NOW)
    assert (found["startsAt"], found["endsAt"]) == (NOW.isoformat(), (NOW + timedelta(days=1)).isoformat())
    assert found["labels"] == {
        "alertname": "DoctorFinds", "check": "disk", "severity": "warning", "host": "bot.example.com",
    }  # fmt: skip
    assert watch.main(["alert", "sales-machine.service"]) == 0
    ((unit,),) = told
    lasts = datetime.fromisoformat(unit["endsAt"]) - datetime.fromisoformat(unit["startsAt"])
    assert lasts == timedelta(minutes=15)
    assert unit["annotations"] == {
        "summary": "sales-machine.service failed",
        "fix": "sudo journalctl -u sales-machine.service -n 50; sudo systemctl restart sales-machine.service",
        "runbook_url": "docs/runbooks/UnitFailed.md",
    }
    assert unit["labels"]["severity"] == "warning"


def test_an_alertmanager_has_ten_seconds(watch: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, float]] = []

    def urlopen(request: Any, timeout: float) -> Any:
        asked.append((request, timeout))
        raise TimeoutError

    monkeypatch.setattr(watch.urllib.request, "urlopen", urlopen)
    monkeypatch.setenv("WATCH_ALERTMANAGERS", "127.0.0.1:9093")
    assert watch.tell([]) is True
    assert watch.tell([{"labels": {}}]) is False
    ((request, timeout),) = asked
    assert timeout == 10
    assert (request.full_url, request.get_method()) == ("http://127.0.0.1:9093/api/v2/alerts", "POST")
    assert request.headers == {"Content-type": "application/json"}


def test_each_figure_has_its_value_and_when_the_look_was(watch: ModuleType) -> None:
    checks = [{"name": name, "level": level} for name, level in {"a": "ok", "b": "warning", "c": "error"}.items()]
    text = watch.exposition({"level": "error", "checks": checks}, 5.0, 7.4, 9.0)
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "sales_machine_doctor_level 2",
        'sales_machine_doctor_check_level{check="a"} 0',
        'sales_machine_doctor_check_level{check="b"} 1',
        'sales_machine_doctor_check_level{check="c"} 2',
        "sales_machine_doctor_run_timestamp_seconds 7",
        "sales_machine_backup_timestamp_seconds 5",
        "sales_machine_offsite_timestamp_seconds 9",
    ]


# The signed messages


@pytest.mark.parametrize(("length", "status"), [(1 << 20, "204"), ((1 << 20) + 1, "413")])
def test_a_message_of_a_mebibyte_is_passed_on_and_a_longer_one_is_not(
    length: int, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign, delivered = module("sign"), []
    monkeypatch.setattr(sign, "deliver", lambda body: delivered.append(len(body)) or "")
    relay = object.__new__(sign.Relay)
    said: list[str] = []
    relay.headers = {"Content-Length": str(length)}
    relay.rfile = type("Body", (), {"read": staticmethod(lambda size: b"x" * size)})()
    relay.send_error = lambda code: said.append(str(code))
    relay.send_response_only = lambda code, _=None: said.append(str(code))
    relay.end_headers = lambda: None
    relay.do_POST()
    assert (said, delivered) == ([status], [length] if status == "204" else [])


def test_a_webhook_has_ten_seconds_and_so_has_alertmanager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign, asked = module("sign"), []
    for name in ("webhook_url", "webhook_secret"):
        (tmp_path / name).write_text("http://127.0.0.1:9/x\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    def urlopen(request: Any, timeout: float) -> Any:
        asked.append((timeout, request.headers["User-agent"]))
        raise OSError

    monkeypatch.setattr(sign.urllib.request, "urlopen", urlopen)
    assert sign.deliver(b"{}") == "OSError"
    assert asked == [(10, "sales-machine-sign")]
    assert sign.Relay.timeout == 10


# The disks


def test_a_disk_is_asked_without_being_woken_and_one_that_hangs_is_a_problem(
    disks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    limits: list[dict[str, Any]] = []

    def run(command: list[str], **named: Any) -> Any:
        asked.append(command)
        return hanging(limits)(command, **named)

    monkeypatch.setattr(disks.subprocess, "run", run)
    tree = disks.said(["smartctl"], {"name": "/dev/sda", "type": "sat"})
    assert limits[0]["timeout"] == 60
    assert asked == [
        ["smartctl", "--json=c", "--info", "--health", "--attributes", "--nocheck=standby", "--device=sat", "/dev/sda"]
    ]
    assert disks.read(tree, "/dev/sda").problem == "no answer within 60 s"
    assert disks.read({}, "/dev/sda").problem == "it says nothing of its health"


@pytest.mark.parametrize(
    ("bits", "healthy", "hot", "complaints"),
    [
        (0, True, False, ()),
        (1, False, False, ("spare blocks run out",)),
        (2, True, True, ()),
        (4, False, False, ("it is not reliable any more",)),
        (8, False, False, ("it takes no more writes",)),
        (16, False, False, ("its cache is not backed up",)),
        (3, False, True, ("spare blocks run out",)),
    ],
)
def test_each_bit_of_a_disks_own_warning_has_its_words(
    disks: ModuleType, bits: int, healthy: bool, hot: bool, complaints: tuple[str, ...]
) -> None:
    found = disks.read(nvme("/dev/nvme0", warning=bits), "/dev/nvme0")
    assert (found.healthy, found.hot, found.complaints) == (healthy, hot, complaints)


@pytest.mark.parametrize(
    "name", ["Wear_Leveling_Count", "SSD_Life_Left", "Media_Wearout_Indicator", "Percent_Lifetime_Remain"]
)
def test_wear_is_what_is_missing_of_the_life_that_is_left(disks: ModuleType, name: str) -> None:
    tree = sata("/dev/sda")
    tree.pop("endurance_used", None)
    tree["ata_smart_attributes"] = {
        "table": [
            {"id": 1, "name": name, "value": 93, "raw": {"value": 0}},
            {"id": 197, "name": "Current_Pending_Sector", "value": 1, "raw": {"value": 3}},
            {"id": 198, "name": "Offline_Uncorrectable", "value": 1, "raw": {"value": 4}},
            {"id": 5, "name": "Reallocated_Sector_Ct", "value": 1, "raw": {"value": 6}},
        ]
    }
    found = disks.read(tree, "/dev/sda")
    assert (found.wear, found.lost, found.errors) == (0.07, 7, 6)


def test_a_report_may_be_read_by_the_doctor(disks: ModuleType, tmp_path: Path) -> None:
    disks.write(tmp_path / "report.json", "{}")
    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o644
    assert json.loads((tmp_path / "report.json").read_text()) == {}
    assert len(list(tmp_path.iterdir())) == 1


WELL = DiskHealth("/dev/sda", "M", "S", True, (), False, 0.1, 1.0, 0.1, 0, 30.0, "")


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"wear": 0.89}, "ok"),
        ({"wear": 0.9}, "warning"),
        ({"spare": 0.21}, "ok"),
        ({"spare": 0.2}, "warning"),
        ({"spare": 0.2, "spare_least": None}, "ok"),
        ({"lost": 1}, "warning"),
        ({"hot": True}, "warning"),
        ({"healthy": False}, "error"),
        ({"healthy": None}, "ok"),
    ],
)
def test_from_nine_tenths_of_its_life_on_or_near_its_last_spare_blocks_a_disk_is_spoken_of(
    changes: dict[str, Any], level: str
) -> None:
    assert disks_part(DisksReport(0, (replace(WELL, **changes),)), 60).level == level


@pytest.mark.parametrize(("age_s", "level"), [(86_400, "ok"), (86_401, "warning")])
def test_a_report_is_news_for_a_day(age_s: int, level: str) -> None:
    part = disks_part(DisksReport(0, (WELL,)), age_s)
    assert part.level == level
    if level == "warning":
        assert part.fix == "systemctl status sales-machine-disks.timer; journalctl -u sales-machine-disks -n 20"


def test_a_failing_disk_is_replaced_while_its_mirror_is_whole() -> None:
    part = disks_part(DisksReport(0, (replace(WELL, healthy=False),)), 60)
    assert part.fix == (
        "smartctl -a /dev/sda: have it replaced while its mirror is whole (docs/runbooks/DiskFails.md); make a backup first"
    )
