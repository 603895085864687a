"""The disk under the memory: full, filled by the memory's own log, or no longer written to by the kernel."""

import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from loadtests.service import ROOT, Server
from tests.faults.rig import Callers, doctor, machine, mounted, other_process, ready, wait_ready

pytestmark = pytest.mark.root  # each mounts a disk


def fill(place: Path) -> Path:
    """A file that takes all the room there is."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 65536):
                pass
        except OSError:
            pass
    return filler


def until_refused(callers: Callers, user: int) -> None:
    """Messages until one is refused: the log may have room left in itself."""
    for number in range(2000):
        if callers.say(user, f"until-{number}").status_code != 200:
            return
    raise AssertionError("nothing was refused: the test shows nothing")


def test_a_full_disk_refuses_by_name_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with (
        mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs") as disk,
        Server(disk) as server,
    ):
        callers = Callers(server)
        assert callers.say(1, "before").status_code == 200
        filler = fill(disk)
        until_refused(callers, 1)
        assert callers.say(2, "full").status_code == 503
        assert callers.say(1, "before").status_code == 200, "what was answered before is still known"
        part = wait_ready(server, "database", "error")
        assert "the disk is full" in part["detail"]
        assert "df -h" in part["fix"]
        found = doctor(server)
        assert (found["disk"]["level"], found["service: database"]["level"]) == ("error", "error")
        assert "the disk is full" in found["service: database"]["detail"]
        filler.unlink()
        wait_ready(server, "database", "ok")
        callers.ask_again()
        callers.check()


def test_a_service_starts_on_a_full_disk_and_says_so(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs") as disk:
        callers = Callers(Server(disk).start())
        callers.say(1, "before")
        callers.server.stop()
        filler = fill(disk)
        said = machine("serve", "--port", 0, "--data", disk, status=75)
        assert len(said.splitlines()) == 1
        assert "the disk is full" in said
        assert "df -h" in said
        unit = (ROOT / "roles/app/templates/sales-machine.service.j2").read_text("utf-8")
        assert re.search(r"^Restart=(always|on-failure)$", unit, re.MULTILINE)
        stops_at = re.findall(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE)
        assert stops_at == ["2"], "so with 75 systemd tries again until there is room"
        filler.unlink()
        with callers.server:
            callers.say(1, "after")
            callers.check()


def churn(data: Path, times: int) -> None:
    """Writes 1 MiB and deletes them again: the memory stays as large as it was, its log grows."""
    with closing(sqlite3.connect(data / "conversations.db", isolation_level=None, timeout=5)) as db:
        for _ in range(times):
            db.execute("INSERT INTO knowledge_versions VALUES (zeroblob(1048576), 0, 0)")
            db.execute("DELETE FROM knowledge_versions WHERE sections = 0")


def test_a_log_that_another_process_keeps_from_being_emptied_is_named_and_given_back(tmp_path: Path) -> None:
    with (
        mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=88m,mode=700", "tmpfs") as disk,
        Server(disk) as server,
    ):
        callers = Callers(server)
        callers.say(1, "before")
        churn(disk, 1)
        log = disk / "conversations.db-wal"
        with other_process(disk, "PRAGMA wal_checkpoint(TRUNCATE)", "BEGIN", "SELECT count(*) FROM turns") as reader:
            while log.stat().st_size < 66 << 20:
                churn(disk, 1)
            assert callers.say(1, "grown").status_code == 200
            found = doctor(server)["database"]
            assert found["level"] == "warning"
            assert "its log has grown to" in found["detail"]
            assert f"process {reader.pid} (python" in found["detail"]
            assert f"ps -fp {reader.pid}" in found["fix"]
            fill(disk)
            until_refused(callers, 2)
            assert "the disk is full" in ready(server)[1]["database"]["detail"]
        # Nobody frees any room: that the reader is gone is enough.
        statuses = [callers.say(3, f"after-{number}").status_code for number in range(3)]
        assert statuses[-1] == 200, "the first one that fails has the log emptied"
        (disk / "filler").unlink()
        wait_ready(server, "database", "ok")
        callers.ask_again()
        assert log.stat().st_size <= 17 << 20, "the log gives its room back"
        callers.check()


def test_a_disk_that_the_kernel_has_stopped_writing_to(tmp_path: Path) -> None:
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("a disk of its own needs mkfs.ext4 (apt install e2fsprogs)")
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(24 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True, capture_output=True)
    server = Server(tmp_path / "disk" / "data")
    callers = Callers(server)
    with mounted(tmp_path / "disk", "-o", "loop", str(image)) as disk, server:
        callers.say(1, "before")
        subprocess.run(["mount", "-o", "remount,abort", str(disk)], check=True)
        part = wait_ready(server, "database", "error")  # found by /ready itself: no turn has failed yet
        assert callers.say(1, "during").status_code == 503
        assert callers.say(2, "during").status_code == 503
        assert "it can only be read" in part["detail"]
        assert "dmesg" in part["fix"]
        found = doctor(server)
        assert (found["disk"]["level"], found["service: database"]["level"]) == ("error", "error")
        assert "mounted read-only" in found["disk"]["detail"]
    # The documented way: the service is stopped, the disk unmounted, checked, mounted again.
    checked = subprocess.run(["e2fsck", "-p", str(image)], capture_output=True, text=True, check=False)
    assert checked.returncode in {0, 1}, checked.stdout
    with mounted(tmp_path / "disk", "-o", "loop", str(image)), server:
        wait_ready(server, "database", "ok")
        callers.ask_again()
        callers.check()
