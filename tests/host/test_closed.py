"""A server after the roles that make it safe, seen from inside and from strangers' addresses."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.host.hosts import Host
from tests.host.probes import knock

FOUNDATION = "tests/host/playbooks/foundation.yml"
OPEN = (22, 80, 443)
INSIDE = (8000, 11434, 9100)


def wait_for(condition: Callable[[], bool], within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.5)
    return condition()


def banned(host: Host, jail: str) -> list[str]:
    return host.read("fail2ban-client", "get", jail, "banip").split()


@pytest.fixture
def listeners(closed: Host) -> Iterator[Host]:
    """Something listens on every port that matters, on all addresses: what is silent then, the firewall made silent."""
    ports = [port for port in (*OPEN, *INSIDE) if port != 22]
    for port in ports:
        closed.exec("systemd-run", "-q", f"--unit=listen-{port}", "python3", "-m", "http.server", "-b", "::", str(port))
    wait = "for i in $(seq 50); do ss -Hltn 'sport = :{}' | grep -q . && exit 0; sleep 0.1; done; exit 1"
    for port in ports:
        closed.sh(wait.format(port))
    yield closed
    closed.exec("systemctl", "stop", *[f"listen-{port}" for port in ports])


def only_the_open_ports_answer(host: Host) -> None:
    for address, source in ((host.address, host.stranger), (host.address6, host.stranger6)):
        assert {port: knock(address, port, source) for port in (*OPEN, *INSIDE)} == (
            dict.fromkeys(OPEN, "open") | dict.fromkeys(INSIDE, "silent")
        )


def test_a_second_run_changes_nothing(closed: Host) -> None:
    play = closed.play(FOUNDATION)
    assert play.status == 0, play.output
    assert play.changed == []
    assert play.recap["changed"] == 0


def test_a_dry_run_foresees_no_change(closed: Host) -> None:
    play = closed.play(FOUNDATION, "--check", "--diff")
    assert play.status == 0, play.output
    assert play.recap["changed"] == 0


def test_strangers_reach_three_ports_over_ipv4_and_ipv6(listeners: Host) -> None:
    only_the_open_ports_answer(listeners)


def test_only_keys_of_the_deploy_user_log_in(closed: Host) -> None:
    assert closed.ssh("deploy", "sudo -n id -u").stdout == "0\n"
    assert "Permission denied (publickey)" in closed.ssh("root", "true").stderr
    closed.sh("echo deploy:a-password | chpasswd")
    password = closed.ssh("deploy", "true", options=["PubkeyAuthentication=no", "PreferredAuthentications=password"])
    closed.sh("usermod -p '!' deploy")
    assert password.returncode == 255
    assert "Permission denied (publickey)" in password.stderr  # a password is not even offered


def test_five_failed_logins_are_banned_but_not_an_operators(closed: Host) -> None:
    for attempt in range(5):
        closed.ssh(f"guess{attempt}", "true", options=[f"BindAddress={closed.stranger}", "PubkeyAuthentication=no"])
        closed.ssh(f"slip{attempt}", "true", options=["PubkeyAuthentication=no"])
    try:
        # fail2ban lists an address before its rule stands in the firewall: both, within the same time.
        assert wait_for(
            lambda: (
                banned(closed, "sshd") == [closed.stranger] and knock(closed.address, 22, closed.stranger) != "open"
            ),
            15,
        )
        assert closed.ssh("deploy", "true").returncode == 0
    finally:
        closed.exec("fail2ban-client", "set", "sshd", "unbanip", closed.stranger)
    assert wait_for(lambda: knock(closed.address, 22, closed.stranger) == "open", 5)


def test_repeated_401s_close_the_web_but_not_ssh(listeners: Host) -> None:
    line = '{} - - [{}] "POST /api/v1/process HTTP/2.0" {} 87 "-" "curl/8.5.0"'
    stamp = listeners.read("date", "+%d/%b/%Y:%H:%M:%S %z")
    others = "203.0.113.5"
    lines = [
        line.format("203.0.113.9", stamp, 401) for _ in range(30)
    ]  # n8n while its key is changed: on the allowlist
    lines += [line.format(listeners.stranger, stamp, 401) for _ in range(10)]
    lines += [line.format(others, stamp, status) for status in (200, 403, 429, 500) for _ in range(10)]
    # A caller's own words, which must not count for somebody else.
    lines += [f'{others} - x\\x22 401 1 [{stamp}] "GET / HTTP/1.1" 400 1 "-" "\\x22 401 1 \\x22"' for _ in range(10)]
    text = "\n".join(lines)
    listeners.exec("sh", "-c", 'printf "%s\\n" "$0" >> /var/log/nginx/sales-machine.access.log', text)
    try:
        assert wait_for(
            lambda: (
                banned(listeners, "sales-machine-api") == [listeners.stranger]
                and knock(listeners.address, 443, listeners.stranger) != "open"
            ),
            15,
        )
        assert knock(listeners.address, 22, listeners.stranger) == "open"
    finally:
        listeners.exec("fail2ban-client", "set", "sales-machine-api", "unbanip", listeners.stranger)


def test_the_driver_is_never_upgraded_unattended(closed: Host) -> None:
    candidates = ["nvidia-driver-550-server", "libnvidia-compute-550", "linux-modules-nvidia-550-generic", "openssl"]
    # unattended-upgrades' own reading of the settings, not the file that was written
    script = (
        "import importlib.util, importlib.machinery as m, sys\n"
        "loader = m.SourceFileLoader('uu', '/usr/bin/unattended-upgrade')\n"
        "uu = importlib.util.module_from_spec(importlib.util.spec_from_loader('uu', loader)); loader.exec_module(uu)\n"
        "import apt_pkg, re; apt_pkg.init_config()\n"
        "black = apt_pkg.config.value_list('Unattended-Upgrade::Package-Blacklist')\n"
        "print([n for n in sys.argv[1:] if any(re.match(b, n) for b in black)])\n"
    )
    held = closed.read("/usr/bin/python3", "-c", script, *candidates)
    assert held == str(candidates[:3])


def test_upgrades_come_at_the_hour_that_is_asked_for(closed: Host) -> None:
    show = ("systemctl", "show", "--property=TimersCalendar,RandomizedDelayUSec", "apt-daily-upgrade.timer")
    for hour, wanted in (("*-*-* 03:30", "03:30:00"), ("*-*-* 06:00", "06:00:00")):
        run = closed.play("tests/host/playbooks/role.yml", role="base", base_upgrade_at=hour, base_upgrade_spread="20m")
        assert run.status == 0, run.output[-3000:]
        told = closed.read(*show)
        assert told.count("OnCalendar=") == 1
        assert f"OnCalendar=*-*-* {wanted}" in told
        assert "RandomizedDelayUSec=20min" in told
    assert closed.play("tests/host/playbooks/foundation.yml").status == 0


def test_what_a_former_inventory_opened_is_closed(listeners: Host) -> None:
    opened = listeners.play(FOUNDATION, "--tags", "firewall", firewall_tcp_ports=[*OPEN, 9100])
    assert opened.status == 0, opened.output
    assert knock(listeners.address, 9100, listeners.stranger) == "open"
    closed_again = listeners.play(FOUNDATION, "--tags", "firewall")
    assert closed_again.status == 0, closed_again.output
    only_the_open_ports_answer(listeners)


def test_a_rule_of_nobodys_is_reported_with_its_fix(closed: Host) -> None:
    closed.exec("ufw", "allow", "9000/tcp")
    try:
        play = closed.play(FOUNDATION, "--tags", "firewall", firewall_revert_s=20, firewall_proof_timeout_s=5)
        assert play.status != 0
        assert "9000/tcp" in play.one_line
        assert "ufw delete NUMBER" in play.one_line
    finally:
        closed.exec("/usr/local/sbin/sales-machine-firewall-switch", "cancel")
        closed.exec("ufw", "delete", "allow", "9000/tcp")


def test_all_of_it_is_back_after_a_power_cut(closed: Host) -> None:
    closed.tool("reset", closed.name)
    assert closed.read("ufw", "status").splitlines()[0] == "Status: active"
    assert "Permission denied (publickey)" in closed.ssh("root", "true").stderr
    assert closed.ssh("deploy", "true").returncode == 0
    assert wait_for(lambda: closed.exec("fail2ban-client", "ping", check=False).returncode == 0, 15)
    for address, source in ((closed.address, closed.stranger), (closed.address6, closed.stranger6)):
        assert knock(address, 8000, source) == "silent"
