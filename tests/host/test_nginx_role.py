"""The only way in: what passes, what does not, and that every error has the contract's form."""

import concurrent.futures
import contextlib
import http.client
import json
import re
import socket
import ssl
import time
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.host.callers import Caller, message
from tests.host.hosts import Host

FRONT = "tests/host/playbooks/front.yml"
SITE = "/etc/nginx/sites-available/sales-machine"
MIB = 1 << 20


@pytest.fixture(scope="module")
def caller(provisioned: Host) -> Caller:
    return Caller(provisioned)


@contextlib.contextmanager
def instead_of_the_service(host: Host, program: str) -> Iterator[None]:
    """A Python program in the service's place on 127.0.0.1:8000."""
    host.sh("systemctl stop sales-machine.socket sales-machine.service 2>/dev/null; true")
    try:
        host.exec("systemd-run", "--quiet", "--unit=impostor", "python3", "-c", program)
        host.sh("for i in $(seq 50); do ss -Hltn 'sport = :8000' | grep -q . && exit; sleep 0.1; done; exit 1")
        yield
    finally:
        host.sh("systemctl stop impostor; systemctl reset-failed impostor 2>/dev/null; true")
        host.sh("systemctl start sales-machine.socket 2>/dev/null; systemctl start sales-machine.service")
        wait_until_serving(host)


def wait_until_serving(host: Host) -> None:
    host.sh("for i in $(seq 100); do curl -fs http://127.0.0.1:8000/health >/dev/null && exit; sleep 0.2; done; exit 1")


def test_a_conversation_over_tls_is_answered_and_remembered(caller: Caller) -> None:
    user = uuid.uuid4().hex
    first = caller.turn("Привет, расскажите о вашей CRM", user)
    second = caller.turn("Сколько стоит?", user)
    assert first.status == second.status == 200
    assert first.json["answer"].strip()
    assert second.json["answer"] != first.json["answer"]
    assert "max-age=" in first.headers["strict-transport-security"]
    assert first.headers["server"] == "nginx"  # no version


def test_the_services_own_errors_pass_untouched(caller: Caller) -> None:
    wrong = caller.ask("POST", "/api/v1/process", message("x", "y"), key="wrong-key")
    assert wrong.is_error(401, "UNAUTHORIZED")
    assert wrong.headers["www-authenticate"] == "Bearer"
    assert caller.ask("GET", "/api/v1/process", key=caller.key).headers["allow"] == "POST"
    assert caller.ask("POST", "/api/v1/process", b"{", key=caller.key).is_error(400, "BAD_REQUEST")
    too_long = caller.ask("POST", "/api/v1/process", b"x" * (MIB + 100), key=caller.key)
    assert too_long.is_error(413, "BAD_REQUEST")
    assert str(MIB) in too_long.json["error"]["message"]  # the service's message, which names its limit


def test_off_the_allowlist_is_403_while_health_and_the_challenges_stay_open(caller: Caller) -> None:
    stranger = caller.host.stranger
    refused = caller.turn("Привет", "u", source=stranger)
    assert refused.is_error(403, "UNAUTHORIZED")
    assert caller.ask("GET", "/health", source=stranger).json["status"] == "ok"
    folder = "/var/www/acme/.well-known/acme-challenge"
    caller.host.sh(f"mkdir -p {folder} && echo proof > {folder}/token")
    assert caller.plain("/.well-known/acme-challenge/token", source=stranger).text == "proof\n"
    caller.host.sh(f"rm {folder}/token")
    v6 = caller.turn("Привет", "u", source=caller.host.stranger6, address=caller.host.address6)
    assert v6.is_error(403, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/ready", "/version", "/openapi.json", "/", "/docs", "/api/", "/api/v2/x", "/health/", "/api/v1/../../metrics",
     "/api/v1/%2e%2e/%2e%2e/metrics", "/api/v1/..%2f..%2fmetrics", "//metrics", "/metrics?x=/api/v1/", "/%6detrics"],
)  # fmt: skip
def test_inner_pages_are_not_found_however_they_are_spelled(caller: Caller, path: str) -> None:
    got = caller.ask("GET", path)
    assert got.is_error(404, "BAD_REQUEST"), got
    assert "machine_" not in got.text


@pytest.mark.parametrize(
    ("name", "request_", "status"),
    [
        ("not HTTP", b"\x16garbage\r\n\r\n", 400),
        ("two lengths", b"POST /api/v1/process HTTP/1.1\r\nHost: machine.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("address too long", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: machine.test\r\n\r\n", 414),
        ("headers too large", b"GET /health HTTP/1.1\r\nHost: machine.test\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 400),
        ("method", b"TRACE /api/v1/process HTTP/1.1\r\nHost: machine.test\r\n\r\n", 405),
        ("announced too large", b"POST /api/v1/process HTTP/1.1\r\nHost: machine.test\r\nContent-Length: 99999999\r\n\r\n", 413),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_nginx_refuses_itself_has_the_contracts_form(
    caller: Caller, name: str, request_: bytes, status: int
) -> None:
    assert caller.raw(request_).is_error(status, "BAD_REQUEST")


def test_plain_http_on_the_tls_port_is_told_so(caller: Caller) -> None:
    assert caller.plain("/health", port=443).is_error(400, "BAD_REQUEST")


def test_too_many_requests_get_429_with_retry_after(caller: Caller) -> None:
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: caller.ask("GET", "/health", source=caller.host.stranger), range(90)))
    refused = [each for each in got if each.status == 429]
    assert refused
    assert all(each.is_error(429, "RATE_LIMIT") and each.headers["retry-after"] == "1" for each in refused)
    assert sum(each.status == 200 for each in got) >= 20  # the burst passes
    assert len(refused) + sum(each.status == 200 for each in got) == 90


def test_a_stopped_service_is_502_and_a_started_one_serves_at_once(caller: Caller) -> None:
    caller.host.sh("systemctl stop sales-machine.socket sales-machine.service 2>/dev/null; true")
    try:
        got = caller.turn("Привет", "u")
        assert got.is_error(502, "INTERNAL")
        assert got.headers["retry-after"] == "5"
    finally:
        caller.host.sh("systemctl start sales-machine.socket 2>/dev/null; systemctl start sales-machine.service")
        wait_until_serving(caller.host)
    assert caller.turn("Привет", "u").status == 200


def test_a_service_that_never_answers_is_504(caller: Caller) -> None:
    assert caller.host.play(FRONT, front_roles=["nginx"], nginx_app_deadline_s=1).status == 0
    silent = (
        "import socket, time\n"
        "s = socket.create_server(('127.0.0.1', 8000))\n"
        "open_ones = []\n"
        "while True: open_ones.append(s.accept())\n"
    )
    try:
        with instead_of_the_service(caller.host, silent):
            started = time.monotonic()
            got = caller.turn("Привет", "u")
            assert got.is_error(504, "INTERNAL")
            assert got.headers["retry-after"] == "5"
            assert 20 <= time.monotonic() - started < 25
    finally:
        assert caller.host.play(FRONT, front_roles=["nginx"]).status == 0


def test_a_turn_is_never_sent_twice(caller: Caller) -> None:
    """An upstream that reads the request and hangs up: nginx must not try again."""
    program = (
        "import socket\n"
        "s = socket.create_server(('127.0.0.1', 8000))\n"
        "while True:\n"
        "    c, _ = s.accept()\n"
        "    if c.recv(65536).startswith(b'POST'): open('/run/impostor.count', 'a').write('x')\n"
        "    c.close()\n"
    )
    caller.host.sh("rm -f /run/impostor.count")
    with instead_of_the_service(caller.host, program):
        assert caller.turn("Привет", "u").is_error(502, "INTERNAL")
        assert caller.host.sh("cat /run/impostor.count") == "x"


def test_foreign_names_get_nothing(caller: Caller) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        caller.connect(name="elsewhere.test")
    with pytest.raises(http.client.RemoteDisconnected):
        caller.plain("/", name="elsewhere.test")
    with caller.connect() as secured:
        secured.sendall(b"GET /health HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n")
        assert secured.recv(100) == b""


def test_everything_else_on_port_80_leads_to_tls(caller: Caller) -> None:
    got = caller.plain("/health?a=b")
    assert got.status == 301
    assert got.headers["location"] == "https://machine.test/health?a=b"


def test_the_log_has_the_combined_format_and_no_word_of_a_customer(caller: Caller) -> None:
    secret = uuid.uuid4().hex
    caller.turn(f"мой пароль {secret}", "u")
    headers = {"Referer": f"https://a/?q={secret}", "User-Agent": "test-agent"}
    caller.ask("POST", f"/api/v1/process?q={secret}", message("x", "y"), key="wrong-key", **headers)
    log = caller.host.sh("cat /var/log/nginx/sales-machine.access.log")
    assert secret not in log
    combined = r'10\.213\.\d+\.1 - - \[[^]]+\] "POST /api/v1/process HTTP/1\.1" 401 \d+ "-" "test-agent"'
    assert re.search(f"^{combined}$", log, re.MULTILINE)
    assert secret not in caller.host.sh("cat /var/log/nginx/*.log; ls -R /var/lib/nginx/body")


def test_what_nginx_refuses_itself_leaves_no_query_and_no_referrer_in_any_log(caller: Caller) -> None:
    """Too many, denied, too large, no service behind it: each would be a line of its error log with the whole request."""
    secret, host = uuid.uuid4().hex, caller.host
    headers = {"Referer": f"https://a/?q={secret}"}
    statuses = set()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        ask = partial(caller.ask, "GET", f"/health?q={secret}", source=host.stranger, **headers)
        statuses |= {each.status for each in pool.map(lambda _: ask(), range(90))}
    time.sleep(3)  # the rate's bucket runs empty
    path = f"/api/v1/process?q={secret}"
    statuses.add(caller.ask("POST", path, message("x", "y"), source=host.stranger, **headers).status)
    large = f"POST {path} HTTP/1.1\r\nHost: machine.test\r\nReferer: https://a/?q={secret}\r\nContent-Length: 99999999\r\n\r\n"
    statuses.add(caller.raw(large.encode()).status)
    caller.plain(f"/.well-known/acme-challenge/none?q={secret}")
    host.sh("systemctl stop sales-machine.socket sales-machine.service")
    try:
        statuses.add(caller.ask("GET", f"/health?q={secret}", **headers).status)
    finally:
        host.sh("systemctl start sales-machine.socket; systemctl start sales-machine.service")
        wait_until_serving(host)
    assert statuses == {200, 429, 403, 413, 502}
    assert secret not in host.sh("cat /var/log/nginx/*.log")


def test_half_a_request_on_port_80_is_hung_up_on(caller: Caller) -> None:
    with socket.create_connection((caller.host.address, 80), timeout=30) as half:
        started = time.monotonic()
        half.sendall(b"GET / HTTP/1.1\r\nHost: machine.te")
        assert half.recv(100) == b""
        assert 5 < time.monotonic() - started < 20


def test_the_log_is_rotated_and_nginx_goes_on_in_the_new_file(caller: Caller) -> None:
    caller.host.sh("logrotate --force /etc/logrotate.d/nginx; sleep 1")
    caller.ask("GET", "/health", **{"User-Agent": "after-rotation"})
    host = caller.host
    host.sh(
        "for i in $(seq 20); do grep -q after-rotation /var/log/nginx/sales-machine.access.log && exit; sleep 0.1; done; exit 1"
    )
    assert host.sh("ls /var/log/nginx/sales-machine.access.log.1")


def test_a_broken_configuration_leaves_the_old_one_serving_and_on_the_disk(caller: Caller) -> None:
    host = caller.host
    before = host.sh(f"cat {SITE}")
    host.sh("echo 'nonsense here;' > /etc/nginx/conf.d/broken.conf")
    try:
        play = host.play(FRONT, front_roles=["nginx"], nginx_rate_per_second=77)
        assert play.status != 0
        assert 'unknown directive "nonsense"' in play.one_line
        assert "goes on serving" in play.one_line
        assert host.sh(f"cat {SITE}") == before
        assert caller.ask("GET", "/health").status == 200
    finally:
        host.sh("rm /etc/nginx/conf.d/broken.conf")
    assert host.sh("ls /etc/nginx/sites-available | grep '~' || true") == ""
    assert host.sh("nginx -t 2>&1 | tail -1").endswith("successful")


def test_the_health_page_can_be_closed_to_strangers(caller: Caller) -> None:
    try:
        assert caller.host.play(FRONT, front_roles=["nginx"], nginx_health_public=False).status == 0
        assert caller.ask("GET", "/health", source=caller.host.stranger).is_error(403, "UNAUTHORIZED")
        assert caller.ask("GET", "/health").status == 200
    finally:
        assert caller.host.play(FRONT, front_roles=["nginx"]).status == 0
    assert caller.host.play(FRONT, front_roles=["nginx"]).recap["changed"] == 0


@pytest.mark.parametrize(
    ("wrong", "variable", "fix"),
    [
        ({"nginx_domain": "Not a name"}, "nginx_domain", "machine_domain: bot.example.com"),
        ({"nginx_allowlist": []}, "nginx_allowlist", "addresses of n8n"),
        ({"nginx_allowlist": ["everybody"]}, "nginx_allowlist", "203.0.113.7/32"),
        ({"nginx_rate_per_second": 0}, "nginx_rate_per_second", "whole number from 1"),
        ({"nginx_app_deadline_s": "soon"}, "nginx_app_deadline_s", "whole number from 1"),
        ({"nginx_upstream": "10.0.0.1:8000"}, "nginx_upstream", "127.0.0.1:8000"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_wrong_variable_is_named_with_its_fix_and_nothing_changes(
    caller: Caller, wrong: dict[str, Any], variable: str, fix: str
) -> None:
    before = caller.host.sh(f"cat {SITE}")
    play = caller.host.play(FRONT, front_roles=["nginx"], **wrong)
    assert play.status != 0
    assert variable in play.one_line
    assert fix in play.one_line
    assert play.recap["changed"] == 0
    assert caller.host.sh(f"cat {SITE}") == before
