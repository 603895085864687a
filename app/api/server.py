"""Running the service under uvicorn: one process, one worker."""

import asyncio
import os
import socket
from collections.abc import MutableMapping

import uvicorn
from fastapi import FastAPI

from app.api.limits import Limits
from app.api.notify import Notifier
from app.api.protocol import bounded
from app.api.watchdog import Watchdog
from app.errors import ConfigError

_FIRST_FD = 3  # where systemd puts the sockets that it passes: sd_listen_fds(3)
_GRACE_S = 0.3  # how long a stopping server still reads the request of a connection that it has taken


def listening(host: str, port: int, environ: MutableMapping[str, str] | None = None) -> socket.socket:
    """The socket that systemd passed to this process, else a new one on `host` and `port`.

    A passed one belongs to systemd and stays open when the service stops: callers wait in its queue during a
    restart instead of being refused. Raises ConfigError naming the fix.
    """
    environ = os.environ if environ is None else environ
    meant_for, count = environ.pop("LISTEN_PID", ""), environ.pop("LISTEN_FDS", "")
    environ.pop("LISTEN_FDNAMES", None)
    if meant_for != str(os.getpid()) or count in {"", "0"}:
        return bind(host, port)
    if count != "1":
        raise ConfigError(f"systemd passed {count} sockets; keep one ListenStream= in the .socket unit")
    return adopt(_FIRST_FD)


def adopt(fd: int) -> socket.socket:
    """The listening TCP socket at file descriptor `fd`. Raises ConfigError when it is another kind."""
    try:
        listener = socket.socket(fileno=fd)
        is_listening = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise ConfigError(
            f"the socket that systemd passed cannot be used: {error.strerror}; look at the .socket unit"
        ) from None
    if not is_listening or listener.family not in {socket.AF_INET, socket.AF_INET6}:
        listener.detach()  # not ours to close
        raise ConfigError(
            "systemd passed no listening TCP socket; set ListenStream=127.0.0.1:8000 and Accept=no in the .socket unit"
        )
    os.set_inheritable(fd, False)
    return listener


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ConfigError naming the address and the fix."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"cannot listen on {host}:{port}: {reason}; choose another with --host or --port") from None
    listener.set_inheritable(True)
    return listener


class Server(uvicorn.Server):
    """uvicorn's server that reports to systemd and gives every caller it has taken an answer."""

    def __init__(self, config: uvicorn.Config, notifier: Notifier, watchdog: Watchdog | None = None) -> None:
        super().__init__(config)
        self._notifier = notifier
        self._watchdog = watchdog
        self._watch: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self._watchdog is not None:
            self._watch = asyncio.create_task(self._watchdog.run(), name="watchdog")
        self._notifier.send("READY=1", "STATUS=serving")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._notifier.send("STOPPING=1", "STATUS=finishing the running turns")
        for server in self.servers:
            server.close()
        # uvicorn closes silent connections at once; one that was just taken has its request still on the way
        await asyncio.sleep(_GRACE_S)
        try:
            await super().shutdown(sockets=sockets)
        finally:
            if self._watch is not None:
                self._watch.cancel()
            self._notifier.close()


def build_server(
    application: FastAPI,
    drain_s: float,
    notifier: Notifier | None = None,
    *,
    watchdog: Watchdog | None = None,
    limits: Limits | None = None,
) -> Server:
    """A server that lets running turns finish for `drain_s` seconds after SIGTERM."""
    config = uvicorn.Config(
        application,
        http=bounded(limits or Limits()),
        ws="none",  # whoever asks for it is answered as if he had not: with his key's 401 or the path's 404
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,  # longer than nginx's and n8n's: the peer closes first
        timeout_graceful_shutdown=max(1, round(drain_s)),
    )
    return Server(config, notifier or Notifier(), watchdog)
