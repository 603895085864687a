"""What an operator does about each thing that the doctor or /ready may find, word for word: fixes.yaml.

A fix is pasted into a shell at night. Whoever changes one rewrites its row, and tries it first.
"""

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from app.health import checks
from app.health.clock import clock_part
from app.health.facts import DatabaseFacts, DescriptorFacts, DiskFacts, FileFacts, FolderFacts, MemoryFacts
from app.health.lockholders import Holder
from app.health.modelserver import OpenAIFacts, check_openai
from app.health.network import CertificateFacts, Listener, OllamaFacts, ServiceFacts
from app.health.nvml_errors import _ERRORS, NO_GPU, SILENT
from app.health.offsite import OffsiteFacts, offsite_part
from app.health.readiness import (
    PartState,
    database_part,
    gpu_part,
    knowledge_part,
    model_part,
    search_part,
    writing_part,
)
from app.health.readings import Ecc, GpuProcess, GpuTrouble, RemappedRows
from app.health.upkeep import Mirror, UpkeepFacts, raid_part, restart_part
from app.store.engine import FaultKind
from app.store.faults import _WORDS, StoreFault
from app.types import ModelState
from tests.health.test_readiness import GIB, IDLE, NOW
from tests.thrift import parsed

DAY = 86_400
HOME = Path("/var/lib/sales-machine")
FILE = FileFacts(HOME / "log.key", 0o600, 7)
FOLDER = FolderFacts(HOME, FileFacts(HOME, 0o700, 7), (FILE,))
MEMORY = DatabaseFacts(HOME / "conversations.db", exists=True, schema=2)
DISK = DiskFacts(HOME, 1000 * GIB, 10 * GIB, 1000, 500, read_only=False)
SERVICE = ServiceFacts("http://127.0.0.1:8000", status=200, ready=True)
OLLAMA = OllamaFacts("http://127.0.0.1:11434", "qwen3:14b", version="0.9")
CERTIFICATE = CertificateFacts("/etc/x.pem", NOW + DAY)
SERVER = OpenAIFacts("http://127.0.0.1:8080", "shop-7b", 6144, "", 200, False, ("shop-7b",), True)
KEYS = FileFacts(Path("/etc/sales-machine/api_keys"), 0o604, 0)


def of_gpu(**changes: Any) -> PartState:
    return gpu_part(replace(IDLE, **changes), hot_c=88, now=NOW)


def of_service(**changes: Any) -> tuple[PartState, ...]:
    return checks.check_service(replace(SERVICE, **changes))


def _store(kind: FaultKind) -> PartState:
    return PartState("database", "error", "", StoreFault.of(kind, HOME / "conversations.db").fix)


FOUND: dict[str, PartState | Iterable[PartState] | None] = {
    "a check that crashes": checks.run("x", lambda: 1 // 0),  # type: ignore[arg-type,return-value]
    "folder missing": checks.check_folder(FolderFacts(HOME, None, problem="it does not exist")),
    "folder unread": checks.check_folder(replace(FOLDER, problem="it cannot be read")),
    "folder with damage": checks.check_folder(replace(FOLDER, damaged=(HOME / "damaged-1",))),
    "folder of others": checks.check_folder(replace(FOLDER, files=(replace(FILE, uid=8),))),
    "folder locked": checks.check_folder(replace(FOLDER, files=(replace(FILE, mode=0o400),))),
    "folder open": checks.check_folder(replace(FOLDER, files=(replace(FILE, mode=0o644),))),
    "keys read by all": checks.check_keys(KEYS, "", serving=True),
    "keys missing": checks.check_keys(None, "no API key", serving=False),
    "memory missing": checks.check_database(replace(MEMORY, exists=False), 2),
    "memory unread": checks.check_database(replace(MEMORY, problem="disk I/O error"), 2),
    "memory damaged": checks.check_database(replace(MEMORY, complaints=("page 7",)), 2),
    "memory ahead": checks.check_database(replace(MEMORY, schema=4), 2),
    "memory locked": checks.check_database(replace(MEMORY, writer=Holder(9, "sqlite3")), 2),
    "memory read for long": checks.check_database(replace(MEMORY, log_bytes=1 << 30, reader=Holder(9, "sqlite3")), 2),
    "memory with a log": checks.check_database(replace(MEMORY, log_bytes=1 << 30), 2),
    "memory too large": checks.check_database(replace(MEMORY, complete=False), 2),
    "disk full": checks.check_disk(DISK),
    "disk read-only": checks.check_disk(replace(DISK, read_only=True)),
    "clock set back": checks.check_clock(True, NOW + 999, NOW),
    "clock alone": checks.check_clock(False, None, NOW),
    "clock stepped": clock_part(-70.0),
    "service away": of_service(problem="refused"),
    "service another": of_service(status=404),
    "service from outside": of_service(ready=None),
    "service not ready": of_service(ready=False),
    "service in part": of_service(parts={"gpu": PartState("gpu", "warning", "hot")}),
    "ports open": checks.check_ports([Listener(ip_address("0.0.0.0"), 8000)], [8000]),
    "ollama away": checks.check_ollama(replace(OLLAMA, problem="refused"), False),
    "ollama without the model": checks.check_ollama(OLLAMA, False),
    "module missing": checks.check_uvm(needed=True),
    "certificate ends": checks.check_certificate(CERTIFICATE, NOW),
    "certificate unread": checks.check_certificate(replace(CERTIFICATE, until=None, problem="no such file"), NOW),
    "certificate refused": checks.check_certificate(replace(CERTIFICATE, problem="callers refuse it"), NOW),
    "host's memory short": checks.check_memory(MemoryFacts(GIB, 1)),
    "open files short": checks.check_descriptors(DescriptorFacts(7, 1000, 999), of_service=True),
    "settings wrong": checks.check_settings(Path("/etc/s.yaml"), "unknown key", ()),
    "settings without effect": checks.check_settings(None, "", ("FF_x is no flag",)),
    "gpu unwatched": gpu_part(None, hot_c=88, now=NOW),
    "gpu hot": of_gpu(temperature_c=90),
    "gpu without spare rows": of_gpu(remapped=RemappedRows(0, 0, False, True)),
    "gpu with a row pending": of_gpu(remapped=RemappedRows(0, 1, True, False)),
    "gpu with errors": of_gpu(ecc=Ecc(0, 3)),
    "gpu slowed": of_gpu(clock_reasons=0x40),
    "gpu with an event": of_gpu(xids=(79,)),
    "gpu full": of_gpu(memory_used=IDLE.memory_total, processes=(GpuProcess(12, None),)),
    "gpu silent": gpu_part(GpuTrouble.of(SILENT, NOW), hot_c=88, now=NOW),
    "gpu not there": gpu_part(GpuTrouble.of(NO_GPU, NOW), hot_c=88, now=NOW),
    "model failed": model_part(ModelState("failed", "")),
    "model cold": model_part(ModelState("cold", "")),
    "model loading": model_part(ModelState("loading", "")),
    "model another": model_part(ModelState("warm", "", 1, 1, "aa", "bb")),
    "model on the processor": model_part(ModelState("warm", "", 10, 4)),
    "model rests": writing_part(True, 20, 12, {}),
    "search resting": search_part("cpu", ["m"], card_wanted=False, resting=["m"]),
    "search on the processor": search_part("cpu", ["m"], card_wanted=True),
    "database": database_part(None),
    "knowledge empty": knowledge_part({"default": ("v", 0)}),
    "knowledge stuck": knowledge_part({"default": ("v", 1)}, {"default": "bad"}),
    "server away": check_openai(replace(SERVER, problem="refused", status=0)),
    "server without the model": check_openai(replace(SERVER, there=False)),
    "server too small": check_openai(replace(SERVER, holds=4096)),
    "server refuses": check_openai(replace(SERVER, status=401)),
    "server refuses a key": check_openai(replace(SERVER, status=401, keyed=True)),
    "server without a list": check_openai(replace(SERVER, status=404)),
    "server loads": check_openai(replace(SERVER, status=503)),
    "server fails": check_openai(replace(SERVER, status=500)),
    "server abroad": check_openai(replace(SERVER, host="https://models.example.com/v1")),
    "server abroad in the open": check_openai(replace(SERVER, host="http://models.example.com", keyed=True)),
    "outside old": offsite_part(OffsiteFacts(0, "x", NOW - 3 * DAY), NOW),
    "outside unpruned": offsite_part(OffsiteFacts(0, "x", NOW, NOW - 99 * DAY, 60), NOW),
    "raid short": raid_part((Mirror("md0", True, 2, 1),)),
    "restart due": restart_part(UpkeepFacts(running="1", newest="2", since=NOW - 9 * DAY), NOW),
    **{f"driver error {number}": PartState("gpu", "error", "", remedy.fix) for number, remedy in _ERRORS.items()},
    **{f"store {kind}": _store(kind) for kind in _WORDS},
}
TABLE = Path(__file__).with_name("fixes.yaml")


def fixes(name: str) -> list[str]:
    found = FOUND[name]
    parts = [found] if isinstance(found, PartState) else list(found or ())
    return [part.fix for part in parts if part.level != "ok"]


@pytest.mark.parametrize("name", FOUND)
def test_each_trouble_has_the_fix_that_was_tried(name: str) -> None:
    assert fixes(name) == parsed(TABLE.read_text("utf-8"))[name]


def test_there_is_a_row_for_each_and_no_fix_is_empty() -> None:
    rows = parsed(TABLE.read_text("utf-8"))
    assert set(rows) == set(FOUND)
    assert all(row and all(row) for row in rows.values())
