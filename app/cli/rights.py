"""`machine export`, `machine forget`, `machine retention`: what is kept of a person, and for how long."""

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import say
from app.cli.options import DATA, SETTINGS
from app.errors import ConfigError
from app.visible import visible_lines

if TYPE_CHECKING:
    from app.store.retention import Deleted
    from app.store.rights import Person, Proof

_USER = click.option("--user", required=True, help="The person: user_id as the caller sends it.")
_SESSION = click.option("--session", default=None, help="In this session only [in all].")
_LIKE = click.option(
    "--like", is_flag=True, help="Every id too that is another form of this number, or a session_id with it inside."
)
_BATCH = 100
_DAY_S = 86_400


@click.command("export")
@_USER
@_LIKE
@_SESSION
@DATA
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write, for its owner alone.")
def export_command(user: str, like: bool, session: str | None, data: Path, out: Path) -> None:
    """Write everything that is kept of a person as JSON."""
    from app.store.rights import DATABASE, export

    found = export(data / DATABASE, _person(user, session, like))
    text = visible_lines(json.dumps(found, ensure_ascii=False, indent=1))
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except FileExistsError:
        raise ConfigError(f"{str(out)!r} exists already; name another file with --out") from None
    except OSError as error:
        raise ConfigError(f"{str(out)!r} cannot be written: {error.strerror}; name another file with --out") from None
    say(
        f"{out}: {len(found['conversations'])} conversations, {len(found['turns'])} turns, "
        f"{len(found['observations'])} observations, {len(found['messages'])} messages"
    )


@click.command("forget")
@_USER
@_LIKE
@_SESSION
@DATA
@click.option(
    "--backups",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder of the backups to clean as well, and what a restore has kept beside it.",
)
@click.option("--yes", is_flag=True, help="Do it; without this it is only counted, exit 1.")
def forget_command(user: str, like: bool, session: str | None, data: Path, backups: Path | None, yes: bool) -> None:
    """Delete a person, and prove that the files hold nothing more of them: exit 2 when something remains."""
    from app.store.forgetting import forget_in_backups, left_in_damaged, places
    from app.store.rights import DATABASE, count, forget

    person = _person(user, session, like)
    if backups is not None and not backups.is_dir():
        raise ConfigError(f"there is no folder {str(backups)!r}; name the backups with --backups")
    if not yes:
        if like:
            _list(data, backups, person)
        say(f"{data}: {_said(count(data / DATABASE, person))}; nothing was deleted, say it with --yes")
        sys.exit(1)
    deleted, proof = forget(data / DATABASE, person)
    clean = _show(data, deleted, proof)
    for cleaned in left_in_damaged(data, person):
        clean &= _show(cleaned.archive, cleaned.deleted, cleaned.proof)
    if backups is not None:
        for place in places(backups):
            for cleaned in forget_in_backups(place, person):
                clean &= _show(cleaned.archive, cleaned.deleted, cleaned.proof)
    sys.exit(0 if clean else 2)


@click.command("retention")
@DATA
@SETTINGS
@click.option(
    "--days", type=click.IntRange(1, 36_500), default=None, help="Instead of store.retention_days, this once."
)
def retention_command(data: Path, file: Path | None, days: int | None) -> None:
    """Delete the conversations whose last message is older than store.retention_days, as the service does daily."""
    from app.settings import load
    from app.store.rights import DATABASE, expire

    kept = days if days is not None else load(file).store.retention_days
    if not kept:
        say("store.retention_days is 0: conversations are kept for ever, nothing was deleted")
        return
    deleted = expire(data / DATABASE, time.time() - kept * _DAY_S, _BATCH)
    say(f"{data}: deleted {_said(deleted)}, older than {kept} days")


def _person(user: str, session: str | None, like: bool) -> "Person":
    from app.store.numbers import number_in
    from app.store.rights import Person

    return Person(user, session, number_in(user) if like else None)


def _list(data: Path, backups: Path | None, person: "Person") -> None:
    """Every conversation that would be deleted, by its own ids: somebody else's may be among them."""
    from app.store.backup import archives
    from app.store.forgetting import places
    from app.store.rights import DATABASE, alike

    kept = [archive for place in (places(backups) if backups else ()) for archive in archives(place)]
    for folder in (data, *kept):
        try:
            found = alike(folder / DATABASE, person)
        except ConfigError as error:  # an archive that is not sound hides none of the others
            say(f"{folder}: {error}")
            continue
        for session, user, rows in found:
            say(f"{folder}: user_id {user!r} in session_id {session!r}: {_said(rows)}")


def _said(rows: "Deleted") -> str:
    return ", ".join(f"{count} {table}" for table, count in asdict(rows).items())


def _show(place: Path, deleted: "Deleted", proof: "Proof") -> bool:
    say(f"{place}: deleted {_said(deleted)}")
    if not proof.files:
        say(f"  {'; '.join(proof.remains)}")
        return False
    looked = f"looked for {proof.looked_for} ids, texts and hashes in the bytes of {', '.join(proof.files)}"
    shared = f"; {proof.shared} of them stand in other people's conversations too" if proof.shared else ""
    say(f"  {looked}: {'; '.join(proof.remains) or 'nothing of the person is left'}{shared}")
    return not proof.remains
