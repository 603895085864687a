"""Secrets that an operator hands over: a file that a setting names, else systemd's credential."""

from collections.abc import Mapping
from pathlib import Path

from app.errors import ConfigError


def secret_place(file: str, credential: str, environ: Mapping[str, str]) -> Path | None:
    """Where the secret is read: `file`, else `credential` under LoadCredential=; None where there is neither."""
    if file:
        return Path(file)
    handed = Path(environ.get("CREDENTIALS_DIRECTORY", ""), credential)
    return handed if environ.get("CREDENTIALS_DIRECTORY") and handed.exists() else None


def secret_lines(
    file: str, credential: str, environ: Mapping[str, str], *, what: str, setting: str
) -> list[str] | None:
    """The lines of `file`, else of `credential` under LoadCredential=, without comments; None where there is neither.

    Raises ConfigError; its words name `what` it is and the `setting` of the file, and nothing that stands in it.
    """
    path = secret_place(file, credential, environ)
    if path is None:
        return None
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{what} {str(path)!r} cannot be read: {error}; check {setting}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{what} {str(path)!r} cannot be read: {error.reason}; check {setting}") from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
