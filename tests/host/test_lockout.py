"""Whoever locks himself out is let in again by the server itself, after the time that the switch was set to."""

import time

import pytest

from tests.host.hosts import Host
from tests.host.probes import knock

FOUNDATION = "tests/host/playbooks/foundation.yml"
FOREIGN = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43 + " nobody"
ACCESS = "/usr/local/sbin/sales-machine-access-switch"
FIREWALL = "/usr/local/sbin/sales-machine-firewall-switch"


def lets_in(host: Host) -> bool:
    return host.ssh("deploy", "true").returncode == 0


def wait_until_let_in(host: Host, within_s: float) -> float:
    start = time.monotonic()
    while not lets_in(host):
        assert time.monotonic() - start < within_s, "the switch did not heal the lock-out"
        time.sleep(1)
    return time.monotonic() - start


def test_a_wrong_key_heals_itself(closed: Host) -> None:
    keys = closed.read("cat", "/home/deploy/.ssh/authorized_keys")
    play = closed.play(FOUNDATION, machine_operator_keys=[FOREIGN], access_revert_s=25, access_proof_timeout_s=6)
    assert play.status != 0
    assert "machine_operator_keys must hold the public half" in play.one_line
    assert not lets_in(closed), "the wrong key was meant to lock the operator out"
    wait_until_let_in(closed, 40)
    assert keys in closed.read("cat", "/home/deploy/.ssh/authorized_keys")

    repaired = closed.play(FOUNDATION)
    assert repaired.status == 0, repaired.output
    assert closed.read("cat", "/home/deploy/.ssh/authorized_keys") == keys  # and the wrong key is gone


def test_a_broken_setting_of_sshd_heals_itself(closed: Host) -> None:
    closed.exec(ACCESS, "arm", "15")
    closed.sh("echo 'AllowUsers nobody' >> /etc/ssh/sshd_config.d/00-sales-machine.conf; systemctl reload ssh")
    assert not lets_in(closed)
    wait_until_let_in(closed, 40)
    assert "AllowUsers" not in closed.read("cat", "/etc/ssh/sshd_config.d/00-sales-machine.conf")


def test_a_wrong_rule_of_the_firewall_heals_itself(closed: Host) -> None:
    closed.exec(FIREWALL, "arm", "15")
    closed.exec("ufw", "deny", "22/tcp")
    assert knock(closed.address, 22, closed.stranger) == "silent"
    wait_until_let_in(closed, 40)
    assert "DENY" not in closed.read("ufw", "status")
    assert knock(closed.address, 8000, closed.stranger) == "silent"  # back to the proven rules, not to none


@pytest.mark.parametrize("switch", [ACCESS, FIREWALL])
def test_arming_again_keeps_the_proven_state_and_starts_the_clock_again(closed: Host, switch: str) -> None:
    unit = "sales-machine-access-revert" if switch == ACCESS else "sales-machine-firewall-revert"
    mark = "/etc/ssh/sshd_config.d/00-sales-machine.conf" if switch == ACCESS else "/etc/ufw/user.rules"
    proven = closed.read("cat", mark)
    closed.exec(switch, "arm", "600")
    closed.sh(f"echo '# unproven' >> {mark}")
    closed.exec(switch, "arm", "600")
    assert closed.read("systemctl", "is-active", f"{unit}.timer") == "active"
    closed.exec(switch, "revert")
    assert closed.read("cat", mark) == proven
    closed.exec(switch, "cancel")
    assert closed.exec("systemctl", "is-active", f"{unit}.timer", check=False).stdout.strip() == "inactive"
    assert lets_in(closed)


def test_a_cancelled_switch_does_nothing(closed: Host) -> None:
    closed.exec(FIREWALL, "arm", "2")
    closed.exec(FIREWALL, "cancel")
    closed.exec("ufw", "allow", "9999/tcp")
    time.sleep(4)
    assert "9999/tcp" in closed.read("ufw", "status")
    closed.exec("ufw", "delete", "allow", "9999/tcp")
