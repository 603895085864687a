"""The roles' small programs that prove something on a server: what they take for proven, and what they do not."""

import errno
import importlib.util
import io
import json
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from loadtests.service import ROOT


def load(path: str) -> ModuleType:
    name = f"probe_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, ROOT / "roles" / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def told(monkeypatch: pytest.MonkeyPatch, value: object) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(value)))


# verify: what a caller is answered

ERROR = '{"error": {"code": "%s", "message": "why"}}'
HSTS = {"strict-transport-security": "max-age=1"}
PLAN = {
    "domain": "a.example.com",
    "address": "192.0.2.1",
    "ca": "",
    "key": "good",
    "message": "Сколько?",
    "answer_s": 60,
}


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Iterator["Caller"]:
    yield Caller(load("verify/files/probe.py"), monkeypatch)


class Caller:
    """The probe against a machine that answers what the test says; at first it is well."""

    def __init__(self, probe: ModuleType, patch: pytest.MonkeyPatch) -> None:
        self.probe, self._patch = probe, patch
        self.listed = True
        self.answers: dict[str, tuple[int, dict[str, str], str]] = {
            "/health": (200, HSTS, '{"status": "ok"}'),
            "wrong key": (401, {}, ERROR % "UNAUTHORIZED"),
            "not listed": (403, {}, ERROR % "UNAUTHORIZED"),
            "first": (200, {}, '{"answer": "1 000 ₸", "meta": {"model": "m", "processing_ms": 7}}'),
            "second": (200, {}, '{"answer": "да", "meta": {"model": "m", "processing_ms": 7}}'),
        } | {path: (404, {}, "") for path in ("/metrics", "/ready", "/version", "/openapi.json")}
        self.open: set[int] = set()
        self.takes_old_tls = False
        patch.setattr(probe, "ask", self._ask)
        patch.setattr(probe, "old_tls", lambda _: {"name": "old TLS", "ok": not self.takes_old_tls, "detail": ""})
        patch.setattr(probe, "certificate", lambda _: "until then")
        patch.setattr(socket, "create_connection", self._connect)

    def _connect(self, place: tuple[str, int], _: float) -> Any:
        if place[1] not in self.open:
            raise ConnectionRefusedError
        return io.BytesIO()

    def _ask(self, _: Any, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        if path != "/api/v1/process":
            name = path
        elif method == "GET":
            return self.probe.Got(405 if self.listed else 403, {}, "")
        elif key != "good":
            name = "wrong key" if self.listed else "not listed"
        else:
            name = "first" if body["message"]["text"] == "Сколько?" else "second"
        found = self.answers[name]
        if isinstance(found, Exception):
            raise found
        return self.probe.Got(*found)

    def run(self, side: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, bool]]:
        told(self._patch, PLAN | {"side": side})
        status = self.probe.main()
        found = json.loads(capsys.readouterr().out)
        return status, {check["name"]: check["ok"] for check in found["checks"]}


@pytest.mark.parametrize("side", ["server", "outside"])
def test_a_machine_that_is_well_passes_every_check(
    caller: Caller, capsys: pytest.CaptureFixture[str], side: str
) -> None:
    status, checks = caller.run(side, capsys)
    assert status == 0
    assert all(checks.values())
    assert len(checks) == (6 if side == "outside" else 4)


@pytest.mark.parametrize(
    ("answer", "changed", "check"),
    [
        ("/health", (503, HSTS, '{"status": "ok"}'), "GET /health over TLS"),
        ("/health", (200, HSTS, '{"status": "starting"}'), "GET /health over TLS"),
        ("/health", (200, {}, '{"status": "ok"}'), "GET /health over TLS"),
        ("/health", (200, HSTS, "<html>"), "GET /health over TLS"),
        ("/health", OSError("refused"), "GET /health over TLS"),
        ("/metrics", (200, {}, ""), "inner pages are not found from outside"),
        ("/ready", (200, {}, ""), "inner pages are not found from outside"),
        ("/version", (403, {}, ""), "inner pages are not found from outside"),
        ("/openapi.json", (200, {}, ""), "inner pages are not found from outside"),
        ("wrong key", (200, {}, '{"answer": "x"}'), "a wrong key is refused"),
        ("wrong key", (401, {}, "Unauthorized"), "a wrong key is refused"),
        ("wrong key", (401, {}, ERROR % "BAD_REQUEST"), "a wrong key is refused"),
        ("wrong key", (401, {}, '{"error": {"code": "UNAUTHORIZED"}}'), "a wrong key is refused"),
        ("first", (503, {}, ERROR % "INTERNAL"), "two turns of a conversation"),
        ("first", (200, {}, '{"answer": " "}'), "two turns of a conversation"),
        ("second", (503, {}, ERROR % "INTERNAL"), "two turns of a conversation"),
        ("second", (200, {}, '{"answer": null}'), "two turns of a conversation"),
    ],
)
def test_each_thing_that_is_not_well_fails_its_check(
    caller: Caller, capsys: pytest.CaptureFixture[str], answer: str, changed: Any, check: str
) -> None:
    caller.answers[answer] = changed
    status, checks = caller.run("outside", capsys)
    assert status == 1
    assert [name for name, ok in checks.items() if not ok] == [check]


@pytest.mark.parametrize("port", [8000, 11434])
def test_from_outside_no_inner_port_is_open(caller: Caller, capsys: pytest.CaptureFixture[str], port: int) -> None:
    caller.open.add(port)
    status, checks = caller.run("outside", capsys)
    assert (status, checks["8000 and 11434 are closed"]) == (1, False)
    assert caller.run("server", capsys)[0] == 0, "on the server itself they are open"


def test_from_outside_old_tls_is_refused(caller: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    caller.takes_old_tls = True
    assert caller.run("outside", capsys)[0] == 1


def test_whoever_is_not_listed_is_refused_and_the_server_itself_must_be_answered(
    caller: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    caller.listed = False
    status, checks = caller.run("outside", capsys)
    assert (status, checks["this controller is not on the allowlist and refused"]) == (0, True)
    status, checks = caller.run("server", capsys)
    assert (status, checks["a real turn from the server itself"]) == (1, False)
    caller.answers["not listed"] = (403, {}, "Forbidden")
    assert caller.run("outside", capsys)[0] == 1


def test_a_turn_that_breaks_off_is_a_failed_check(caller: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    caller.answers["first"] = TimeoutError("timed out")  # type: ignore[assignment]
    status, checks = caller.run("server", capsys)
    assert (status, checks["the API"]) == (1, False)


def test_trust_is_what_the_system_trusts_unless_roots_are_named(caller: Caller) -> None:
    context = caller.probe.trusting(caller.probe.Plan(**PLAN, side="server"))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


# tls: whether port 80 is this server's


class Web:
    """A server on 127.0.0.1 that answers every GET with this."""

    def __init__(self, answer: bytes) -> None:
        self.heads: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._answer = answer
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                line, _ = self._listener.accept()
                with line:
                    self.heads.append(line.recv(4096).decode())
                    line.sendall(self._answer)

    def close(self) -> None:
        self._listener.close()


def reached(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: bytes, **plan: Any
) -> tuple[int, str]:
    web = Web(answer)
    given = {
        "domain": "bot.example.com",
        "path": "/.well-known/acme-challenge/x",
        "content": "a1",
        "addresses": ["127.0.0.1"],
    }
    told(monkeypatch, given | {"port": web.port} | plan)
    try:
        status = load("tls/files/reached.py").main()
    finally:
        web.close()
    assert all(head.startswith("GET /.well-known/acme-challenge/x HTTP/1.1\r\n") for head in web.heads)
    assert all("\r\nHost: bot.example.com\r\n" in head for head in web.heads)
    return status, capsys.readouterr().out.strip()


FOUND = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (FOUND + b"a1\n", 0, "127.0.0.1 ok"),
        (FOUND + b"b2\n", 1, "127.0.0.1 wrong: another file, so another server answers there"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 1, "127.0.0.1 wrong: status 404"),
        (b"HTTP/1.1 301 Moved\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n", 1, "127.0.0.1 wrong: status 301"),
        (b"SSH-2.0-OpenSSH\r\n", 1, "127.0.0.1 wrong: what answers there speaks no HTTP"),
    ],
)
def test_a_file_of_this_server_is_fetched_as_the_authority_will(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: bytes, status: int, said: str
) -> None:
    found = reached(capsys, monkeypatch, answer)
    assert (found[0], found[1].startswith(said)) == (status, True), found


def test_each_address_is_asked_for_itself_and_one_that_leads_elsewhere_is_enough_to_stop(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, said = reached(capsys, monkeypatch, FOUND + b"a1\n", addresses=["127.0.0.1", "127.0.0.2"])
    assert status == 1
    assert said.splitlines()[0] == "127.0.0.1 ok"
    assert said.splitlines()[1].startswith("127.0.0.2 wrong: ")


def test_a_kind_of_address_that_this_computer_has_no_way_to_is_left_out_but_not_all_of_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    create = socket.create_connection

    def no_ipv6(address: tuple[str, int], *rest: Any, **more: Any) -> socket.socket:
        if ":" in address[0]:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return create(address, *rest, **more)

    monkeypatch.setattr(socket, "create_connection", no_ipv6)
    there = reached(capsys, monkeypatch, FOUND + b"a1\n", addresses=["127.0.0.1", "2001:db8::1"])
    assert there == (0, "127.0.0.1 ok\n2001:db8::1 skipped: Network is unreachable")
    assert reached(capsys, monkeypatch, FOUND + b"a1\n", addresses=["2001:db8::1"])[0] == 1


def test_a_name_that_leads_nowhere_is_no_way(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reached(capsys, monkeypatch, b"", addresses=[], domain="nowhere.invalid") == (1, "")


# verify: which certificate nginx shows


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int | str | None]:
    """Runs the program against a server that shows these certificates, one after the other; how it ended."""
    module = load("verify/files/certificate.py")
    own = ssl.DER_cert_to_PEM_cert(b"one")
    (tmp_path / "chain.pem").write_text(own + ssl.DER_cert_to_PEM_cert(b"root"))
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))

    def run(*certificates: bytes | Exception) -> int | str | None:
        left = list(certificates)

        def handshake(*_: object) -> tuple[bytes, dict[str, str]]:
            found = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(found, Exception):
                raise found
            return found, {"serialNumber": "07", "notAfter": "then"}

        monkeypatch.setattr(module, "shown", handshake)
        told(monkeypatch, {"domain": "a", "address": "192.0.2.1", "ca": "", "file": str(tmp_path / "chain.pem")})
        try:
            module.main()
        except SystemExit as ended:
            return ended.code
        return 0

    return run


def test_the_certificate_in_the_file_must_be_the_one_that_is_shown(
    shown: Callable[..., int | str | None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(b"one") == 0
    assert json.loads(capsys.readouterr().out) == {"serial": "07", "until": "then"}
    assert shown(*[b"former"] * 20, b"one") == 0, "the old workers finish what they have"
    assert "which is not the one in" in str(shown(b"former"))
    assert "which is not the one in" in str(shown(b"root")), "its own comes first in the file"
    assert "no trusted handshake" in str(shown(ssl.SSLCertVerificationError("self-signed")))


def test_a_certificate_has_fifteen_seconds_to_be_taken_up(shown: Callable[..., int | str | None]) -> None:
    assert shown(*[b"former"] * 29, b"one") == 0
    assert "which is not the one in" in str(shown(*[b"former"] * 33, b"one"))


# tunnel: which key is answered


@pytest.fixture
def knocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[dict[str, bool], list[dict[str, Any]]], int]]:
    """Runs the program with which public key is answered, and what is asked; its exit status."""
    module = load("tunnel/files/probe.py")
    commands: list[tuple[str, ...]] = []
    clock = [0.0]
    answered: dict[str, bool] = {}
    asked = [""]

    def run(*command: str, given: str = "") -> str:
        commands.append(command)
        if command[:2] == ("wg", "genkey"):
            return "private"
        if command[:2] == ("wg", "pubkey"):
            return "public"
        if command[:4] == ("wg", "set", "wg-probe", "peer"):
            asked[0] = command[4]
        if command[-1] == "latest-handshakes":
            return "peer\t1700000000" if answered[asked[0]] else "peer\t0"
        return ""

    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(module, "make", lambda _: None)
    monkeypatch.setattr(module, "remove", lambda: commands.append(("removed",)))
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))

    def knock(keys: dict[str, bool], ask: list[dict[str, Any]]) -> int:
        answered.clear()
        answered.update(keys)
        told(monkeypatch, {"userspace": "", "ask": ask})
        with pytest.raises(SystemExit) as ended:
            module.main()
        set_up = [command[2] for command in commands if command[:2] == ("wg", "set") and command[-1] == "public"]
        taken = [command[2] for command in commands if command[-1] == "remove"]
        assert sorted(set_up) == sorted(taken), "the probe is made unknown again"
        return int(str(ended.value.code))

    yield knock


ASK = [
    {"interface": "wg0", "port": 1, "key": "new", "answers": True},
    {"interface": "wg0", "port": 1, "key": "old", "answers": False},
]


@pytest.mark.parametrize(
    ("new", "old", "status"), [(True, False, 0), (True, True, 1), (False, False, 1), (False, True, 1)]
)
def test_a_key_that_is_to_be_dead_gets_no_answer_and_the_other_does(
    knocks: Callable[..., int], capsys: pytest.CaptureFixture[str], new: bool, old: bool, status: int
) -> None:
    assert knocks({"new": new, "old": old}, ASK) == status
    said = json.loads(capsys.readouterr().out)
    assert said["well"] is (status == 0)
    assert [each["answers"] for each in said["seen"]] == [new, old]


# tls: which accounts end


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The program with an authority that says of each key what the test says."""
    module = load("tls/files/accounts.py")
    monkeypatch.setattr(module, "CERTBOT", tmp_path)
    module.says = {}  # type: ignore[attr-defined]

    class Account(module.Account):  # type: ignore[misc, name-defined]
        def __init__(self, directory: str, identity: str) -> None:
            self.place = module.folder(directory) / identity
            self.uri, self.nonce, self.ended = "u", "n", "deactivated"
            self.net = self

        def post(self, *_: object, **__: object) -> None:
            said = module.says[self.place.name]
            said[:] = said[1:] or said

        def ask(self) -> str:
            said = module.says[self.place.name][0]
            if isinstance(said, Exception):
                raise said
            return str(said)

    monkeypatch.setattr(module, "Account", Account)
    return module


def made(accounts: Any, name: str) -> Path:
    place = Path(accounts.folder("https://ca.example.com/dir")) / name
    place.mkdir(parents=True)
    (place / "private_key.json").write_text("secret")
    return place


DEAD = "unauthorized: the account is deactivated"


def test_an_old_account_is_ended_proven_dead_and_removed(accounts: Any) -> None:
    place = made(accounts, "old")
    accounts.says["old"] = [accounts.VALID, DEAD]
    found = accounts.retire("https://ca.example.com/dir", ["old"])
    assert found == {"ended": [{"account": "old", "before": accounts.VALID, "after": DEAD}]}
    assert not place.exists()


def test_an_account_that_was_ended_before_is_only_removed(accounts: Any) -> None:
    place = made(accounts, "old")
    accounts.says["old"] = [DEAD]
    assert accounts.retire("https://ca.example.com/dir", ["old"])["ended"][0]["before"] == DEAD
    assert not place.exists()


def test_a_key_that_the_authority_still_takes_is_kept_and_said(accounts: Any) -> None:
    place = made(accounts, "old")
    accounts.says["old"] = [accounts.VALID]
    with pytest.raises(SystemExit, match="the authority still takes the key of account old"):
        accounts.retire("https://ca.example.com/dir", ["old"])
    assert place.exists()


def test_a_new_account_that_did_not_hold_is_removed_though_the_authority_is_gone(accounts: Any) -> None:
    place = made(accounts, "new")
    accounts.says["new"] = [ConnectionError("gone")]
    assert accounts.drop("https://ca.example.com/dir", ["new"])["ended"][0]["after"] == "ConnectionError: gone"
    assert not place.exists()
    with pytest.raises(ConnectionError):
        accounts.retire("https://ca.example.com/dir", ["new"])


@pytest.mark.parametrize("arguments", [[], ["state"], ["end", "a", "b"], ["state", "a", "b", "c"]])
def test_a_wrong_call_says_how_it_is_called(
    accounts: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["accounts.py", *arguments])
    with pytest.raises(SystemExit, match="DIRECTORY is the URL"):
        accounts.main()
