"""Vectors kept on disk by what they were made of: model, prefix and text. Never by a section's id, which may be reused.

Each file carries a checksum, so a torn or changed one is just computed again. The folder may be removed at any time.
"""

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

_MAGIC = b"SMV1"
_DIGEST = 32  # bytes of sha256


class VectorCache:
    """The vectors of one model under one prefix; `folder` None keeps none. Safe among threads and processes."""

    def __init__(self, folder: Path | None, identity: str) -> None:
        self.hits = 0
        self.misses = 0
        self._identity = identity
        name = hashlib.sha256(identity.encode()).hexdigest()[:16]
        self._folder = folder / name if folder else None
        self._complained = False

    def get(self, text: str) -> NDArray[np.float32] | None:
        """The vector of `text`, shape (dimension,); None where there is none or its file is damaged."""
        found = self._read(text)
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
        return found

    def put(self, text: str, vector: NDArray[np.float32]) -> None:
        """Keeps a vector. A folder that cannot be written costs time at the next start, and nothing else."""
        path = self._path(text)
        if path is None:
            return
        payload = np.ascontiguousarray(vector, dtype="<f4").tobytes()
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(_MAGIC + self._digest(text, payload) + payload)
            part.replace(path)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            if not self._complained:
                self._complained = True
                structlog.get_logger().warning("vector_cache_unwritable", folder=str(self._folder), why=error.strerror)

    def _read(self, text: str) -> NDArray[np.float32] | None:
        path = self._path(text)
        if path is None:
            return None
        try:
            data = path.read_bytes()
        except OSError:
            return None
        start = len(_MAGIC) + _DIGEST
        payload = data[start:]
        if data[:start] != _MAGIC + self._digest(text, payload) or not payload or len(payload) % 4:
            return None
        return np.frombuffer(payload, dtype="<f4").astype(np.float32)

    def _path(self, text: str) -> Path | None:
        if self._folder is None:
            return None
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / key[:2] / key

    def _digest(self, text: str, payload: bytes) -> bytes:
        """Over the payload and what it stands for, so that a file moved to another name is damage too."""
        return hashlib.sha256(
            b"\0".join((self._identity.encode(), text.encode("utf-8", "surrogatepass"), payload))
        ).digest()
