"""API keys: one or two active ones, so that a key can be rotated without a gap."""

import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.credentials import secret_lines, secret_place
from app.errors import ConfigError
from app.settings import ApiSettings

_CREDENTIAL = "api_keys"  # the name under systemd's LoadCredential=
_MOST = 2
_SHORTEST = 32  # characters: what 24 random bytes make; nobody guesses one, and nobody types one by heart
_MAKE = 'make one: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'


class KeyRing:
    """Holds only digests of the keys."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises ConfigError unless there are one or two distinct ASCII keys of at least 32 characters."""
        if not keys:
            raise ConfigError(
                f"no API key: put one per line into a file and name it in api.keys_file, or set API_KEYS=key ({_MAKE})"
            )
        if len(keys) > _MOST:
            raise ConfigError(f"{len(keys)} API keys: at most {_MOST} may be active; remove the retired ones")
        if any(not key.isascii() or not key.isprintable() or " " in key for key in keys):
            raise ConfigError(f"an API key holds a space or a character that HTTP headers cannot carry; {_MAKE}")
        if (shortest := min(map(len, keys))) < _SHORTEST:
            counted = f"{shortest} character{'s' * (shortest != 1)}"
            raise ConfigError(f"an API key has only {counted} and could be guessed: {_SHORTEST} at least; {_MAKE}")
        if len(set(keys)) < len(keys):
            raise ConfigError(f"the same API key is there twice; remove one, or {_MAKE}")
        self._digests = tuple(_digest(key) for key in keys)

    def accepts(self, authorization: str | None) -> bool:
        """Whether the header is `Bearer KEY` with an active key, in time that does not depend on the key."""
        scheme, _, given = (authorization or "").partition(" ")
        digest = _digest(given.strip())
        matches = [hmac.compare_digest(digest, active) for active in self._digests]  # all of them, always
        return any(matches) and scheme.lower() == "bearer"


def keys_place(settings: ApiSettings) -> Path | None:
    """The file that the keys are read from, systemd's credential too; None where they are in none."""
    return secret_place(settings.keys_file, _CREDENTIAL, os.environ)


def load_keys(settings: ApiSettings, environ: Mapping[str, str] | None = None) -> KeyRing:
    """Keys from api.keys_file, else systemd's credential, else API_KEYS. Raises ConfigError naming the fix."""
    environ = os.environ if environ is None else environ
    lines = secret_lines(settings.keys_file, _CREDENTIAL, environ, what="API key file", setting="api.keys_file")
    return KeyRing([key.get_secret_value() for key in settings.keys] if lines is None else lines)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
