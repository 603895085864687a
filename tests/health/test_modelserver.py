"""The doctor's look at a model server of OpenAI's protocol: a real server, and each thing that it may say."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.health.modelserver import OpenAIFacts, check_openai, local_ports
from app.health.readiness import PartState
from app.service.backends import BACKENDS
from app.settings import load

KEY = "sk-not-to-be-seen"


@contextmanager
def answering(status: int, body: bytes, key: str = "") -> Iterator[str]:
    """A server whose /v1/models says so to whoever has the key; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            well = self.path == "/v1/models" and self.headers.get("Authorization", "") == (key and f"Bearer {key}")
            said = (
                body
                if well
                else json.dumps({"error": {"message": f"{self.headers.get('Authorization')} is no key"}}).encode()
            )
            self.send_response(status if well else 401)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield "http://{}:{}".format(*server.server_address)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def looked(host: str, **environ: str) -> tuple[PartState, ...]:
    """What the table's probe finds."""
    chosen = {"MACHINE_LLM__BACKEND": "openai", "MACHINE_LLM__HOST": host, "MACHINE_LLM__MODEL": "shop-7b", **environ}
    settings = load(environ=chosen)
    kind = BACKENDS[settings.llm.backend]
    assert kind.probe is not None
    assert not kind.needs_gpu(settings.llm)
    return kind.probe(settings.llm)


def listing(*names: str, **more: Any) -> bytes:
    return json.dumps({"object": "list", "data": [{"id": name, **more} for name in names]}).encode()


@pytest.mark.parametrize(
    ("status", "body", "levels", "said"),
    [
        (200, listing("other", "shop-7b"), ["ok", "ok"], "shop-7b is there"),
        (200, listing("other", "shop-8b"), ["ok", "error"], "shop-7b is not there; there: shop-8b, other"),
        (200, listing(), ["ok", "error"], "there: none"),
        (200, listing("shop-7b", max_model_len=4096), ["ok", "error"], "holds 4096 tokens"),
        (200, listing("shop-7b", meta={"n_ctx": 2048}), ["ok", "error"], "holds 2048 tokens"),
        (200, listing("shop-7b", max_model_len=6144), ["ok", "ok"], "is there"),
        (200, b"<html>", ["error"], "does not list its models"),
        (200, b'{"models": []}', ["error"], "does not list its models"),
        (404, b"", ["warning"], "lists no models"),
        (503, b"", ["error"], "it is not ready"),
        (500, b"", ["error"], "status 500"),
        (403, b"", ["error"], "it wants a key, and none is set"),
    ],
)
def test_what_it_says_is_judged(status: int, body: bytes, levels: list[str], said: str) -> None:
    with answering(status, body) as host:
        found = looked(host)
    assert [each.level for each in found] == levels
    assert said in found[-1].detail
    assert all(each.fix for each in found if each.level != "ok")


def test_the_key_is_sent_refused_or_missed_and_never_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200, listing("shop-7b"), KEY) as host:
        (tmp_path / "llm_key").write_text(f"# of the cloud\n{KEY}\n")
        assert [each.level for each in looked(host, LLM_API_KEY=KEY)] == ["ok", "ok"]
        assert [each.level for each in looked(host, MACHINE_LLM__KEY_FILE=str(tmp_path / "llm_key"))] == ["ok", "ok"]
        (refused,) = looked(host, LLM_API_KEY=f"{KEY}-old")
        (missed,) = looked(host)
        (unreadable,) = looked(host, MACHINE_LLM__KEY_FILE=str(tmp_path / "nowhere"))
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        assert [each.level for each in looked(host)] == ["ok", "ok"]
    assert "refuses the key" in refused.detail
    assert "wants a key, and none is set" in missed.detail
    assert "check llm.key_file" in unreadable.detail
    assert KEY not in str((refused, missed, unreadable))


def test_a_server_that_is_away_is_said() -> None:
    with answering(200, b"") as host:
        pass
    (found,) = looked(host)
    assert (found.name, found.level) == ("openai", "error")
    assert host in found.detail


@pytest.mark.parametrize(
    ("host", "keyed", "level", "said"),
    [
        ("http://127.0.0.1:8080", True, None, ""),
        ("http://localhost/v1", True, None, ""),
        ("http://[::1]:8080", True, None, ""),
        ("https://models.example.com/v1", True, "warning", "leave this machine: each turn goes to models.example.com"),
        ("http://10.0.0.5:8080", False, "warning", "leave this machine, unencrypted"),
        ("http://10.0.0.5:8080", True, "error", "unencrypted"),
        ("http://127.0.0.1.example.com", False, "warning", "unencrypted"),
    ],
)
def test_words_that_leave_this_machine_are_said_plainly(host: str, keyed: bool, level: str | None, said: str) -> None:
    for known in (("m",), ()):  # whether the model is there or not
        found = check_openai(OpenAIFacts(host, "m", status=200, keyed=keyed, known=known, there=bool(known)))
        leaving = [each for each in found if each.name == "customers' words"]
        assert [each.level for each in leaving] == ([level] if level else [])
        assert all(said in each.detail and "127.0.0.1 keeps them" in each.fix for each in leaving)


def test_the_port_of_a_server_on_this_machine_is_looked_at_too() -> None:
    assert local_ports("http://127.0.0.1:8080/v1") == {8080}
    assert local_ports("https://localhost") == {443}
    assert local_ports("https://models.example.com") == set()
