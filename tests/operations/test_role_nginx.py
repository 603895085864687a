"""What nginx promises between callers and the service: who may call, how, and what is kept of it. A change must not lose
one of these lines unnoticed; tests/host tries the same on a real server."""

import re
from pathlib import Path

from loadtests.service import ROOT
from tests.thrift import parsed


def site(rendered: Path) -> str:
    return (rendered / "nginx.site.conf").read_text("utf-8")


def blocks(text: str, head: str) -> list[str]:
    """What stands between the braces of each block that begins with `head`."""
    found = []
    for match in re.finditer(rf"^ *{head} *\{{", text, re.MULTILINE):
        depth, place = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[place], 0)
            place += 1
        found.append(text[match.end() : place - 1])
    return found


def serving(rendered: Path) -> str:
    """The block of the server that callers reach."""
    (found,) = [each for each in blocks(site(rendered), "server") if "proxy_http_version" in each]
    return found


def test_only_who_is_listed_may_call_the_api_and_not_too_often(rendered: Path) -> None:
    (api,) = blocks(serving(rendered), re.escape("location ^~ /api/v1/"))
    access = re.findall(r"^\s*((?:allow|deny) \S+;)", api, re.MULTILINE)
    listed = parsed((ROOT / "tests/host/render_vars.yml").read_text("utf-8"))["machine_allowlist"]
    assert access == ["allow 127.0.0.1;", "allow ::1;", *(f"allow {net};" for net in listed), "deny all;"]
    assert re.search(r"limit_req zone=sales_machine burst=\d+ nodelay;", api)
    assert "limit_req_status 429;" in serving(rendered)
    assert re.search(r"limit_req_zone \$binary_remote_addr zone=sales_machine:\w+ rate=\d+r/s;", site(rendered))


def test_nothing_else_of_the_service_is_reached_from_outside(rendered: Path) -> None:
    assert len(re.findall("proxy_pass", site(rendered))) == 2
    (health,) = blocks(serving(rendered), re.escape("location = /health"))
    assert "proxy_pass http://sales_machine;" in health
    (rest,) = blocks(serving(rendered), "location /")
    assert re.search(r"return 404;", rest)
    assert "return" not in health


def test_a_name_that_is_not_the_servers_gets_no_answer(rendered: Path) -> None:
    unknown = [each for each in blocks(site(rendered), "server") if "server_name _;" in each]
    assert [bool(re.search(r"listen .*default_server;", each)) for each in unknown] == [True, True]
    assert ["return 444;" in each for each in unknown] == [True, True]
    assert "ssl_reject_handshake on;" in unknown[1]


def test_callers_speak_tls_of_today_and_are_kept_to_it(rendered: Path) -> None:
    assert re.findall(r"ssl_protocols (.*);", site(rendered)) == ["TLSv1.2 TLSv1.3"] * 2
    assert re.search(r'add_header Strict-Transport-Security "max-age=\d{7,}" always;', serving(rendered))
    (plain,) = [each for each in blocks(site(rendered), "server") if "acme-challenge" in each]
    assert "return 301 https://" in plain
    assert "proxy_pass" not in plain


def test_what_a_caller_says_of_itself_is_not_believed_and_no_turn_is_sent_twice(rendered: Path) -> None:
    said = serving(rendered)
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in said
    assert "proxy_set_header X-Real-IP $remote_addr;" in said
    assert "proxy_next_upstream off;" in said
    assert "proxy_intercept_errors off;" in said


def test_nginx_waits_longer_and_takes_more_than_the_service(rendered: Path) -> None:
    said = serving(rendered)
    waits = re.search(r"proxy_read_timeout (\d+)s;", said)
    assert waits and int(waits[1]) > 30
    taken, kept = (re.search(rf"client_{name} (\d+);", said) for name in ("max_body_size", "body_buffer_size"))
    assert taken and kept and int(kept[1]) == int(taken[1]) > 1 << 20, "and no word lies in a temporary file"
    assert "proxy_max_temp_file_size 0;" in said


def test_no_word_of_a_customer_is_in_nginxs_log(rendered: Path) -> None:
    (form,) = re.findall(r"log_format sales_machine (.*?);", site(rendered), re.DOTALL)
    held = set(re.findall(r"\$(\w+)", form))
    assert held & {"request", "request_uri", "args", "query_string", "http_referer", "request_body"} == set()
    logs = re.findall(r"access_log \S+ (\S+);", site(rendered))
    assert logs == ["sales_machine"] * len(logs) != []
    assert site(rendered).count("server_tokens off;") == 3


def test_every_error_of_nginxs_own_has_the_contracts_form(rendered: Path) -> None:
    said = serving(rendered)
    for status in ("400", "403", "404", "413", "429", "500", "502", "503", "504"):
        assert re.search(rf"error_page [\d ]*\b{status}\b", said), status
        assert re.search(
            rf"""return {status} '\{{"error": \{{"code": "[A-Z_]+", "message": "[^"']+"\}}\}}';""", said
        ), status
    again = dict(re.findall(r"add_header Retry-After (\d+) always;\s*return (\d+)", said))
    assert set(again.values()) >= {"429"}
    assert {status for _, status in re.findall(r"add_header Retry-After (\d+) always;\s*return (\d+)", said)} == {
        "429", "502", "503", "504"
    }  # fmt: skip
