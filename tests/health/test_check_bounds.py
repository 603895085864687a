"""The exact bounds of the doctor's checks and of the parts of /ready: at each bound, and a hair on either side of it."""

import os
import shutil
import sqlite3
import ssl
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.health import checks, facts, lockholders, network
from app.health.clock import ClockWatch, clock_part
from app.health.facts import DatabaseFacts, DescriptorFacts, DiskFacts, FileFacts, FolderFacts, MemoryFacts
from app.health.lockholders import Holder
from app.health.network import CertificateFacts, Listener, OllamaFacts, ServiceFacts
from app.health.readiness import Level, PartState, gpu_part, knowledge_part, model_part
from app.types import ModelState
from tests.health.test_readiness import GIB, IDLE, LOADED, NOW, SILENCE

MIB = 1 << 20
HOME = Path("/var/lib/sales-machine")
DISK = DiskFacts(HOME, 1000 * GIB, 500 * GIB, 1000, 500, read_only=False)
MEMORY = DatabaseFacts(HOME / "conversations.db", exists=True, schema=1)
DAY = 86_400


@pytest.mark.parametrize(
    ("disk", "level"),
    [
        (replace(DISK, free=150 * GIB), "ok"),
        (replace(DISK, free=150 * GIB - 1), "warning"),
        (replace(DISK, free=50 * GIB), "warning"),
        (replace(DISK, free=50 * GIB - 1), "error"),
        (replace(DISK, total=4 * GIB, free=GIB), "ok"),
        (replace(DISK, total=4 * GIB, free=GIB - 1), "error"),
        (replace(DISK, inodes_free=150), "ok"),
        (replace(DISK, inodes_free=149), "warning"),
        (replace(DISK, inodes_free=50), "warning"),
        (replace(DISK, inodes_free=49), "error"),
        (replace(DISK, total=0, free=2 * GIB), "error"),
    ],
)
def test_disk(disk: DiskFacts, level: Level) -> None:
    assert checks.check_disk(disk).level == level


@pytest.mark.parametrize(
    ("total", "available", "level"),
    [
        (64 * GIB, 64 * GIB // 10, "ok"),
        (64 * GIB, 64 * GIB // 10 - 1, "warning"),
        (4 * GIB, GIB, "ok"),
        (4 * GIB, GIB - 1, "warning"),
        (4 * GIB, 256 * MIB, "warning"),
        (4 * GIB, 256 * MIB - 1, "error"),
        (64 * GIB, 256 * MIB - 1, "error"),
    ],
)
def test_memory(total: int, available: int, level: Level) -> None:
    assert checks.check_memory(MemoryFacts(total, available)).level == level


@pytest.mark.parametrize(
    ("used", "limit", "level"),
    [
        (799, 1000, "warning"),
        (10, 1023, "warning"),
        (10, 1024, "ok"),
        (7999, 10_000, "ok"),
        (8000, 10_000, "warning"),
        (9499, 10_000, "warning"),
        (9500, 10_000, "error"),
    ],
)
def test_open_files(used: int, limit: int, level: Level) -> None:
    assert checks.check_descriptors(DescriptorFacts(1, limit, used), of_service=True).level == level


def test_whose_open_files_they_are_is_said() -> None:
    told = DescriptorFacts(77, 65536, 10)
    assert "process 77" in checks.check_descriptors(told, of_service=True).detail
    assert "this shell" in checks.check_descriptors(told, of_service=False).detail


@pytest.mark.parametrize(
    ("left", "level"),
    [
        (21 * DAY, "ok"),
        (21 * DAY - 1, "warning"),
        (3 * DAY, "warning"),
        (3 * DAY - 1, "error"),
        (0, "error"),
        (-1, "error"),
    ],
)
def test_certificate(left: int, level: Level) -> None:
    found = checks.check_certificate(CertificateFacts("x", NOW + left), NOW)
    assert found.level == level
    assert ("expired" in found.detail) is (left < 0)


def test_a_certificate_that_callers_refuse_is_an_error_however_long_it_lasts() -> None:
    assert checks.check_certificate(CertificateFacts("x", NOW + 60 * DAY, "self-signed"), NOW).level == "error"
    assert checks.check_certificate(CertificateFacts("x", None, "gone"), NOW).level == "error"


@pytest.mark.parametrize(("newest", "level"), [(NOW + 60, "ok"), (NOW + 60.5, "error"), (None, "ok")])
@pytest.mark.parametrize("synchronised", [True, False, None])
def test_clock(newest: float | None, level: Level, synchronised: bool | None) -> None:
    wanted = "warning" if level == "ok" and synchronised is False else level
    assert checks.check_clock(synchronised, newest, NOW).level == wanted


@pytest.mark.parametrize(
    ("changed", "level", "said"),
    [
        ({}, "ok", "intact"),
        ({"log_bytes": 64 * MIB}, "ok", "intact"),
        ({"log_bytes": 64 * MIB + 1}, "warning", "its log has grown to 64 MiB"),
        ({"log_bytes": 65 * MIB, "reader": Holder(7, "sqlite3")}, "warning", "process 7 (sqlite3) goes on reading"),
        ({"log_bytes": 1, "reader": Holder(7, "sqlite3")}, "ok", "intact"),
        ({"writer": Holder(7, "")}, "error", "process 7 holds its lock"),
        ({"writer": Holder(42, "machine")}, "ok", "intact"),
        ({"writer": Holder(7, ""), "problem": "database is locked"}, "error", "process 7 holds its lock"),
        ({"problem": "permission denied"}, "error", "it cannot be read: permission denied"),
        ({"complaints": ("row 1",), "problem": ""}, "error", "it is damaged: row 1"),
        ({"schema": 2}, "ok", "schema 2"),
        ({"schema": 3}, "error", "it has schema 3, this release knows 1"),
        ({"complete": False}, "warning", "too large"),
        ({"complete": False, "log_bytes": 65 * MIB}, "warning", "its log has grown"),
        ({"exists": False}, "warning", "does not exist yet"),
    ],
)
def test_database(changed: dict[str, Any], level: Level, said: str) -> None:
    """Of a release that knows schema 1, where the process 42 serves."""
    found = checks.check_database(replace(MEMORY, **changed), known=1, service=42)
    assert (found.level, said in found.detail) == (level, True), found
    assert bool(found.fix) is (level != "ok")


OWN = FileFacts(HOME, 0o700, 999)


@pytest.mark.parametrize(
    ("folder", "file", "level"),
    [
        (0o700, 0o600, "ok"),
        (0o700, 0o640, "warning"),
        (0o700, 0o620, "warning"),
        (0o700, 0o604, "error"),
        (0o700, 0o601, "error"),
        (0o750, 0o600, "warning"),
        (0o705, 0o600, "error"),
        (0o700, 0o400, "error"),
        (0o500, 0o600, "error"),
    ],
)
def test_modes_of_the_data_folder(folder: int, file: int, level: Level) -> None:
    told = FolderFacts(HOME, replace(OWN, mode=folder), (FileFacts(HOME / "a", file, 999),))
    assert checks.check_folder(told).level == level


@pytest.mark.parametrize(
    ("told", "level", "said"),
    [
        (FolderFacts(HOME, None, problem="it does not exist"), "error", "it does not exist"),
        (FolderFacts(HOME, OWN, problem="it cannot be read"), "error", "it cannot be read"),
        (FolderFacts(HOME, OWN, (FileFacts(HOME / "a", 0o600, 0),)), "error", "not of the folder's owner"),
        (FolderFacts(HOME, OWN, damaged=(HOME / "damaged-1", HOME / "damaged-2")), "warning", "damaged-2 still holds"),
        (FolderFacts(HOME, OWN), "ok", "0 files"),
    ],
)
def test_the_data_folder(told: FolderFacts, level: Level, said: str) -> None:
    found = checks.check_folder(told)
    assert (found.level, said in found.detail) == (level, True), found


@pytest.mark.parametrize(
    ("file", "problem", "serving", "level"),
    [
        (None, "", False, "ok"),
        (None, "no API key", False, "error"),
        (None, "no API key", True, "ok"),
        (FileFacts(HOME, 0o600, 0), "no API key in it", True, "error"),
        (FileFacts(HOME, 0o604, 0), "", True, "error"),
    ],
)
def test_keys(file: FileFacts | None, problem: str, serving: bool, level: Level) -> None:
    assert checks.check_keys(file, problem, serving).level == level


def warned(name: str) -> PartState:
    return PartState(name, "warning", "said", "")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (ServiceFacts("u", problem="refused"), [("service", "error")]),
        (ServiceFacts("u", status=503), [("service", "error")]),
        (ServiceFacts("u", status=200, ready=None), [("service", "warning")]),
        (ServiceFacts("u", status=200, ready=True), [("service", "ok")]),
        (ServiceFacts("u", status=200, ready=False), [("service: ready", "error")]),
        (ServiceFacts("u", status=200, ready=True, parts={"a": warned("a")}), [("service: a", "warning")]),
        (
            ServiceFacts("u", status=200, ready=False, parts={"a": warned("a")}),
            [("service: ready", "error"), ("service: a", "warning")],
        ),
    ],
)
def test_service(told: ServiceFacts, expected: list[tuple[str, str]]) -> None:
    found = checks.check_service(told)
    assert [(each.name, each.level) for each in found] == expected
    assert all(each.fix for each in found if each.level != "ok"), "a part that says no remedy has the service's own"


def test_one_listener_that_is_open_to_the_network_is_an_error_beside_others_that_are_not() -> None:
    inner, outer = Listener(ip_address("127.0.0.1"), 8000, 7, "machine"), Listener(ip_address("10.0.0.5"), 11434)
    found = checks.check_ports([inner, outer], [8000, 11434])
    assert found.level == "error"
    assert "10.0.0.5:11434" in found.detail
    assert "127.0.0.1:8000" not in found.detail
    assert "127.0.0.1:8000 (machine, process 7)" in checks.check_ports([inner], [8000]).detail
    assert checks.check_ports([], [8000]).level == "ok"


@pytest.mark.parametrize(
    ("told", "cpu_accepted", "expected"),
    [
        (OllamaFacts("h", "m", problem="refused"), False, ["error"]),
        (OllamaFacts("h", "m", version="1"), False, ["ok", "error"]),
        (OllamaFacts("h", "m", version="1", state=LOADED), False, ["ok", "ok"]),
        (OllamaFacts("h", "m", version="1", state=replace(LOADED, size_vram=1)), False, ["ok", "error"]),
        (OllamaFacts("h", "m", version="1", state=replace(LOADED, size_vram=1)), True, ["ok", "ok"]),
    ],
)
def test_ollama(told: OllamaFacts, cpu_accepted: bool, expected: list[str]) -> None:
    assert [each.level for each in checks.check_ollama(told, cpu_accepted)] == expected


# The parts of /ready

FULL = 20 * GIB * 3 // 100  # bytes that must stay free of 20 GiB


@pytest.mark.parametrize(
    ("changed", "level"),
    [
        ({"temperature_c": 87}, "ok"),
        ({"temperature_c": 88}, "error"),
        ({"memory_used": 20 * GIB - FULL - GIB, "memory_reserved": GIB - 2}, "ok"),
        ({"memory_used": 20 * GIB - FULL - GIB, "memory_reserved": GIB + 2}, "warning"),
        ({"stale": SILENCE, "at": NOW - 30}, "warning"),
        ({"stale": SILENCE, "at": NOW - 30.5}, "error"),
    ],
)
def test_gpu(changed: dict[str, Any], level: Level) -> None:
    assert gpu_part(replace(IDLE, **changed), hot_c=88, now=NOW).level == level


@pytest.mark.parametrize(
    ("xid", "level"),
    [
        (13, "ok"),
        (31, "ok"),
        (43, "ok"),
        (45, "ok"),
        (48, "warning"),
        (63, "warning"),
        (79, "warning"),
        (94, "warning"),
        (999, "warning"),
    ],
)
def test_an_event_that_a_program_caused_is_no_trouble_of_the_card(xid: int, level: Level) -> None:
    assert gpu_part(replace(IDLE, xids=(xid,)), hot_c=88, now=NOW).level == level


@pytest.mark.parametrize(
    ("model", "level"),
    [
        (LOADED, "ok"),
        (replace(LOADED, size_vram=LOADED.size - 1), "error"),
        (replace(LOADED, size=0, size_vram=0), "ok"),
        (replace(LOADED, expected_digest="AB" * 32), "ok"),
        (replace(LOADED, expected_digest="ab" * 31 + "ac"), "error"),
        (replace(LOADED, digest="", expected_digest="cd" * 32), "ok"),
        (ModelState("cold"), "error"),
        (ModelState("loading"), "error"),
        (ModelState("failed"), "error"),
    ],
)
def test_model(model: ModelState, level: Level) -> None:
    assert model_part(model).level == level


@pytest.mark.parametrize(
    ("bots", "troubles", "level"),
    [
        ({"default": ("v", 1)}, None, "ok"),
        ({"default": ("v", 1)}, {"default": ""}, "ok"),
        ({"default": ("v", 1)}, {"default": "the file is broken"}, "warning"),
        ({"default": ("v", 0)}, {"default": "the file is broken"}, "error"),
        ({"default": ("v", 1), "salon": ("w", 0)}, None, "error"),
        ({}, None, "error"),
    ],
)
def test_knowledge(bots: dict[str, tuple[str, int]], troubles: dict[str, str] | None, level: Level) -> None:
    assert knowledge_part(bots, troubles).level == level


@pytest.mark.parametrize(
    ("moved", "step"), [(60.0, 0.0), (60.5, 60.5), (-60.0, 0.0), (-60.5, -60.5), (0.0, 0.0), (3600.0, 3600.0)]
)
def test_a_clock_was_set_from_more_than_a_minute_on(moved: float, step: float) -> None:
    wall = [1000.0]
    watch = ClockWatch(wall=lambda: wall[0], steady=lambda: 50.0)
    wall[0] += moved
    assert watch.step() == step
    assert clock_part(watch.step()).level == ("warning" if step else "ok")
    watch.accept()
    assert watch.step() == 0


def test_which_way_the_clock_was_set_is_said() -> None:
    assert "forwards by 90 s" in clock_part(90.0).detail
    assert "back by 90 s" in clock_part(-90.0).detail


# What is gathered


def database(folder: Path, *, times: list[float]) -> Path:
    path = folder / "conversations.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE migrations (number, name, at)")
        db.execute("INSERT INTO migrations VALUES (3, 'm', 0)")
        db.execute("CREATE TABLE turns (id INTEGER PRIMARY KEY, created_at)")
        db.executemany("INSERT INTO turns (created_at) VALUES (?)", [(at,) for at in times])
        db.commit()
    return path


def test_the_newest_turn_is_looked_for_among_the_last_five_hundred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "writing", lambda _: None)
    path = database(tmp_path, times=[9e9, 5e9, *[float(n) for n in range(499)]])
    found = facts.database_facts(path, 5)
    assert (found.newest, found.schema, found.complete, found.complaints) == (5e9, 3, True, ())
    assert facts.database_facts(tmp_path / "none.db", 5).exists is False


def test_a_check_that_takes_too_long_is_broken_off_and_not_called_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "writing", lambda _: None)
    path = database(tmp_path, times=[float(n) for n in range(20_000)])
    found = facts.database_facts(path, -1)
    assert (found.complete, found.complaints, found.problem) == (False, (), "")


def test_a_disk_is_told_in_bytes_that_an_ordinary_account_may_take(tmp_path: Path) -> None:
    found, said = facts.disk_facts(tmp_path / "not" / "there"), os.statvfs(tmp_path)
    assert found.total == said.f_blocks * said.f_frsize
    assert found.free == pytest.approx(said.f_bavail * said.f_frsize, rel=0.05)
    assert (found.path, found.inodes, found.read_only) == (tmp_path, said.f_files, False)


def test_the_hosts_memory_is_told_in_bytes() -> None:
    told = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    found = facts.memory_facts()
    assert found.total == int(told["MemTotal"].split()[0]) * 1024
    assert 0 < found.available <= found.total


@pytest.mark.parametrize(("said", "found"), [("yes", True), ("no", False), ("", None), ("perhaps", None)])
def test_whether_the_clock_follows_a_time_server_is_what_systemd_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, found: bool | None
) -> None:
    (tmp_path / "timedatectl").write_text(f"#!/bin/sh\necho '{said}'\n")
    (tmp_path / "timedatectl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert facts.clock_synchronised() is found
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert facts.clock_synchronised() is None


@pytest.mark.parametrize(
    ("seen", "holder"), [([7] * 20, 7), ([7] * 19 + [None], None), ([7] * 19 + [8], None), ([None] * 20, None)]
)
def test_a_lock_is_held_by_who_has_it_at_every_look(
    monkeypatch: pytest.MonkeyPatch, seen: list[int | None], holder: int | None
) -> None:
    looks = iter(seen)
    slept: list[float] = []
    monkeypatch.setattr(lockholders, "_owner", lambda *_: next(looks))
    monkeypatch.setattr(time, "sleep", slept.append)
    found = lockholders.writing(Path("x"))
    assert (found and found.pid) == holder
    if holder:
        assert sum(slept) == pytest.approx(1.0), "for a second"


def answering(monkeypatch: pytest.MonkeyPatch, pages: dict[str, httpx.Response | Exception]) -> None:
    """Whatever is asked is answered from `pages`."""

    def handle(request: httpx.Request) -> httpx.Response:
        found = pages[request.url.path]
        if isinstance(found, Exception):
            raise found
        return found

    def client(url: str) -> httpx.Client:
        return httpx.Client(base_url=url, transport=httpx.MockTransport(handle))

    monkeypatch.setattr(network, "_client", client)


READY = {
    "ready": True,
    "parts": {"a": {"ok": True, "level": "warning", "detail": "d", "fix": "f"}, "b": {"ok": False, "detail": "e"}},
}


def test_what_the_service_says_of_its_parts_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"/health": httpx.Response(200), "/ready": httpx.Response(503, json=READY)})
    found = network.service_facts("http://x")
    assert (found.status, found.ready, found.problem) == (200, True, "")
    assert found.parts["a"] == PartState("a", "warning", "d", "f")
    assert found.parts["b"] == PartState("b", "error", "e", "")


@pytest.mark.parametrize(
    ("health", "ready", "expected"),
    [
        (httpx.Response(200), httpx.Response(404, text="<html>"), (200, None, "")),
        (httpx.Response(200), httpx.Response(200, json={"ready": True}), (200, None, "")),
        (httpx.Response(502), httpx.Response(200, json=READY), (502, None, "")),
        (httpx.ConnectError("refused"), httpx.Response(200), (0, None, "refused")),
        (httpx.Response(200), httpx.ReadTimeout("slow"), (0, None, "no answer within 3 s")),
    ],
)
def test_a_service_that_cannot_be_asked_everything(
    monkeypatch: pytest.MonkeyPatch, health: Any, ready: Any, expected: tuple[int, bool | None, str]
) -> None:
    answering(monkeypatch, {"/health": health, "/ready": ready})
    found = network.service_facts("http://x")
    assert (found.status, found.ready, found.problem) == expected


def ollama(**changed: Any) -> dict[str, httpx.Response | Exception]:
    tags = {"models": [{"name": "m:latest", "digest": "aa"}, {"name": "n:1", "digest": "bb"}]}
    pages: dict[str, httpx.Response | Exception] = {
        "/api/version": httpx.Response(200, json={"version": "0.32.7"}),
        "/api/tags": httpx.Response(200, json=tags),
        "/api/ps": httpx.Response(200, json={"models": [{"name": "n:1", "size": 10, "size_vram": 9}]}),
    }
    return pages | {f"/api/{name}": page for name, page in changed.items()}


@pytest.mark.parametrize(
    ("model", "state"),
    [("m", "cold"), ("m:latest", "cold"), ("n:1", "warm"), ("n", None), ("other:1", None)],
)
def test_a_model_is_looked_for_under_its_whole_name(
    monkeypatch: pytest.MonkeyPatch, model: str, state: str | None
) -> None:
    answering(monkeypatch, ollama())
    found = network.ollama_facts("http://x", model, "cc")
    assert (found.state and found.state.state) == state
    assert (found.version, found.known) == ("0.32.7", ("m:latest", "n:1"))
    if found.state and state == "warm":
        assert (found.state.size, found.state.size_vram) == (10, 9)
        assert (found.state.digest, found.state.expected_digest) == ("bb", "cc")


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (httpx.Response(500), "it answers with status 500"),
        (httpx.Response(200, text="<html>"), "what answers there is no Ollama"),
        (httpx.Response(200, json=[]), "what answers there is no Ollama"),
        (httpx.Response(200, json={}), "what answers there is no Ollama"),
        (httpx.ConnectError(""), "ConnectError"),
    ],
)
def test_what_is_no_ollama_is_said(monkeypatch: pytest.MonkeyPatch, page: Any, said: str) -> None:
    answering(monkeypatch, ollama(tags=page))
    assert network.ollama_facts("http://x", "m", "").problem == said


def test_over_tls_the_certificate_is_verified_and_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def client(**given: Any) -> None:
        seen.append(given)

    monkeypatch.setattr(httpx, "Client", client)
    for url in ("https://x", "http://x"):
        network._client(url)
    assert [each["verify"] for each in seen] == [True, False]
    assert [(each["trust_env"], each["timeout"]) for each in seen] == [(False, 3), (False, 3)]


def test_a_file_is_a_certificate_only_when_openssl_reads_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "chain.pem"
    path.write_text("x")

    def says(text: str, status: int) -> Callable[..., Any]:
        return lambda command, **_: subprocess.CompletedProcess(command, status, text.encode(), b"")

    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/openssl")
    monkeypatch.setattr(subprocess, "run", says("notAfter=Jan  1 00:00:00 2030 GMT\n", 0))
    assert network.certificate_of_file(path).until == ssl.cert_time_to_seconds("Jan  1 00:00:00 2030 GMT")
    for text, status in (("notAfter=Jan  1 00:00:00 2030 GMT\n", 1), ("", 0)):
        monkeypatch.setattr(subprocess, "run", says(text, status))
        assert network.certificate_of_file(path).problem == "it holds no certificate that can be read"
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert "openssl, which reads it, is not installed" in network.certificate_of_file(path).problem
    assert network.certificate_of_file(tmp_path / "none").problem == "there is no such file"
