"""`machine logid`: what the log writes instead of an id."""

from pathlib import Path

import click

from app.cli.common import say
from app.cli.options import DATA
from app.errors import ConfigError


@click.command()
@click.argument("identity", metavar="ID")
@click.option("--session", default=None, help="ID is a user_id, in this session_id.")
@DATA
def logid(identity: str, session: str | None, data: Path) -> None:
    """Print what the log writes instead of ID, a request_id or session_id as the caller sends it."""
    from app.files import opened
    from app.store.backup import KEY_BYTES
    from app.telemetry import hashed

    try:
        with opened(data / "log.key") as file:
            key = file.read(KEY_BYTES)
    except OSError as error:
        raise ConfigError(
            f"{str(data / 'log.key')!r} cannot be read: {error.strerror}; name the machine's data folder with --data"
        ) from None
    say(hashed(key, identity, session))
