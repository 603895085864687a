"""The other keys: the account at the certificate authority, and both ends of the tunnel. Each is exchanged without a gap, proven, and
the former one proven dead by the one who must refuse it."""

import re
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.host.callers import DOMAIN, Caller
from tests.host.hosts import ROOT, Host, Play, run
from tests.host.n8n_end import HERE, End, keypair
from tests.host.test_tls_role import RENEW, served, shows_another

ACME, TUNNEL = "playbooks/rotate_acme.yml", "playbooks/rotate_tunnel.yml"
DIRECTORY = "https://acme.test:14000/dir"
ACCOUNTS = "/etc/letsencrypt/accounts/acme.test:14000/dir"
FIRST, SECOND = 51820, 51821


@pytest.fixture
def caller(provisioned: Host) -> Caller:
    return Caller(provisioned)


def account(host: Host) -> str:
    """The one account that renews, which is the only one there is."""
    named = host.sh(f"sed -n 's/^account = //p' /etc/letsencrypt/renewal/{DOMAIN}.conf")
    assert host.sh(f"ls {ACCOUNTS}") == named
    assert host.sh("ls -d /etc/letsencrypt.before /run/sales-machine-acme 2>/dev/null", check=False) == ""
    return named


def asked(host: Host, folder: str) -> str:
    """What certbot itself hears when it asks the authority for the account whose key lies in this folder; with the answer from
    its log, because at a refusal it breaks down."""
    place = f"--config-dir {folder} --work-dir {folder}/work --logs-dir {folder}/logs"
    authority = f"REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt certbot show_account --server {DIRECTORY}"
    return host.sh(f"{authority} {place} 2>&1; grep -h '\"detail\":' {folder}/logs/letsencrypt.log", check=False)


def test_the_acme_account_is_exchanged_and_the_old_key_is_dead(caller: Caller) -> None:
    host, before, old = caller.host, served(caller), account(caller.host)
    host.sh("rm -rf /root/old; mkdir -p /root/old; cp -a /etc/letsencrypt/accounts /root/old/")
    assert "Account URL" in asked(host, "/root/old")  # alive, so that what follows means something
    settings = host.snapshot()
    dry = host.play(ACME, "--check")
    assert dry.status == 0, dry.output
    assert host.snapshot() == settings
    play = host.play(ACME)
    assert play.status == 0, play.output
    after = shows_another(caller, before)
    assert after != before
    assert after in play.one_line
    new = account(host)
    assert new != old
    refused = asked(host, "/root/old")
    assert "Account URL" not in refused
    assert "deactivated" in refused
    assert "urn:ietf:params:acme:error:unauthorized" in play.one_line
    assert (
        host.sh(f'grep -rlF "$(tail -c 400 /root/old/{ACCOUNTS[17:]}/{old}/private_key.json)" /etc /run', check=False)
        == ""
    )
    host.sh("rm -r /root/old")
    host.sh(RENEW)
    assert shows_another(caller, after) != after
    assert account(host) == new
    again = host.play(ACME, rotate_acme_step="retire")
    assert (again.status, again.changed) == (0, []), again.output


def test_an_account_that_is_not_retired_yet_goes_on_beside_the_new_one(caller: Caller) -> None:
    host, old = caller.host, account(caller.host)
    assert host.play(ACME, rotate_acme_step="add").status == 0
    both = host.sh(f"ls {ACCOUNTS}").split()
    assert old in both
    assert len(both) == 2
    again = host.play(ACME, rotate_acme_step="add")
    assert (again.status, again.changed) == (0, []), again.output
    assert host.play(ACME, rotate_acme_step="retire").status == 0
    assert account(host) != old


@pytest.mark.parametrize("fault", ["the authority does not find the machine", "nginx does not take the certificate"])
def test_what_does_not_hold_leaves_account_and_certificate_as_they_were(caller: Caller, fault: str) -> None:
    host, before, old = caller.host, served(caller), account(caller.host)
    tool = [str(ROOT / "tests/host/acme"), "a", str(host.number), DOMAIN]
    if fault.startswith("nginx"):
        host.sh("echo 'nonsense here;' > /etc/nginx/conf.d/broken.conf")
    else:
        run([*tool, host.stranger])
    try:
        play = host.play(ACME)
    finally:
        run([*tool, host.address])
        host.sh("rm -f /etc/nginx/conf.d/broken.conf")
    assert play.status != 0
    assert "The former account and certificate are in force, as before" in play.one_line
    assert account(host) == old
    assert served(caller) == before
    host.sh(RENEW)  # with the old account, which the authority still takes
    between = shows_another(caller, before)
    assert between != before
    clean = host.play(ACME)
    assert clean.status == 0, clean.output
    assert account(host) != old
    assert shows_another(caller, between) != between


@dataclass
class Customers:
    """Turns through the tunnel, one after the other, while something else is done."""

    end: End
    key: str
    roots: Path
    statuses: Counter[int] = field(default_factory=Counter)
    longest_s: float = 0.0

    def turn(self) -> int:
        return self.end.turn(self.key, self.roots, "through-the-tunnel")

    def during(self, host: Host, *arguments: str, **variables: Any) -> Play:
        done, self.statuses, self.longest_s = threading.Event(), Counter(), 0.0

        def call() -> None:
            while not done.is_set():
                began = time.monotonic()
                self.statuses[self.turn()] += 1
                self.longest_s = max(self.longest_s, time.monotonic() - began)
                done.wait(0.5)

        thread = threading.Thread(target=call)
        thread.start()
        try:
            return host.play(TUNNEL, *arguments, **variables)
        finally:
            done.set()
            thread.join()


@pytest.fixture(scope="module")
def customers(provisioned: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customers]:
    if not shutil.which("wireguard-go") or not shutil.which("wg"):
        pytest.fail("no WireGuard on this machine; run: tests/host/testhost deps")
    folder, host = tmp_path_factory.mktemp("n8n"), provisioned
    before = dict(host.variables)
    with End(host, folder) as end:
        nets = [f"10.213.{host.number}.1/32", f"fd00:213:{host.number}::1/128", f"{HERE}/32"]
        tunnel = {"tunnel_enabled": True, "tunnel_userspace": "wireguard-go", "tunnel_peer_public_key": end.public}
        host.variables |= tunnel | {"machine_allowlist": nets}
        try:
            play = host.play("site.yml", "--tags", "nginx,tunnel")
            assert play.status == 0, play.output
            end.move(pub(host), FIRST)
            caller = Caller(host)
            (folder / "roots.pem").write_text(caller.roots, "utf-8")
            yield Customers(end, caller.key, folder / "roots.pem")
        finally:
            host.variables.clear()
            host.variables.update(before)
            gone = host.play("site.yml", "--tags", "nginx,tunnel")
            assert gone.status == 0, gone.output


def pub(host: Host, interface: str = "wg-machine") -> str:
    return host.sh(f"wg pubkey < /etc/wireguard/{interface}.key")


def only_one_is_left(host: Host) -> None:
    assert host.sh("ls /etc/wireguard").split() == ["wg-machine.conf", "wg-machine.key"]
    assert host.sh("wg show interfaces") == "wg-machine"
    assert (
        host.sh("systemctl list-units --all --no-legend --plain 'wg-quick@*' | cut -d' ' -f1")
        == "wg-quick@wg-machine.service"
    )
    assert host.sh("ip rule | grep -c 51821", check=False) == "0"
    assert "wg_machine2" not in host.sh("nft list tables")
    opened = host.sh("ufw status")
    assert "wg-machine2" not in opened
    assert set(re.findall(r"\d+/udp", opened)) == {f"{host.sh('wg show wg-machine listen-port')}/udp"}


def test_the_servers_key_is_exchanged_and_no_customer_notices(provisioned: Host, customers: Customers) -> None:
    host, end = provisioned, customers.end
    old = pub(host)
    assert customers.turn() == 200
    settings = host.snapshot()
    dry = host.play(TUNNEL, "--check")
    assert dry.status == 0, dry.output
    assert host.snapshot() == settings
    play = customers.during(host)
    assert play.status == 0, play.output
    assert set(customers.statuses) == {200}, customers
    new = pub(host, "wg-machine2")
    assert f"PublicKey = {new}" in play.output
    assert f"{host.address}:{SECOND}" in play.output
    again = host.play(TUNNEL)
    assert (again.status, again.changed) == (0, []), again.output
    end.move(new, SECOND)
    assert customers.turn() == 200
    end.move(old, FIRST)  # both are valid: back again
    assert customers.turn() == 200
    early = host.play(TUNNEL, rotate_tunnel_step="retire")
    assert early.status != 0
    assert "Fix: change PublicKey and Endpoint there" in early.one_line
    assert customers.turn() == 200
    end.move(new, SECOND)
    assert customers.turn() == 200
    play = customers.during(host, rotate_tunnel_step="retire")
    assert play.status == 0, play.output
    assert set(customers.statuses) == {200}, customers
    print(f"longest turn while the key was exchanged: {customers.longest_s:.1f} s")
    assert customers.turn() == 200
    assert pub(host) == new
    only_one_is_left(host)
    assert end.shakes_hands(end.private, new, SECOND)
    assert not end.shakes_hands(end.private, old, SECOND)
    assert not end.shakes_hands(end.private, old, FIRST)
    end.move(new, SECOND)
    again = host.play(TUNNEL, rotate_tunnel_step="retire")
    assert (again.status, again.changed) == (0, []), again.output
    site = host.play("site.yml", "--tags", "tunnel")
    assert (site.status, site.changed) == (0, []), site.output
    assert customers.turn() == 200


def test_the_other_ends_key_is_exchanged_with_it(provisioned: Host, customers: Customers) -> None:
    host, end = provisioned, customers.end
    old, (private, peer) = end.private, keypair()
    play = host.play(TUNNEL, rotate_tunnel_peer_public_key=peer)
    assert play.status == 0, play.output
    assert customers.turn() == 200
    new = pub(host, "wg-machine2")
    end.move(new, FIRST, private)  # the ports take turns
    assert customers.turn() == 200
    forgotten = host.play(TUNNEL, rotate_tunnel_step="retire")
    assert forgotten.status != 0
    assert f'the next key is prepared for "{peer}"' in forgotten.one_line
    host.variables["tunnel_peer_public_key"] = peer
    play = customers.during(host, rotate_tunnel_step="retire")
    assert play.status == 0, play.output
    assert set(customers.statuses) == {200}, customers
    assert end.shakes_hands(private, new, FIRST)
    assert not end.shakes_hands(old, new, FIRST)
    end.move(new, FIRST)
    assert customers.turn() == 200
    site = host.play("site.yml", "--tags", "tunnel")
    assert (site.status, site.changed) == (0, []), site.output
    only_one_is_left(host)


def test_a_second_key_that_cannot_serve_leaves_the_first(provisioned: Host, customers: Customers) -> None:
    host, first = provisioned, pub(provisioned)
    host.sh(f'systemd-run --quiet --unit=taken python3 -c "{_TAKEN % SECOND}"')
    try:
        play = host.play(TUNNEL)
    finally:
        host.sh("systemctl stop taken")
    assert play.status != 0
    assert "The first key is in force, as before; the next one was removed" in play.one_line
    assert customers.turn() == 200
    assert pub(host) == first
    only_one_is_left(host)


def test_an_other_end_that_goes_silent_keeps_both_keys(provisioned: Host, customers: Customers) -> None:
    host, end, first = provisioned, customers.end, pub(provisioned)
    assert host.play(TUNNEL).status == 0
    end.move(pub(host, "wg-machine2"), SECOND)
    assert customers.turn() == 200
    end.plug("down")
    try:
        play = host.play(TUNNEL, rotate_tunnel_step="retire")
    finally:
        end.plug("up")
        run(["ip", "-n", end.name, "route", "replace", "default", "via", f"10.214.{host.number}.1"])
    assert play.status != 0
    assert "Both keys are valid, as before" in play.one_line
    assert pub(host) == first
    assert customers.turn() == 200  # at the next key
    end.move(first, FIRST)
    assert customers.turn() == 200
    end.move(pub(host, "wg-machine2"), SECOND)
    assert customers.turn() == 200
    again = host.play(TUNNEL, rotate_tunnel_step="retire")
    assert again.status == 0, again.output
    assert customers.turn() == 200
    only_one_is_left(host)


_TAKEN = (
    "import socket, time; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(('::', %d)); time.sleep(600)"
)
