"""Keys, backups, the doctor, drift and the support bundle on a serving machine."""

import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.callers import Caller
from tests.host.hosts import CACHE, ROOT, Host
from tests.prove.day_two import under_load

ROTATE, RESTORE = "playbooks/rotate_key.yml", "playbooks/restore.yml"
BACKUPS = "/var/backups/sales-machine"
PERSONAL = "Меня зовут Айгерим, у меня три магазина в Шымкенте"


@pytest.fixture
def caller(provisioned: Host) -> Caller:
    return Caller(provisioned)


def keys(host: Host) -> list[str]:
    return host.sh("grep -v '^#' /etc/sales-machine/api_keys").split()


def remembered(host: Host, user: str) -> int:
    script = (
        "import sqlite3, sys; db = sqlite3.connect('/var/lib/sales-machine/conversations.db');"
        "print(db.execute('SELECT count(*) FROM turns WHERE user_id=?', sys.argv[1:]).fetchone()[0])"
    )
    return int(host.read("python3", "-c", script, user))


def test_a_key_is_rotated_and_the_old_one_is_dead(provisioned: Host, caller: Caller) -> None:
    (old,) = keys(provisioned)
    report, play = under_load(provisioned, lambda: provisioned.play(ROTATE))
    assert play.status == 0, play.output
    assert report.clean, report
    assert keys(provisioned)[0] == old
    new = keys(provisioned)[1]
    assert (CACHE / "keys" / f"{provisioned.number}.key").read_text() == f"{new}\n"
    assert new not in play.output
    assert old not in play.output
    again = provisioned.play(ROTATE)
    assert (again.status, again.changed) == (0, []), again.output
    assert new not in again.output
    assert caller.turn("Сколько стоит тариф Рост?", "rotate").status == 200
    retire = provisioned.play(ROTATE, rotate_key_step="retire")
    assert retire.status == 0, retire.output
    assert keys(provisioned) == [new]
    assert caller.turn("Сколько стоит тариф Рост?", "rotate").is_error(401, "UNAUTHORIZED")
    assert Caller(provisioned).turn("Сколько стоит тариф Рост?", "rotate").status == 200
    assert provisioned.sh("find /run/sales-machine-rotate -type f") == ""
    assert (provisioned.read("stat", "-c", "%U %a", "/etc/sales-machine/api_keys")) == "root 600"


def test_keys_that_do_not_hold_are_put_back(provisioned: Host) -> None:
    before = keys(provisioned)
    # The service gets its keys from another file: the new one is never valid.
    provisioned.sh(
        "cp /etc/sales-machine/api_keys /root/keys; mkdir -p /etc/systemd/system/sales-machine.service.d;"
        "printf '[Service]\\nLoadCredential=\\nLoadCredential=api_keys:/root/keys\\n'"
        " > /etc/systemd/system/sales-machine.service.d/test.conf; systemctl daemon-reload"
    )
    try:
        play = provisioned.play(ROTATE)
    finally:
        provisioned.sh("rm -r /etc/systemd/system/sales-machine.service.d /root/keys; systemctl daemon-reload")
    assert play.status != 0
    assert "The keys are as they were before" in play.one_line
    assert keys(provisioned) == before


def test_a_backup_under_load_restores_every_answer_from_before_it(provisioned: Host, caller: Caller) -> None:
    assert caller.turn("Сколько стоит тариф Рост?", "kept").status == 200
    kept = remembered(provisioned, "kept")
    report, play = under_load(provisioned, lambda: provisioned.play("playbooks/backup.yml"))
    assert play.status == 0, play.output
    assert report.clean, report
    assert caller.turn("Сколько стоит тариф Рост?", "written-later").status == 200
    newest = provisioned.sh(f"ls -d {BACKUPS}/*Z | tail -1")
    refused = provisioned.play(RESTORE, restore_archive=newest)
    assert refused.status != 0
    assert "restore_stops_service=true" in refused.one_line
    assert remembered(provisioned, "written-later") == 1
    done = provisioned.play(RESTORE, restore_archive=newest, restore_stops_service=True)
    assert done.status == 0, done.output
    assert remembered(provisioned, "kept") == kept
    assert remembered(provisioned, "written-later") == 0
    assert provisioned.sh(f"ls -d {BACKUPS}/*Z | tail -1") == newest  # what was replaced was kept, but not in its place
    assert len(provisioned.sh(f"ls -d {BACKUPS}-before-restore/*Z").split()) == 1
    # Whom only the replaced memory knew is forgotten with the one command that the documentation names.
    in_kept = f"grep -rlF written-later {BACKUPS}-before-restore"
    assert provisioned.sh(in_kept)
    forget = f"machine forget --user written-later --data /var/lib/sales-machine --backups {BACKUPS} --yes"
    assert f"{BACKUPS}-before-restore/" in provisioned.sh(forget)
    assert provisioned.sh(in_kept, check=False) == ""
    assert caller.turn("Сколько стоит тариф Рост?", "after").status == 200


def test_a_damaged_backup_stops_the_restore_before_anything_else(provisioned: Host) -> None:
    newest = provisioned.sh(f"ls -d {BACKUPS}/*Z | tail -1")
    started = provisioned.read("systemctl", "show", "-P", "MainPID", "sales-machine")
    provisioned.sh(f"cp -a {newest} /root/damaged; printf x >> /root/damaged/conversations.db")
    play = provisioned.play(RESTORE, restore_archive="/root/damaged", restore_stops_service=True)
    provisioned.sh("rm -r /root/damaged")
    assert play.status != 0
    assert "has changed since it was made" in play.one_line
    assert provisioned.read("systemctl", "show", "-P", "MainPID", "sales-machine") == started


def test_a_drill_restores_the_newest_backup_and_is_repeated_weekly(provisioned: Host) -> None:
    play = provisioned.play("playbooks/drill.yml")
    assert play.status == 0, play.output
    assert "restored and counted" in play.one_line
    assert play.one_line.count("the same answer") == 3
    assert "drill.timer" in provisioned.sh("systemctl list-timers --no-pager")
    second = provisioned.play("playbooks/drill.yml")
    assert second.changed == []
    newest = provisioned.sh(f"ls -d {BACKUPS}/*Z | tail -1")
    provisioned.sh(f"cp {newest}/conversations.db /root/sound; printf x >> {newest}/conversations.db")
    try:
        failed = provisioned.play("playbooks/drill.yml")
    finally:
        provisioned.sh(f"cp /root/sound {newest}/conversations.db; rm /root/sound")
    assert failed.status != 0
    assert "has changed since it was made" in failed.one_line


def test_the_doctor_names_what_is_wrong(provisioned: Host) -> None:
    # A server without a card and without a clock of its own is never quite well.
    well = provisioned.play("playbooks/doctor.yml")
    assert "ok service http://127.0.0.1:8000 is ready" in well.one_line, well.output
    assert "service:" not in well.one_line.partition("FAILED!")[2]
    provisioned.sh("systemctl stop sales-machine.socket sales-machine.service")
    try:
        ill = provisioned.play("playbooks/doctor.yml")
    finally:
        provisioned.sh("systemctl start sales-machine.socket sales-machine.service")
    assert ill.status != 0
    assert "service:" in ill.one_line.partition("FAILED!")[2]


@pytest.fixture
def bundle(provisioned: Host, caller: Caller, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The files of a bundle, after somebody has made a log more talkative than it should be."""
    assert caller.turn(PERSONAL, "personal-id-7701").status == 200
    log = "/var/log/nginx/sales-machine.error.log"
    provisioned.sh(f"printf '%s\\n' 'talkative: {PERSONAL}' 'talkative: {caller.key}' 'plain line' >> {log}")
    play = provisioned.play("playbooks/logs.yml", logs_to=str(tmp_path))
    assert play.status == 0, play.output
    assert provisioned.sh("ls -d /tmp/sales-machine-logs.* 2>/dev/null", check=False) == ""
    (file,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        members = {member.name.partition("/")[2]: archive.extractfile(member) for member in archive.getmembers()}
        yield {name: stream.read().decode() for name, stream in members.items() if stream}


def test_a_support_bundle_tells_how_the_machine_does_and_of_nobody(
    provisioned: Host, caller: Caller, bundle: dict[str, str]
) -> None:
    whole = "\n".join(bundle.values())
    assert json.loads(bundle["doctor.json"])["checks"]
    assert "machine_turns_total" in bundle["metrics.txt"]
    assert '"event"' in bundle["journal/sales-machine.service.log"]
    assert "plain line" in bundle["nginx-error.log"]
    assert bundle["nginx-error.log"].count("[replaced:") == 2
    assert PERSONAL not in whole
    assert "personal-id-7701" not in whole
    for secret in (caller.key, provisioned.sh("cat /var/lib/sales-machine/log.key | base64 | head -c 20")):
        assert secret not in whole


def test_drift_is_nothing_then_something_then_unknown(provisioned: Host) -> None:
    def drift(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "playbooks/drift.py", "-i", "inventory/testhost", *arguments]
        environment = os.environ | {"TESTHOST_NUMBER": str(provisioned.number)}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert provisioned.play("site.yml").status == 0
    same = drift()
    assert (same.returncode, same.stdout) == (0, "nothing differs\n"), same.stdout
    provisioned.sh("echo '# by hand' >> /etc/needrestart/conf.d/60-sales-machine.conf")
    other = drift("--tags", "base")
    assert other.returncode == 1, other.stdout
    assert "-# by hand" in other.stdout
    assert "by hand" in provisioned.read("cat", "/etc/needrestart/conf.d/60-sales-machine.conf")  # only looked
    assert re.search(r"^\d differences?$", other.stdout, re.MULTILINE)
    assert provisioned.play("site.yml", "--tags", "base").status == 0
    wrong = drift("--tags", "base", "-e", "machine_domain=nonsense")
    assert wrong.returncode == 2
    assert "machine_domain" in wrong.stdout
