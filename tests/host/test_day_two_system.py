"""update_system.yml on a serving machine: security upgrades, a kernel that is tried once, its driver, the proof and the way back."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.host.boot_loader import NEW, install, offer_kernel, offer_upgrade, withdraw_loader
from tests.host.driver_packages import Driver, offer, withdraw
from tests.host.hosts import Host, Play

PLAYBOOK, ROLE = "playbooks/update_system.yml", "tests/host/playbooks/role.yml"
FIRST = Driver("550.163.01-0ubuntu0.24.04.1")
WEAK = Driver("550.190.01-1", watts="50.00")
SECOND = Driver("550.200.05-0ubuntu0.24.04.1")
PIN = "/etc/default/grub.d/zz-sales-machine.cfg"


def play(host: Host, driver: Driver, *arguments: str, **variables: Any) -> Play:
    given = {"nvidia_enabled": True, "nvidia_driver_branch": "550", "nvidia_driver_version": driver.version}
    return host.play(PLAYBOOK, *arguments, **(given | variables))


def seen(host: Host) -> tuple[str, str, str]:
    """The kernel that runs, the driver that is loaded, the one that is installed."""
    installed = host.sh(f"dpkg-query -W -f '${{Version}}' {FIRST.package}")
    return host.sh("uname -r"), host.read("cat", "/run/nvidia-loaded"), installed


def serves(host: Host) -> bool:
    return '"ready":true' in host.read("curl", "-sS", "http://127.0.0.1:8000/ready")


def files(host: Host) -> set[str]:
    return set(host.snapshot().splitlines())


@pytest.fixture(scope="module")
def former(provisioned: Host) -> Iterator[str]:
    """The name of the kernel from before; the host has GRUB, a card's driver, and packages to upgrade."""
    kernel = install(provisioned)
    offer(provisioned, FIRST, WEAK, SECOND)
    given = {"nvidia_enabled": True, "nvidia_driver_branch": "550", "nvidia_driver_version": FIRST.version}
    for part in ("install", "configure"):
        run = provisioned.play(ROLE, role="nvidia", part=part, **given)
        assert run.status == 0, run.output
    provisioned.tool("reset", provisioned.name)
    offer_upgrade(provisioned, "1.0-1", "1.0-2")
    yield kernel
    withdraw_loader(provisioned)
    withdraw(provisioned)


def test_outside_of_its_window_nothing_is_begun(provisioned: Host, former: str) -> None:
    hour = int(provisioned.read("date", "+%H"))
    window = f"{(hour + 2) % 24:02}:00-{(hour + 4) % 24:02}:00"
    before, drivers = files(provisioned), seen(provisioned)
    run = play(provisioned, FIRST, update_system_window=window)
    assert run.status != 0
    assert f"update_system_window is {window}, and this takes up to 30 minutes" in run.one_line
    assert files(provisioned) ^ before == set()
    assert seen(provisioned) == drivers


def test_a_dry_run_says_what_would_come_and_changes_nothing(provisioned: Host, former: str) -> None:
    offer_kernel(provisioned, "6.8.0-89.89", former, boots=False)
    before, drivers = files(provisioned), seen(provisioned)
    run = play(provisioned, FIRST, "--check", "--diff")
    assert run.status == 0, run.output
    assert "fixed-thing" in run.one_line
    assert f"linux-image-{NEW}" in run.one_line
    assert "other-thing" not in run.one_line
    assert files(provisioned) ^ before == set()
    assert seen(provisioned) == drivers


def test_where_the_loader_cannot_note_a_try_it_says_what_that_means(provisioned: Host, former: str) -> None:
    provisioned.sh("echo diskfilter > /etc/loader-lies-on")
    try:
        run = play(provisioned, FIRST)
        assert run.status != 0
        assert "/boot lies on diskfilter, which GRUB reads and cannot write to. Nothing was changed." in run.one_line
        assert seen(provisioned) == (former, FIRST.upstream, FIRST.version)
    finally:
        provisioned.sh("rm /etc/loader-lies-on")


def test_a_kernel_that_does_not_start_gives_way_to_the_former_one(provisioned: Host, former: str) -> None:
    run = play(provisioned, FIRST)
    assert run.status != 0
    assert f"Kernel {NEW} did not come up; the server went back to {former} by itself" in run.one_line
    assert seen(provisioned) == (former, FIRST.upstream, FIRST.version)
    assert serves(provisioned)
    assert provisioned.read("tail", "-n2", "/var/log/loader.log") == f"start 1: {NEW}\nstart 2: {former}"
    assert provisioned.sh("dpkg-query -W -f '${Version} ' fixed-thing other-thing") == "1.0-2 1.0-1"
    provisioned.tool("reset", provisioned.name)  # and at every later start too
    assert seen(provisioned)[0] == former


def test_a_driver_that_does_not_hold_takes_the_new_kernel_back_with_it(provisioned: Host, former: str) -> None:
    offer_kernel(provisioned, "6.8.0-90.90", former)
    run = play(provisioned, WEAK)
    assert run.status != 0
    assert "50.00 W, 20475 MiB'] (driver, persistence, power limit, memory)" in run.one_line
    assert f"Kernel {former} runs and boots until another one is proven" in run.one_line
    assert seen(provisioned) == (former, FIRST.upstream, FIRST.version)
    assert serves(provisioned)
    assert "nvidia" in provisioned.read("apt-mark", "showhold")


def test_kernel_and_driver_come_together_and_are_approved_of(provisioned: Host, former: str) -> None:
    run = play(provisioned, SECOND)
    assert run.status == 0, run.output
    assert f"Up to date under kernel {NEW}, driver 550.200.05." in run.one_line
    assert seen(provisioned) == (NEW, SECOND.upstream, SECOND.version)
    assert serves(provisioned)
    assert provisioned.exec("test", "-e", PIN, check=False).returncode == 1
    assert "next_entry" not in provisioned.read("grub-editenv", "-", "list")
    assert {"linux-image-generic", f"linux-image-{NEW}"} <= set(provisioned.read("apt-mark", "showhold").split())
    provisioned.tool("reset", provisioned.name)
    assert seen(provisioned)[0] == NEW
    again = play(provisioned, SECOND)
    assert (again.status, again.changed) == (0, []), again.output
    assert "No package would come" in again.one_line


def test_a_kernel_under_which_nobody_reaches_the_server_is_given_up(provisioned: Host, former: str) -> None:
    """As with a network that the new kernel does not bring up; on RAID too, where GRUB cannot take its note back."""
    tool = ["python3", "-B", "/usr/local/lib/sales-machine/boot"]
    provisioned.sh(f"echo {former} > /run/booted-kernel; echo diskfilter > /etc/loader-lies-on")
    try:
        provisioned.exec(*tool, "pin")
        provisioned.exec(*tool, "once", NEW, "20")
        provisioned.tool("reset", provisioned.name)
        assert seen(provisioned)[0] == NEW
        until = time.monotonic() + 240  # it restarts by itself meanwhile: asked from outside
        while provisioned.sh("uname -r", check=False) != former:
            assert time.monotonic() < until
            time.sleep(2)
        assert provisioned.read("tail", "-n1", "/var/log/loader.log") == f"start 1: {former}"
    finally:
        provisioned.sh("rm -f /etc/loader-lies-on")
        provisioned.exec(*tool, "free")


def test_without_a_card_and_without_a_kernel_nothing_restarts(provisioned: Host, former: str) -> None:
    provisioned.tool("reset", provisioned.name)
    offer_upgrade(provisioned, "1.0-2", "1.0-3")
    booted = provisioned.read("cat", "/var/log/loader.log")
    run = provisioned.play(PLAYBOOK, nvidia_enabled=False)
    assert run.status == 0, run.output
    assert provisioned.sh("dpkg-query -W -f '${Version} ' fixed-thing other-thing") == "1.0-3 1.0-2"
    assert provisioned.read("cat", "/var/log/loader.log") == booted
