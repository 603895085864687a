"""What a server's disks say, from smartctl's words to the doctor's line and the alerts' figures."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.health.disks import DisksReport, disks_part, disks_report
from loadtests.service import ROOT
from tests.operations.smartctl import Tree, nvme, sata, silent, stand_in

TOOL = ROOT / "roles" / "monitor" / "files" / "disks.py"
STATES: dict[str, tuple[Tree, str, str]] = {
    "well": (nvme("/dev/nvme0"), "ok", "/dev/nvme0 SAMPLE NVME 960GB NV000001: 3% worn, 41 °C"),
    "spare": (nvme("/dev/nvme0", warning=1, spare=4), "error", "/dev/nvme0 (spare blocks run out)"),
    "read only": (nvme("/dev/nvme0", warning=12), "error", "it is not reliable any more, it takes no more writes"),
    "heat": (nvme("/dev/nvme0", warning=2), "warning", "/dev/nvme0 is too hot by its own limit"),
    "worn": (nvme("/dev/nvme0", used=104), "warning", "/dev/nvme0 has used 104% of its life"),
    "spare soon": (nvme("/dev/nvme0", spare=19), "warning", "has 19% of its spare blocks left, 10% is its own limit"),
    "sata": (sata("/dev/sda"), "ok", "/dev/sda SAMPLE SATA 240GB SAa00001: 9% worn, 27 °C"),
    "replaced": (sata("/dev/sda", replaced=3), "ok", "9% worn"),
    "pending": (sata("/dev/sda", pending=8), "warning", "/dev/sda cannot read 8 sectors"),
    "verdict": (sata("/dev/sda", passed=False), "error", "/dev/sda (its own verdict)"),
    "limit": (sata("/dev/sda", failed="now"), "error", "/dev/sda (Reallocated_Sector_Ct is below its limit)"),
    "once below": (sata("/dev/sda", failed="past"), "ok", "9% worn"),
    "silent": (silent("/dev/nvme0"), "warning", "/dev/nvme0 cannot be asked: Smartctl open device: /dev/nvme0 failed"),
}  # fmt: skip


def run(folder: Path, *told: Tree) -> tuple[subprocess.CompletedProcess[str], Path, Path]:
    report = folder / "var/lib/sales-machine-disks/report.json"
    metrics = folder / "disks.prom"
    report.parent.mkdir(parents=True)
    environment = os.environ | {"DISKS_SMARTCTL": stand_in(folder, *told)}
    done = subprocess.run(
        [sys.executable, str(TOOL), str(report), str(metrics)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, report, metrics


def report_of(folder: Path, *told: Tree) -> DisksReport:
    done, _, _ = run(folder, *told)
    assert done.returncode == 0, done.stderr
    report = disks_report(folder)
    assert report
    return report


@pytest.mark.parametrize("state", STATES)
def test_the_doctor_says_what_a_disk_says(tmp_path: Path, state: str) -> None:
    told, level, said = STATES[state]
    report = report_of(tmp_path, told)
    part = disks_part(report, report.at + 60)
    assert (part.level, said in part.detail) == (level, True), part
    assert bool(part.fix) is (level != "ok")


def test_of_several_disks_the_failing_one_is_named_and_all_are_shown(tmp_path: Path) -> None:
    report = report_of(tmp_path, nvme("/dev/nvme0"), nvme("/dev/nvme1", warning=4))
    part = disks_part(report, report.at)
    assert part.level == "error"
    assert part.detail.startswith("about to fail: /dev/nvme1 (it is not reliable any more)")
    assert "/dev/nvme0 SAMPLE NVME 960GB NV000001" in part.detail
    assert "smartctl -a /dev/nvme1" in part.fix


def test_a_server_whose_disks_say_nothing_is_well_and_one_that_nobody_asks_is_not_spoken_of(tmp_path: Path) -> None:
    assert disks_report(tmp_path) is None
    report = report_of(tmp_path)
    assert disks_part(report, report.at).level == "ok"


def test_what_was_said_long_ago_is_no_news(tmp_path: Path) -> None:
    report = report_of(tmp_path, nvme("/dev/nvme0"))
    part = disks_part(replace(report, at=report.at - 100_000), report.at)
    assert (part.level, "last asked 28 hours ago" in part.detail) == ("warning", True)


def test_a_report_of_another_shape_is_named(tmp_path: Path) -> None:
    _, report, _ = run(tmp_path, nvme("/dev/nvme0"))
    report.write_text(json.dumps({"at": 1, "disks": [{"disk": "/dev/sda"}]}))
    with pytest.raises(ValueError, match=r"report\.json is no report of the disks"):
        disks_report(tmp_path)


def test_figures_are_those_that_the_alerts_read(tmp_path: Path) -> None:
    _, _, metrics = run(tmp_path, nvme("/dev/nvme0", errors=7), sata("/dev/sda", pending=8), silent("/dev/nvme1"))
    read = {
        (sample.name, sample.labels.get("disk", "")): sample.value
        for family in text_string_to_metric_families(metrics.read_text())
        for sample in family.samples
    }
    assert read["sales_machine_disk_healthy", "/dev/nvme0"] == 1
    assert read["sales_machine_disk_errors_total", "/dev/nvme0"] == 7
    assert read["sales_machine_disk_lost_sectors", "/dev/sda"] == 8
    assert read["sales_machine_disk_wear_ratio", "/dev/sda"] == pytest.approx(0.09)
    assert read["sales_machine_disks_unread", ""] == 1
    assert ("sales_machine_disk_healthy", "/dev/nvme1") not in read
    rules = (ROOT / "roles/monitor/templates/rules.yml.j2").read_text("utf-8")
    for name in ("healthy", "wear_ratio", "spare_ratio", "spare_least_ratio", "lost_sectors", "errors_total"):
        assert f"sales_machine_disk_{name}" in rules
        assert f"# HELP sales_machine_disk_{name}" in metrics.read_text()


def test_without_smartctl_it_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(TOOL), str(tmp_path / "report.json")],
        env=os.environ | {"DISKS_SMARTCTL": "/nowhere/smartctl"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Fix: apt-get install smartmontools" in done.stderr
