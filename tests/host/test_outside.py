"""The machine from elsewhere: TLS of today only, and nothing open that is not meant to be."""

import contextlib
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.callers import DOMAIN, Caller
from tests.host.hosts import Host
from tests.host.probes import knock

GOOD = {
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305",
}
FRONT = "tests/host/playbooks/front.yml"
LEGACY = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1]
pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")  # they are asked for on purpose


@pytest.fixture(scope="module")
def caller(provisioned: Host) -> Caller:
    return Caller(provisioned)


def shakes_hands(address: str, port: int, version: ssl.TLSVersion, ciphers: str, name: str = DOMAIN) -> bool:
    """Whether a client that offers exactly this is accepted; it trusts everybody, for only the handshake is asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection((address, port), 5) as raw, context.wrap_socket(raw, server_hostname=name):
            return True
    except (ssl.SSLError, ConnectionError):
        return False


def every_cipher() -> list[str]:
    """Names of all that this machine's OpenSSL can offer below TLS 1.3, weak ones included."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return [cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] != "TLSv1.3"]


@contextlib.contextmanager
def old_server(folder: Path, *options: str) -> Iterator[int]:
    """OpenSSL's own server with settings of yesterday: its port."""
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*request, "-subj", f"/CN={DOMAIN}"], cwd=folder, capture_output=True, check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", "-cert", "cert.pem", "-key", "key.pem"]
    server = subprocess.Popen([*command, *options], cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(50):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


def test_the_probe_itself_can_tell_a_weak_server(tmp_path: Path) -> None:
    with old_server(tmp_path, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0") as port:
        assert shakes_hands("127.0.0.1", port, ssl.TLSVersion.TLSv1_1, "ALL")
        assert not shakes_hands("127.0.0.1", port, ssl.TLSVersion.TLSv1_2, "ALL")
    with old_server(tmp_path, "-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0") as port:
        accepted = {each for each in every_cipher() if shakes_hands("127.0.0.1", port, ssl.TLSVersion.TLSv1_2, each)}
        assert accepted == {"AES128-SHA"}


@pytest.mark.parametrize("version", LEGACY, ids=lambda version: version.name)
@pytest.mark.parametrize("name", [DOMAIN, "elsewhere.test"])
def test_old_tls_is_refused(caller: Caller, version: ssl.TLSVersion, name: str) -> None:
    assert not shakes_hands(caller.host.address, 443, version, "ALL", name)


def test_only_forward_secret_authenticated_ciphers_are_accepted(caller: Caller) -> None:
    offered = every_cipher()
    assert len(offered) > 50
    address = caller.host.address
    accepted = {each for each in offered if shakes_hands(address, 443, ssl.TLSVersion.TLSv1_2, each)}
    assert accepted
    assert accepted <= GOOD


def test_todays_tls_and_http2_are_spoken(caller: Caller) -> None:
    context = caller.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with caller.connect(context) as secured:
        assert secured.version() == "TLSv1.3"
        assert secured.selected_alpn_protocol() == "h2"
    context = caller.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with caller.connect(context) as secured:
        assert secured.version() == "TLSv1.2"


def test_a_real_turn_comes_through_ipv6_too(caller: Caller) -> None:
    source = f"fd00:213:{caller.host.number}::1"
    got = caller.turn("Сколько стоит?", "over-v6", address=caller.host.address6, source=source)
    assert got.status == 200
    assert got.json["answer"].strip()


@pytest.mark.parametrize("port", [8000, 11434, 9090, 9100, 51820, 3306])
@pytest.mark.parametrize("family", ["v4", "v6"])
def test_inner_ports_do_not_answer(caller: Caller, port: int, family: str) -> None:
    host = caller.host
    address, source = (host.address, host.stranger) if family == "v4" else (host.address6, host.stranger6)
    assert knock(address, port, source, 1.0) != "open"
    assert knock(address, 443, source) == "open"  # the way there is open: it is the port that is closed


def test_the_proof_at_the_end_of_a_run_reports_what_runs(caller: Caller) -> None:
    play = caller.host.play(FRONT, front_roles=["verify"])
    assert play.status == 0, play.output
    assert play.recap["changed"] == 0
    assert "from outside two turns of a conversation" in play.one_line
    assert "nginx 1." in play.one_line
    assert caller.key not in play.output


def test_the_proof_fails_when_the_key_is_not_the_services_own(caller: Caller) -> None:
    caller.host.sh("umask 077; echo not-a-key-of-this-machine > /run/wrong_keys")
    play = caller.host.play(FRONT, front_roles=["verify"], verify_keys_file="/run/wrong_keys")
    assert play.status != 0
    assert "two turns of a conversation" in play.one_line
    assert "not-a-key-of-this-machine" not in play.output


def test_the_proof_fails_when_the_service_does_not_answer(caller: Caller) -> None:
    host = caller.host
    play = host.play(FRONT, front_roles=["verify"], verify_service_url="http://127.0.0.1:8099", verify_ready_s=5)
    assert play.status != 0
    assert "Wait until the service is ready" in play.one_line
