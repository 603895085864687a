"""`machine backup`: make one, and read one through."""

from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli.common import say
from app.cli.options import DATA
from app.errors import ConfigError


@click.group(invoke_without_command=True)
@DATA
@click.option("--to", "target", type=click.Path(path_type=Path), default=None, help="Folder of the backups.")
@click.option(
    "--include", type=click.Path(path_type=Path, exists=True), multiple=True, help="File or folder to keep too."
)
@click.option("--keep-daily", type=click.IntRange(1), default=14, show_default=True, help="Days of which one stays.")
@click.option("--keep-weekly", type=click.IntRange(0), default=8, show_default=True, help="Weeks of which one stays.")
@click.pass_context
def backup(
    ctx: click.Context,
    data: Path,
    target: Path | None,
    include: tuple[Path, ...],
    keep_daily: int,
    keep_weekly: int,
) -> None:
    """Copy the memory while the service runs, verify the copy, then remove the backups no longer kept."""
    if ctx.invoked_subcommand is not None:
        return
    if target is None:
        raise ConfigError("name the folder of the backups with --to, e.g. --to /var/backups/sales-machine")
    from app import __version__
    from app.store.backup import create, rotate

    now = datetime.now(UTC)
    made = create(data, target, include, __version__, now)
    rows = made.manifest.rows
    say(f"{made.path}: {rows.get('conversations', 0)} conversations, {rows.get('turns', 0)} turns, verified")
    for path in rotate(target, keep_daily, keep_weekly, now):
        say(f"{path}: removed")


@backup.command()
@click.argument("folder", type=click.Path(path_type=Path))
def verify(folder: Path) -> None:
    """Read a backup through: FOLDER is one archive, or the folder of all of them."""
    from app.store.backup import MANIFEST, archives
    from app.store.backup import verify as read_through

    found = [folder] if (folder / MANIFEST).exists() else archives(folder)
    if not found:
        raise ConfigError(f"there is no backup in {str(folder)!r}; name an archive, or the folder of all archives")
    for archive in found:
        manifest = read_through(archive)
        rows = ", ".join(f"{table} {count}" for table, count in manifest.rows.items())
        say(f"{archive}: sound, schema {manifest.schema}, made by {manifest.release}; rows: {rows}")
