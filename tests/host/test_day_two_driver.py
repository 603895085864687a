"""update_driver.yml on a serving machine without a card: what is installed, proven before a restart and after it, and the way back."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from tests.host.driver_packages import Driver, forget, offer, withdraw
from tests.host.hosts import Host, Play

PLAYBOOK, ROLE = "playbooks/update_driver.yml", "tests/host/playbooks/role.yml"
FIRST = Driver("550.163.01-0ubuntu0.24.04.1")
SECOND = Driver("550.200.05-0ubuntu0.24.04.1")
THIRD = Driver("580.95.05-0ubuntu0.24.04.2")
NOT_BUILT = Driver("550.210.01-1", built=False)
WEAK = Driver("550.220.01-1", watts="50.00")
READY = Driver("580.105.08-0ubuntu0.24.04.1", prebuilt=True)
GREEDY = Driver("550.230.01-1", conflicts="less")
REBOOT: dict[str, Any] = {"update_driver_reboot": True}
# The driver, the variables, and what the run must say.
REFUSED: dict[str, tuple[Driver, dict[str, Any], str]] = {
    "module": (NOT_BUILT, REBOOT, "has the module 'none': it was not built"),
    "card": (WEAK, REBOOT, "50.00 W, 20475 MiB'] (driver, persistence, power limit, memory)"),
    "removal": (GREEDY, REBOOT, "would remove less"),
    "none": (dataclasses.replace(SECOND, version="550.999.01-1"), {}, "550.999.01-1"),
    "branch": (
        dataclasses.replace(THIRD, version="580.1-1"),
        {"nvidia_driver_branch": "550"},
        "and nvidia_driver_branch '550'",
    ),
}


def play(host: Host, driver: Driver, *arguments: str, **variables: Any) -> Play:
    given = {"nvidia_enabled": True, "nvidia_driver_branch": driver.branch, "nvidia_driver_version": driver.version}
    return host.play(PLAYBOOK, *arguments, **(given | variables))


def seen(host: Host) -> tuple[str, str, str]:
    """The installed driver, the loaded one, the held packages."""
    return (
        host.sh(
            "dpkg-query -W -f '${db:Status-Status} ${Package}=${Version}\\n' 'nvidia-driver-*' 'nvidia-headless-no-dkms-*' | sed -n 's/^installed //p'"
        ),
        host.read("cat", "/run/nvidia-loaded"),
        " ".join(sorted(host.read("apt-mark", "showhold").split())),
    )


def works(host: Host, driver: Driver) -> bool:
    installed, loaded, held = seen(host)
    return installed == f"{driver.package}={driver.version}" and loaded == driver.upstream and driver.package in held


@pytest.fixture(scope="module")
def host(provisioned: Host) -> Iterator[Host]:
    offer(provisioned, FIRST, SECOND, THIRD, NOT_BUILT, WEAK, GREEDY, READY)
    given = {"nvidia_enabled": True, "nvidia_driver_branch": FIRST.branch, "nvidia_driver_version": FIRST.version}
    for part in ("install", "configure"):
        run = provisioned.play(ROLE, role="nvidia", part=part, **given)
        assert run.status == 0, run.output
    provisioned.tool("reset", provisioned.name)
    yield provisioned
    withdraw(provisioned)


def test_a_dry_run_changes_nothing(host: Host) -> None:
    before = host.snapshot(), seen(host)
    run = play(host, SECOND, "--check", "--diff", **REBOOT)
    assert run.status == 0, run.output
    assert (host.snapshot(), seen(host)) == before
    assert works(host, FIRST)


def test_without_leave_to_restart_the_run_says_that_one_is_due(host: Host) -> None:
    run = play(host, SECOND)
    assert run.status == 0, run.output
    assert "A restart is due: driver 550.200.05 is installed" in run.one_line
    assert seen(host)[:2] == (f"{SECOND.package}={SECOND.version}", FIRST.upstream)
    again = play(host, SECOND)
    assert (again.status, again.changed) == (0, []), again.output
    assert "A restart is due" in again.one_line


def test_with_leave_the_new_driver_is_loaded_and_proven(host: Host) -> None:
    run = play(host, SECOND, **REBOOT)
    assert run.status == 0, run.output
    assert "Driver 550.200.05 works." in run.one_line
    assert works(host, SECOND)
    again = play(host, SECOND, **REBOOT)
    assert (again.status, again.changed) == (0, []), again.output


def test_the_former_driver_comes_back_and_another_branch_too(host: Host) -> None:
    assert works(host, SECOND)
    run = host.play(PLAYBOOK, nvidia_enabled=True, update_driver_back=True, **REBOOT)
    assert run.status == 0, run.output
    assert works(host, FIRST)
    run = play(host, THIRD, **REBOOT)
    assert run.status == 0, run.output
    assert works(host, THIRD)
    run = host.play(PLAYBOOK, nvidia_enabled=True, update_driver_back=True, **REBOOT)
    assert run.status == 0, run.output
    assert works(host, FIRST)


@pytest.mark.parametrize("what", REFUSED)
def test_a_driver_that_does_not_hold_gives_way_with_the_reason(host: Host, what: str) -> None:
    driver, variables, reason = REFUSED[what]
    before = seen(host)
    run = play(host, driver, **variables)
    assert run.status != 0
    assert reason in run.one_line, run.output[-3000:]
    assert seen(host) == before
    assert works(host, FIRST)
    assert '"ready":true' in host.read("curl", "-sS", "http://127.0.0.1:8000/ready")


def test_what_the_archive_has_forgotten_is_kept_and_comes_back(host: Host) -> None:
    """Within a branch that still moves: once a newer one is there, the archive has the installed one no more."""
    assert works(host, FIRST)
    host.sh("rm -rf /var/lib/sales-machine-driver")
    forget(host, FIRST)
    assert "Can't find a source" in host.sh(
        f"cd /tmp; apt-get download {FIRST.package}={FIRST.version} 2>&1", check=False
    )
    run = play(host, SECOND, **REBOOT)
    assert run.status == 0, run.output
    assert works(host, SECOND)
    kept = host.sh(f"ls /var/lib/sales-machine-driver/{FIRST.package}={FIRST.version}").split()
    assert len(kept) == len({name.partition("_")[0] for name in kept}) >= 2, kept
    run = host.play(PLAYBOOK, nvidia_enabled=True, update_driver_back=True, **REBOOT)
    assert run.status == 0, run.output
    assert works(host, FIRST)


def test_a_later_branch_with_ubuntus_own_modules_takes_over_and_gives_way_again(host: Host) -> None:
    run = play(host, READY, machine_nvidia_prebuilt=True, **REBOOT)
    assert run.status == 0, run.output
    assert works(host, READY)
    assert {"linux-modules-nvidia-580-server-generic", "nvidia-utils-580-server"} <= set(seen(host)[2].split())
    assert host.sh("dpkg-query -W -f '${db:Status-Status}' nvidia-driver-550-server", check=False) != "installed"
    run = host.play(PLAYBOOK, nvidia_enabled=True, update_driver_back=True, **REBOOT)
    assert run.status == 0, run.output
    assert works(host, FIRST)


def test_a_kernel_that_will_boot_without_its_module_is_found_before_any_restart(host: Host) -> None:
    """As the first run sees it on an image whose kernel is older than the archive's."""
    given = {"nvidia_enabled": True, "nvidia_driver_version": FIRST.version}
    booted = host.read("cat", "/proc/sys/kernel/random/boot_id"), host.sh("stat -c %Y /run/nvidia-loaded")
    host.sh("mkdir -p /lib/modules/9.9.9-1/build; touch /boot/vmlinuz-9.9.9-1")
    try:
        run = host.play(ROLE, role="nvidia", part="load", **given)
        assert run.status != 0
        assert "kernel 9.9.9-1 has the module 'none': it was not built" in run.one_line
        assert (host.read("cat", "/proc/sys/kernel/random/boot_id"), host.sh("stat -c %Y /run/nvidia-loaded")) == booted
        host.sh("cp -r /lib/modules/$(uname -r)/updates /lib/modules/9.9.9-1/; depmod 9.9.9-1")
        run = host.play(ROLE, role="nvidia", part="load", nvidia_reboot_allowed=False, **given)
        assert run.status != 0
        assert "9.9.9-1 will boot" in run.one_line
    finally:
        host.sh("rm -rf /lib/modules/9.9.9-1 /boot/vmlinuz-9.9.9-1")


def test_without_a_card_nothing_is_done(host: Host) -> None:
    run = host.play(PLAYBOOK, nvidia_enabled=False)
    assert run.status == 0, run.output
    assert run.changed == []
