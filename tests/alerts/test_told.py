"""A fault, and what arrives of it: once at every receiver, again as a reminder, and once when it is over."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.office import HOST, PAGES, SECRET, Office
from tests.alerts.receivers import LONGEST_TELEGRAM, Message, Receivers

PEOPLE = ("telegram", "email", "slack", "webhook")
QUIET_S = 3  # in which a second message would have come: three times the interval of a group


@dataclass(frozen=True)
class Fault:
    """`name`: the alert that tells it; those of a `wave` come at once; `service`, `server`: figures that then differ; `down`: what does not answer;
    `report`: what the doctor finds besides, or alone; `unit`: one that failed."""

    title: str
    name: str
    service: dict[str, float] = field(default_factory=dict)
    server: dict[str, float] = field(default_factory=dict)
    down: str = ""
    report: tuple[str, str, str] | None = None
    unit: str = ""
    wave: int = 0


DISK = 'node_filesystem_avail_bytes{fstype="ext4",mountpoint="/"}'
FAULTS = (
    Fault("the service stops", "ServiceDown", down="service", report=("service", "error", "no answer")),
    Fault("Ollama stops", "ModelDown", {"machine_model_up": 0}, report=("ollama", "error", "no answer"), wave=1),
    Fault(
        "the model is another one",
        "ModelDown",
        {"machine_model_up": 0},
        report=("model", "error", "another digest"),
        wave=3,
    ),
    Fault("the card is lost", "GpuDown", {'machine_gpu_up{gpu="0"}': 0}, report=("gpu", "error", "lost"), wave=2),
    Fault("the disk fills", "DiskFull", server={DISK: 5}),
    Fault(
        "the disk fills, and the doctor sees it first",
        "DoctorFinds disk",
        report=("disk", "warning", "5 of 100 GiB free"),
        wave=2,
    ),
    Fault(
        "a mirror lacks a disk",
        "RaidShort",
        server={'node_md_disks_required{device="md0"}': 2, 'node_md_disks{device="md0",state="active"}': 1},
        report=("raid", "warning", "md0 1 of 2 disks"),
        wave=1,
    ),
    Fault(
        "a disk calls itself failing",
        "DiskFails",
        server={'sales_machine_disk_healthy{disk="/dev/nvme0"}': 0},
        report=("disks", "error", "about to fail: /dev/nvme0"),
        wave=2,
    ),
    Fault("the memory is short", "MemoryShort", server={"node_memory_MemAvailable_bytes": 1}),
    Fault("the clock is wrong", "ClockWrong", server={"node_timex_sync_status": 0}, wave=1),
    Fault(
        "the certificate runs out", "DoctorFinds certificate", report=("certificate", "warning", "20 days left"), wave=3
    ),
    Fault("the backup is old", "BackupOld", server={"sales_machine_backup_timestamp_seconds": 1}, wave=1),
    Fault("the backup fails", "UnitFailed", unit="sales-machine-backup.service"),
    Fault("the knowledge is empty", "KnowledgeEmpty", {'machine_knowledge_sections{bot="default"}': 0}, wave=2),
    Fault(
        "the memory of the conversations is damaged",
        "DoctorFinds database",
        report=("database", "error", "page 7"),
        wave=1,
    ),
    Fault("nobody looks", "DoctorSilent", server={"sales_machine_doctor_run_timestamp_seconds": 1}, wave=2),
    Fault("the server's figures cannot be read", "ServerDown", down="server", wave=3),
)


def of(title: str) -> Fault:
    return next(fault for fault in FAULTS if fault.title == title)


def begin(office: Office, *faults: Fault) -> None:
    """The faults at once; the doctor looks twice, as it does while a fault lasts."""
    for fault in faults:
        office.service.values |= fault.service
        office.server.values |= fault.server
        office.service.up = office.service.up and fault.down != "service"
        office.server.up = office.server.up and fault.down != "server"
    checks = [
        {"name": name, "level": level, "detail": detail, "fix": f"mend the {name}"}
        for name, level, detail in (fault.report for fault in faults if fault.report)
    ]
    units = "".join(f"{fault.unit} loaded failed failed x\n" for fault in faults if fault.unit)
    level = "error" if any(check["level"] == "error" for check in checks) else "warning" if checks else "ok"
    for _ in range(2):
        assert office.watch(report={"level": level, "checks": checks}, units=units) == 0


def came(office: Office, receiver: str, name: str, since: float) -> list[str]:
    """What was told of an alert since then."""
    return [each.text for each in office.receivers.of(receiver, name) if each.at > since]


def firing(text: str) -> bool:
    return '"status":"firing"' in text if text.startswith("{") else " in trouble" in text


def wait(office: Office, met: Callable[[str], bool], what: str) -> None:
    for receiver in PEOPLE:
        office.until(lambda receiver=receiver: met(receiver), f"{receiver}: {what}")  # type: ignore[misc]


def says(message: Message) -> set[tuple[str, str]]:
    """(firing or resolved, alert with its labels) of each alert in a message."""
    if message.text.startswith("{"):
        alerts = json.loads(message.text)["alerts"]
        parts = [(each["status"], each["labels"]) for each in alerts]
        return {(status, f"{labels['alertname']} {labels.get('check', '')}".strip()) for status, labels in parts}
    lines = re.findall(r"^([🔴🟡✅]) ([^:\n]+)", message.text, re.MULTILINE)
    return {("resolved" if sign == "✅" else "firing", name) for sign, name in lines}


@dataclass(frozen=True)
class Wave:
    """What each receiver took while the faults began, and while they ended."""

    begun: dict[str, list[Message]]
    ended: dict[str, list[Message]]


@pytest.fixture(scope="module")
def waves(office: Office) -> dict[int, Wave]:
    """All faults, those of a wave at once."""
    return {number: play(office, number) for number in sorted({fault.wave for fault in FAULTS})}


def play(office: Office, number: int) -> Wave:
    faults = [fault for fault in FAULTS if fault.wave == number]

    def all_say(status: str, since: float) -> bool:
        said = {name: set().union(*map(says, found)) for name, found in phase(office, since).items()}
        return all(any(told(each, status, fault) for each in said[name]) for name in PEOPLE for fault in faults)

    start = time.monotonic()
    begin(office, *faults)
    office.until(lambda: all_say("firing", start), f"wave {number} begins", 40)
    time.sleep(QUIET_S)
    begun, over = phase(office, start), time.monotonic()
    office.mend()
    office.until(lambda: all_say("resolved", over), f"wave {number} is over", 40)
    time.sleep(QUIET_S)
    return Wave(begun, phase(office, over))


def phase(office: Office, since: float) -> dict[str, list[Message]]:
    return {name: [each for each in office.receivers.taken[name] if each.at > since] for name in PEOPLE}


def told(said: tuple[str, str], status: str, fault: Fault) -> bool:
    """Whether a message says this of the fault; labels may follow its name."""
    return said[0] == status and f"{said[1]} ".startswith(f"{fault.name} ")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.title)
@pytest.mark.timeout(400)
def test_a_fault_reaches_everybody_once_and_so_does_its_end(waves: dict[int, Wave], fault: Fault) -> None:
    wave = waves[fault.wave]
    for status, by_receiver in (("firing", wave.begun), ("resolved", wave.ended)):
        for receiver, messages in by_receiver.items():
            of_it = [each for each in messages if any(told(said, status, fault) for said in says(each))]
            assert len(of_it) == 1, f"{receiver} was told {[each.text for each in of_it]}"
            assert HOST in of_it[0].text
            assert status == "resolved" or f"{PAGES}/{fault.name.split()[0]}.md" in of_it[0].text


def test_nothing_but_the_faults_is_told_not_what_follows_from_them(waves: dict[int, Wave]) -> None:
    for number, wave in waves.items():
        ours = {fault.name for fault in FAULTS if fault.wave == number}
        for messages in (*wave.begun.values(), *wave.ended.values()):
            names = {name for message in messages for _, name in says(message)}
            assert {name for name in names if not any(f"{name} ".startswith(f"{each} ") for each in ours)} == set()


def test_a_second_fault_during_a_first_is_told_and_findings_that_come_together_are_told_together(
    office: Office,
) -> None:
    database, memory, certificate = (
        of("the memory of the conversations is damaged"),
        of("the memory is short"),
        of("the certificate runs out"),
    )
    start = time.monotonic()
    begin(office, database)
    wait(office, lambda receiver: bool(came(office, receiver, "database", start)), "the first")
    more = time.monotonic()
    begin(office, database, memory, certificate)
    wait(office, lambda receiver: bool(came(office, receiver, "MemoryShort", more)), "the second")
    wait(office, lambda receiver: bool(came(office, receiver, "certificate", more)), "the third")
    time.sleep(QUIET_S)
    for receiver in PEOPLE:
        told = [text for text in came(office, receiver, "", more) if "ReceiverFails" not in text]
        assert len(told) == 2, f"{receiver} was told {told}"
        assert any("database" in each and "certificate" in each for each in told), "what still lasts stands there too"
    over = time.monotonic()
    office.mend()
    for name in ("MemoryShort", "DoctorFinds"):
        wait(office, lambda receiver, name=name: bool(came(office, receiver, name, over)), f"{name} is over")  # type: ignore[misc]


def test_a_finding_that_gets_worse_is_told_and_one_whose_words_change_is_not(office: Office) -> None:
    def find(level: str, detail: str) -> None:
        check = {"name": "disk", "level": level, "detail": detail, "fix": "f"}
        assert office.watch(report={"level": level, "checks": [check]}) == 0

    start = time.monotonic()
    find("warning", "free: 14%")
    office.until(lambda: came(office, "telegram", "free: 14%", start), "the warning")
    find("warning", "free: 13%")
    time.sleep(QUIET_S)
    assert len(came(office, "telegram", "", start)) == 1
    find("error", "free: 4%")
    office.until(lambda: came(office, "telegram", "free: 4%", start), "the error")
    assert "🔴 DoctorFinds disk" in came(office, "telegram", "free: 4%", start)[-1]
    office.mend()
    office.until(lambda: not firing(came(office, "telegram", "", start)[-1]), "its end")


def test_what_was_told_is_signed_and_says_what_to_do(office: Office) -> None:
    start = time.monotonic()
    begin(office, of("the memory of the conversations is damaged"))
    wait(office, lambda receiver: bool(came(office, receiver, "database", start)), "it begins")
    message = office.receivers.taken["webhook"][-1]
    parts = dict(part.split("=", 1) for part in message.headers["x-sales-machine-signature"].split(","))
    assert abs(int(parts["t"]) - time.time()) < 60
    digest = hmac.new(SECRET.encode(), parts["t"].encode() + b"." + message.raw, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(parts["v1"], digest)
    assert json.loads(message.raw)["alerts"][0]["annotations"]["fix"] == "mend the database"
    (text,) = came(office, "telegram", "database", start)
    assert text.splitlines()[0] == f"1 in trouble: {HOST}"
    assert {"🔴 DoctorFinds database", "page 7", "Do: mend the database"} <= set(text.splitlines())
    mail = office.receivers.taken["email"][-1]
    assert mail.headers["subject"] == f"1 in trouble: {HOST}"
    assert mail.headers["to"] == "ops@example.com, owner@example.com"
    office.mend()
    wait(office, lambda receiver: not firing(came(office, receiver, "", start)[-1]), "it is over")


def test_many_faults_fit_into_a_message(office: Office) -> None:
    checks = [
        {"name": f"check {number}", "level": "error", "detail": "<b>&_*[ " * 30, "fix": "f" * 100}
        for number in range(40)
    ]
    start = time.monotonic()
    assert office.watch(report={"level": "error", "checks": checks}) == 0
    office.until(lambda: came(office, "telegram", "40 in trouble", start), "they begin")
    office.until(lambda: came(office, "email", "40 in trouble", start), "they begin")
    assert len(came(office, "telegram", "40 in trouble", start)[0]) <= LONGEST_TELEGRAM
    office.mend()
    wait(office, lambda receiver: not firing(came(office, receiver, "", start)[-1]), "they are over")


def test_a_unit_that_fails_is_told_at_once_by_itself(office: Office) -> None:
    start = time.monotonic()
    assert office.watch("alert", "sales-machine-backup.service") == 0
    wait(office, lambda receiver: bool(came(office, receiver, "sales-machine-backup.service", start)), "it is told")
    assert office.watch(units="sales-machine-backup.service loaded failed failed x\n") == 0
    time.sleep(QUIET_S)
    assert len(came(office, "telegram", "", start)) == 1, "the look that sees it too is no news"
    office.mend()
    office.until(lambda: came(office, "telegram", "1 over", start), "its end")


@pytest.mark.timeout(300)
def test_a_receiver_that_does_not_take_it_gets_it_later_and_the_others_tell_of_that(office: Office) -> None:
    start = time.monotonic()
    office.receivers.refusing = {"webhook"}
    begin(office, of("the memory of the conversations is damaged"))
    office.until(lambda: came(office, "telegram", "database", start), "the others have it")
    office.until(
        lambda: came(office, "telegram", "ReceiverFails webhook", start), "they tell of the one that has not", 40
    )
    assert not came(office, "webhook", "", start)
    office.receivers.refusing = set()
    office.until(lambda: came(office, "webhook", "database", start), "it has it too", 60)
    office.mend()


@pytest.mark.timeout(240)
def test_what_lasts_is_said_again_a_restart_says_nothing_twice_and_the_heart_beats_again(tmp_path: Path) -> None:
    with Receivers() as receivers, Office(tmp_path, receivers, monitor_reminder="30s") as office:
        beats = receivers.taken["heartbeat"]
        office.until(lambda: len(beats) >= 3, "it beats", 30)
        start = time.monotonic()
        begin(office, of("the memory of the conversations is damaged"))
        office.until(lambda: came(office, "telegram", "database", start), "it begins")
        office.stop_manager()
        heard = len(beats)
        office.start_manager()
        assert office.watch(report=json.loads((tmp_path / "report").read_text())) == 0
        office.until(lambda: len(beats) >= heard + 3, "it beats again", 40)
        office.until(lambda: len(came(office, "telegram", "database", start)) == 2, "the reminder", 60)
        first, second = (each.at for each in receivers.of("telegram", "database"))
        assert second - first >= 29.5, "neither the restart nor a look says it again before its time"
        office.mend()
        office.until(lambda: came(office, "telegram", "1 over", start), "its end")


def test_without_receivers_nothing_goes_out_and_nothing_fails(tmp_path: Path) -> None:
    nobody: dict[str, Any] = {"monitor_telegram_chats": [], "monitor_mail_to": [], "monitor_heartbeat_url": ""}
    nobody |= {f"monitor_{name}": "" for name in ("telegram_token", "slack_url", "webhook_url", "webhook_secret")}
    with Receivers() as receivers, Office(tmp_path, receivers, **nobody) as office:
        begin(office, of("the memory of the conversations is damaged"))
        office.until(lambda: "DoctorFinds" in office.standing(), "amtool would show it")
        time.sleep(QUIET_S)
        assert not any(receivers.taken.values())
