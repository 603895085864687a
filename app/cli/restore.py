"""`machine restore`: put a backup in the place of the memory. `machine drill`: prove that it could be done."""

import asyncio
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import knowledge_folder, running, say
from app.cli.options import DATA, KB, SETTINGS, json_of
from app.errors import ConfigError

if TYPE_CHECKING:
    from app.turn.replay import Replay


@click.command()
@click.argument("archive", type=click.Path(path_type=Path, exists=True, file_okay=False))
@DATA
@click.option("--while-running", is_flag=True, help="Restore under a running service, in one transaction.")
@json_of("archive, live, kept, rows, replaced")
def restore(archive: Path, data: Path, while_running: bool, as_json: bool) -> None:
    """Put a backup in the place of the memory; ARCHIVE is one archive, or the folder of all for the newest."""
    from app.store.restore import choose
    from app.store.restore import restore as put

    done = put(choose(archive), data, while_running=while_running)
    if as_json:
        rows = {"rows": done.manifest.rows, "replaced": done.replaced}
        kept = str(done.kept) if done.kept else None
        say(json.dumps({"archive": str(done.archive), "live": done.live, "kept": kept, **rows}))
        return
    before = "a memory that could not be read, or none" if done.replaced is None else _counted(done.replaced)
    say(f"{data}: now the memory of {done.archive} (schema {done.manifest.schema}, by {done.manifest.release})")
    say(f"  rows before: {before}\n  rows now:    {_counted(done.manifest.rows)}")
    if done.kept is not None:
        say(f"  the damaged memory is kept in {done.kept}; what it has beyond the backup is brought over by:")
        say(f"  machine salvage --data {data}")


@click.command()
@click.argument("archive", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--turns", type=click.IntRange(1), default=3, show_default=True, help="Newest turns to walk again.")
@KB
@SETTINGS
@json_of("archive, rows, turns")
def drill(archive: Path, turns: int, knowledge: Path | None, file: Path | None, as_json: bool) -> None:
    """Restore a backup into a scratch place, count its rows, walk its newest turns again.

    ARCHIVE is one archive, or the folder of all for the newest. Knowledge and settings are the archive's own where it
    holds them. Exit 0 well, 1 when a turn comes to another answer, 2 when the backup cannot be restored.
    """
    from app.store.backup import DATABASE
    from app.store.restore import choose, count_rows
    from app.store.restore import restore as put
    from app.telemetry import configure_logging

    configure_logging("error")
    chosen = choose(archive)
    with tempfile.TemporaryDirectory(prefix="sales-machine-drill-") as scratch:
        rows = put(chosen, Path(scratch)).manifest.rows
        with closing(sqlite3.connect(Path(scratch, DATABASE))) as db:
            found = count_rows(db)
            ids = [row[0] for row in db.execute("SELECT id FROM turns ORDER BY id DESC LIMIT ?", (turns,))]
        if found != rows:
            raise ConfigError(f"{str(chosen)!r} was restored with {found}, its manifest says {rows}")
        walked = asyncio.run(_walk(ids, Path(scratch), _kept(chosen, knowledge), _kept(chosen, file)))
    differing = [each for each in walked if any(difference.what == "answer" for difference in each.differences)]
    if as_json:
        told = [{"turn": each.turn, "equal": each not in differing, "note": each.note} for each in walked]
        say(json.dumps({"archive": str(chosen), "rows": rows, "turns": told}, ensure_ascii=False))
    else:
        say(f"{chosen}: restored and counted: {_counted(rows)}")
        for each in walked:
            word = "another answer" if each in differing else "the same answer"
            say(f"  turn {each.turn}: {word}{f' ({each.note})' * bool(each.note)}")
    sys.exit(1 if differing else 0)


async def _walk(ids: list[int], data: Path, knowledge: Path | None, file: Path | None) -> "list[Replay]":
    from app.service.assembly import open_machine
    from app.settings import load
    from app.turn.replay import replay as walk

    async with running(open_machine(load(file), data, knowledge_folder(knowledge)), speaks=False) as machine:
        return [await walk(turn, machine) for turn in ids]


def _kept(archive: Path, path: Path | None) -> Path | None:
    """Where the archive keeps `path`, or `path` itself when it does not."""
    if path is None:
        return None
    kept = archive / "files" / path.absolute().relative_to("/")
    return kept if kept.exists() else path


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{table} {count}" for table, count in rows.items()) or "none"
