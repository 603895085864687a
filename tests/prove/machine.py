"""A serving machine for a proof: a test host with everything that site.yml makes of it."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from tests.host.hosts import Host
from tests.host.services import Services
from tests.prove.releases import FAST


@contextlib.contextmanager
def machine(name: str, number: int, *layers: str, **variables: Any) -> Iterator[Host]:
    """Sets it up, with the model at twenty times its speed and `variables` of site.yml, and takes it down afterwards.

    A server of this name that is there already is used; TESTHOST_KEEP=1 leaves it for the next time. Raises
    AssertionError with what site.yml said when it fails.
    """
    host = Host(name, number)
    if not host.up:
        host.start(*layers)
    try:
        with Services(host):
            play = host.play("site.yml", **FAST | variables)
            assert play.status == 0, play.output
            yield host
    finally:
        if os.environ.get("TESTHOST_KEEP") != "1":
            host.stop()
