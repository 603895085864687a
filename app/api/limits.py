"""What a connection may take, and how it is told that it took more: the contract's JSON past the application."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from app.errors import Code

HEADER_BYTES = 32
"""Counted for a header besides what it says."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds until the whole head and then the whole body of a request are here; connections at the same time.

    `body_s` is also how long a caller may leave unread what is written to him.
    """

    head_s: float = 10.0
    body_s: float = 15.0
    connections: int = 512
    head_bytes: int = 64 << 10
    pieces: int = 4096
    """Of a body: each costs the loop a call, however short; a body of the longest message has a few hundred."""

    @property
    def too_long(self) -> tuple[int, str]:
        """Status and message for such a head,"""
        most = f"{self.head_bytes} bytes, with {HEADER_BYTES} added for every header"
        return 431, f"the request's head is larger than {most}; send less"

    @property
    def in_crumbs(self) -> tuple[int, str]:
        """and for such a body."""
        return 400, f"the request's body comes in more than {self.pieces} pieces; send it in larger ones"


def refusal(status: int, code: Code, message: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A whole response that ends its connection, behind the server's own `headers`."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    named = [
        *headers,
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if status == 503:
        named.append((b"retry-after", b"5"))
    return STATUS_LINE[status] + b"".join(b"%s: %s\r\n" % pair for pair in named) + b"\r\n" + body
