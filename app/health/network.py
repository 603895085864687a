"""What answers on this host's ports: listeners, the service, Ollama, a certificate. Gathering only."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.health.readiness import Level, PartState
from app.types import ModelState

_LISTEN = "0A"  # TCP_LISTEN in /proc/net/tcp
_TIMEOUT_S = 3


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening TCP socket; `pid` and `program` are None when they are another account's."""

    address: IPv4Address | IPv6Address
    port: int
    pid: int | None = None
    program: str | None = None

    @property
    def loopback(self) -> bool:
        """Whether only this host can reach it."""
        mapped = self.address.ipv4_mapped if isinstance(self.address, IPv6Address) else None
        return (mapped or self.address).is_loopback


def listeners(ports: Collection[int]) -> tuple[Listener, ...]:
    """Who listens on `ports`, from the kernel's own tables."""
    found: dict[str, tuple[IPv4Address | IPv6Address, int]] = {}
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with suppress(FileNotFoundError):  # a host without IPv6
            for line in table.read_text("ascii").splitlines()[1:]:
                columns = line.split()
                address, _, port = columns[1].partition(":")
                if columns[3] == _LISTEN and int(port, 16) in ports:
                    found[columns[9]] = (_address(address), int(port, 16))
    owners = _owners(found.keys())
    return tuple(Listener(*place, *owners.get(inode, (None, None))) for inode, place in found.items())


def _address(column: str) -> IPv4Address | IPv6Address:
    """The table's hexadecimal address: words of four bytes, each in the host's (little-endian) order."""
    words = [bytes.fromhex(column[at : at + 8])[::-1] for at in range(0, len(column), 8)]
    return ip_address(b"".join(words))


def _owners(inodes: Collection[str]) -> dict[str, tuple[int, str]]:
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    owners: dict[str, tuple[int, str]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone, or another account's
            for descriptor in (process / "fd").iterdir():
                inode = wanted.get(str(descriptor.readlink()))
                if inode is not None:
                    owners[inode] = (int(process.name), (process / "comm").read_text("utf-8").strip())
    return owners


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What the service at `url` says. `problem`: it does not answer at all."""

    url: str
    problem: str = ""
    status: int = 0
    """Of /health."""
    ready: bool | None = None
    """None: /ready cannot be asked from here."""
    parts: Mapping[str, PartState] = field(default_factory=dict)
    """What /ready says of each part."""


def service_facts(url: str) -> ServiceFacts:
    """/health, then /ready."""
    with _client(url) as client:
        try:
            health = client.get("/health")
            answer = client.get("/ready") if health.status_code == 200 else None
        except httpx.HTTPError as error:
            return ServiceFacts(url, problem=_words(error))
    if answer is None:
        return ServiceFacts(url, status=health.status_code)
    try:
        body = answer.json()
        parts = {str(name): _part(str(name), part) for name, part in body["parts"].items()}
        return ServiceFacts(url, status=health.status_code, ready=bool(body["ready"]), parts=parts)
    except (ValueError, KeyError, TypeError, AttributeError):  # nginx's own 404 page, for one
        return ServiceFacts(url, status=health.status_code)


def _part(name: str, said: Mapping[str, Any]) -> PartState:
    level: Level = "error" if not said["ok"] else "warning" if said.get("level") == "warning" else "ok"
    return PartState(name, level, str(said["detail"]), str(said.get("fix", "")))


@dataclass(frozen=True, slots=True)
class OllamaFacts:
    """The model server and the model that is wanted of it."""

    host: str
    model: str
    problem: str = ""
    version: str = ""
    known: tuple[str, ...] = ()
    """Models that are there."""
    state: ModelState | None = None
    """None when the wanted model is not there."""


def ollama_facts(host: str, model: str, digest: str) -> OllamaFacts:
    """Version, models there and models loaded."""
    try:
        with _client(host) as client:
            version = str(_json(client, "/api/version")["version"])
            there = {str(each["name"]): each for each in _json(client, "/api/tags")["models"]}
            loaded = {str(each["name"]): each for each in _json(client, "/api/ps")["models"]}
    except httpx.HTTPError as error:
        return OllamaFacts(host, model, problem=_words(error))
    except (ValueError, KeyError, TypeError):
        return OllamaFacts(host, model, problem="what answers there is no Ollama")
    name = model if ":" in model else f"{model}:latest"
    if name not in there:
        return OllamaFacts(host, model, version=version, known=tuple(there))
    has = str(there[name].get("digest", ""))
    running = loaded.get(name)
    if running is None:
        state = ModelState("cold", f"{name} is there, but not loaded", digest=has, expected_digest=digest)
    else:
        size, vram = int(running.get("size", 0)), int(running.get("size_vram", 0))
        state = ModelState("warm", f"{name}, {size / 2**30:.1f} GiB loaded", size, vram, has, digest)
    return OllamaFacts(host, model, version=version, known=tuple(there), state=state)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """Until when the certificate of `source` (a file or host:port) is valid, in Unix seconds."""

    source: str
    until: float | None = None
    problem: str = ""


def certificate_of_file(path: Path) -> CertificateFacts:
    """The first certificate of a PEM file, read by the program openssl."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return CertificateFacts(str(path), problem="there is no such file")
    except OSError as error:
        return CertificateFacts(str(path), problem=f"it cannot be read: {error.strerror}")
    until, problem = _end(content)
    return CertificateFacts(str(path), until=until, problem=problem)


def _end(pem: bytes) -> tuple[float | None, str]:
    """When the certificate ends, in Unix seconds, or why that cannot be told."""
    program = shutil.which("openssl")
    if program is None:
        return None, "openssl, which reads it, is not installed (apt install openssl)"
    done = subprocess.run(  # noqa: S603 - a fixed command
        [program, "x509", "-noout", "-enddate"], input=pem, capture_output=True, timeout=_TIMEOUT_S, check=False
    )
    _, _, until = done.stdout.decode("ascii", "replace").strip().partition("notAfter=")
    if done.returncode or not until:
        return None, "it holds no certificate that can be read"
    return ssl.cert_time_to_seconds(until), ""


def certificate_of_url(url: str) -> CertificateFacts:
    """The certificate that the server of an https address shows, checked as any caller would."""
    place = urlsplit(url)
    host, port = place.hostname or "", place.port or 443
    source = f"{host}:{port}"
    try:
        with (
            socket.create_connection((host, port), timeout=_TIMEOUT_S) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as connection,
        ):
            shown = connection.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return CertificateFacts(
            source, until=_end_of_refused(host, port), problem=f"callers refuse it: {error.verify_message}"
        )
    except OSError as error:
        return CertificateFacts(source, problem=f"it cannot be fetched: {error.strerror or error}")
    return CertificateFacts(source, until=ssl.cert_time_to_seconds(str(shown["notAfter"])))


def _end_of_refused(host: str, port: int) -> float | None:
    """When a certificate ends that no caller accepts: only looked at, nothing is sent there."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout=_TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as connection,
        ):
            shown = connection.getpeercert(binary_form=True)
    except OSError:
        return None
    return _end(ssl.DER_cert_to_PEM_cert(shown).encode())[0] if shown else None


def _client(url: str) -> httpx.Client:
    # trust_env=False: a proxy of the environment is for the outside, and would answer in the host's place
    return httpx.Client(base_url=url, timeout=_TIMEOUT_S, trust_env=False, verify=url.startswith("https:"))


def _json(client: httpx.Client, path: str) -> dict[str, Any]:
    response = client.get(path)
    response.raise_for_status()
    body = response.json()
    if not isinstance(body, dict):
        raise TypeError(f"{path} answered {type(body).__name__}")
    return body


def _words(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {_TIMEOUT_S} s"
    if isinstance(error, httpx.HTTPStatusError):
        return f"it answers with status {error.response.status_code}"
    return str(error) or type(error).__name__
