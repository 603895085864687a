"""What a caller sees of a serving machine: real TLS with its name, from any address of this machine."""

import contextlib
import http.client
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.host.hosts import ROOT, Host, run

DOMAIN = "machine.test"


@dataclass(frozen=True)
class Got:
    """An answer: headers by their lower-case name."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def is_error(self, status: int, code: str) -> bool:
        """Whether it has this status and the contract's form of an error, and nothing else."""
        tree = self.json
        return (
            self.status == status
            and self.headers["content-type"] == "application/json"
            and tree == {"error": {"code": code, "message": tree["error"]["message"]}}
            and bool(tree["error"]["message"].strip())
        )


class Caller:
    """Calls `host` by the machine's name; trusts the certificates of the tests' authority alone."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.roots = run([str(ROOT / "tests/host/acme"), "root", str(host.number)]).stdout
        self.key = host.sh("grep -v '^#' /etc/sales-machine/api_keys | head -1")

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.roots)

    def connect(
        self, context: ssl.SSLContext | None = None, name: str = DOMAIN, source: str = "", address: str = ""
    ) -> ssl.SSLSocket:
        """A TLS connection; raises ssl.SSLError or OSError."""
        place = (address or self.host.address, 443)
        raw = socket.create_connection(place, 40, (source, 0) if source else None)
        try:
            return (context or self.context()).wrap_socket(raw, server_hostname=name)
        except BaseException:
            raw.close()
            raise

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        source: str = "",
        address: str = "",
        **headers: str,
    ) -> Got:
        """One request. `body` is sent as JSON, or as it is when it is bytes."""
        connection = http.client.HTTPSConnection(DOMAIN)
        connection.sock = self.connect(source=source, address=address)
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        given = {"Content-Type": "application/json"} if body is not None else {}
        given |= {"Authorization": f"Bearer {key}"} if key else {}
        try:
            connection.request(method, path, content, given | headers)
            return _got(connection.getresponse())
        finally:
            connection.close()

    def turn(self, text: str, user: str, **more: Any) -> Got:
        """A real turn with the machine's key."""
        return self.ask("POST", "/api/v1/process", message(text, user), key=self.key, **more)

    def raw(self, request: bytes) -> Got:
        """What comes back for bytes that need not be HTTP."""
        with self.connect() as secured:
            secured.sendall(request)
            reply = http.client.HTTPResponse(secured)
            reply.begin()
            return _got(reply)

    def plain(self, path: str, *, name: str = DOMAIN, source: str = "", port: int = 80) -> Got:
        """A request without TLS; raises http.client.RemoteDisconnected when nothing is answered."""
        origin = (source, 0) if source else None
        connection = http.client.HTTPConnection(self.host.address, port, timeout=10, source_address=origin)
        try:
            connection.request("GET", path, headers={"Host": name})
            return _got(connection.getresponse())
        finally:
            connection.close()


def message(text: str, user: str) -> dict[str, Any]:
    """The request of the manual's section 10.3."""
    return {"session_id": "BOT_7000", "user_id": user, "channel": "whatsapp", "message": {"text": text}}


def _got(reply: http.client.HTTPResponse) -> Got:
    text = reply.read().decode("utf-8", "replace")
    return Got(reply.status, {name.lower(): value for name, value in reply.getheaders()}, text)


@contextlib.contextmanager
def webhook(host: Host, status: int = 204) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A receiver on this machine's side of the host's network: its URL, and what it was told so far."""
    told: list[dict[str, Any]] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer((f"10.213.{host.number}.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://10.213.{host.number}.1:{server.server_address[1]}/told", told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


SOON = {"monitor_group_wait": "1s", "monitor_group_interval": "1s", "monitor_patience": "1s"}
SECRET = "a-secret-of-a-test-that-is-long-enough"


@contextlib.contextmanager
def telling(host: Host, **variables: Any) -> Iterator[list[dict[str, Any]]]:
    """The role with a signed webhook that listens; what it was told so far."""
    with webhook(host) as (url, told):
        signed = {"monitor_webhook_url": url, "monitor_webhook_secret": SECRET}
        play = host.play("tests/host/playbooks/front.yml", front_roles=["monitor"], **SOON, **signed, **variables)
        assert play.status == 0, play.output
        yield told
    assert host.play("tests/host/playbooks/front.yml", front_roles=["monitor"]).status == 0


def told_of(told: list[dict[str, Any]], name: str, status: str) -> list[dict[str, Any]]:
    """The messages that say this of an alert, or of the doctor's check with this name."""

    def is_it(alert: dict[str, Any]) -> bool:
        labels = alert["labels"]
        return alert["status"] == status and name in (labels["alertname"], labels.get("check"), labels.get("unit"))

    return [message for message in told if any(map(is_it, message["alerts"]))]
