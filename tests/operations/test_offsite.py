"""Backups outside the server, with the real restic and a real sshd: they come back, nobody deletes them from here, and
a person who is forgotten is forgotten there too. tests/host tries the same on a server, in its units."""

import http.client
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.store.backup import DATABASE, create
from loadtests.service import ROOT
from tests.forked import machine
from tests.host.hosts import run
from tests.operations.bucket import Bucket
from tests.operations.offsite_place import APPENDS, DELETES, FILES, PASSWORD, TOOL, Client, Sshd, missing

pytestmark = [pytest.mark.long, pytest.mark.timeout(300), pytest.mark.skipif(bool(missing()), reason=missing())]
NOW = datetime.now(UTC)
MACHINE = [sys.executable, "-m", "app"]


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A memory with two people."""
    folder = tmp_path_factory.mktemp("talked") / "data"
    for user in ("77012223344", "77015556677"):
        text = "Меня зовут Айгуль\nсколько стоит тариф Рост?\n"
        assert machine("chat", "--user", user, "--data", str(folder), text=text).returncode == 0
    return folder


@pytest.fixture
def data(talked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(talked, tmp_path / "data"))


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    running = Sshd(tmp_path / "other")
    try:
        yield running
    finally:
        running.close()


def client(sshd: Sshd, name: str, kind: str = "ssh") -> Client:
    """A server, its thief or its operator: a folder of its own, a key of its own."""
    where = f"{kind}:{sshd.user}@127.0.0.1" + f":{sshd.place}" * (kind == "sftp")
    return Client(sshd.folder.parent / name, where, sshd.port, sshd.known)


@pytest.fixture
def server(sshd: Sshd, data: Path) -> Client:
    """With a backup of last night, let in as the page says, before its first push."""
    made = client(sshd, "server")
    sshd.let_in(made.public, APPENDS)
    back_up(made, data, days=1)
    return made


@pytest.fixture
def operator(sshd: Sshd) -> Client:
    made = client(sshd, "operator")
    sshd.let_in(made.public, DELETES)
    return made


def back_up(server: Client, data: Path, days: float = 0) -> Path:
    """An archive of so many days ago."""
    return create(data, server.backups, [], "0", NOW - timedelta(days=days)).path


def users(folder: Path) -> set[str]:
    with closing(sqlite3.connect(folder / DATABASE)) as db:
        return {row[0] for row in db.execute("SELECT user_id FROM conversations")}


def test_a_lost_server_comes_back_from_there_and_its_successor_hides_nothing(
    server: Client, sshd: Sshd, data: Path, tmp_path: Path
) -> None:
    kept = back_up(server, data)
    assert "refuses to delete" in server.well("begin")
    assert server.note()["archive"] == kept.name
    for lost in (data, server.folder):
        shutil.rmtree(lost)

    new = client(sshd, "new")
    sshd.let_in(new.public, APPENDS)
    assert machine("chat", "--user", "nobody", "--data", str(data), text="?\n").returncode == 0
    back_up(new, data)
    begun = new.run("begin")
    assert begun.status == 3, "a push would make an empty memory the newest"
    assert "restore_offsite" in begun.said
    assert new.run("push").status == 2

    back = tmp_path / "back"
    assert "2 backups" in new.well("fetch", str(back))
    assert machine("backup", "verify", str(back)).stdout.count("sound") == 2
    assert machine("restore", str(back), "--data", str(data)).returncode == 0
    assert users(data) == {"77012223344", "77015556677"}
    new.well("adopt")
    assert "2 backups" not in new.well("push")
    assert len(new.snapshots()) == 2


def test_a_drill_from_there_restores_the_newest_and_walks_its_turns_again(server: Client, data: Path) -> None:
    back_up(server, data)
    server.well("begin")
    said = server.well("drill", *MACHINE, "drill")
    assert "refuses to delete" in said
    assert "restored and counted" in said
    assert said.count("the same answer") == 3


def test_a_drill_fails_when_what_lies_there_is_old_or_damaged(server: Client, sshd: Sshd, data: Path) -> None:
    shutil.rmtree(server.backups)
    back_up(server, data, days=3)
    server.well("begin")
    old = server.run("drill", *MACHINE, "drill")
    assert old.status == 2
    assert "journalctl -u sales-machine-offsite" in old.complained
    for pack in (sshd.place / "data").glob("*/*"):
        pack.chmod(0o600)
        pack.write_bytes(bytes(byte ^ 1 for byte in pack.read_bytes()))
    shutil.rmtree(server.folder / "cache")
    damaged = server.run("drill", *MACHINE, "drill")
    assert damaged.status == 2
    assert "failed" in damaged.complained


def test_a_drill_reads_a_twentieth_of_all_that_lies_there(
    server: Client, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the newest backup's data alone, which it restores: that of the others may rot unseen."""
    server.well("begin")
    told = tmp_path / "told"
    (tmp_path / "restic").write_text(f'#!/bin/bash\nset -o pipefail\n/usr/bin/restic "$@" | tee -a {told}\n')
    (tmp_path / "restic").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    server.well("drill", *MACHINE, "drill")
    assert "read 5.0% of data packs" in told.read_text()
    assert "no errors were found" in told.read_text()


ATTEMPTS = (
    ("forget", "--keep-last", "1", "--prune"),
    ("forget", "latest"),
    ("rebuild-index",),
    ("key", "passwd", "--new-password-file", "/etc/hostname"),
    ("init",),
)


def test_a_thief_of_the_server_can_delete_and_change_nothing_there(
    server: Client, sshd: Sshd, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.well("begin")
    back_up(server, data)
    server.well("push")
    before = sshd.files()
    # restic asks again for a minute; a thief's patience changes nothing
    monkeypatch.setenv("PATH", f"{patient(sshd.folder.parent)}:{os.environ['PATH']}")
    for attempt in ATTEMPTS:
        assert server.run("restic", *attempt).status != 0, attempt
        after = sshd.files()
        assert {path: after.get(path) for path in before} == before, attempt
        server.run("restic", "unlock", "--remove-all")  # locks may be removed: they protect no backup
    assert len(server.snapshots()) == 2


def patient(folder: Path) -> Path:
    """A folder with a restic that gives up after five seconds, as who sits in front of it would."""
    place = folder / "patient"
    place.mkdir()
    (place / "restic").write_text('#!/bin/sh\nexec timeout --signal=INT 5 /usr/bin/restic "$@"\n')
    (place / "restic").chmod(0o755)
    return place


def test_without_restic_too_nothing_is_deleted_or_written_over(server: Client, sshd: Sshd) -> None:
    """Requests that restic would not make, to the program that the line in authorized_keys starts."""
    server.well("begin")
    before = sshd.files()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    words = ["rclone", "serve", "restic", "--append-only", "--addr", address, str(sshd.place)]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as running:
        wait_for(address)
        for path in before:
            kind, _, name = path.rpartition("/")
            place = (
                f"/{kind.split('/')[0]}/{name}" if kind else f"/{name}"
            )  # packs lie in folders by their first letters
            assert ask(address, "GET", place) == 200
            assert ask(address, "DELETE", place) == 403, path
            assert ask(address, "POST", place, b"x") == 403, path
        running.terminate()
    assert sshd.files() == before


def wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.05)


def ask(address: str, method: str, path: str, body: bytes | None = None) -> int:
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request(method, path, body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_servers_key_opens_nothing_else_there(server: Client, sshd: Sshd) -> None:
    server.well("begin")
    before = sshd.files()
    there = f"{sshd.user}@127.0.0.1"
    assert "place" not in server.ssh(sshd, "ssh", there, "ls", str(sshd.folder)).said
    assert server.ssh(sshd, "sftp", there).status != 0
    assert server.ssh(sshd, "scp", "-r", f"{there}:{sshd.place}", str(sshd.folder / "stolen")).status != 0
    assert "prohibited" in server.ssh(sshd, "ssh", "-W", f"127.0.0.1:{sshd.port}", there).complained
    assert sshd.files() == before


def test_who_reads_the_place_reads_no_word_of_a_customer_and_no_key(server: Client, sshd: Sshd) -> None:
    server.well("begin")
    said = ("Айгуль".encode(), b"77012223344", b"conversations", PASSWORD.encode())
    for path, content in sshd.files().items():
        assert not [word for word in said if word in content], path


def test_a_place_that_lets_its_client_delete_is_refused_with_the_line_that_mends_it(server: Client, sshd: Sshd) -> None:
    sshd.let_in(server.public, DELETES)
    begun = server.run("begin")
    assert begun.status == 2
    assert "--append-only" in begun.complained
    sshd.let_in(server.public, APPENDS)
    assert "refuses to delete" in server.well("begin")
    sshd.let_in(server.public, DELETES)
    assert "let its client delete" in server.run("prove").complained, "a later change is found too"


def test_over_plain_sftp_all_comes_back_from_the_places_own_snapshot_when_a_thief_has_deleted_everything(
    sshd: Sshd, data: Path, tmp_path: Path
) -> None:
    server = client(sshd, "server", "sftp")
    sshd.let_in(server.public, FILES)
    kept = back_up(server, data)
    assert "cannot be proven" in server.well("begin")
    assert "the same answer" in server.well("drill", *MACHINE, "drill")
    snapshot = shutil.copytree(
        sshd.place, tmp_path / "snapshot"
    )  # as a Storage Box makes them, out of its clients' reach
    thief = server.ssh(sshd, "sftp", "-b", "/dev/null", f"{sshd.user}@127.0.0.1")
    assert thief.status == 0
    server.well("restic", "forget", "--prune", "--keep-last", "1", "--host", "nobody")
    for snap in (sshd.place / "snapshots").iterdir():
        server.well("restic", "forget", snap.name)
    assert server.snapshots() == []
    shutil.rmtree(sshd.place)
    shutil.copytree(snapshot, sshd.place)
    shutil.rmtree(server.folder / "cache")
    assert kept.name in server.well("fetch", str(tmp_path / "back"))


def test_in_a_bucket_with_versions_what_a_thief_has_deleted_comes_back(data: Path, tmp_path: Path) -> None:
    bucket = Bucket()
    try:
        keys = {"access_key": "server", "secret_key": "a-secret-of-a-test"}
        server = Client(tmp_path / "server", f"s3:{bucket.url}/machine", **keys)
        kept = back_up(server, data)
        assert "cannot be proven" in server.well("begin")
        assert "the same answer" in server.well("drill", *MACHINE, "drill")
        server.well("restic", "forget", *server.snapshots())
        server.well("restic", "prune")
        assert server.snapshots() == []
        assert not [key for key in bucket.now() if "/data/" in key], "for the client all is gone"
        bucket.undelete()
        shutil.rmtree(server.folder / "cache")
        assert kept.name in server.well("fetch", str(tmp_path / "back"))
        assert machine("backup", "verify", str(tmp_path / "back")).stdout.count("sound") == 1
        assert b"77012223344" not in b"".join(bucket.now().values())
    finally:
        bucket.close()


def test_a_person_who_is_forgotten_is_forgotten_there_once_the_operator_keeps_only_the_newest(
    server: Client, operator: Client, data: Path, tmp_path: Path
) -> None:
    server.well("begin")
    back_up(server, data)
    server.well("push")
    forgotten = machine(
        "forget", "--user", "77012223344", "--data", str(data), "--backups", str(server.backups), "--yes"
    )
    assert forgotten.returncode == 0, forgotten.stdout
    server.well("push")
    assert len(server.snapshots()) == 3
    before = int(
        operator.well("restic", "stats", "--mode", "raw-data", "--json")
        .split('"total_size":')[1]
        .split(",")[0]
        .rstrip("}\n")
    )
    said = operator.well("prune", "only-newest")
    assert "2 snapshots removed, 1 kept" in said
    assert len(operator.snapshots()) == 1
    operator.well("fetch", str(tmp_path / "left"))
    archives = list((tmp_path / "left").iterdir())
    assert len(archives) == 2
    for archive in archives:
        assert users(archive) == {"77015556677"}
        assert b"77012223344" not in (archive / DATABASE).read_bytes()
    after = int(
        operator.well("restic", "stats", "--mode", "raw-data", "--json")
        .split('"total_size":')[1]
        .split(",")[0]
        .rstrip("}\n")
    )
    assert after < before
    assert "0 blobs" in operator.well("restic", "prune", "--dry-run").split("total prune")[1].splitlines()[0]
    assert "refuses to delete" in server.well("prove"), "the server's probe outlives what the operator removes"
    server.well("push")


def test_what_is_too_old_goes_and_forged_times_move_nothing(server: Client, operator: Client, data: Path) -> None:
    server.well("begin")
    archive = str(server.backups)
    for days in (90, 61, 59, 30):
        when = (NOW - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")
        server.well("restic", "backup", "--time", when, archive)
    server.well("restic", "backup", "--time", "2099-01-01 00:00:00", archive)
    refused = operator.run("prune", "60")
    assert refused.status == 2
    assert "in the future" in refused.complained
    assert len(operator.snapshots()) == 6
    (forged,) = [word.split("=")[1] for word in refused.complained.split() if word.startswith("prune_snapshot=")]
    operator.well("remove", forged)
    assert "2 snapshots removed, 3 kept" in operator.well("prune", "60")
    assert "0 snapshots removed" in operator.well("prune", "60")


def test_another_place_begins_anew_and_is_not_accused_of_what_the_former_one_holds(
    server: Client, sshd: Sshd, data: Path
) -> None:
    """As after a break-in: the note is of the former place, whose probe this one never had."""
    server.well("begin")
    place = sshd.place
    sshd.place = sshd.folder / "second"
    sshd.place.mkdir()
    sshd.let_in(server.public, APPENDS)
    told = json.loads((server.folder / "etc/place.json").read_text()) | {"repository": f"ssh:{sshd.user}@localhost"}
    (server.folder / "etc/place.json").write_text(json.dumps(told))
    (server.folder / "etc/known_hosts").write_text(sshd.known.replace("127.0.0.1", "localhost"))
    shutil.rmtree(server.folder / "cache", ignore_errors=True)
    said = server.well("begin")
    assert ": made" in said
    assert "refuses to delete" in said
    assert len(server.snapshots()) == 1
    assert len(list((place / "snapshots").iterdir())) == 2, "the former place is as it was"


def test_a_snapshot_of_another_place_comes_back_without_this_server_ever_sending_there(
    server: Client, sshd: Sshd, data: Path, tmp_path: Path
) -> None:
    """playbooks/tasks/fetch_offsite.yml by Ansible itself, on the server that took the broken one's place."""
    server.well("begin")
    kept, before = server.snapshots()[0], sshd.files()
    new = client(sshd, "new")  # its own place lies elsewhere and has nothing to do with this
    sshd.let_in(new.public, APPENDS)
    program, moment, back = tmp_path / "sales-machine-offsite", tmp_path / "moment", tmp_path / "backups"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -B {TOOL} "$@"\n')
    program.chmod(0o755)
    for name in ("fetch_offsite.yml", "other_place.yml"):
        text = (ROOT / "playbooks/tasks" / name).read_text("utf-8")
        text = text.replace("/usr/local/sbin/sales-machine-offsite", str(program))
        text = text.replace("/run/sales-machine-restore", str(moment))
        (tmp_path / name).write_text(text.replace("/etc/sales-machine/offsite/identity", str(new.key)))
    (tmp_path / "play.yml").write_text(
        "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks: [{include_tasks: fetch_offsite.yml}]\n"
    )
    told: dict[str, object] = {"restore_repository": f"ssh:{sshd.user}@127.0.0.1", "restore_port": sshd.port}
    told |= {"restore_password": PASSWORD, "restore_host_key": sshd.known.strip(), "backup_target": str(back)}
    told |= {"ansible_python_interpreter": sys.executable}

    def play(wanted: str) -> str:
        book = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(tmp_path / "play.yml")]
        done = run([*book, "-e", json.dumps(told | {"restore_offsite": wanted})], check=False)
        assert done.returncode == 0, done.stdout
        assert PASSWORD not in done.stdout
        assert not moment.exists(), "the other place's password is left"
        return done.stdout

    assert kept[:8] in play("list")
    assert not list(tmp_path.glob("backups-offsite"))
    play(kept)
    assert machine("backup", "verify", f"{back}-offsite").stdout.count("sound") == 1
    assert sshd.files() == before, "nothing was sent there"
    assert not new.state.exists()


def test_the_operators_playbook_prunes_from_here_and_leaves_no_password_behind(
    server: Client, operator: Client, sshd: Sshd, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.well("begin")
    when = (NOW - timedelta(days=61)).strftime("%Y-%m-%d %H:%M:%S")
    server.well("restic", "backup", "--time", when, str(server.backups))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    place = {
        "backup_offsite_repository": f"ssh:{sshd.user}@127.0.0.1",
        "backup_offsite_port": sshd.port,
        "backup_offsite_host_key": sshd.known.strip(),
        "backup_offsite_password": PASSWORD,
    }

    def prune(**variables: object) -> subprocess.CompletedProcess[str]:
        book = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory/production"]
        return run([*book, "playbooks/prune_offsite.yml", "-e", json.dumps(place | variables)], check=False)

    without = prune()
    assert (without.returncode, "prune_identity=~/.ssh/offsite" in without.stdout) == (2, True)
    done = prune(prune_identity=str(operator.key))
    assert done.returncode == 0, done.stdout
    assert "1 snapshots removed, 1 kept" in done.stdout
    server.well("push")
    assert "1 snapshots removed, 1 kept" in prune(prune_identity=str(operator.key), prune_only_newest=True).stdout
    assert prune(prune_identity=str(server.key)).returncode == 0, "nothing was left to remove"
    assert PASSWORD not in done.stdout
    assert list(scratch.rglob("*")) == []


def test_a_newest_that_is_old_damaged_or_emptied_takes_no_olders_place(
    server: Client, operator: Client, data: Path
) -> None:
    back_up(server, data)
    first = server.backups / "20200101T000000Z"
    shutil.copytree(next(server.backups.iterdir()), first)
    server.well("begin")
    with (first / DATABASE).open("ab") as file:
        file.write(b"x")
    server.well("push")
    assert "is damaged" in operator.run("prune", "only-newest").complained
    for archive in sorted(server.backups.iterdir())[1:]:
        shutil.rmtree(archive)
    server.well("push")
    assert "holds 1 backups, an earlier one 3" in operator.run("prune", "only-newest").complained
    assert len(operator.snapshots()) == 3


def test_a_link_in_a_forged_snapshot_leads_nobody_elsewhere(server: Client, data: Path, tmp_path: Path) -> None:
    server.well("begin")
    (next(server.backups.iterdir()) / "files").symlink_to("/etc")
    server.well("push")
    refused = server.run("fetch", str(tmp_path / "back"))
    assert refused.status == 2
    assert "is no file" in refused.complained
    assert list((tmp_path / "back").iterdir()) == []


def test_what_is_wrong_is_said_with_what_to_do(server: Client, sshd: Sshd, data: Path) -> None:
    never = server.run("push")
    assert (never.status, "--tags backup" in never.complained) == (2, True)
    server.well("begin")
    (server.folder / "etc" / "password").write_text("another-password-that-is-long-enough")
    wrong = server.run("begin")
    assert (wrong.status, "backup_offsite_password" in wrong.complained) == (2, True)
    stranger = client(sshd, "stranger")
    shut = stranger.run("begin")
    assert (shut.status, "let this server in" in shut.complained) == (2, True)
    assert "Permission denied" in shut.complained
    line = f"{APPENDS.format(place='FOLDER')} {stranger.public.read_text()}"
    assert stranger.well("key") == line, "what the run shows is what lets it in"
    assert server.run("fetch", "/nowhere", "deadbeef").status == 2
    assert "offsite begin" in server.run("nonsense").complained
