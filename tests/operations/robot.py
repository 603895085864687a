"""The provider's Robot as its own documentation has it (https://robot.hetzner.com/doc/webservice/en.html): the parts that
playbooks/robot.yml speaks to, with their state, their errors and their limits.

The collection's modules know one address, so they are led here as an operator behind a proxy is: HTTPS_PROXY names this
program, which answers CONNECT for that one host, shows a certificate for its name (SSL_CERT_FILE has the authority), and
refuses every other. What happens to the server (a reset, the firewall at the switch) is told to `on_reset`, and
`lets_in` says what passes.
"""

import base64
import hashlib
import json
import re
import ssl
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qs, unquote

HOST = "robot-ws.your-server.de"
USER, PASSWORD = "#ws+AbCd", "the-password-of-the-web-service"
NUMBER, ADDRESS = 321, "127.0.0.1"
COMMON: dict[str, Any] = {"server_ip": ADDRESS, "server_ipv6_net": "2a01:4f8:111:4221::", "server_number": NUMBER}
Answer = tuple[int, Any]


def fingerprint(public_key: str) -> str:
    """MD5 with colons, as the web service names keys."""
    digest = hashlib.md5(base64.b64decode(public_key.split()[1]), usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, 32, 2))


def error(status: int, code: str, message: str = "", **more: Any) -> Answer:
    return status, {"error": {"status": status, "code": code, "message": message or code.lower()} | more}


@dataclass
class State:
    """What the provider knows. `limits`: a path's beginning -> how many requests are still refused as too many."""

    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    rescue: dict[str, Any] | None = None
    last: dict[str, Any] | None = None
    names: dict[str, str] = field(default_factory=lambda: {ADDRESS: "static.1.0.0.127.clients.your-server.de"})
    firewall: dict[str, Any] = field(
        default_factory=lambda: {"status": "disabled", "filter_ipv6": False, "whitelist_hos": True, "rules": {}}
    )
    settles_after: int = 1  # how often the firewall is asked before it has come to the switch
    settling: int = 0
    busy: int = 0  # how many changes are refused because another one runs
    limits: dict[str, int] = field(default_factory=dict)
    failed_logins: int = 0
    host_keys: list[str] = field(default_factory=list)  # of the rescue system, which some activations name
    drops: tuple[int, ...] = ()  # what the switch drops whatever the rules say
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


class Robot(ThreadingTCPServer):
    """A running web service. `environment` leads Ansible's modules to it."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, folder: Path, on_reset: Callable[[], None] = lambda: None) -> None:
        super().__init__(("127.0.0.1", 0), _Connect)
        self.state, self.on_reset, self._lock = State(), on_reset, threading.Lock()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate(folder))
        proxy = f"http://127.0.0.1:{self.server_address[1]}"
        self.environment = {"HTTPS_PROXY": proxy, "https_proxy": proxy, "SSL_CERT_FILE": str(folder / "authority.pem")}
        self.environment |= {"no_proxy": "", "NO_PROXY": ""}
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def lets_in(self, port: int) -> bool:
        """Whether the firewall at the switch lets a new connection in, as its rules are now."""
        told = self.state.firewall
        if port in self.state.drops and told["status"] != "disabled":
            return False
        if told["status"] == "disabled":
            return True
        for rule in told["rules"].get("input", []):
            ports = [int(each) for each in (rule["dst_port"] or "0-65535").split("-")]
            if rule["protocol"] in (None, "tcp") and not rule["tcp_flags"] and ports[0] <= port <= ports[-1]:
                return bool(rule["action"] == "accept")
        return False

    def changes(self) -> list[str]:
        """What was asked that changes something, in its order."""
        return [f"{method} {path}" for method, path, _ in self.state.asked if method != "GET"]

    def answer(self, method: str, path: str, authorization: str, form: dict[str, str]) -> Answer:
        with self._lock:
            self.state.asked.append((method, path, form))
            expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if authorization != expected or self.state.failed_logins >= 3:
                self.state.failed_logins += 1
                return error(401, "UNAUTHORIZED", "Unauthorized")
            for beginning in self.state.limits:
                if path.startswith(beginning) and self.state.limits[beginning] > 0:
                    self.state.limits[beginning] -= 1
                    return error(403, "RATE_LIMIT_EXCEEDED", "rate limit exceeded", max_request=500, interval=1)
            name, *rest = path.strip("/").split("/")
            parts: dict[str, Callable[..., Answer]] = {
                "server": self._server, "key": self._key, "boot": self._boot, "reset": self._reset, "rdns": self._rdns,
                "firewall": self._firewall,
            }  # fmt: skip
            if name not in parts:
                return error(404, "NOT_FOUND")
            return parts[name](method, rest, form)

    def _server(self, method: str, rest: list[str], form: dict[str, str]) -> Answer:
        mine: dict[str, Any] = COMMON | {
            "server_name": "",
            "product": "GEX44",
            "dc": "FSN1-DC1",
            "traffic": "unlimited",
            "status": "ready",
        }
        mine |= {"cancelled": False, "paid_until": "2027-01-01", "ip": [ADDRESS], "subnet": None}
        other = mine | {"server_ip": "203.0.113.40", "server_number": 421}
        return 200, [{"server": other}, {"server": mine}]

    def _key(self, method: str, rest: list[str], form: dict[str, str]) -> Answer:
        if not rest and method == "GET":
            return (
                (200, [{"key": each} for each in self.state.keys.values()])
                if self.state.keys
                else error(404, "NOT_FOUND")
            )
        if not rest and method == "POST":
            if missing := [name for name in ("name", "data") if not form.get(name)]:
                return error(400, "INVALID_INPUT", "invalid input", missing=missing, invalid=None)
            mark = fingerprint(form["data"])
            if mark in self.state.keys:
                return error(409, "KEY_ALREADY_EXISTS")
            kind = {"name": form["name"], "fingerprint": mark, "type": "ED25519", "size": "256", "data": form["data"]}
            self.state.keys[mark] = kind | {"created_at": "2026-12-01 00:00:00"}
            return 201, {"key": self.state.keys[mark]}
        found = self.state.keys.get(rest[0])
        return (200, {"key": found}) if found else error(404, "NOT_FOUND")

    def _boot(self, method: str, rest: list[str], form: dict[str, str]) -> Answer:
        if rest[0] != str(NUMBER):
            return error(404, "SERVER_NOT_FOUND", f"Server with id {rest[0]} not found")
        idle = COMMON | {
            "os": ["linux", "vkvm"],
            "active": False,
            "password": None,
            "authorized_key": [],
            "host_key": [],
        }
        if rest[1:] == ["rescue", "last"]:
            return 200, {"rescue": self.state.last or idle}
        if method == "GET":
            linux = COMMON | {"dist": ["Ubuntu 24.04 LTS base"], "lang": ["en"], "active": False, "password": None}
            others = dict.fromkeys(("vnc", "windows", "plesk", "cpanel"))
            return 200, {"boot": {"rescue": self.state.rescue or idle, "linux": linux} | others}
        if rest[1:] != ["rescue"]:
            return error(404, "BOOT_NOT_AVAILABLE")
        if method == "DELETE":
            self.state.rescue = None
            return 200, {"rescue": idle}
        return self._activate(form)

    def _activate(self, form: dict[str, str]) -> Answer:
        wanted = [value for name, value in form.items() if name.startswith("authorized_key")]
        if form.get("os") not in ("linux", "vkvm") or any(mark not in self.state.keys for mark in wanted):
            return error(400, "INVALID_INPUT", "invalid input", missing=None, invalid=["os", "authorized_key"])
        keys = [{"key": self.state.keys[mark]} for mark in wanted]
        known = [
            {"key": {"fingerprint": fingerprint(key), "type": "ED25519", "size": 256}} for key in self.state.host_keys
        ]
        told = {"os": form["os"], "active": True, "authorized_key": keys, "host_key": known}
        self.state.rescue = COMMON | told | {"password": None if keys else "jEt0dtUvomlyOwRr"}
        return 200, {"rescue": self.state.rescue}

    def _reset(self, method: str, rest: list[str], form: dict[str, str]) -> Answer:
        if rest[0] != str(NUMBER):
            return error(404, "SERVER_NOT_FOUND", f"Server with id {rest[0]} not found")
        if method == "GET":
            return 200, {"reset": COMMON | {"type": ["sw", "hw", "man"], "operating_status": "not supported"}}
        if form.get("type") not in ("sw", "hw", "man"):
            return error(400, "INVALID_INPUT", "invalid input", missing=None, invalid=["type"])
        self.on_reset()
        if self.state.rescue:  # good for one start
            self.state.last, self.state.rescue = self.state.rescue | {"active": False}, None
        return 200, {"reset": COMMON | {"type": form["type"]}}

    def _rdns(self, method: str, rest: list[str], form: dict[str, str]) -> Answer:
        address = unquote(rest[0])
        if address not in (ADDRESS, "2a01:4f8:111:4221::2"):
            return error(404, "IP_NOT_FOUND", f"The IP address {address} was not found")
        if method in ("POST", "PUT"):
            if not re.fullmatch(r"([a-z0-9-]+\.)+[a-z]+", form.get("ptr", "")):
                return error(400, "INVALID_INPUT", "invalid input", missing=None, invalid=["ptr"])
            status = 200 if address in self.state.names else 201
            self.state.names[address] = form["ptr"]
            return status, {"rdns": {"ip": address, "ptr": form["ptr"]}}
        if address not in self.state.names:
            return error(404, "RDNS_NOT_FOUND")
        return 200, {"rdns": {"ip": address, "ptr": self.state.names[address]}}

    def _firewall(self, method: str, rest: list[str], form: dict[str, str]) -> Answer:
        if rest[0] != str(NUMBER):
            return error(404, "SERVER_NOT_FOUND", f"Server with ID {rest[0]} not found")
        told = self.state.firewall
        common = {"server_ip": ADDRESS, "server_number": NUMBER, "port": "main"}
        if method == "GET":
            self.state.settling = max(0, self.state.settling - 1)
        if method == "POST":
            if self.state.busy > 0 or self.state.settling:
                self.state.busy = max(0, self.state.busy - 1)
                return error(
                    409, "FIREWALL_IN_PROCESS", "The firewall cannot be updated because a update is currently running"
                )
            rules: dict[str, dict[int, dict[str, str | None]]] = {"input": {}, "output": {}}
            blank = dict.fromkeys(
                ("ip_version", "name", "dst_ip", "src_ip", "dst_port", "src_port", "protocol", "tcp_flags", "action")
            )
            for name, value in form.items():
                if at := re.fullmatch(r"rules\[(input|output)\]\[(\d+)\]\[(\w+)\]", name):
                    rules[at[1]].setdefault(int(at[2]), dict(blank))[at[3]] = value
            every = [*rules["input"].values(), *rules["output"].values()]
            if max(len(rules["input"]), len(rules["output"])) > 10:
                return error(409, "FIREWALL_RULE_LIMIT_EXCEEDED", "The firewall rule limit is exceeded")
            if any(not re.fullmatch(r"[A-Za-z .+_@-]*", str(rule["name"])) for rule in every) or any(
                rule["protocol"] and not rule["ip_version"] for rule in every
            ):
                return error(400, "INVALID_INPUT", "invalid input", missing=None, invalid=["rules"])
            told = {"status": form["status"], "filter_ipv6": form.get("filter_ipv6") == "true"}
            told |= {"whitelist_hos": form["whitelist_hos"] == "true"}
            told |= {"rules": {direction: [given[at] for at in sorted(given)] for direction, given in rules.items()}}
            self.state.firewall, self.state.settling = told, self.state.settles_after
        return 200, {"firewall": common | told | {"status": "in process" if self.state.settling else told["status"]}}


class _Connect(StreamRequestHandler):
    """A proxy's CONNECT, for the one host."""

    server: Robot

    def handle(self) -> None:
        first = self.rfile.readline().decode()
        while self.rfile.readline().strip():
            pass
        if not first.startswith(f"CONNECT {HOST}:443 "):
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self.server.context.wrap_socket(self.request, server_side=True) as inside:
            _Handler(inside, self.client_address, self.server)


class _Handler(BaseHTTPRequestHandler):
    server: Robot

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        formed = self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
        found = parse_qs(body, keep_blank_values=True)
        form = {
            f"{name}#{at}" if at else name: value for name, values in found.items() for at, value in enumerate(values)
        }
        if body and not formed:
            status, told = error(400, "INVALID_INPUT", "invalid input", missing=None, invalid=None)
        else:
            status, told = self.server.answer(self.command, self.path, self.headers.get("Authorization", ""), form)
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  # as http.server names them

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # as http.server names it
        pass


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for the web service's name and its key; authority.pem beside them is what signed it."""

    def openssl(*words: object) -> None:
        subprocess.run(["openssl", *map(str, words)], cwd=folder, capture_output=True, check=True)

    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    (folder / "own.ext").write_text(f"subjectAltName=DNS:{HOST}\n")
    openssl(
        "req", "-x509", *curve, "-keyout", "authority.key", "-out", "authority.pem", "-subj", "/CN=Test", "-days", 9
    )
    openssl("req", *curve, "-keyout", "own.key", "-out", "own.csr", "-subj", f"/CN={HOST}")
    openssl("x509", "-req", "-in", "own.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial",
            "-out", "own.pem", "-days", 9, "-extfile", "own.ext")  # fmt: skip
    return folder / "own.pem", folder / "own.key"
