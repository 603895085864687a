"""Backups on their way: there, back, and the proofs that they would be there when they are needed."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from note import Note, note_down, noted
from place import LOOK_S, PROBE, Place, Trouble, day, last_words, stamp

STALE_S = 54 * 3600  # two nights were missed
LIST = "sudo sales-machine-offsite restic snapshots"


def begin(place: Place, state: Path, backups: Path) -> int:
    """Exit status 3: an earlier server's snapshots wait, and a new one of an empty memory would hide them."""
    opened, _, why = place.attempt("cat", "config", limit_s=LOOK_S)
    if opened:
        made, _, why_not = place.attempt("init", limit_s=LOOK_S)
        if made:
            raise Trouble(
                f"{place.repository} can neither be opened ({last_words(why)}) nor made ({last_words(why_not)}). Fix:"
                " let this server in there, as docs/backup-restore.md says; where the password is wrong, set"
                " backup_offsite_password to the one it was made with"
            )
        print(f"{place.repository}: made")
    if noted(state, place.repository) is None:
        if found := place.kept():
            print(
                f"{place.repository} holds {len(found)} snapshots that this server did not make, the newest of"
                f" {day(found[-1].at)}. Nothing was sent. Fix: bring them back (playbooks/restore.yml"
                " -e restore_offsite=latest), or go on without them: sudo sales-machine-offsite adopt"
            )
            return 3
        adopt(place, state)
    prove(place, state)
    push(place, state, backups)
    return 0


def adopt(place: Place, state: Path) -> None:
    if noted(state, place.repository) is None:
        note_down(state, Note(since=time.time(), repository=place.repository))
    print("this server sends its backups from now on")


def push(place: Place, state: Path, backups: Path) -> None:
    note = noted(state, place.repository)
    if note is None:
        raise Trouble("nothing was begun here. Fix: ansible-playbook ... site.yml --tags backup")
    place.attempt("unlock", limit_s=LOOK_S)  # what a killed run left; a living one's lock stays
    made = place.ask(
        "backup", "--json", "--host", place.name, "--exclude", ".partial-*", "--one-file-system", str(backups)
    )
    summary = json.loads(made.splitlines()[-1])
    kept = place.kept()
    found = [each for each in kept if each.id.startswith(summary["snapshot_id"])]
    names = place.archives(found[0]) if found else []
    if not names:
        raise Trouble(
            f"snapshot {summary['snapshot_id']} is not there or holds no backup."
            " Fix: look who has written there: sudo sales-machine-offsite restic snapshots"
        )
    seen = replace(note, archive=names[-1], at=stamp(names[-1]), snapshot=found[0].id)
    note_down(state, replace(seen, oldest=kept[0].at, keep_days=place.keep_days, repository=place.repository))
    print(f"{found[0].id[:8]}: {len(names)} backups, the newest {names[-1]}, {summary['data_added']} bytes were new")


def fetch(place: Place, folder: Path, wanted: str = "latest", *, newest_only: bool = False) -> None:
    """FOLDER gets the archives as they lay in the folder of the backups, or nothing at all."""
    found = [each for each in place.kept() if wanted == "latest" or each.id.startswith(wanted)]
    if not found:
        raise Trouble(f"{place.repository} has no snapshot {wanted!r}. Fix: choose one of: {LIST}")
    snapshot = found[-1]
    names = place.archives(snapshot)[-1 if newest_only else 0 :]
    if not names:
        raise Trouble(f"snapshot {snapshot.id[:8]} holds no backup. Fix: choose another: {LIST}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any((folder / name).exists() for name in names):
        raise Trouble(f"{str(folder)!r} holds such backups already. Fix: remove them, or name another folder")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".partial-") as part:
        chosen = [word for name in names for word in ("--include", f"{snapshot.root}/{name}")]
        place.ask("restore", "--no-lock", snapshot.id, "--target", part, *chosen)
        came = Path(f"{part}{snapshot.root}")
        # Whoever has the password can write a snapshot: a link in it would lead the next command elsewhere.
        if odd := [each for each in came.rglob("*") if each.is_symlink() or not (each.is_file() or each.is_dir())]:
            raise Trouble(f"{odd[0].relative_to(came)} is no file. Fix: find out who made it; choose another: {LIST}")
        for name in names:
            (came / name).rename(folder / name)
    print(f"{snapshot.id[:8]} of {day(snapshot.at)}: {len(names)} backups in {folder}, the newest {names[-1]}")


def drill(place: Place, state: Path, command: Sequence[str]) -> int:
    """The status of `command`; Trouble when what lies there is old, damaged, or can be deleted from here."""
    prove(place, state)
    place.ask("check", "--read-data-subset=5%")
    with tempfile.TemporaryDirectory(prefix="sales-machine-offsite-") as scratch:
        fetch(place, Path(scratch), newest_only=True)
        (archive,) = Path(scratch).iterdir()
        if time.time() - stamp(archive.name) > STALE_S:
            raise Trouble(f"the newest backup there is {archive.name}. Fix: journalctl -u sales-machine-offsite -n 20")
        sys.stdout.flush()
        return subprocess.run([*command, str(archive)], check=False).returncode


def prove(place: Place, state: Path) -> None:
    """Where the place itself refuses to delete, a small snapshot is tried: one that is gone has proven the contrary."""
    note = noted(state, place.repository)
    if not place.appends or note is None:
        print(
            "that nothing is lost there hangs on the place's own snapshots or versions; from here it cannot be proven"
        )
        return
    probe = note.probe
    if not probe:
        words = ("backup", "--stdin", "--stdin-filename", PROBE, "--tag", PROBE, "--host", place.name, "--json")
        made = json.loads(place.ask(*words, given=b"may this be deleted?").splitlines()[-1])
        probe = next(each.id for each in place.snapshots() if each.id.startswith(made["snapshot_id"]))
        note_down(state, replace(note, probe=probe))
    refused = place.refuses("forget", probe)
    if all(each.id != probe for each in place.snapshots()):
        note_down(state, replace(note, probe=""))
        raise Trouble(
            f"{place.repository} let its client delete a snapshot: an intruder here could delete them all. Fix: there,"
            ' in authorized_keys, command="rclone serve restic --stdio --append-only FOLDER",restrict before this key'
        )
    if not refused:
        raise Trouble(f"whether {place.repository} refuses to delete could not be tried. Fix: run it again: prove")
    print(f"{place.repository} refuses to delete")
