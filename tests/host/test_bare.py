"""A bare server: a dry run foresees everything and changes nothing; a wrong inventory is refused before anything changes."""

import json
from typing import Any

import pytest

from tests.host.hosts import Host
from tests.host.services import Services

FOUNDATION = "tests/host/playbooks/foundation.yml"
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("machine_domain", {"machine_domain": "Not a name"}, "machine_domain: machine.example.com"),
    ("machine_domain", {"machine_domain": "elsewhere.invalid"}, "correct the A and AAAA records"),
    ("machine_contact_email", {"machine_contact_email": "nobody"}, "machine_contact_email: ops@example.com"),
    ("machine_deploy_user", {"preflight_deploy_user": "root"}, "machine_deploy_user: deploy"),
    ("machine_operator_keys", {"machine_operator_keys": []}, "id_ed25519.pub"),
    ("machine_operator_keys", {"machine_operator_keys": ["not a key"]}, "never the private key"),
    ("machine_allowlist", {"machine_allowlist": ["everybody"]}, "203.0.113.7/32"),
    ("machine_nvidia_enabled", {"preflight_nvidia_enabled": True}, "machine_nvidia_enabled: false"),
    ("preflight_systems", {"preflight_systems": ["Ubuntu 24.04"]}, "install Ubuntu 24.04"),
    ("preflight_min_ram_mib", {"preflight_min_ram_mib": 99999999}, "a larger server"),
    ("preflight_min_disk_gib", {"preflight_min_disk_gib": 9999999}, "free some space"),
    ("base_upgrade_excluded", {"base_upgrade_excluded": ["^nvidia-"]}, "^libnvidia-, ^linux-modules-nvidia-"),
    ("base_sysctl", {"base_sysctl": {"net.core.somaxconn": "many"}}, "whole numbers"),
    ("base_journal_max_use", {"base_journal_max_use": "much"}, "sizes like 2G"),
    ("access_deploy_user", {"access_deploy_user": "root"}, "another user in machine_deploy_user"),
    ("access_revert_s", {"access_revert_s": 5}, "at least twice that"),
    ("firewall_tcp_ports", {"firewall_tcp_ports": [80, 443]}, "add 22 to firewall_tcp_ports"),
    ("firewall_tcp_ports", {"firewall_tcp_ports": [22, 443, 11434]}, "callers come through port 443"),
    ("firewall_ssh_tries", {"firewall_ssh_tries": 0}, "two tries or more"),
]


def test_a_dry_run_of_everything_foresees_it_and_changes_nothing(bare: Host) -> None:
    with Services(bare):
        before = bare.snapshot()  # the server has been told which certificate authority of the tests to trust
        play = bare.play("site.yml", "--check", "--diff")
    assert play.status == 0, play.output
    assert play.recap["failed"] == 0
    assert {"base : Install the packages", "base : Make the deploy user"} <= set(play.changed)
    assert "+PermitRootLogin no" in play.output  # the difference is shown
    assert bare.snapshot() == before


def test_a_dry_run_where_the_image_brings_a_firewall_ends_well_too(bare: Host) -> None:
    """Ubuntu's images have ufw, none has the guard."""
    bare.sh("apt-get update -q; DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends ufw")
    before = bare.snapshot()
    play = bare.play(FOUNDATION, "--check", "--diff")
    assert (play.status, play.recap["failed"]) == (0, 0), play.output
    assert "firewall : Close everything else that comes in" in play.changed
    assert bare.snapshot() == before


def test_young_and_empty_package_lists_are_not_taken_for_fresh_ones(bare: Host) -> None:
    bare.sh("rm -rf /var/lib/apt/lists/*; touch /var/lib/apt/lists; rm -f /var/lib/apt/periodic/update-success-stamp")
    play = bare.play("tests/host/playbooks/candidate.yml")
    assert play.status == 0, play.output
    assert "Candidate: 5." in bare.read("apt-cache", "policy", "bash")


@pytest.mark.parametrize(("variable", "wrong", "fix"), WRONG, ids=[f"{name}-{fix}" for name, _, fix in WRONG])
def test_a_wrong_variable_is_named_with_its_fix_and_nothing_changes(
    bare: Host, variable: str, wrong: dict[str, Any], fix: str
) -> None:
    before = bare.snapshot()
    play = bare.play(FOUNDATION, **wrong)
    assert play.status != 0
    message = play.one_line
    assert variable in message
    assert fix in message
    assert play.recap["changed"] == 0
    assert bare.snapshot() == before


@pytest.mark.parametrize(("branch", "status"), [("5", 0), ("550", 2)])
def test_only_the_wanted_branch_of_the_driver_passes(bare: Host, branch: str, status: int) -> None:
    # Any package has a candidate; bash's is of "branch" 5 in Debian 12.
    play = bare.play(
        "tests/host/playbooks/candidate.yml",
        preflight_nvidia_enabled=True,
        preflight_nvidia_package="bash",
        preflight_nvidia_branch=branch,
    )
    assert play.status == status, play.output
    if status:
        assert "bash has the candidate 5." in play.one_line
        assert "choose another machine_nvidia_branch" in play.one_line


def test_a_key_that_nobody_has_leaves_root_open(bare: Host) -> None:
    # A well-formed key, whose private half is nowhere: nothing but the proof can tell.
    foreign = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43 + " nobody"
    play = bare.play(FOUNDATION, machine_operator_keys=[foreign], access_revert_s=30, access_proof_timeout_s=6)
    assert play.status != 0
    assert "deploy cannot log in" in play.one_line
    assert "ssh-add -L" in play.one_line
    assert bare.ssh("root", "true").returncode == 0
    assert json.loads(bare.read("sh", "-c", "test ! -e /etc/ssh/sshd_config.d/00-sales-machine.conf && echo true"))
