"""`machine doctor` as an operator runs it: against a service that is well, and against hosts that are not."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.cli import diagnosis
from app.files import acting_for
from app.health.facts import DatabaseFacts
from loadtests.service import KEY, Server, ask, clean_environment
from tests.fakenvml import Card, build
from tests.faults.rig import mounted
from tests.forked import machine

LEVELS = ["ok", "warning", "error"]
DIGEST = "bd" * 32


class Diagnosis:
    """One run: exit status, text or JSON, seconds."""

    def __init__(self, *arguments: object, environment: Mapping[str, str] | None = None) -> None:
        started = time.monotonic()
        environment = environment or clean_environment(API_KEYS=KEY)
        self.done = machine("doctor", *map(str, arguments), environment=environment)
        self.seconds = time.monotonic() - started
        self.status = self.done.returncode
        assert self.done.stderr == ""

    @property
    def checks(self) -> dict[str, dict[str, str]]:
        found = json.loads(self.done.stdout)
        worst = max((check["level"] for check in found["checks"]), key=LEVELS.index)
        assert (found["level"], found["exit"]) == (worst, LEVELS.index(worst))
        assert self.status == found["exit"]
        for check in found["checks"]:
            assert bool(check["fix"]) is (check["level"] != "ok"), check
        return {check["name"]: check for check in found["checks"]}


def diagnose(*arguments: object, environment: Mapping[str, str] | None = None) -> dict[str, dict[str, str]]:
    return Diagnosis("--json", *arguments, environment=environment).checks


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def closed() -> str:
    """An address of this host where nothing listens."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("doctor") / "data") as running, running.client() as caller:
        ask(caller, "сколько стоит тариф Рост?")
        yield running


def modes(folder: Path) -> dict[str, tuple[int, int]]:
    return {path.name: (path.stat().st_mode, path.stat().st_uid) for path in folder.iterdir()}


def test_a_machine_that_is_well(serving: Server) -> None:
    before = modes(serving.data)
    checks = diagnose("--url", serving.url, "--data", serving.data)
    wanted = [
        "settings",
        "data folder",
        "API keys",
        "database",
        "knowledge",
        "service",
        "search",
        "ports",
        "open files",
    ]
    assert {name: checks[name]["level"] for name in wanted} == dict.fromkeys(wanted, "ok")
    assert list(checks) == [*wanted[:5], "disk", "memory", "clock", *wanted[5:], "gpu"]
    assert checks["database"]["detail"] == "intact, schema 2"
    assert {"database", "knowledge", "model"} <= set(checks["service"]["detail"].split(": ")[1].split(", "))
    assert f"process {serving.process.pid}" in checks["ports"]["detail"]
    assert f"process {serving.process.pid}" in checks["open files"]["detail"]
    assert modes(serving.data) == before, "looking changed something"


def test_a_flag_nobody_knows_is_a_warning_and_examples_that_cannot_be_read_an_error(
    serving: Server, tmp_path: Path
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("dialogue: {examples: /nowhere/said.yaml}\n", "utf-8")
    environment = clean_environment(API_KEYS=KEY, FF_tone_analisis="true", FF_reranker="true")
    checks = diagnose("--url", serving.url, "--data", serving.data, "--settings", file, environment=environment)
    assert checks["settings"]["level"] == "warning"
    assert "FF_tone_analisis is no flag" in checks["settings"]["detail"]
    assert "did you mean 'FF_tone_analysis'?" in checks["settings"]["detail"]
    assert "set retriever.reranker" in checks["settings"]["detail"]
    assert (checks["examples"]["level"], "/nowhere/said.yaml" in checks["examples"]["detail"]) == ("error", True)


def test_the_table_says_the_same_and_lists_what_to_do(serving: Server) -> None:
    run = Diagnosis("--url", serving.url, "--data", serving.data, "--kb", "/nowhere")
    assert run.status == 2
    lines = run.done.stdout.splitlines()
    assert any(line.startswith("ok    service ") for line in lines)
    assert any(line.startswith("FAIL  knowledge ") and "'/nowhere' is no folder" in line for line in lines)
    to_do = lines[lines.index("What to do:") :]
    assert any(line.startswith("  knowledge: ") and "machine kb lint" in line for line in to_do)
    assert not any(line.startswith("  service: ") for line in to_do)


@pytest.mark.parametrize(
    ("until", "level", "count"),
    [
        (("2020-01-01", "2020-12-31"), "error", 0), (("2020-01-01", "2999-12-31"), "ok", 1),
        (("2020-01-01", ""), "ok", 1), (("", ""), "ok", 2),
    ],
)  # fmt: skip
def test_knowledge_of_which_no_section_is_valid_today_is_an_error(
    closed: str, tmp_path: Path, until: tuple[str, str], level: str, count: int
) -> None:
    (tmp_path / "kb").mkdir()
    sections = "".join(
        f"  - {{id: s{n}, text: Мы открыты., valid_until: {each or 'null'}}}\n" for n, each in enumerate(until)
    )
    (tmp_path / "kb" / "a.yaml").write_text(f"sections:\n{sections}", "utf-8")
    found = diagnose("--url", closed, "--data", tmp_path / "data", "--kb", tmp_path / "kb")["knowledge"]
    assert (found["level"], found["detail"].split(", ")[-1]) == (level, f"{count} sections")
    assert ("expired (valid_until)" in found["fix"]) == (level == "error")


def test_keys_that_only_the_service_sees_are_no_trouble_while_it_runs(serving: Server, closed: str) -> None:
    bare = clean_environment()
    assert diagnose("--url", serving.url, "--data", serving.data, environment=bare)["API keys"]["level"] == "ok"
    alone = diagnose("--url", closed, "--data", serving.data, environment=bare)["API keys"]
    assert alone["level"] == "error"
    assert "no API key" in alone["detail"]


def test_modes_that_let_others_read_are_errors(tmp_path: Path, closed: str) -> None:
    data = tmp_path / "data"
    with Server(data):
        pass
    keys = tmp_path / "keys"
    keys.write_text(KEY)
    keys.chmod(0o644)
    data.chmod(0o750)
    environment = clean_environment(MACHINE_API__KEYS_FILE=str(keys))
    checks = diagnose("--url", closed, "--data", data, environment=environment)
    assert (checks["data folder"]["level"], checks["API keys"]["level"]) == ("warning", "error")
    assert "(644)" in checks["API keys"]["detail"]
    files = modes(data)
    (data / "conversations.db").chmod(0o604)
    checks = diagnose("--url", closed, "--data", data, environment=environment)
    assert checks["data folder"]["level"] == "error"
    assert "conversations.db (604)" in checks["data folder"]["detail"]
    assert checks["database"]["level"] == "ok", "the service is stopped, its memory is well"
    subprocess.run(checks["data folder"]["fix"], shell=True, check=True)
    keys.chmod(0o600)
    checks = diagnose("--url", closed, "--data", data, environment=environment)
    assert (checks["data folder"]["level"], checks["API keys"]["level"]) == ("ok", "ok"), "the fix as pasted helps"
    assert modes(data) == files, "looking left something behind"


def test_no_data_folder_a_closed_port_and_wrong_settings_are_all_said_at_once(tmp_path: Path, closed: str) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("turn:\n  timeout: 1\n")
    checks = diagnose("--url", closed, "--data", tmp_path / "gone", "--settings", settings)
    assert "did you mean 'turn.timeout_s'" in checks["settings"]["detail"]
    assert "does not exist" in checks["data folder"]["detail"]
    assert "Connection refused" in checks["service"]["detail"]
    assert "systemctl restart sales-machine" in checks["service"]["fix"]
    assert {checks[name]["level"] for name in ("settings", "data folder", "service")} == {"error"}
    assert checks["knowledge"]["level"] == "ok", "the other checks went on"
    assert not (tmp_path / "gone").exists(), "the doctor made what it looked for"


def unreadable(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 : 3 * 4096] = b"\xab" * (2 * 4096)
    path.write_bytes(content)


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xab" * 4096  # the newest page: nothing that is read to open the file
    path.write_bytes(content)


def of_a_later_release(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO migrations VALUES (99, 'm099', 0)")
    db.close()


def written_tomorrow(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("UPDATE turns SET created_at = created_at + 86400")
    db.close()


@pytest.mark.parametrize(
    ("harm", "check", "said"),
    [
        (unreadable, "database", "it is damaged"),
        (damaged, "database", "it is damaged"),
        (of_a_later_release, "database", "schema 99"),
        (written_tomorrow, "clock", "set back"),
    ],
)
def test_a_memory_that_is_not_well(tmp_path: Path, closed: str, harm: Any, check: str, said: str) -> None:
    with Server(tmp_path) as running, running.client() as caller:
        ask(caller, "сколько стоит тариф Рост?")
    tmp_path.chmod(0o700)
    harm(tmp_path / "conversations.db")
    found = diagnose("--url", closed, "--data", tmp_path)[check]
    assert found["level"] == "error"
    assert said in found["detail"]


def test_a_port_open_to_the_network_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as four, socket.create_server(("::", 0), family=socket.AF_INET6) as six:
        for listener, place in ((four, "0.0.0.0"), (six, "[::]")):
            port = listener.getsockname()[1]
            found = diagnose("--url", f"http://127.0.0.1:{port}", "--data", tmp_path)["ports"]
            assert found["level"] == "error"
            assert f"{place}:{port}" in found["detail"]
            assert "127.0.0.1" in found["fix"]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("driver"))


@pytest.fixture
def card(library: Path, tmp_path: Path) -> Card:
    return Card(library, tmp_path / "card")


def test_a_hung_driver_and_hung_ports_take_less_than_fifteen_seconds(card: Card, tmp_path: Path) -> None:
    card.set({"hang.init": 1})
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        environment = card.environment(MACHINE_LLM__BACKEND="ollama", MACHINE_LLM__HOST=url)
        run = Diagnosis("--json", "--url", url, "--data", tmp_path, environment=environment)
    assert run.seconds < 15
    assert "does not answer" in run.checks["gpu"]["detail"]
    assert "no answer within 3 s" in run.checks["service"]["detail"]
    assert "no answer within 3 s" in run.checks["ollama"]["detail"]


@pytest.mark.parametrize(
    ("state", "backend", "level", "said"),
    [
        ({}, "ollama", "ok", "RTX 4000 SFF Ada"),
        ({"temp": 95}, "ollama", "error", "95 °C"),
        ({"reasons": 0x40}, "ollama", "warning", "hardware thermal slowdown"),
        ({"err.device": 15}, "ollama", "error", "lost"),
        ({"err.nvmlInitWithFlags": 18}, "ollama", "error", "upgraded"),
        ({"err.nvmlInitWithFlags": 18}, "extractive", "warning", "upgraded"),
    ],
)
def test_the_gpu_as_the_driver_shows_it(
    card: Card, tmp_path: Path, closed: str, state: dict[str, object], backend: str, level: str, said: str
) -> None:
    card.set(state)
    environment = card.environment(MACHINE_LLM__BACKEND=backend, MACHINE_LLM__HOST=closed)
    found = diagnose("--url", closed, "--data", tmp_path, environment=environment)["gpu"]
    assert (found["level"], said in found["detail"]) == (level, True), found


@contextmanager
def ollama(loaded: list[dict[str, Any]], model: str = "qwen3:14b") -> Iterator[str]:
    """A server that answers as Ollama does; its address."""
    answers: dict[str, Any] = {
        "/api/version": {"version": "0.30.1"},
        "/api/tags": {"models": [{"name": model, "model": model, "size": 9_276_198_565, "digest": DIGEST}]},
        "/api/ps": {"models": loaded},
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("vram", "wanted", "settings", "level", "said"),
    [
        (10, "qwen3:14b", {}, "ok", "loaded"),
        (10, "qwen3:14b", {"MACHINE_LLM__DIGEST": DIGEST}, "ok", "loaded"),
        (10, "qwen3:14b", {"MACHINE_LLM__DIGEST": "ee" * 32}, "error", "the settings want eeee"),
        (6, "qwen3:14b", {}, "error", "layers run on the CPU: 40%"),
        (6, "qwen3:14b", {"MACHINE_LLM__CPU_ACCEPTED": "true"}, "ok", "loaded"),
        (None, "qwen3:14b", {}, "error", "not loaded"),
        (10, "qwen3:32b", {}, "error", "there: qwen3:14b"),
    ],
)
def test_the_model_as_ollama_has_it(
    tmp_path: Path, closed: str, vram: int | None, wanted: str, settings: dict[str, str], level: str, said: str
) -> None:
    running = [] if vram is None else [{"name": "qwen3:14b", "size": 10 << 30, "size_vram": vram << 30}]
    with ollama(running) as host:
        environment = clean_environment(
            MACHINE_LLM__BACKEND="ollama", MACHINE_LLM__HOST=host, MACHINE_LLM__MODEL=wanted,
            http_proxy="http://127.0.0.1:1", **settings,
        )  # fmt: skip
        checks = diagnose("--url", closed, "--data", tmp_path, environment=environment)
    assert checks["ollama"]["detail"].endswith("version 0.30.1")
    assert (checks["model"]["level"], said in checks["model"]["detail"]) == (level, True), checks["model"]


def certificate(folder: Path, days: int) -> Path:
    """A certificate for localhost that ends in `days` days; -1: it ended yesterday."""
    assert shutil.which("openssl"), "these tests make certificates: install openssl (apt install openssl)"
    key, made, signed = folder / "key.pem", folder / "made.pem", folder / "cert.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for command in (
        ["req", "-x509", *curve, "-keyout", key, "-out", made, "-subj", "/CN=localhost", "-days", "9"],
        ["x509", "-in", made, "-signkey", key, "-days", str(days), "-out", signed],
    ):
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
    return signed


def test_backups_outside_are_spoken_of_where_they_are_sent(tmp_path: Path) -> None:
    note = tmp_path / "newest.json"
    asked = ("--url", "http://127.0.0.1:9", "--data", tmp_path, "--offsite", note)
    assert "off-site" not in diagnose(*asked)
    note.write_text(json.dumps({"since": time.time(), "archive": "", "at": 0}))
    assert diagnose(*asked)["off-site"]["level"] == "warning"
    note.write_text("{}")
    assert diagnose(*asked)["off-site"]["level"] == "error"


@pytest.mark.parametrize(
    ("days", "level", "said"),
    [
        (-1, "error", "expired 1 days ago"),
        (2, "error", "for 2 more days"),
        (20, "warning", ""),
        (60, "ok", "60 more days"),
    ],
)
def test_a_certificate_near_its_end(tmp_path: Path, closed: str, days: int, level: str, said: str) -> None:
    found = diagnose("--url", closed, "--data", tmp_path, "--cert", certificate(tmp_path, days))["certificate"]
    assert (found["level"], said in found["detail"]) == (level, True), found


def test_a_certificate_that_is_missing_or_none(tmp_path: Path, closed: str) -> None:
    (tmp_path / "text.pem").write_text("hello")
    for path, said in ((tmp_path / "gone.pem", "no such file"), (tmp_path / "text.pem", "no certificate")):
        found = diagnose("--url", closed, "--data", tmp_path, "--cert", path)["certificate"]
        assert (found["level"], said in found["detail"]) == ("error", True)


def test_a_certificate_that_callers_refuse(tmp_path: Path) -> None:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path, 60), tmp_path / "key.pem")

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:  # a caller that refuses the handshake is what is expected
            pass

    with Quiet(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        checks = diagnose("--url", f"https://localhost:{server.server_port}", "--data", tmp_path)
        server.shutdown()
    assert checks["certificate"]["level"] == "error"
    assert "callers refuse it: self" in checks["certificate"]["detail"]
    assert checks["service"]["level"] == "error"


@pytest.mark.root
def test_a_disk_that_is_full(tmp_path: Path, closed: str) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs") as small:
        (small / "full").write_bytes(b"x" * (1 << 20))
        (small / "full").chmod(0o600)
        found = diagnose("--url", closed, "--data", small)
    assert found["disk"]["level"] == "error"
    assert found["disk"]["detail"].startswith("0.0 of 0.0 GiB free")
    assert found["data folder"]["level"] == "ok"


@pytest.mark.root
def test_what_root_alone_may_read_is_read_though_the_memory_is_read_with_its_owner_s_rights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data, live = Path(folder, "data"), Path(folder, "live")
        Path(folder).chmod(0o755)  # the memory's owner passes
        for each in (data, live):
            each.mkdir(mode=0o700)
        os.chown(data, 65534, 65534)

        def look_long(path: Path, _: float) -> DatabaseFacts:
            with acting_for(data):
                time.sleep(0.5)
            return DatabaseFacts(path, exists=False)

        monkeypatch.setattr("app.health.facts.database_facts", look_long)
        asked = diagnosis.Diagnosis(None, data, None, "http://127.0.0.1:9", certificate(live, 60))
        found = {part.name: part for part in asked.findings()}
    assert found["certificate"].level == "ok", found["certificate"]


def test_keys_that_systemd_hands_over_are_looked_at_too(tmp_path: Path, closed: str) -> None:
    keys = tmp_path / "api_keys"
    keys.write_text(f"{KEY}\n")
    environment = clean_environment(CREDENTIALS_DIRECTORY=str(tmp_path))
    for mode, level in ((0o644, "error"), (0o600, "ok")):
        keys.chmod(mode)
        found = diagnose("--url", closed, "--data", tmp_path, environment=environment)["API keys"]
        assert (found["level"], str(keys) in found["detail"]) == (level, True)
