"""What stands around n8n in a test: the channels that deliver, and a line to the real machine that can go wrong."""

import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

LOST = "lost"  # the machine answers, the answer does not arrive
CUT = "cut"  # half of the answer arrives, with status 200
RESET = "reset"  # the connection breaks before the machine is asked
SLOW = "slow"  # nothing comes until the caller gives up


@dataclass(frozen=True)
class Canned:
    """An answer in the machine's place."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str = "application/json"


Fault = str | Canned


def refusal(status: int, code: str, **headers: str) -> Canned:
    """An error as the contract words it."""
    body = json.dumps({"error": {"code": code, "message": "not now"}})
    return Canned(status, body, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


@dataclass(frozen=True)
class Call:
    """One request that arrived. `at`: time.monotonic(), seconds."""

    at: float
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class _Http:
    """A threaded HTTP server on a free port of loopback that keeps every POST in `calls`."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                call = Call(time.monotonic(), self.path, headers, json.loads(raw))
                with outer._lock:
                    outer.calls.append(call)
                outer.answer(self, call, raw)

            def log_message(self, *_: Any) -> None:
                """Silence: `calls` says it all."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Any:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, call: Call, raw: bytes) -> None:
        raise NotImplementedError


def send(handler: BaseHTTPRequestHandler, canned: Canned, cut: bool = False) -> None:
    """Writes `canned`; with `cut` only half of its body, the length being honest about that half."""
    body = canned.body.encode()
    body = body[: len(body) // 2] if cut else body
    handler.send_response(canned.status)
    for name, value in canned.headers:
        handler.send_header(name, value)
    handler.send_header("content-type", canned.media_type)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


class Channels(_Http):
    """WAHA, Meta's Graph API and the service that puts media into words. Deliveries and questions stay in `calls`."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse_once: set[str] = set()
        self._refused: list[Call] = []

    def answer(self, handler: BaseHTTPRequestHandler, call: Call, raw: bytes) -> None:
        if call.path == "/media":
            kind = call.body["kind"]
            if kind == "file":
                send(handler, Canned(500, "no"))
                return
            words = {"audio": "сколько стоит тариф Рост", "image": "фото кассы на прилавке"}[kind]
            send(handler, Canned(200, json.dumps({"text": words})))
        elif (user := _recipient(call)) in self.refuse_once:
            self.refuse_once.discard(user)
            self._refused.append(call)
            send(handler, Canned(503, "{}"))
        else:
            send(handler, Canned(201, json.dumps({"id": "sent"})))

    def texts(self, user: str) -> list[str]:
        """What the customer `user` got, in the order of its arrival; refused deliveries are not among it."""
        return [_words(call) for call in self.deliveries(user) if call not in self._refused]

    def deliveries(self, user: str) -> list[Call]:
        """Every attempt to send the customer something."""
        return [call for call in list(self.calls) if call.path != "/media" and _recipient(call) == user]


def _recipient(call: Call) -> str:
    body = call.body
    if "chatId" in body:
        return str(body["chatId"]).split("@", maxsplit=1)[0]
    if "to" in body:
        return str(body["to"])
    return str(body["recipient"]["id"] if isinstance(body["recipient"], dict) else body["recipient"])


def _words(call: Call) -> str:
    body = call.body
    text = body["message"]["text"] if "message" in body else body["text"]
    return str(text["body"] if isinstance(text, dict) else text)


@dataclass
class _Plan:
    process: list[Fault] = field(default_factory=list)
    observe: list[Fault] = field(default_factory=list)


class FaultyLine(_Http):
    """A line to the machine at `target`. Each customer's calls meet the faults planned for them, one each, in order;
    calls beyond the plan pass. `replies` keeps what the machine said to each customer, delivered or not."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target
        self._plans: dict[str, _Plan] = defaultdict(_Plan)
        self.replies: dict[str, list[bytes]] = defaultdict(list)
        self.closing = threading.Event()

    def plan(self, user: str, process: tuple[Fault, ...], observe: tuple[Fault, ...] = ()) -> None:
        self._plans[user] = _Plan(list(process), list(observe))

    def asked(self, user: str) -> list[Call]:
        """The customer's calls of /process, passed on or not."""
        return self._of(user, "/api/v1/process")

    def observed(self, user: str) -> list[Call]:
        return self._of(user, "/api/v1/observe")

    def _of(self, user: str, path: str) -> list[Call]:
        return [call for call in list(self.calls) if call.path == path and call.body["user_id"] == user]

    def answer(self, handler: BaseHTTPRequestHandler, call: Call, raw: bytes) -> None:
        user = call.body["user_id"]
        with self._lock:
            plan = self._plans[user]
            faults = plan.process if call.path.endswith("/process") else plan.observe
            fault = faults.pop(0) if faults else None
        if isinstance(fault, Canned):
            send(handler, fault)
            return
        if fault == SLOW:
            self.closing.wait(120)
        if fault in {SLOW, RESET}:
            handler.close_connection = True
            return
        reply = self._pass_on(call, raw)
        self.replies[user].append(reply.body.encode())
        if fault == LOST:
            handler.close_connection = True
        else:
            send(handler, reply, cut=fault == CUT)

    def _pass_on(self, call: Call, raw: bytes) -> Canned:
        passed = ("authorization", "content-type")
        headers = {name: value for name, value in call.headers.items() if name in passed}
        response = httpx.post(
            f"{self._target}{call.path}", content=raw, headers=headers, timeout=60, trust_env=False, verify=False
        )
        kept = tuple((name, response.headers[name]) for name in ("retry-after",) if name in response.headers)
        return Canned(response.status_code, response.text, kept)

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        super().__exit__()
