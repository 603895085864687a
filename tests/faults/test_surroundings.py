"""What stands around the service: the certificate, the model server, the GPU, its knowledge and its settings."""

import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from loadtests.rig import Rig
from loadtests.service import KEY, ROOT, Server, clean_environment
from tests.fakenvml import Card, build
from tests.faults.rig import Callers, doctor, machine, ready, wait_ready, wait_until


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def signed(folder: Path, days: int) -> tuple[Path, Path]:
    """A certificate for localhost, valid for `days` days from now (-1: until yesterday), and the authority's own."""
    authority, key = folder / "ca.pem", folder / "ca.key"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    if not authority.exists():
        usage = ("-addext", "keyUsage=critical,keyCertSign")
        openssl("req", "-x509", *curve, "-keyout", key, "-out", authority, "-subj", "/CN=Test", "-days", 9, *usage)
        openssl("req", *curve, "-keyout", folder / "own.key", "-out", folder / "own.csr", "-subj", "/CN=localhost")
        (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    made = folder / f"own{days}.pem"
    openssl("x509", "-req", "-in", folder / "own.csr", "-CA", authority, "-CAkey", key, "-CAcreateserial",
            "-extfile", folder / "names", "-days", days, "-out", made)  # fmt: skip
    return made, authority


@contextmanager
def https(certificate: Path, key: Path) -> Iterator[str]:
    """A TLS endpoint with this certificate; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:  # a caller that refuses the handshake is what is expected
            pass

    with Quiet(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://localhost:{server.server_port}"
        server.shutdown()


def test_an_expired_certificate_is_named_with_its_days_from_the_file_and_from_the_endpoint(tmp_path: Path) -> None:
    for days, level, said in ((-1, "error", "expired 1 days ago"), (60, "ok", "valid for 60 more days")):
        certificate, authority = signed(tmp_path, days)
        environment = clean_environment(API_KEYS=KEY, SSL_CERT_FILE=str(authority))
        server = Server(tmp_path / "data")
        with https(certificate, tmp_path / "own.key") as server.url:
            for more in ((), ("--cert", certificate)):
                found = doctor(server, *more, environment=environment)["certificate"]
                assert (found["level"], said in found["detail"]) == (level, True), found
                assert ("certbot renew" in found["fix"]) is (level == "error")


def test_a_model_server_that_is_gone_and_comes_back() -> None:
    with Rig(20, MACHINE_TURN__TIMEOUT_S="20") as rig:
        callers = Callers(rig.server)
        assert callers.say(1, "before").status_code == 200
        rig.emulator.kill()
        assert callers.say(1, "gone").status_code == 503
        part = wait_ready(rig.server, "model", "error")
        assert "Ollama does not listen" in part["detail"]
        assert "systemctl start ollama" in part["detail"] + part["fix"]
        took = []
        for user in range(2, 12):
            began = time.monotonic()
            assert callers.say(user, "gone").status_code == 503
            took.append(time.monotonic() - began)
        assert sorted(took)[len(took) // 2] < 0.3, "it is refused at once, so that the caller's fallback speaks"
        assert callers.say(1, "before").status_code == 200, "what was answered before needs no model"
        found = doctor(rig.server)
        assert found["ollama"]["level"] == found["service: model"]["level"] == "error"
        assert "Connection refused" in found["ollama"]["detail"]
        assert "systemctl restart ollama" in found["ollama"]["fix"]
        rig.emulator.start()
        wait_ready(rig.server, "model", "ok", 20)
        callers.ask_again()
        callers.check()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("driver"))


def test_a_gpu_that_falls_off_the_bus_and_comes_back(library: Path, tmp_path: Path) -> None:
    card = Card(library, tmp_path / "card")
    card.set({})
    environment = card.environment(MACHINE_GPU__ENABLED="on", MACHINE_GPU__POLL_S="0.1", API_KEYS=KEY)
    with Server(tmp_path / "data", environment=environment) as server:
        callers = Callers(server)
        callers.say(1, "before")
        assert ready(server)[0] == 200
        card.set({"err.device": 15, "xid": 79})
        part = wait_ready(server, "gpu", "error")
        assert "the GPU is lost: it fell off the bus" in part["detail"]
        assert "Xid 79" in part["detail"]
        assert "power cycle" in part["fix"]
        assert callers.say(1, "lost").status_code == 200, "what needs no GPU is answered"
        figures = httpx.get(f"{server.url}/metrics", trust_env=False, verify=False).text.splitlines()
        assert 'machine_gpu_up{gpu="0"} 0.0' in figures, "GpuDown asks for it"
        assert 'machine_gpu_xids_total{gpu="0",xid="79"} 1.0' in figures, "GpuFault asks for it"
        found = doctor(server, environment=environment)
        assert found["gpu"]["level"] == found["service: gpu"]["level"] == "error"
        assert "power cycle" in found["gpu"]["fix"]
        assert "Xid 79" in found["service: gpu"]["detail"]
        card.set({"xid": 79})
        part = wait_ready(server, "gpu", "warning")
        assert "Xid 79" in part["detail"], "it is well again, and somebody should look"
        callers.say(1, "after")
        callers.check()


@pytest.mark.parametrize(
    ("backend", "cpu_accepted", "level"),
    [("ollama", "false", "error"), ("ollama", "true", "warning"), ("extractive", "false", "warning")],
)
def test_a_lost_gpu_that_was_only_found_counts_where_the_model_needs_it(
    backend: str, cpu_accepted: str, level: str, library: Path, tmp_path: Path
) -> None:
    card = Card(library, tmp_path / "card")
    card.set({"err.device": 15})
    environment = card.environment(
        MACHINE_GPU__ENABLED="auto",
        MACHINE_LLM__BACKEND=backend,
        MACHINE_LLM__CPU_ACCEPTED=cpu_accepted,
        MACHINE_LLM__HOST="http://127.0.0.1:9",
        API_KEYS=KEY,
    )
    with Server(tmp_path / "data", environment=environment) as server:
        assert ready(server)[1]["gpu"]["level"] == level


def test_knowledge_that_is_removed_or_broken_where_it_lies(tmp_path: Path) -> None:
    place = shutil.copytree(ROOT / "kb", tmp_path / "kb")
    server = Server(tmp_path / "data", knowledge=place)
    callers = Callers(server)
    with server:
        callers.say(1, "before")
        place.rename(tmp_path / "moved")
        part = wait_ready(server, "knowledge", "warning")
        assert "kb is gone" in part["detail"]
        assert "machine kb" in part["fix"]
        assert callers.say(1, "gone").status_code == 200, "what was loaded is answered from"
        assert doctor(server)["knowledge"]["level"] == "error"
        (tmp_path / "moved").rename(place)
        wait_ready(server, "knowledge", "ok")

        broken = sorted(place.glob("*.yaml"))[0]
        content = broken.read_text("utf-8")
        broken.write_text(content + "\n  : [\n", "utf-8")
        part = wait_ready(server, "knowledge", "warning")
        assert broken.name in part["detail"]
        assert callers.say(1, "broken").status_code == 200
        found = doctor(server)
        assert (found["knowledge"]["level"], broken.name in found["knowledge"]["detail"]) == ("error", True)
        assert found["service: knowledge"]["level"] == "warning"
        assert "machine kb lint" in found["knowledge"]["fix"]
    said = machine("serve", "--port", 0, "--data", server.data, "--kb", place, status=2)
    assert (len(said.splitlines()), broken.name in said) == (1, True), said
    broken.write_text(content, "utf-8")
    with server:
        wait_until(lambda: ready(server)[0] == 200)
        callers.say(1, "after")
        callers.check()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("turn: {timeout_s: 30\n", ("settings.yaml:", "not readable as YAML")),
        ("turn: {timeout: 30}\n", ("unknown key 'turn.timeout'", "did you mean 'turn.timeout_s'")),
        ("turn: {timeout_s: 9000}\n", ("turn.timeout_s", "less than or equal to 600", "9000")),
    ],
)
def test_settings_that_are_broken_at_a_restart(text: str, said: tuple[str, ...], tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("turn: {timeout_s: 20}\n")
    server = Server(tmp_path / "data", arguments=("--settings", str(settings)))
    callers = Callers(server)
    if "YAML" in said[-1]:  # once is enough: the memory is the same
        with server:
            callers.say(1, "before")
    settings.write_text(text)
    told = machine("serve", "--port", 0, "--data", server.data, "--settings", settings, status=2)
    assert len(told.splitlines()) == 1
    assert [word for word in said if word not in told] == []
    found = doctor(server, "--settings", settings)["settings"]
    assert (found["level"], [word for word in said if word not in found["detail"]]) == ("error", [])
    assert str(settings) in found["fix"]
    if callers.delivered:
        settings.write_text("turn: {timeout_s: 20}\n")
        with server:
            assert callers.say(1, "before").status_code == 200
            callers.say(1, "after")
            callers.check()
