"""The memory's file: held by another process, not to be written, damaged."""

import os
import shutil
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from app.store.backup import DATABASE
from app.store.restore import restore
from app.store.salvage import newest_kept, salvage
from loadtests.service import Server
from tests.faults.rig import Callers, doctor, machine, other_process, stored, wait_ready, whole


def test_a_lock_that_another_process_keeps(tmp_path: Path) -> None:
    with Server(tmp_path / "data", environment={"MACHINE_STORE__BUSY_TIMEOUT_MS": "300"}) as server:
        callers = Callers(server)
        callers.say(1, "before")
        with other_process(server.data, "BEGIN EXCLUSIVE") as holder:
            began = time.monotonic()
            threads = [threading.Thread(target=callers.say, args=(user, "locked")) for user in range(1, 7)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(callers.refused) == 6
            assert time.monotonic() - began < 5
            assert callers.say(1, "before").status_code == 200, "reading needs no lock"
            part = wait_ready(server, "database", "error")
            assert "another process holds its lock" in part["detail"]
            assert "machine doctor" in part["fix"]
            found = doctor(server)["database"]
            assert found["level"] == "error"
            assert f"process {holder.pid} (python" in found["detail"]
            assert f"kill {holder.pid}" in found["fix"]
        wait_ready(server, "database", "ok")
        callers.ask_again()
        callers.check()


def test_a_memory_that_may_not_be_written(tmp_path: Path) -> None:
    # root may write whatever the rights say, unless this power is taken from it
    under = ("setpriv", "--bounding-set=-dac_override", "--") if os.geteuid() == 0 else ()
    if under and shutil.which(under[0]) is None:
        pytest.skip(
            "root may write whatever the rights say; taking that from it needs setpriv (apt install util-linux)"
        )
    if under and subprocess.run([*under, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root may write whatever the rights say, and this container lets nobody take that power from it")
    server = Server(tmp_path / "data", under=under)
    callers = Callers(server)
    database = server.data / DATABASE
    with server:
        callers.say(1, "before")
        database.chmod(0o400)
        assert callers.say(1, "open").status_code == 200, "what is open stays writable"
        found = doctor(server)["data folder"]
        assert (found["level"], "conversations.db (400)" in found["detail"]) == ("error", True)
    with server:  # a restart finds it read-only, and still answers by contract
        assert callers.say(2, "closed").status_code == 503
        part = wait_ready(server, "database", "error")
        assert "it can only be read" in part["detail"]
        assert "ls -l" in part["fix"]
        check = doctor(server)
        assert check["service: database"]["level"] == "error"
        subprocess.run(check["data folder"]["fix"], shell=True, check=True)
        wait_ready(server, "database", "ok")
        callers.ask_again()
        callers.check()


def pages(database: Path, name: str) -> list[tuple[int, int]]:
    """Leaf pages of a table or index: number and size in bytes, in the order of the tree."""
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        size = db.execute("PRAGMA page_size").fetchone()[0]
        try:
            rows = db.execute("SELECT pageno FROM dbstat WHERE name=? AND pagetype='leaf' ORDER BY path", (name,))
            return [(row[0], size) for row in rows]
        except sqlite3.OperationalError as error:
            pytest.skip(f"this SQLite cannot tell which page holds what: {error}")


def damage(database: Path, page: tuple[int, int]) -> None:
    """Overwrites one page, as a disk does that gives back something else than was written."""
    number, size = page
    with database.open("r+b") as file:
        file.seek((number - 1) * size)
        file.write(b"\xab" * size)


@pytest.mark.parametrize("place", ["turns", "sqlite_autoindex_turns_1"])
def test_a_damaged_page_stops_the_service_until_it_is_restored_and_salvaged(tmp_path: Path, place: str) -> None:
    server = Server(tmp_path / "data")
    callers = Callers(server)
    backups = tmp_path / "backups"
    with server:
        for user in range(8):
            callers.say(user, "first")
        machine("backup", "--data", server.data, "--to", backups)
        for user in range(6, 11):
            callers.say(user, "second")
    found = pages(server.data / DATABASE, place)
    damage(server.data / DATABASE, found[len(found) // 3])
    with server:
        part = wait_ready(server, "database", "error")
        assert "it is damaged" in part["detail"]
        assert "machine restore" in part["fix"]
        for user in (0, 10, 99):
            answer = callers.say(user, "damaged")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        check = doctor(server)
        assert check["database"]["level"] == check["service: database"]["level"] == "error"
        assert "it is damaged" in check["database"]["detail"]
        assert "machine salvage" in check["database"]["fix"]
        assert "stop the service" in machine("restore", backups, "--data", server.data, status=2)
    said = machine("restore", backups, "--data", server.data)
    assert f"machine salvage --data {server.data}" in said
    assert len(stored(server.data)) == 8, "the backup alone lacks what was said after it"
    said = machine("salvage", "--data", server.data, status=0 if place != "turns" else 1)
    assert "5 turns of 5 conversations brought over" in said
    with server:
        wait_ready(server, "database", "ok")
        found_then = doctor(server)["data folder"]
        assert (found_then["level"], "damaged-" in found_then["detail"]) == ("warning", True)
        callers.ask_again()
        callers.check()
    forget = ("forget", "--user", "fault-0", "--data", server.data, "--yes")
    told = machine(*forget, status=2)
    assert "a damaged memory, from which nothing can be deleted; the id itself stands in it" in told
    shutil.rmtree(newest_kept(server.data))
    assert "nothing of the person is left" in machine(*forget)


def test_what_neither_the_backup_nor_the_damaged_file_has_is_told(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    callers = Callers(server)
    with server:
        callers.say(0, "first")
        machine("backup", "--data", server.data, "--to", tmp_path / "backups")
        for user in range(12):
            callers.say(user, "second")
    database = server.data / DATABASE
    damage(database, pages(database, "turns")[-2])
    archive = next((tmp_path / "backups").iterdir())
    restore(archive, server.data)
    done = salvage(newest_kept(server.data), server.data)
    whole(server.data)
    history = stored(server.data)
    assert history.items() <= callers.delivered.items()
    lost = callers.delivered.keys() - history.keys()
    assert lost, "nothing was lost: the test shows nothing"
    assert done.turns == len(history) - 1
    assert done.holes == 1
    again = salvage(newest_kept(server.data), server.data)
    assert (again.conversations, again.turns) == (0, 0), "a second run changes nothing"
    assert stored(server.data) == history
