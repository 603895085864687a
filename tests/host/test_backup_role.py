"""Backups on a real server: made by the timer's unit, sound, restorable, carried away, and loud when they fail."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.host.callers import Caller, telling, told_of
from tests.host.hosts import Host

FRONT = "tests/host/playbooks/front.yml"
TARGET = "/var/backups/sales-machine"
DATA = "/var/lib/sales-machine"
MACHINE = "/opt/sales-machine/current/venv/bin/machine"
SERVING = "for i in $(seq 100); do curl -fs http://127.0.0.1:8000/health >/dev/null && exit; sleep 0.2; done; exit 1"


@pytest.fixture(scope="module")
def caller(provisioned: Host) -> Caller:
    return Caller(provisioned)


@pytest.fixture
def stopped(caller: Caller) -> Iterator[Host]:
    """The server with its service stopped; it serves again afterwards."""
    caller.host.sh("systemctl stop sales-machine.socket sales-machine.service 2>/dev/null; true")
    try:
        yield caller.host
    finally:
        caller.host.sh("systemctl start sales-machine.socket 2>/dev/null; systemctl start sales-machine.service")
        caller.host.sh(SERVING)


def back_up(host: Host) -> str:
    """Runs the unit; the path of the archive it made."""
    host.sh("sleep 1.1; systemctl start sales-machine-backup.service")
    return newest(host)


def newest(host: Host) -> str:
    return host.sh(f"ls -d {TARGET}/*Z | tail -1")


def test_the_timer_is_on_and_catches_up_what_it_missed(caller: Caller) -> None:
    shown = caller.host.sh("systemctl is-enabled sales-machine-backup.timer; systemctl cat sales-machine-backup.timer")
    assert shown.startswith("enabled")
    assert "Persistent=true" in shown
    assert "sales-machine-backup" in caller.host.sh("systemctl list-timers --no-legend sales-machine-backup.timer")


def test_a_backup_of_the_serving_machine_holds_all_and_is_for_root_alone(caller: Caller) -> None:
    host = caller.host
    user = uuid.uuid4().hex
    assert caller.turn("Сколько стоит?", user).status == 200
    archive = back_up(host)
    manifest = json.loads(host.sh(f"cat {archive}/manifest.json"))
    paths = {record["path"] for record in manifest["files"]}
    wanted = {"conversations.db", "files/etc/sales-machine/settings.yaml", "files/etc/sales-machine/api_keys"}
    assert wanted <= paths
    assert any(path.startswith("files/var/lib/sales-machine/kb/") for path in paths)
    copy = f"import sqlite3; print(sqlite3.connect('{archive}/conversations.db').execute('SELECT count(*) FROM turns WHERE user_id=?', ('{user}',)).fetchone()[0])"
    assert host.read("python3", "-c", copy) == "1"
    assert host.sh(f"find {TARGET} -perm /077 -o ! -user root") == ""
    assert host.sh(f"cd {archive} && {MACHINE} backup verify . && ls").count("sound") == 1


def test_a_backup_of_a_stopped_machine_leaves_nothing_that_the_service_cannot_open(stopped: Host) -> None:
    back_up(stopped)
    assert stopped.sh(f"find {DATA} -maxdepth 1 -name 'conversations.db*' ! -user sales-machine") == ""


def test_a_lost_memory_is_restored_and_the_talk_goes_on(caller: Caller) -> None:
    host = caller.host
    user = uuid.uuid4().hex
    request = {"session_id": "B", "user_id": user, "request_id": "r1", "message": {"text": "Меня зовут Айгуль"}}
    before = caller.ask("POST", "/api/v1/process", request, key=caller.key)
    archive = back_up(host)
    host.sh("systemctl stop sales-machine.socket sales-machine.service 2>/dev/null; true")
    host.sh(
        f"rm {DATA}/conversations.db*; install -o sales-machine -g sales-machine -m 600 {archive}/conversations.db {DATA}/"
    )
    host.sh("systemctl start sales-machine.socket 2>/dev/null; systemctl start sales-machine.service")
    host.sh(SERVING)
    again = caller.ask("POST", "/api/v1/process", request, key=caller.key)
    assert (again.status, again.text) == (200, before.text)  # the same request_id: the stored answer, byte for byte


def test_old_ones_go_and_foreign_folders_stay(caller: Caller) -> None:
    host = caller.host
    host.sh(f"mkdir {TARGET}/mine; for d in $(seq -w 1 28); do mkdir {TARGET}/202001${{d}}T020000Z; done")
    archive = back_up(host)
    left = host.sh(f"ls {TARGET}").split()
    assert "mine" in left
    old = [name for name in left if name.startswith("202001")]
    # With today's these are 14 days, and the last day of each week before them.
    assert old == [f"202001{day:02}T020000Z" for day in (5, 12, *range(16, 29))]
    assert archive.rsplit("/", 1)[1] in left
    host.sh(f"rm -r {TARGET}/mine {TARGET}/202001*")


def test_a_failure_is_told_and_seen(caller: Caller) -> None:
    host = caller.host
    with telling(host) as told:
        host.sh(
            f"mv {DATA}/log.key {DATA}/log.key.away; mkdir {DATA}/log.key; mv /etc/sales-machine/settings.yaml /etc/sales-machine/s"
        )
        try:
            host.sh("sleep 1.1; systemctl start sales-machine-backup.service", check=False)
            assert host.sh("systemctl is-failed sales-machine-backup.service", check=False) == "failed"
            for _ in range(50):
                if told_of(told, "sales-machine-backup.service", "firing"):
                    break
                time.sleep(0.2)
        finally:
            host.sh(
                f"mv /etc/sales-machine/s /etc/sales-machine/settings.yaml; rmdir {DATA}/log.key; mv {DATA}/log.key.away {DATA}/log.key"
            )
        assert len(told_of(told, "sales-machine-backup.service", "firing")) == 1
    assert not host.sh(f"ls -A {TARGET} | grep partial", check=False)
    back_up(host)


@pytest.fixture(scope="module")
def outside(caller: Caller) -> Iterator[dict[str, Any]]:
    """A place outside: another user of the same server, whose way there is ssh all the same. The role's variables for it."""
    host = caller.host
    known = host.sh("sed 's/^/127.0.0.1 /' /etc/ssh/ssh_host_ed25519_key.pub")
    host.sh("DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends rclone")
    host.sh(
        "useradd --create-home --shell /bin/sh keeper; usermod -p '*' keeper; install -d -o keeper -m 700 /home/keeper/.ssh /home/keeper/kept"
    )
    sshd = "/etc/ssh/sshd_config.d/00-a-keeper.conf"
    host.sh(
        f"printf 'Match User keeper\\nPubkeyAuthentication yes\\nAllowUsers keeper\\n' > {sshd}; systemctl reload ssh"
    )
    place = {"backup_offsite_repository": "ssh:keeper@127.0.0.1", "backup_offsite_host_key": known}
    try:
        yield place | {"backup_offsite_password": "a-password-of-a-test-that-is-long-enough"}
    finally:
        play = host.play(FRONT, front_roles=["backup"])
        assert play.status == 0, play.output
        host.sh(f"rm -f {sshd}; systemctl reload ssh; userdel -rf keeper 2>/dev/null; true")


def note(host: Host) -> dict[str, Any]:
    return dict(json.loads(host.sh("cat /var/lib/sales-machine-offsite/newest.json")))


def arrived(host: Host, archive: str) -> None:
    """The unit that follows a backup has sent this one."""
    for _ in range(150):
        if note(host)["archive"] == archive.rsplit("/", 1)[1]:
            return
        time.sleep(0.4)
    raise AssertionError(host.sh("journalctl -u sales-machine-offsite -n 20 --no-pager", check=False))


def test_a_place_outside_is_opened_once_it_lets_this_server_in(caller: Caller, outside: dict[str, Any]) -> None:
    host = caller.host
    play = host.play(FRONT, front_roles=["backup"], **outside)
    assert play.status != 0
    assert "Permission denied" in play.one_line
    assert "sales-machine-offsite key" in play.one_line
    line = host.sh("sales-machine-offsite key")
    host.sh(f"echo '{line.replace('FOLDER', '/home/keeper/kept')}' > /home/keeper/.ssh/authorized_keys")
    play = host.play(FRONT, front_roles=["backup"], **outside)
    assert play.status == 0, play.output
    assert "refuses to delete" in play.one_line
    assert host.play(FRONT, front_roles=["backup"], **outside).recap["changed"] == 0
    assert host.sh("find /etc/sales-machine/offsite ! -user root -o -perm /077") == ""


def test_each_backup_goes_there_and_nothing_can_be_deleted_from_here(caller: Caller, outside: dict[str, Any]) -> None:
    host = caller.host
    arrived(host, back_up(host))
    told = "restic -q forget latest"
    host.sh(f"timeout -s INT 15 sales-machine-offsite {told}; sales-machine-offsite restic unlock", check=False)
    assert host.sh("sales-machine-offsite restic snapshots --json | jq length") >= "2"
    assert "sales_machine_offsite_timestamp_seconds" in host.sh(
        "systemctl start sales-machine-doctor; cat /var/lib/prometheus/node-exporter/sales-machine-doctor.prom"
    )
    assert not host.sh("grep -rl 'BOT_7000' /home/keeper/kept", check=False)


def test_a_server_that_lost_everything_comes_back_from_there(caller: Caller, outside: dict[str, Any]) -> None:
    host = caller.host
    user = uuid.uuid4().hex
    request = {"session_id": "B", "user_id": user, "request_id": "r1", "message": {"text": "Меня зовут Айгуль"}}
    before = caller.ask("POST", "/api/v1/process", request, key=caller.key)
    arrived(host, back_up(host))
    host.sh("systemctl stop sales-machine.socket sales-machine.service 2>/dev/null; true")
    host.sh(f"rm -r {DATA}/conversations.db* {TARGET}/* /var/lib/sales-machine-offsite/newest.json")
    host.sh("systemctl start sales-machine.socket 2>/dev/null; systemctl start sales-machine.service")
    host.sh(SERVING)
    play = host.play(FRONT, front_roles=["backup"], **outside)
    assert play.status == 0, play.output
    assert "did not make" in play.one_line
    play = host.play("playbooks/restore.yml", restore_offsite="latest", restore_stops_service=True, **outside)
    assert play.status == 0, play.output
    again = caller.ask("POST", "/api/v1/process", request, key=caller.key)
    assert (again.status, again.text) == (200, before.text)
    arrived(host, newest(host))
    assert host.sh(f"ls -d {TARGET}-offsite", check=False) == ""


def test_the_drill_brings_the_newest_back_from_there(caller: Caller, outside: dict[str, Any]) -> None:
    play = caller.host.play("playbooks/drill.yml", **outside)
    assert play.status == 0, play.output
    assert "refuses to delete" in play.one_line
    assert play.one_line.count("restored and counted") == 2


@pytest.mark.parametrize("unit", ["sales-machine-offsite.service", "sales-machine-offsite-drill.service"])
def test_what_sends_and_brings_back_is_confined(caller: Caller, outside: dict[str, Any], unit: str) -> None:
    last = caller.host.sh(f"systemd-analyze security {unit} | tail -1")
    assert float(last.split(":")[1].split()[0]) <= 2.5


def test_without_a_place_nothing_of_it_is_left(caller: Caller, outside: dict[str, Any]) -> None:
    play = caller.host.play(FRONT, front_roles=["backup"])
    assert play.status == 0, play.output
    assert "lie on this server alone" in play.one_line
    assert (
        caller.host.sh("ls -d /etc/sales-machine/offsite /var/lib/sales-machine-offsite 2>/dev/null", check=False) == ""
    )
    back_up(caller.host)


def test_the_unit_is_confined(caller: Caller) -> None:
    last = caller.host.sh("systemd-analyze security sales-machine-backup.service | tail -1")
    assert float(last.split(":")[1].split()[0]) <= 2.0


def test_a_second_run_changes_nothing(caller: Caller) -> None:
    assert caller.host.play(FRONT, front_roles=["backup"]).recap["changed"] == 0


@pytest.mark.parametrize(
    ("wrong", "variable", "fix"),
    [
        ({"backup_target": "backups"}, "backup_target", "whole path"),
        ({"backup_include": ["etc"]}, "backup_include", "whole path"),
        ({"backup_keep_daily": 0}, "backup_keep_daily", "at least 1"),
        ({"backup_schedule": "every night"}, "backup_schedule", "systemd-analyze calendar"),
        ({"backup_offsite_repository": "ssh:keeper@host"}, "backup_offsite_password", "ansible-vault"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_wrong_variable_is_named_with_its_fix_and_nothing_changes(
    caller: Caller, wrong: dict[str, Any], variable: str, fix: str
) -> None:
    play = caller.host.play(FRONT, front_roles=["backup"], **wrong)
    assert play.status != 0
    assert variable in play.one_line
    assert fix in play.one_line
    assert play.recap["changed"] == 0
