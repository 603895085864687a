"""`machine salvage`: what a damaged memory still holds beyond the restored one."""

import json
import sys
from pathlib import Path

import click

from app.cli.common import say
from app.cli.options import DATA, json_of
from app.visible import visible


@click.command()
@click.argument("damaged", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@DATA
@json_of("source, conversations, turns, holes, rest")
def salvage(damaged: Path | None, data: Path, as_json: bool) -> None:
    """Bring over from a damaged memory what the restored one lacks.

    DAMAGED is a folder that `machine restore` kept, else the last one. Exit 0 all of it is there again, 1 some is lost
    or left in DAMAGED/rest.jsonl, 2 nothing could be done.
    """
    from app.files import replaced
    from app.store.salvage import newest_kept
    from app.store.salvage import salvage as bring

    done = bring(damaged or newest_kept(data), data)
    rest = done.source / "rest.jsonl"
    if done.rest:
        lines = "".join(visible(json.dumps(row, ensure_ascii=False)) + "\n" for row in done.rest)
        replaced(rest, lines.encode(), below=done.source.parent)
    if as_json:
        told = {"source": str(done.source), "conversations": done.conversations, "turns": done.turns}
        say(json.dumps({**told, "holes": done.holes, "rest": len(done.rest)}))
    else:
        say(f"{done.source}: {done.turns} turns of {done.conversations} conversations brought over")
        if done.holes:
            say(f"  {done.holes} places could not be read: what stood there and is in no backup is lost")
        if done.rest:
            say(f"  {len(done.rest)} rows belong to conversations that are not whole; they are in {rest}")
        say(f"  when all is well, remove what it holds of customers: rm -r {done.source}")
    sys.exit(1 if done.holes or done.rest else 0)
