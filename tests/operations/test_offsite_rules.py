"""What the carrier of backups decides by itself, without a place: a repository that lies in memory. test_offsite.py tries
the same program with the real restic and a real sshd, where these are installed."""

import json
import os
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.operations.offsite_place import TOOL

NOW = 1_800_000_000.0
HOUR, DAY = 3600, 86_400


@pytest.fixture(autouse=True)
def tool() -> Iterator[None]:
    """Its modules, as its units import them; no other test sees them."""
    names = ("carry", "note", "place", "pruning")
    sys.path.insert(0, str(TOOL))
    yield
    sys.path.remove(str(TOOL))
    for name in names:
        sys.modules.pop(name, None)


def named(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")


def folder(path: Path, repository: str = "ssh:backup@203.0.113.9", **more: Any) -> Path:
    path.mkdir(parents=True)
    told = {"repository": repository, "name": "machine.example.com", "port": 23, "keep_days": 60} | more
    (path / "place.json").write_text(json.dumps(told))
    (path / "identity").write_text("private")
    (path / "identity.pub").write_text("ssh-ed25519 AAAA server\n")
    return path


def repository(path: Path, *ages_s: float, kind: str = "ssh", deletes: bool = False, now: float = NOW) -> Any:
    """A Place whose restic is a list in memory: a snapshot of each age, with its own archive in it and those before."""
    from place import Place

    class Repository(Place):
        def __init__(self) -> None:
            super().__init__(folder(path, f"{kind}:backup@203.0.113.9"))
            self.asked: list[tuple[str, ...]] = []
            self.given: list[bytes] = []
            self.made: list[dict[str, Any]] = []
            self.names: dict[str, list[str]] = {}
            self.closed, self.forbids, self.links = False, True, False
            for number, age_s in enumerate(sorted(ages_s, reverse=True)):
                each = f"{number:02x}" * 32
                self.add(each, now - age_s)
                self.names[each] = [named(now - age) for age in sorted(ages_s, reverse=True)[: number + 1]]

        def add(self, id_: str, at: float, tags: tuple[str, ...] = ()) -> None:
            when = datetime.fromtimestamp(at, UTC).isoformat()
            self.made.append({"id": id_, "time": when, "paths": ["/var/backups/sales-machine"], "tags": list(tags)})

        def attempt(self, *words: str, limit_s: float | None = None, given: bytes = b"") -> tuple[int, str, str]:  # noqa: PLR0911
            self.asked.append(words)
            self.given.append(given)
            match words:
                case ["cat", "config"]:
                    return (1, "", "Fatal: unable to open") if self.closed else (0, "{}", "")
                case ["init"]:
                    return 1, "", "Fatal: no room"
                case ["snapshots", *_]:
                    return 0, json.dumps(self.made), ""
                case ["ls", *_, id_, root]:
                    lines = [*self.names.get(id_, ()), "lost+found"]
                    return 0, "\n".join(json.dumps({"name": name, "path": f"{root}/{name}"}) for name in lines), ""
                case ["backup", "--json", *_]:
                    self.add("ee" * 32, now)
                    self.names["ee" * 32] = [named(now - DAY), named(now)]
                    return 0, json.dumps({"snapshot_id": "eeee", "data_added": 7}), ""
                case ["backup", "--stdin", *_]:
                    self.add("aa" * 32, now, ("probe",))
                    return 0, json.dumps({"snapshot_id": "aaaa"}), ""
                case ["restore", *_]:
                    self.restored(words)
            return 0, "", ""

        def restored(self, words: tuple[str, ...]) -> None:
            target = Path(words[words.index("--target") + 1])
            for word in words:
                if word.startswith("/var/backups/"):
                    archive = Path(f"{target}{word}")
                    archive.mkdir(parents=True)
                    (archive / "conversations.db").write_text("db")
                    if self.links:
                        (archive / "files").symlink_to("/etc")

        def refuses(self, *words: str) -> bool:
            if deletes:
                self.made = [each for each in self.made if each["id"] != words[1]]
            return self.forbids and not deletes

    return Repository()


def note(state: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((state / "newest.json").read_text())
    return found


# The way there


@pytest.mark.parametrize("kind", ["ssh", "sftp", "s3"])
def test_the_way_leads_to_the_known_host_alone_and_asks_nobody(tmp_path: Path, kind: str) -> None:
    from place import Place

    keys = {"access_key": "a", "secret_key": "s"}
    where = {"ssh": "ssh:backup@203.0.113.9", "sftp": "sftp:backup@203.0.113.9:place", "s3": "s3:https://s3/box"}[kind]
    place = Place(folder(tmp_path / "etc", where, **keys))
    words, environment = place._words, place._environment
    assert environment["RESTIC_PASSWORD_FILE"] == str(tmp_path / "etc/password")
    assert environment.get("AWS_ACCESS_KEY_ID") == ("a" if kind == "s3" else os.environ.get("AWS_ACCESS_KEY_ID"))
    assert environment.get("AWS_SECRET_ACCESS_KEY") == (
        "s" if kind == "s3" else os.environ.get("AWS_SECRET_ACCESS_KEY")
    )
    assert place.appends is (kind == "ssh")
    way = (
        f"ssh -F /dev/null -p 23 -o UserKnownHostsFile={tmp_path}/etc/known_hosts -o StrictHostKeyChecking=yes"
        " -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=30"
        f" -o IdentitiesOnly=yes -i {tmp_path}/etc/identity"
    )
    there = {
        "ssh": ["-r", "rclone:", "-o", f"rclone.program={way} backup@203.0.113.9", "-o", "rclone.args=serve"],
        "sftp": ["-r", where, "-o", f"sftp.command={way} backup@203.0.113.9 -s sftp"],
        "s3": ["-r", where],
    }
    assert words == ["restic", *there[kind]]
    options = 'command="rclone serve restic --stdio --append-only FOLDER",restrict ' if kind == "ssh" else ""
    assert place.line() == f"{options}ssh-ed25519 AAAA server"


def test_what_restic_says_is_handed_on_and_what_takes_too_long_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from place import Place, Trouble

    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/restic"
    program.write_text(
        '#!/bin/bash\ncase "$*" in *slow*) trap "echo let go >&2; exit 130" INT; for i in {1..200}; do sleep 0.05; done;; esac\n'
        'cat\necho "first" >&2\necho >&2\necho "Fatal: wrong password" >&2\nexit 3\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    place = Place(folder(tmp_path / "etc"))
    assert place.attempt("backup", given=b"words")[:2] == (3, "words")
    with pytest.raises(
        Trouble, match=r"^restic backup on ssh:backup@203\.0\.113\.9 failed \(3\): first / Fatal: wrong pass"
    ):
        place.ask("backup")
    began = time.monotonic()
    status, _, complained = place.attempt("slow", limit_s=0.3)
    assert (status, time.monotonic() - began < 5) == (130, True)
    assert complained.split() == "let go it took too long".split(), "its lock goes, and why is said"


def test_of_a_snapshot_the_backups_are_named_and_of_a_strange_one_nothing_is_asked(tmp_path: Path) -> None:
    from place import Trouble

    place = repository(tmp_path / "etc", 2 * DAY, DAY)
    first, second = place.kept()
    assert (place.archives(first), place.archives(second)) == (
        [named(NOW - 2 * DAY)],
        [named(NOW - 2 * DAY), named(NOW - DAY)],
    )
    place.made[0]["paths"] = ["/var/backups/../../etc"]
    before = len(place.asked)
    with pytest.raises(Trouble, match="Fix: find out who made it, choose another"):
        place.archives(place.kept()[0])
    assert len(place.asked) == before + 1


def test_times_are_read_as_restic_writes_them() -> None:
    from place import day, last_words, seconds, stamp

    assert seconds("2026-01-31T02:00:00.123456789Z") == seconds("2026-01-31T02:00:00.123456Z")
    assert seconds("2026-01-31T02:00:00.12+05:00") == seconds("2026-01-30T21:00:00Z") == stamp("20260130T210000Z")
    assert day(stamp("20260130T210000Z")) == "2026-01-30 21:00 UTC"
    said = "2026 NOTICE: x\nrclone: Permission denied\nFatal: unable to open\nlast\n"
    assert last_words(said) == "rclone: Permission denied"
    assert last_words("subprocess ssh: refused\nFatal: x") == "subprocess ssh: refused"
    assert last_words("first\nFatal: wrong password\nlast") == "Fatal: wrong password"
    assert (last_words("first\nlast\n"), last_words("\n"), len(last_words("x" * 999))) == (
        "last",
        "nothing was said",
        300,
    )


# What lies there is noted


def test_a_push_notes_what_came_there_and_how_old_the_oldest_is(tmp_path: Path) -> None:
    from carry import push
    from note import Note, note_down, noted

    place, state = repository(tmp_path / "etc", 9 * DAY, DAY), tmp_path / "state"
    note_down(state, Note(since=NOW - 99 * DAY, probe="aa" * 32, repository=place.repository))
    push(place, state, tmp_path / "backups")
    assert note(state) == {
        "since": NOW - 99 * DAY, "archive": named(NOW), "at": NOW, "snapshot": "ee" * 32, "probe": "aa" * 32,
        "oldest": NOW - 9 * DAY, "keep_days": 60, "repository": place.repository,
    }  # fmt: skip
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert [path.name for path in state.iterdir()] == ["newest.json"], "written at once"
    (sent,) = [words for words in place.asked if words[:2] == ("backup", "--json")]
    assert sent[2:] == (
        "--host",
        "machine.example.com",
        "--exclude",
        ".partial-*",
        "--one-file-system",
        f"{tmp_path}/backups",
    )
    assert place.asked[0] == ("unlock",), "what a killed run left"
    assert noted(state, place.repository) == Note(**note(state))
    assert noted(state, "ssh:other") is None, "what lay elsewhere says nothing of this place"
    note_down(state, Note(since=1.0))
    assert noted(state, "ssh:other") == Note(since=1.0), "a note of a former release"
    (state / "newest.json").write_text("{")
    assert noted(state, place.repository) is None


def test_what_was_sent_and_is_not_there_counts_as_not_sent(tmp_path: Path) -> None:
    from carry import push
    from note import Note, note_down
    from place import Trouble

    place, state = repository(tmp_path / "etc"), tmp_path / "state"
    with pytest.raises(Trouble, match=r"nothing was begun here\. Fix: ansible-playbook"):
        push(place, state, tmp_path)
    before = Note(since=1.0, repository=place.repository)
    note_down(state, before)
    place.add = lambda *_: None
    with pytest.raises(Trouble, match=r"snapshot eeee is not there or holds no backup\. Fix: look who"):
        push(place, state, tmp_path)
    assert note(state) == asdict(before)


def test_an_earlier_servers_snapshots_are_not_hidden_and_a_place_that_is_shut_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from carry import adopt, begin
    from place import Trouble

    place, state = repository(tmp_path / "etc", DAY), tmp_path / "state"
    assert begin(place, state, tmp_path) == 3
    told = capsys.readouterr().out
    assert "holds 1 snapshots that this server did not make" in told
    assert "-e restore_offsite=latest" in told and "sudo sales-machine-offsite adopt" in told
    assert not [words for words in place.asked if words[0] == "backup"]
    adopt(place, state)
    assert begin(place, state, tmp_path) == 0
    assert note(state)["snapshot"] == "ee" * 32
    place.closed = True
    with pytest.raises(Trouble, match=r"opened \(Fatal: unable to open\) nor made \(Fatal: no room\)\. Fix:"):
        begin(place, state, tmp_path)


# It comes back


def test_the_newest_comes_back_or_the_one_that_is_named_and_nothing_is_written_over(tmp_path: Path) -> None:
    from carry import fetch
    from place import Trouble

    place = repository(tmp_path / "etc", 3 * DAY, 2 * DAY, DAY)
    all_, one, old = tmp_path / "all", tmp_path / "one", tmp_path / "old"
    fetch(place, all_)
    assert sorted(path.name for path in all_.iterdir()) == [named(NOW - days * DAY) for days in (3, 2, 1)]
    assert stat.S_IMODE(all_.stat().st_mode) == 0o700
    fetch(place, one, newest_only=True)
    assert [path.name for path in one.iterdir()] == [named(NOW - DAY)]
    fetch(place, old, "0000")
    assert [path.name for path in old.iterdir()] == [named(NOW - 3 * DAY)]
    with pytest.raises(Trouble, match=r"holds such backups already\. Fix: remove them, or name another folder"):
        fetch(place, old)
    with pytest.raises(
        Trouble, match=r"no snapshot 'dead'\. Fix: choose one of: sudo sales-machine-offsite restic snapshots"
    ):
        fetch(place, tmp_path / "none", "dead")
    place.links = True
    with pytest.raises(Trouble, match=r"files is no file\. Fix: find out who made it"):
        fetch(place, tmp_path / "linked")
    assert list((tmp_path / "linked").iterdir()) == []


@pytest.mark.parametrize(("age_s", "stale"), [(54 * HOUR - 60, False), (54 * HOUR + 60, True)])
def test_a_drill_reads_a_part_of_all_and_wants_a_backup_of_the_last_two_nights(
    tmp_path: Path, age_s: float, stale: bool
) -> None:
    from carry import drill
    from place import Trouble

    place = repository(tmp_path / "etc", age_s, kind="sftp", now=time.time())
    command = ["/bin/sh", "-c", 'test -f "$0/conversations.db" && exit 7']
    if stale:
        with pytest.raises(Trouble, match="Fix: journalctl -u sales-machine-offsite -n 20"):
            drill(place, tmp_path / "state", command)
    else:
        assert drill(place, tmp_path / "state", command) == 7, "the status is the command's"
    assert ("check", "--read-data-subset=5%") in place.asked


# Nobody deletes from here


def test_a_place_proves_that_it_refuses_with_a_probe_that_it_keeps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from carry import prove
    from note import Note, note_down
    from place import Trouble

    place, state = repository(tmp_path / "etc", DAY), tmp_path / "state"
    note_down(state, Note(since=1.0, repository=place.repository))
    prove(place, state)
    prove(place, state)
    assert note(state)["probe"] == "aa" * 32
    assert [words[:2] for words in place.asked].count(("backup", "--stdin")) == 1
    assert b"may this be deleted?" in place.given
    assert [each.id for each in place.kept()] == ["00" * 32], "the probe is no backup"
    assert capsys.readouterr().out.count("refuses to delete") == 2
    place.forbids = False
    with pytest.raises(Trouble, match=r"could not be tried\. Fix: run it again: prove"):
        prove(place, state)


def test_a_place_that_deletes_is_said_to_and_one_that_cannot_refuse_is_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from carry import prove
    from note import Note, note_down
    from place import Trouble

    place, state = repository(tmp_path / "etc", DAY, deletes=True), tmp_path / "state"
    note_down(state, Note(since=1.0, repository=place.repository))
    with pytest.raises(
        Trouble, match=r"let its client delete .* Fix: there, in authorized_keys, command=.*--append-only"
    ):
        prove(place, state)
    assert note(state)["probe"] == "", "the next one is made anew"
    prove(repository(tmp_path / "sftp", DAY, kind="sftp"), state)
    assert "from here it cannot be proven" in capsys.readouterr().out


# What is too old


def test_what_is_older_than_the_days_goes_and_the_newest_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pruning import prune

    place = repository(tmp_path / "etc", 61 * DAY, 60 * DAY + 60, 60 * DAY - 60, DAY)
    prune(place, 60, NOW)
    assert [words for words in place.asked if words[0] in {"forget", "prune", "check"}] == [
        ("forget", "00" * 32, "01" * 32),
        ("prune",),
        ("check",),
    ]
    assert "2 snapshots removed, 2 kept, all of it sound" in capsys.readouterr().out
    lone = repository(tmp_path / "lone", DAY)
    prune(lone, 60, NOW + 30 * HOUR)
    assert not [words for words in lone.asked if words[0] == "forget"]


@pytest.mark.parametrize(
    ("age_s", "refused"),
    [
        (-HOUR - 60, r"in the future.*Nothing was removed.*-e prune_snapshot=01010101"),
        (-HOUR + 60, ""),
        (54 * HOUR - 60, ""),
        (54 * HOUR + 60, r"the newest snapshot is of .* Nothing was removed\. Fix: let the server send first"),
    ],
)
def test_a_newest_of_the_future_or_of_long_ago_lets_nothing_go(tmp_path: Path, age_s: float, refused: str) -> None:
    from place import Trouble
    from pruning import prune

    place = repository(tmp_path / "etc", 90 * DAY, age_s)
    if refused:
        with pytest.raises(Trouble, match=refused):
            prune(place, 60, NOW)
    else:
        prune(place, 60, NOW)
    assert bool([words for words in place.asked if words[0] == "forget"]) is not bool(refused)


def test_only_the_newest_is_kept_when_it_was_read_through_and_holds_about_as_many(tmp_path: Path) -> None:
    from place import Trouble
    from pruning import prune, remove

    place = repository(tmp_path / "etc", 4 * DAY, 3 * DAY, 2 * DAY, DAY)
    place.names["03" * 32] = [named(NOW - DAY)]
    with pytest.raises(Trouble, match=r"holds 1 backups, an earlier one 3\. Nothing was removed\. Fix: find out who"):
        prune(place, None, NOW)
    with pytest.raises(Trouble, match=r"4 snapshots begin with ''\. Fix: name one of them by its whole id"):
        remove(place, "")
    remove(place, "0202")
    assert ("forget", "02" * 32) in place.asked
    empty = repository(tmp_path / "empty")
    with pytest.raises(Trouble, match=r"has no snapshots, so nothing is removed\. Fix: name the right repository"):
        prune(empty, 60, NOW)
