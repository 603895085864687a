"""What signs for Alertmanager: one connection as systemd hands it over, a webhook that checks as the page says."""

import hashlib
import hmac
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT

SIGN = ROOT / "roles/monitor/files/sign.py"
SECRET = "s" * 43


class Hook(http.server.BaseHTTPRequestHandler):
    took: list[tuple[bytes, dict[str, str]]]
    status: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).took.append((body, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(type(self).status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[type[Hook]]:
    one = type("OneHook", (Hook,), {"took": [], "status": 204})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), one)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    (tmp_path / "webhook_url").write_text(f"http://127.0.0.1:{server.server_address[1]}/secret-path\n")
    (tmp_path / "webhook_secret").write_text(f"{SECRET}\n")
    yield one
    server.shutdown()
    thread.join()
    server.server_close()


def ask(folder: Path, request: bytes) -> tuple[str, str]:
    """The first line that comes back for these bytes, and what it wrote into the journal."""
    ours, theirs = socket.socketpair()
    environment = {"PATH": os.environ["PATH"], "CREDENTIALS_DIRECTORY": str(folder)}
    with ours, theirs:
        ours.sendall(request)
        ours.shutdown(socket.SHUT_WR)
        done = subprocess.run(
            [sys.executable, str(SIGN)],
            stdin=theirs,
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        theirs.close()
        return ours.recv(4096).decode().partition("\r\n")[0], done.stderr


def post(body: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def verified(body: bytes, header: str, secret: str, now: float) -> bool:
    """As docs/alerts.md tells a receiver to do it."""
    parts = dict(part.split("=", 1) for part in header.split(","))
    digest = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return abs(now - int(parts["t"])) < 300 and hmac.compare_digest(digest, parts["v1"])


def test_the_bytes_arrive_as_they_were_with_a_signature_that_holds(tmp_path: Path, hook: type[Hook]) -> None:
    body = '{"status":"firing","words":"қалай 😊"}'.encode()
    assert ask(tmp_path, post(body)) == ("HTTP/1.0 204 No Content", "")
    ((taken, headers),) = hook.took
    assert taken == body and headers["content-type"] == "application/json"
    signature = headers["x-sales-machine-signature"]
    assert verified(body, signature, SECRET, time.time())
    assert not verified(body + b" ", signature, SECRET, time.time())
    assert not verified(body, signature, "t" * 43, time.time())
    assert not verified(body, signature, SECRET, time.time() + 3600), "what is old is refused"


@pytest.mark.parametrize("status", [301, 400, 401, 500, 503])
def test_what_the_webhook_refuses_alertmanager_sends_again(tmp_path: Path, hook: type[Hook], status: int) -> None:
    hook.status = status
    line, journal = ask(tmp_path, post(b"{}"))
    assert line == f"HTTP/1.0 502 {status}"
    assert journal == f"the webhook did not take the message: {status}\n"


def test_a_webhook_that_is_away_is_said_without_its_address(tmp_path: Path, hook: type[Hook]) -> None:
    (tmp_path / "webhook_url").write_text("http://127.0.0.1:9/secret-path")
    line, journal = ask(tmp_path, post(b"{}"))
    assert line.startswith("HTTP/1.0 502 ")
    assert "refused" in journal and "secret-path" not in line + journal


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST / HTTP/1.1\r\n\r\n", "413"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "413"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "413"),
        (b"GET / HTTP/1.1\r\n\r\n", "501"),
        (b"\x00\xff\r\n\r\n", ""),
        (b"", ""),
    ],
)
def test_what_is_no_message_is_passed_on_to_nobody(
    tmp_path: Path, hook: type[Hook], request_bytes: bytes, status: str
) -> None:
    line, journal = ask(tmp_path, request_bytes)
    assert status in line and "Traceback" not in journal
    assert hook.took == []
