"""The other end of the tunnel: a network of its own on this machine, with a real WireGuard in it, from which n8n would call."""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.host.callers import DOMAIN, message
from tests.host.hosts import Host, run

HERE, THERE = "10.99.0.2", "10.99.0.1"  # addresses inside the tunnel: this end, the server
_KNOCK_S = 8.0  # a handshake is tried again after 5 s


def keypair() -> tuple[str, str]:
    """A private key and its public one."""
    private = run(["wg", "genkey"]).stdout.strip()
    return private, public(private)


def public(private: str) -> str:
    done = subprocess.run(["wg", "pubkey"], input=private, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class End:
    """A network namespace whose interface is a peer of the server's tunnel. A context manager."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        self.name = f"n8n{host.number}"
        self.link = f"wgn{host.number}"
        self.private, self.public = keypair()
        self._key = folder / "n8n.key"
        self._net = f"10.214.{host.number}"

    def __enter__(self) -> "End":
        self._down()
        run(["ip", "netns", "add", self.name])
        run(["ip", "link", "add", self.name, "mtu", "1400", "type", "veth", "peer", "name", "eth0", "netns", self.name])
        run(["ip", "addr", "add", f"{self._net}.1/24", "dev", self.name])
        run(["ip", "link", "set", self.name, "up"])
        for command in (["addr", "add", f"{self._net}.2/24", "dev", "eth0"], ["link", "set", "eth0", "up"]):
            run(["ip", "-n", self.name, *command])
        run(["ip", "-n", self.name, "route", "add", "default", "via", f"{self._net}.1"])
        self._make(self.link, self.private)
        run(["ip", "-n", self.name, "addr", "add", f"{HERE}/24", "dev", self.link])
        return self

    def __exit__(self, *_: object) -> None:
        self._down()

    def move(self, server: str, port: int, private: str = "") -> None:
        """What n8n's operator does: another key of the server at another port, and a key of one's own if given."""
        if private:
            self.private, self.public = private, public(private)
            self._give(self.link, private)
        for peer in self.inside("wg", "show", self.link, "peers").split():
            self.inside("wg", "set", self.link, "peer", peer, "remove")
        time.sleep(1.1)  # the server tells its handshakes in whole seconds, and the later one decides
        self._point(self.link, server, port, f"{THERE}/32")

    def plug(self, state: str) -> None:
        """`down` is the cable drawn."""
        run(["ip", "link", "set", self.name, state])

    def turn(self, key: str, roots: Path, user: str) -> int:
        """The status of a real turn through the tunnel, which may take a customer's patience: 40 s; 0 without an answer."""
        body = json.dumps(message("Сколько стоит тариф Рост?", user))
        command = ["curl", "-sS", "--max-time", "40", "--cacert", str(roots), "--resolve", f"{DOMAIN}:443:{THERE}"]
        headers = ["-H", "Content-Type: application/json", "-H", f"Authorization: Bearer {key}"]
        asked = [*command, *headers, "-o", "/dev/null", "-w", "%{http_code}", "-d", body]
        done = run(["ip", "netns", "exec", self.name, *asked, f"https://{DOMAIN}/api/v1/process"], check=False)
        return int(done.stdout or 0)

    def shakes_hands(self, private: str, server: str, port: int) -> bool:
        """Whether the server's `port` completes a handshake as `server` with somebody who has `private`."""
        with self._stranger() as link:
            self._give(link, private)
            self._point(link, server, port, "192.0.2.1/32")
            until = time.monotonic() + _KNOCK_S
            while time.monotonic() < until:
                if not self.inside("wg", "show", link, "latest-handshakes").endswith("\t0"):
                    return True
                time.sleep(0.1)
        return False

    def inside(self, *command: str) -> str:
        return run(["ip", "netns", "exec", self.name, *command]).stdout.strip()

    @contextlib.contextmanager
    def _stranger(self) -> Iterator[str]:
        link = f"wgs{self.host.number}"
        self._make(link, keypair()[0])
        try:
            yield link
        finally:
            self.inside("ip", "link", "del", link)

    def _make(self, link: str, private: str) -> None:
        # This machine's kernel may have no WireGuard, so the program that is for that case is used always.
        subprocess.run(["ip", "netns", "exec", self.name, "wireguard-go", link], capture_output=True, check=True)
        self._give(link, private)
        self.inside("ip", "link", "set", link, "up")

    def _give(self, link: str, private: str) -> None:
        self._key.touch(mode=0o600)
        self._key.write_text(private, "utf-8")
        self.inside("wg", "set", link, "private-key", str(self._key))

    def _point(self, link: str, server: str, port: int, networks: str) -> None:
        place = ["endpoint", f"{self.host.address}:{port}", "allowed-ips", networks, "persistent-keepalive", "5"]
        self.inside("wg", "set", link, "peer", server, *place)

    def _down(self) -> None:
        run(["ip", "-n", self.name, "link", "del", self.link], check=False)  # ends its program
        run(["ip", "netns", "del", self.name], check=False)
        run(["ip", "link", "del", self.name], check=False)
