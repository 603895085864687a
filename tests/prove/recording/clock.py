"""`python clock.py ARGUMENTS`: `python -m app ARGUMENTS` on a clock that stands where the file of $PROVE_CLOCK says.

So two services answer the same message at the same moment, a night and a customer's return after a day cost no waiting, and it
does not matter at what hour a proof is run. Whoever runs it needs no libfaketime, which would keep running between two
messages. The monotonic clock, by which deadlines go, is left alone. The package is the one in $PYTHONPATH.
"""

import datetime
import os
import runpy
import sys
import time
from pathlib import Path
from typing import Any

_FILE = Path(os.environ["PROVE_CLOCK"])
_REAL = datetime.datetime


def _seconds() -> float:
    return float(_FILE.read_text())


class _Kind(type):
    """Real ones are instances too: C code makes no others."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _REAL)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, _REAL)


class _Standing(_REAL, metaclass=_Kind):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return _REAL.fromtimestamp(_seconds(), tz)


if __name__ == "__main__":
    del sys.path[0]  # this folder: the package is another tree's
    datetime.datetime = _Standing  # type: ignore[misc]
    time.time = _seconds
    runpy.run_module("app", run_name="__main__", alter_sys=True)
