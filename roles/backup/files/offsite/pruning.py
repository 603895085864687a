"""What is too old goes, with the operator's access: the server itself has no right to delete there."""

import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from carry import STALE_S, fetch
from place import Place, Snapshot, Trouble, day

AHEAD_S = 3600


def remove(place: Place, wanted: str) -> None:
    """One snapshot, by its id."""
    found = [each for each in place.kept() if each.id.startswith(wanted)]
    if len(found) != 1:
        raise Trouble(f"{len(found)} snapshots begin with {wanted!r}. Fix: name one of them by its whole id")
    place.ask("forget", found[0].id)
    print(f"{place.repository}: {found[0].id[:8]} of {day(found[0].at)} removed")


def prune(place: Place, days: int | None, now: float) -> None:
    """Keeps every snapshot of the last `days`; None: only the newest, read through first.

    By age alone: whoever holds the server's password could fill any number of days or weeks with snapshots of his own.
    """
    found = place.kept()
    if not found:
        raise Trouble(f"{place.repository} has no snapshots, so nothing is removed. Fix: name the right repository")
    newest = found[-1]
    if newest.at > now + AHEAD_S:
        raise Trouble(
            f"snapshot {newest.id[:8]} says it is of {day(newest.at)}, in the future: somebody wants old ones removed,"
            f" or a clock is wrong. Nothing was removed. Fix: find out which, and remove that one alone:"
            f" -e prune_snapshot={newest.id[:8]}"
        )
    if now - newest.at > STALE_S:
        raise Trouble(
            f"the newest snapshot is of {day(newest.at)}. Nothing was removed. Fix: let the server send first"
        )
    if days is None:
        read_through(place, found)
    doomed = [each for each in found[:-1] if days is None or now - each.at > days * 86_400]
    if doomed:
        place.ask("forget", *(each.id for each in doomed))
    place.ask("prune")
    place.ask("check")
    print(f"{place.repository}: {len(doomed)} snapshots removed, {len(found) - len(doomed)} kept, all of it sound")


def read_through(place: Place, found: Sequence[Snapshot]) -> None:
    """Every file of the newest has the hash that its manifest names, and it holds about as many backups as others."""
    counts = [len(place.archives(each)) for each in found]
    if counts[-1] * 2 < max(counts):
        raise Trouble(
            f"the newest snapshot holds {counts[-1]} backups, an earlier one {max(counts)}. Nothing was removed."
            " Fix: find out who removed them on the server"
        )
    with tempfile.TemporaryDirectory(prefix="sales-machine-offsite-") as scratch:
        fetch(place, Path(scratch), found[-1].id)
        for archive in sorted(Path(scratch).iterdir()):
            for record in json.loads((archive / "manifest.json").read_text("utf-8"))["files"]:
                path = archive / record["path"]
                whole = path.is_file() and path.resolve().is_relative_to(archive.resolve())
                if not whole or hashlib.sha256(path.read_bytes()).hexdigest() != record["sha256"]:
                    raise Trouble(
                        f"{archive.name}/{record['path']} is damaged. Nothing was removed. Fix: look at the server"
                    )
