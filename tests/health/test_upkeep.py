"""What a server asks of its owner in time: seen in the kernel's own tables, said in plain words."""

import os
from pathlib import Path

import pytest

from app.health.upkeep import Mirror, driver_part, mirrors, raid_part, restart_part, upkeep_facts

DAY = 86_400.0
NOW = 1_800_000_000.0
WHOLE = """Personalities : [raid1] [linear] [raid0]
md2 : active raid1 nvme1n1p3[1] nvme0n1p3[0]
      1840496640 blocks super 1.2 [2/2] [UU]
      bitmap: 3/14 pages [12KB], 65536KB chunk

md0 : active raid1 nvme1n1p1[1] nvme0n1p1[0]
      33520640 blocks super 1.2 [2/2] [UU]

unused devices: <none>
"""
SHORT = WHOLE.replace("nvme0n1p3[0]", "nvme0n1p3[0](F)").replace("[2/2] [UU]", "[2/1] [_U]", 1)
REBUILT = SHORT.replace(
    "      bitmap",
    "      [==>....]  recovery = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec\n      bitmap",
)
STRIPED = "md5 : active raid0 sdb1[1] sda1[0]\n      1000 blocks super 1.2 512k chunks\n"


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("Personalities : \nunused devices: <none>\n", []),
        (WHOLE, [Mirror("md2", True, 2, 2), Mirror("md0", True, 2, 2)]),
        (SHORT, [Mirror("md2", True, 2, 1), Mirror("md0", True, 2, 2)]),
        (REBUILT, [Mirror("md2", True, 2, 1, "recovery 12.6%"), Mirror("md0", True, 2, 2)]),
        (STRIPED, []),
        ("md2 : inactive nvme0n1p3[0](S)\n      1840496640 blocks super 1.2\n", [Mirror("md2", False, 0, 0)]),
    ],
)
def test_arrays_are_read_from_the_kernels_table(table: str, found: list[Mirror]) -> None:
    assert list(mirrors(table)) == found


@pytest.mark.parametrize(
    ("table", "level", "said"),
    [
        (WHOLE, "ok", "md2 2 of 2 disks, md0 2 of 2 disks"),
        (
            SHORT,
            "warning",
            "md2 1 of 2 disks, md0 2 of 2 disks: one more failed disk loses everything, and nothing is being",
        ),
        (REBUILT, "warning", "being rebuilt (md2: recovery 12.6%)"),
        ("md2 : inactive nvme0n1p3[0](S)\n", "error", "md2 does not run"),
    ],
)
def test_a_mirror_without_a_disk_is_a_warning_and_an_array_that_stands_an_error(
    table: str, level: str, said: str
) -> None:
    part = raid_part(tuple(mirrors(table)))
    assert (part.level, said in part.detail) == (level, True), part
    assert bool(part.fix) is (level != "ok")


def host(root: Path, *kernels: str, asked: bool = False) -> Path:
    (root / "boot").mkdir()
    (root / "run").mkdir()
    for kernel in kernels:
        (root / "boot" / f"vmlinuz-{kernel}").touch()
    if asked:
        (root / "run" / "reboot-required").touch()
    return root


def test_a_newer_kernel_is_due_from_the_first_day_and_complained_of_after_a_week(tmp_path: Path) -> None:
    runs = os.uname().release
    found = upkeep_facts(host(tmp_path, "6.8.0-9-generic", "999.8.0-10-generic", "999.8.0-9-generic", runs))
    assert (found.running, found.newest, found.asked) == (runs, "999.8.0-10-generic", False)
    for days, level in ((0, "ok"), (7, "ok"), (7.1, "warning"), (30, "warning")):
        part = restart_part(found, found.since + days * DAY)
        assert part is not None
        assert part.level == level
        assert f"due since {int(days)} days: kernel 999.8.0-10-generic is installed, {runs} runs" in part.detail


@pytest.mark.parametrize("asked_days_ago", [30, 8, 0, -8])
def test_a_restart_is_due_since_the_first_of_a_kernel_and_what_else_asked_for_it(
    tmp_path: Path, asked_days_ago: int
) -> None:
    root = host(tmp_path, os.uname().release, "999.8.0-10-generic", asked=True)
    installed = (root / "boot" / "vmlinuz-999.8.0-10-generic").stat().st_ctime
    asked = installed - asked_days_ago * DAY
    os.utime(root / "run" / "reboot-required", (asked, asked))
    found = upkeep_facts(root)
    assert found.since == pytest.approx(min(installed, asked), abs=1)
    part = restart_part(found, installed + 1.5 * DAY)
    assert part is not None
    assert part.level == ("warning" if asked_days_ago > 6 else "ok"), "a later one begins no new week"
    assert f"due since {max(asked_days_ago, 0) + 1} days" in part.detail


def test_what_an_update_asked_for_is_due_too_and_nothing_else_is(tmp_path: Path) -> None:
    for name in ("asked", "well", "bare"):
        (tmp_path / name).mkdir()
    asked = restart_part(upkeep_facts(host(tmp_path / "asked", os.uname().release, asked=True)), NOW)
    assert asked is not None
    assert "an update asked for a restart" in asked.detail
    assert "is installed" not in asked.detail
    assert restart_part(upkeep_facts(host(tmp_path / "well", os.uname().release)), NOW) is None
    assert restart_part(upkeep_facts(host(tmp_path / "bare")), NOW) is None
    assert restart_part(upkeep_facts(tmp_path / "nowhere"), NOW) is None


def test_a_branch_that_gets_no_fixes_says_what_that_means() -> None:
    ended, lives = driver_part("550.163.01"), driver_part("580.95.05")
    assert ended and lives
    assert (ended.level, lives.level) == ("ok", "ok")
    assert "gets no fixes since June 2025: it works, and holes that become known in it stay open" in ended.detail
    assert lives.detail == "580.95.05; branch 580 gets fixes until June 2028"
    assert driver_part("999.1") is None
    assert driver_part("") is None
