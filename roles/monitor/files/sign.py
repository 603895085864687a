#!/usr/bin/env python3
"""Passes one message of Alertmanager on to a webhook, signed, which Alertmanager itself cannot do.

systemd starts it for each connection, with the connection as standard input. The URL and the secret are the files
`webhook_url` and `webhook_secret` in $CREDENTIALS_DIRECTORY. The header X-Sales-Machine-Signature is `t=UNIX,v1=HEX`:
HMAC-SHA256 of "UNIX." and the body's bytes. Alertmanager gets 204 when the webhook took it, else 502, and then it tries
again. Standard library alone.
"""

import hashlib
import hmac
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

LIMIT_S = 10
LARGEST = 1 << 20


class Relay(BaseHTTPRequestHandler):
    """One request, then the connection ends."""

    timeout = LIMIT_S

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            self.send_error(413)
            return
        refusal = deliver(self.rfile.read(int(length)))
        if refusal:
            sys.stderr.write(f"the webhook did not take the message: {refusal}\n")
        self.send_response_only(502 if refusal else 204, refusal or None)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Only what went wrong is said."""


def deliver(body: bytes) -> str:
    """Empty when it was taken, else why not; the URL, which may be a secret, is not in it."""
    folder = Path(os.environ["CREDENTIALS_DIRECTORY"])
    url = (folder / "webhook_url").read_text("utf-8").strip()
    secret = (folder / "webhook_secret").read_text("utf-8").strip()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "sales-machine-sign",
        "X-Sales-Machine-Signature": signature(secret, body, int(time.time())),
    }
    try:
        request = urllib.request.Request(url, body, headers, method="POST")
        with urllib.request.urlopen(request, timeout=LIMIT_S):  # nosec B310 - the role took http and https alone
            return ""
    except (urllib.error.URLError, OSError, ValueError) as error:
        return str(getattr(error, "code", None) or getattr(error, "reason", None) or type(error).__name__)


def signature(secret: str, body: bytes, at: int) -> str:
    """The header's value; `at`: Unix time, by which a receiver refuses what is old."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


if __name__ == "__main__":
    with socket.socket(fileno=sys.stdin.fileno()) as connection:
        Relay(connection, ("", 0), None)  # type: ignore[arg-type]  # there is no server: systemd accepted
