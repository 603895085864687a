"""Running the service under uvicorn: one process, one worker."""

import socket

import uvicorn
from fastapi import FastAPI

from app.errors import ConfigError


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


def build_server(application: FastAPI, drain_s: float) -> uvicorn.Server:
    """A server that lets running turns finish for `drain_s` seconds after SIGTERM."""
    return uvicorn.Server(
        uvicorn.Config(
            application,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,  # longer than nginx's and n8n's: the peer closes first
            timeout_graceful_shutdown=max(1, round(drain_s)),
        )
    )
