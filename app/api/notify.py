"""What the service tells systemd: sd_notify(3) over a datagram socket. Without systemd it says nothing."""

import os
import socket
from collections.abc import Mapping, MutableMapping

import structlog

_PATIENCE_S = 180
"""Longer than any one step: a model that is read from a cold disk, a batch of sections on a slow processor."""


class Notifier:
    """Sends states to the socket that systemd names in $NOTIFY_SOCKET.

    `watchdog_s` is the silence after which systemd takes the service for stuck; None: it does not watch.
    """

    def __init__(self, address: str | None = None, watchdog_s: float | None = None) -> None:
        # a leading @ stands for the NUL byte of Linux's abstract sockets
        self._address = "\0" + address[1:] if address and address.startswith("@") else address
        self.watchdog_s = watchdog_s
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) if address else None
        self._serving = False

    @classmethod
    def from_environment(cls, environ: MutableMapping[str, str] | None = None) -> "Notifier":
        """What systemd asked of this very process; its variables are removed, so that no child answers for it."""
        environ = os.environ if environ is None else environ
        watchdog_s = _watchdog(environ)
        for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
            environ.pop(name, None)
        return cls(environ.pop("NOTIFY_SOCKET", None), watchdog_s)

    def send(self, *states: str) -> None:
        """Sends states such as `READY=1`. A loss is logged: the service goes on serving."""
        self._serving = self._serving or "READY=1" in states
        if self._socket is None or self._address is None:
            return
        try:
            self._socket.sendto("\n".join(states).encode(), socket.MSG_DONTWAIT, self._address)
        except OSError as error:
            structlog.get_logger().warning("systemd not notified", states=states, reason=error.strerror)

    def getting_on(self, at: str) -> None:
        """Says what a start is `at`, which may take `_PATIENCE_S` more from now; nothing once the service serves.

        systemd ends a start at its limit (TimeoutStartSec=) unless the service asks for time, and each step of a long
        one asks anew: what hangs is still ended.
        """
        if not self._serving:
            self.send(f"EXTEND_TIMEOUT_USEC={_PATIENCE_S * 1_000_000}", f"STATUS={at}")

    def close(self) -> None:
        """Nothing can be sent any more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _watchdog(environ: Mapping[str, str]) -> float | None:
    """Seconds of $WATCHDOG_USEC where it is meant for this process."""
    micros = environ.get("WATCHDOG_USEC", "")
    if not micros.isdigit() or int(micros) == 0 or environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(micros) / 1e6
