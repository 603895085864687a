"""Where each of the doctor's checks turns from ok to warning to error."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from app.health import checks
from app.health.facts import (
    DatabaseFacts,
    DescriptorFacts,
    DiskFacts,
    FileFacts,
    FolderFacts,
    MemoryFacts,
    descriptor_facts,
    disk_facts,
    uvm_missing,
)
from app.health.gathering import Gathered, Unanswered
from app.health.network import CertificateFacts, Listener, ServiceFacts, listeners
from app.health.readiness import Level, PartState

GIB = 1 << 30
HOME = Path("/var/lib/sales-machine")
DISK = DiskFacts(HOME, 100 * GIB, 50 * GIB, 1000, 500, read_only=False)
NOW = 1_800_000_000.0


def part(name: str, level: Level = "ok") -> PartState:
    return PartState(name, level, "said by /ready", "" if level == "ok" else "do it")


def levels(found: PartState, level: Level) -> None:
    assert found.level == level
    assert found.detail
    assert bool(found.fix) is (level != "ok")


@pytest.mark.parametrize(
    ("disk", "level"),
    [
        (DISK, "ok"),
        (replace(DISK, free=15 * GIB), "ok"),
        (replace(DISK, free=14 * GIB), "warning"),
        (replace(DISK, free=4 * GIB), "error"),
        (replace(DISK, total=3 * GIB, free=GIB - 1), "error"),
        (replace(DISK, inodes_free=149), "warning"),
        (replace(DISK, inodes_free=49), "error"),
        (replace(DISK, inodes=0, inodes_free=0), "ok"),
        (replace(DISK, read_only=True), "error"),
    ],
)
def test_disk(disk: DiskFacts, level: Level) -> None:
    levels(checks.check_disk(disk), level)


def test_the_disk_of_a_folder_that_is_not_there_yet_is_its_parents(tmp_path: Path) -> None:
    assert disk_facts(tmp_path / "a" / "b").path == tmp_path


@pytest.mark.parametrize(
    ("available", "level"),
    [(40 * GIB, "ok"), (6 * GIB, "warning"), (200 << 20, "error")],
)
def test_memory(available: int, level: Level) -> None:
    levels(checks.check_memory(MemoryFacts(64 * GIB, available)), level)


def test_a_small_host_is_warned_below_one_gib() -> None:
    levels(checks.check_memory(MemoryFacts(2 * GIB, GIB - 1)), "warning")


@pytest.mark.parametrize(
    ("synchronised", "newest", "level"),
    [
        (True, NOW - 5, "ok"),
        (None, None, "ok"),
        (False, None, "warning"),
        (True, NOW + 59, "ok"),
        (True, NOW + 61, "error"),
    ],
)
def test_clock(synchronised: bool | None, newest: float | None, level: Level) -> None:
    levels(checks.check_clock(synchronised, newest, NOW), level)


@pytest.mark.parametrize(
    ("used", "limit", "level"),
    [(10, 65536, "ok"), (10, None, "ok"), (10, 256, "warning"), (820, 1024, "warning"), (973, 1024, "error")],
)
def test_open_files(used: int, limit: int | None, level: Level) -> None:
    levels(checks.check_descriptors(DescriptorFacts(1, limit, used), of_service=True), level)


def test_open_files_of_a_process_that_is_gone_are_this_ones() -> None:
    assert descriptor_facts(2**22 + 1).pid == os.getpid()


@pytest.mark.parametrize(
    ("days", "level"), [(-1, "error"), (2.9, "error"), (3.1, "warning"), (20, "warning"), (22, "ok")]
)
def test_certificate(days: float, level: Level) -> None:
    levels(checks.check_certificate(CertificateFacts("x", NOW + days * 86_400), NOW), level)


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (DatabaseFacts(HOME, exists=True, schema=1), "ok"),
        (DatabaseFacts(HOME, exists=True, schema=2), "ok"),
        (DatabaseFacts(HOME, exists=True, schema=3), "error"),
        (DatabaseFacts(HOME, exists=True, schema=1, complete=False), "warning"),
        (DatabaseFacts(HOME, exists=True, complaints=("row 1 missing from index",)), "error"),
        (DatabaseFacts(HOME, exists=False), "warning"),
    ],
)
def test_database_one_schema_ahead_is_served_two_are_not(facts: DatabaseFacts, level: Level) -> None:
    levels(checks.check_database(facts, known=1), level)


def test_files_of_another_owner_are_an_error() -> None:
    own = FileFacts(HOME, 0o700, 999)
    files = (FileFacts(HOME / "conversations.db", 0o600, 999), FileFacts(HOME / "conversations.db-wal", 0o600, 0))
    found = checks.check_folder(FolderFacts(HOME, own, files))
    levels(found, "error")
    assert found.detail.startswith("conversations.db-wal: ")
    levels(checks.check_folder(FolderFacts(HOME, own, files[:1])), "ok")


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (ServiceFacts("http://x", status=200, ready=True, parts={"database": part("database")}), [("service", "ok")]),
        (
            ServiceFacts(
                "http://x", status=200, ready=False, parts={"database": part("database", "error"), "gpu": part("gpu")}
            ),
            [("service: database", "error")],
        ),
        (
            ServiceFacts("http://x", status=200, ready=True, parts={"clock": part("clock", "warning")}),
            [("service: clock", "warning")],
        ),
        (ServiceFacts("http://x", status=200, ready=False), [("service: ready", "error")]),
        (ServiceFacts("http://x", status=200), [("service", "warning")]),
        (ServiceFacts("http://x", status=404), [("service", "error")]),
    ],
)
def test_service(service: ServiceFacts, expected: list[tuple[str, str]]) -> None:
    found = checks.check_service(service)
    assert [(each.name, each.level) for each in found] == expected
    assert all(bool(each.fix) is (each.level != "ok") for each in found)


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.5", False),
        ("::ffff:10.0.0.5", False),
    ],
)
def test_only_loopback_addresses_are_closed_to_the_network(address: str, loopback: bool) -> None:
    levels(checks.check_ports([Listener(ip_address(address), 8000)], [8000]), "ok" if loopback else "error")


def test_listeners_are_found_with_their_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (found,) = listeners([port])
    assert (str(found.address), found.port, found.pid) == ("127.0.0.1", port, os.getpid())
    assert found.program
    assert listeners([port]) == (), "closed"


def test_the_module_that_cuda_needs_is_missed_only_beside_its_driver(tmp_path: Path) -> None:
    assert not uvm_missing(tmp_path), "no driver, nothing to miss"
    (tmp_path / "nvidia").mkdir()
    assert uvm_missing(tmp_path)
    (tmp_path / "nvidia_uvm").mkdir()
    assert not uvm_missing(tmp_path)
    levels(checks.check_uvm(needed=True), "error")
    levels(checks.check_uvm(needed=False), "warning")


def test_a_check_that_crashes_is_an_error_and_no_more() -> None:
    def crash() -> Iterator[PartState]:
        raise PermissionError(13, "Permission denied", "/root")

    (found,) = checks.run("keys", crash)
    levels(found, "error")
    assert "Permission denied" in found.detail


def test_a_fact_that_never_comes_is_given_up_and_one_that_fails_says_why() -> None:
    never = threading.Event()
    started = time.monotonic()
    silent = Gathered("silent", never.wait, limit_s=0.2)
    failing = Gathered("failing", lambda: int("x"), limit_s=5)
    assert Gathered("quick", lambda: 7, limit_s=5).value() == 7
    with pytest.raises(ValueError, match="invalid literal"):
        failing.value()
    with pytest.raises(Unanswered, match=r"not known after 0\.2 s"):
        silent.value()
    assert time.monotonic() - started < 2
    never.set()
