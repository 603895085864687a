"""Whom the server answers: a Host and an Origin of this machine or its net."""

import ipaddress
import socket
from urllib.parse import urlsplit

_LOCAL_NAMES = (".localhost", ".local", ".internal")


def allowed(headers: dict[str, str]) -> bool:
    """Whether the Host and the Origin are of this machine; the server refuses others with an empty 403."""
    if not _local(urlsplit(f"//{headers.get('host', '')}").hostname or ""):
        return False
    origin = headers.get("origin")
    return origin is None or _local(urlsplit(origin).hostname or "")


def _local(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name in {"", "localhost", socket.gethostname().lower()} or name.endswith(_LOCAL_NAMES)
    return address.is_loopback or address.is_private or address.is_unspecified
