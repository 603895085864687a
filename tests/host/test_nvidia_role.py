"""The role `nvidia` without a card: what apt would install decides, what is installed is held, what is written is right.

The packages are made here: real ones of dpkg with the names and versions of Ubuntu 24.04, and nothing inside.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.host.conftest import NUMBER, server
from tests.host.hosts import Host, Play

ROLE = "tests/host/playbooks/role.yml"
PACKAGES = {
    "nvidia-driver-550-server": ("550.163.01-0ubuntu0.24.04.1", "libnvidia-compute-550-server"),
    "libnvidia-compute-550-server": ("550.163.01-0ubuntu0.24.04.1", ""),
    # A name that leads to 580: it keeps its number, or takes the newer one.
    "nvidia-driver-550": ("550.163.01-0ubuntu1", "nvidia-driver-580"),
    "nvidia-driver-550-open": ("580.95.05-0ubuntu0.24.04.2", "nvidia-driver-580"),
    "nvidia-driver-580": ("580.95.05-0ubuntu0.24.04.2", "libnvidia-compute-580"),
    "libnvidia-compute-580": ("580.95.05-0ubuntu0.24.04.2", ""),
    "nvidia-modprobe": ("550.127.05-0ubuntu1", ""),
    "linux-image-generic": ("6.8.0-88.88", ""),
    "linux-headers-generic": ("6.8.0-88.88", ""),
}
# A local package source out of the packages above.
REPOSITORY = """
set -e; mkdir -p /srv/repo; cd /srv/repo; : > Packages
make() {
  mkdir -p t/DEBIAN; printf 'Package: %s\\nVersion: %s\\nArchitecture: amd64\\nMaintainer: tests <t@example.com>\\n' "$1" "$2" > t/DEBIAN/control
  [ -z "$3" ] || echo "Depends: $3" >> t/DEBIAN/control
  echo 'Description: empty' >> t/DEBIAN/control
  dpkg-deb --build --root-owner-group t "$1.deb" > /dev/null; rm -r t
  { dpkg-deb -f "$1.deb"; echo "Filename: ./$1.deb"; echo "Size: $(stat -c %s "$1.deb")"
    echo "SHA256: $(sha256sum "$1.deb" | cut -d' ' -f1)"; echo; } >> Packages
}
"""
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("nvidia_driver_branch", {"nvidia_driver_branch": "535"}, 'write "550" or "580"'),
    ("nvidia_driver_version", {"nvidia_driver_version": "580.95.05-1"}, "write a version of that branch"),
    ("nvidia_driver_package", {"nvidia_driver_package": "nvidia-driver-580-server"}, "as nvidia-driver-550-server"),
]


def play(host: Host, *arguments: str, **variables: Any) -> Play:
    given = {"nvidia_enabled": True, "nvidia_driver_branch": "550"} | variables
    return host.play(ROLE, *arguments, role="nvidia", **given)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    for made in server(f"nvidia{NUMBER}", NUMBER + 122, fresh=True):
        calls = "\n".join(f"make {name} {version} '{needs}'" for name, (version, needs) in PACKAGES.items())
        made.sh(REPOSITORY + calls)
        made.sh("echo 'deb [trusted=yes] file:/srv/repo ./' > /etc/apt/sources.list.d/local.list; apt-get update -q")
        yield made


@pytest.mark.parametrize(("variable", "wrong", "fix"), WRONG, ids=[name for name, _, _ in WRONG])
def test_a_wrong_variable_is_named_with_its_fix(host: Host, variable: str, wrong: dict[str, Any], fix: str) -> None:
    run = play(host, **wrong)
    assert run.status != 0
    assert variable in run.one_line
    assert fix in run.one_line


def test_a_dry_run_on_a_bare_server_changes_nothing(host: Host) -> None:
    before = host.snapshot()
    run = play(host, "--check", "--diff")
    assert run.status == 0, run.output
    assert {"nvidia : Install the driver and what its module is built with (hundreds of MB, minutes)"} <= set(
        run.changed
    )
    assert "+nvidia-uvm" in run.output
    assert host.snapshot() == before


@pytest.mark.parametrize(
    ("package", "branch", "said"),
    [
        ("nvidia-driver-550-open", "550", "apt's candidate of nvidia-driver-550-open is '580.95.05"),
        ("nvidia-driver-580-server", "580", "apt's candidate of nvidia-driver-580-server is 'none"),
        ("nvidia-driver-550", "550", "nvidia-driver-550 would bring the driver's libraries of branch 580, not of"),
    ],
)
def test_a_driver_of_another_branch_is_refused(host: Host, package: str, branch: str, said: str) -> None:
    run = play(host, nvidia_driver_package=package, nvidia_driver_branch=branch)
    assert run.status != 0
    assert said in run.one_line
    assert "Nothing was installed." in run.one_line
    assert host.sh("dpkg-query -W 'nvidia-*' 2>/dev/null || true") == ""


def test_the_driver_is_installed_and_held_with_its_kernel(host: Host) -> None:
    run = play(host, part="install")
    assert run.status == 0, run.output
    held = set(host.read("apt-mark", "showhold").split())
    others = {"nvidia-driver-550", "nvidia-driver-550-open", "nvidia-driver-580", "libnvidia-compute-580"}
    assert held == PACKAGES.keys() - others
    assert play(host, part="install").changed == []


def test_an_upgrade_leaves_the_held_driver_alone(host: Host) -> None:
    host.sh(REPOSITORY + "make nvidia-driver-550-server 550.999.01-0 ''\napt-get update -q")
    host.sh("DEBIAN_FRONTEND=noninteractive apt-get upgrade -qy")
    version = host.read("dpkg-query", "--show", "--showformat=${Version}", "nvidia-driver-550-server")
    assert version == PACKAGES["nvidia-driver-550-server"][0]


def test_what_is_loaded_at_boot_is_written(host: Host) -> None:
    assert play(host, part="configure").status == 0
    assert "blacklist nouveau" in host.read("cat", "/etc/modprobe.d/sales-machine-nouveau.conf")
    assert host.read("grep", "-v", "#", "/etc/modules-load.d/sales-machine-nvidia.conf").split() == [
        "nvidia",
        "nvidia-uvm",
    ]
    assert "--persistence-mode" in host.read("cat", "/etc/systemd/system/nvidia-persistenced.service")
    assert play(host, part="configure").changed == []


def test_without_a_card_nothing_is_done(host: Host) -> None:
    run = play(host, nvidia_enabled=False)
    assert run.status == 0, run.output
    assert run.changed == []
