#!/usr/bin/env python3
"""Asks the machine what a caller asks, over TLS, and says what came back. Standard library alone.

Reads one JSON object from standard input: {domain, address, ca, key, message, answer_s, side}. `ca` are root
certificates in PEM, empty for the system's; `key` is the API key (in no argument and no environment, where others could
read it); `side` is "server" or "outside". Writes one line of JSON: {"checks": [{"name", "ok", "detail"}], "answer",
"certificate"}. Exit status 0 when every check passed, else 1.
"""

import http.client
import json
import socket
import ssl
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 10
CLOSED = (8000, 11434)


@dataclass(frozen=True)
class Plan:
    domain: str
    address: str
    ca: str
    key: str
    message: str
    answer_s: int
    side: str


@dataclass(frozen=True)
class Got:
    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> dict[str, Any]:
        try:
            tree = json.loads(self.body)
        except ValueError:
            return {}
        return tree if isinstance(tree, dict) else {}


class Pinned(http.client.HTTPSConnection):
    """Connects to the plan's address, but asks for and checks the domain's certificate."""

    def __init__(self, plan: Plan, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(plan.domain, 443, timeout=timeout, context=context)
        self._address = plan.address
        self._tls = context

    def connect(self) -> None:
        raw = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(raw, server_hostname=self.host)


def trusting(plan: Plan) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=plan.ca or None)


def ask(plan: Plan, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None) -> Got:
    connection = Pinned(plan, trusting(plan), plan.answer_s if body else TIMEOUT_S)
    headers = {"Content-Type": "application/json"} if body else {}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    try:
        connection.request(method, path, json.dumps(body).encode() if body else None, headers)
        reply = connection.getresponse()
        named = {name.lower(): value for name, value in reply.getheaders()}
        return Got(reply.status, named, reply.read().decode("utf-8", "replace"))
    finally:
        connection.close()


def turn(plan: Plan, text: str, user: str) -> dict[str, Any]:
    return {"session_id": "VERIFY", "user_id": user, "channel": "whatsapp", "message": {"text": text}}


def expect(name: str, seen: Got, status: int, *, code: str | None = None) -> dict[str, Any]:
    """A check whose answer must have this status and, for an error, the contract's form with this code."""
    error = seen.json().get("error")
    ok = seen.status == status
    if code is not None:
        ok = ok and isinstance(error, dict) and error.get("code") == code and bool(error.get("message"))
    return {"name": name, "ok": ok, "detail": f"{seen.status} {seen.body[:160]}"}


def health(plan: Plan) -> dict[str, Any]:
    seen = ask(plan, "GET", "/health")
    check = expect("GET /health over TLS", seen, 200)
    return {
        **check,
        "ok": check["ok"] and seen.json().get("status") == "ok" and "strict-transport-security" in seen.headers,
    }


def hidden(plan: Plan) -> dict[str, Any]:
    seen = {path: ask(plan, "GET", path).status for path in ("/metrics", "/ready", "/version", "/openapi.json")}
    return {"name": "inner pages are not found from outside", "ok": set(seen.values()) == {404}, "detail": str(seen)}


def wrong_key(plan: Plan) -> dict[str, Any]:
    seen = ask(plan, "POST", "/api/v1/process", turn(plan, "test", "nobody"), key="wrong-key")
    return expect("a wrong key is refused", seen, 401, code="UNAUTHORIZED")


def not_listed(plan: Plan) -> dict[str, Any]:
    seen = ask(plan, "POST", "/api/v1/process", turn(plan, "test", "nobody"), key="wrong-key")
    return expect("this controller is not on the allowlist and refused", seen, 403, code="UNAUTHORIZED")


def real_turns(plan: Plan) -> tuple[dict[str, Any], str]:
    """Two messages of one new customer, as sections 10.3 and 10.4 of the manual ask; the answer of the first."""
    user = f"verify-{uuid.uuid4()}"
    first = ask(plan, "POST", "/api/v1/process", turn(plan, plan.message, user), key=plan.key)
    second = ask(plan, "POST", "/api/v1/process", turn(plan, "А подробнее?", user), key=plan.key)
    answers = [seen.json().get("answer") for seen in (first, second)]
    ok = first.status == second.status == 200 and all(isinstance(answer, str) and answer.strip() for answer in answers)
    meta = second.json().get("meta", {})
    detail = (
        f"{meta.get('model')}, {meta.get('processing_ms')} ms"
        if ok
        else f"{first.status} {second.status} {first.body[:200]}"
    )
    return {"name": "two turns of a conversation", "ok": ok, "detail": detail}, str(answers[0] or "")


def old_tls(plan: Plan) -> dict[str, Any]:
    name = "TLS before 1.2 is refused"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only the handshake is asked for; nothing is sent
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        with (
            socket.create_connection((plan.address, 443), TIMEOUT_S) as raw,
            context.wrap_socket(raw, server_hostname=plan.domain) as secured,
        ):
            return {"name": name, "ok": False, "detail": f"{secured.version()} was accepted"}
    except (ssl.SSLError, ConnectionError) as error:
        return {"name": name, "ok": True, "detail": type(error).__name__}


def closed(plan: Plan) -> dict[str, Any]:
    open_ports = []
    for port in CLOSED:
        try:
            socket.create_connection((plan.address, port), 3).close()
            open_ports.append(port)
        except OSError:
            continue
    return {"name": "8000 and 11434 are closed", "ok": not open_ports, "detail": f"open: {open_ports or 'none'}"}


def guarded(name: str, check: Callable[[Plan], dict[str, Any]], plan: Plan) -> dict[str, Any]:
    try:
        return check(plan)
    except (OSError, http.client.HTTPException) as error:
        return {"name": name, "ok": False, "detail": f"{type(error).__name__}: {error}"}


def certificate(plan: Plan) -> str:
    try:
        with (
            socket.create_connection((plan.address, 443), TIMEOUT_S) as raw,
            trusting(plan).wrap_socket(raw, server_hostname=plan.domain) as secured,
        ):
            read = secured.getpeercert() or {}
            return f"until {read['notAfter']}, {secured.version()}"
    except OSError as error:
        return f"not trusted: {error}"


def main() -> int:
    plan = Plan(**json.load(sys.stdin))
    checks = [guarded("GET /health over TLS", health, plan), guarded("inner pages", hidden, plan)]
    answer = ""
    try:
        listed = ask(plan, "GET", "/api/v1/process", key=plan.key).status != 403
        if listed:
            checks.append(guarded("a wrong key is refused", wrong_key, plan))
            check, answer = real_turns(plan)
            checks.append(check)
        else:
            checks.append(guarded("allowlist", not_listed, plan))
    except (OSError, http.client.HTTPException) as error:
        checks.append({"name": "the API", "ok": False, "detail": f"{type(error).__name__}: {error}"})
    if plan.side == "outside":
        checks += [guarded("old TLS", old_tls, plan), guarded("closed ports", closed, plan)]
    elif not answer:
        checks.append({"name": "a real turn from the server itself", "ok": False, "detail": "none was answered"})
    print(json.dumps({"checks": checks, "answer": answer, "certificate": certificate(plan)}, ensure_ascii=False))
    return 0 if all(check["ok"] for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
