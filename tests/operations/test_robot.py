"""playbooks/robot.yml against a provider that keeps state, and a server that really boots: the collection's own modules over
TLS, Ansible over ssh."""

import getpass
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadtests.service import ROOT, clean_environment
from tests.operations.offsite_place import missing
from tests.operations.rescued import Server
from tests.operations.robot import NUMBER, PASSWORD, USER

pytestmark = [pytest.mark.skipif(bool(missing()), reason=missing()), pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Run:
    """What one run said, folds and all white space as blanks, and what it changed at the provider."""

    status: int
    said: str
    changed: list[str]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "server")
    server.robot.state.host_keys = [server.host_key]
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {(server.folder / 'old.pub').read_text()}")
    yield server
    server.close()


def run(server: Server, step: str, *arguments: str, **variables: Any) -> Run:
    """robot.yml with an inventory as docs/install.md has it written, from the folder of the checkout."""
    place = server.folder.parent
    host = {"ansible_host": "127.0.0.1", "ansible_port": server.port}
    host |= {
        "ansible_ssh_private_key_file": str(server.folder / "operator"),
        "ansible_python_interpreter": sys.executable,
    }
    options = f"-F /dev/null -o IdentitiesOnly=yes -o UserKnownHostsFile={place}/known_hosts -o GlobalKnownHostsFile=/dev/null"
    if step in ("rescue", "install"):
        options = "-F /dev/null -o IdentitiesOnly=yes"
    shared = parsed_inventory() | {"machine_first_user": getpass.getuser(), "machine_deploy_user": getpass.getuser()}
    shared |= {
        "machine_domain": "machine.shop.kz",
        "machine_operator_keys": [server.public],
        "ansible_ssh_common_args": options,
    }
    inventory = place / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"machines": {"hosts": {"gex44": host}, "vars": shared}}))
    told: dict[str, Any] = {"robot_step": step, "robot_user": USER, "robot_password": PASSWORD, "robot_delay_s": 1}
    told |= {"robot_known_hosts": str(place / "known/gex44"), "robot_own_known_hosts": str(place / "known_hosts")}
    told |= {"robot_installimage": str(server.installer), "robot_images": [str(server.folder / "images")]}
    told |= {"robot_boot_s": 20, "robot_proof_s": 8, "robot_asks": "localhost"}
    before = len(server.robot.changes())
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), "playbooks/robot.yml"]
    done = subprocess.run(
        [*command, "-e", json.dumps(told | variables), *arguments],
        cwd=ROOT, env=clean_environment(**server.robot.environment), capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    said = " ".join((done.stdout + done.stderr).split())
    assert PASSWORD not in said
    return Run(done.returncode, said, server.robot.changes()[before:])


def parsed_inventory() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "inventory/production/group_vars/machines.yml").read_text("utf-8")))


def shown_by(server: Server) -> str:
    done = subprocess.run(
        ["ssh-keyscan", "-t", "ed25519", "-p", str(server.port), "127.0.0.1"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_a_look_says_what_the_robot_knows_and_changes_nothing(server: Server) -> None:
    done = run(server, "look")
    assert done.status == 0, done.said
    assert done.changed == []
    for word in (f"number {NUMBER} (GEX44 in FSN1-DC1, ready)", "boots next from its disk", "firewall disabled"):
        assert word in done.said
    assert "reverse DNS static.1.0.0.127.clients.your-server.de" in done.said


def test_a_wrong_password_is_tried_once_because_three_shut_the_address_out(server: Server) -> None:
    done = run(server, "look", robot_password="another")
    assert done.status != 0
    assert "401" in done.said
    assert server.robot.state.failed_logins == 1


def test_a_server_that_the_account_has_not_is_named_with_those_that_it_has(server: Server) -> None:
    done = run(server, "look", ansible_host="198.51.100.9")
    assert done.status != 0
    assert "no server whose main address is 198.51.100.9" in done.said
    assert "203.0.113.40 is number 421, 127.0.0.1 is number 321" in done.said


@pytest.mark.parametrize(
    ("given", "named", "unnamed"),
    [
        ({"robot_step": "erase"}, ['robot_step is "erase". Fix: write look or names or'], ["robot_user", "not set"]),
        ({"robot_password": ""}, ["robot_password not set. Fix: make a user"], ["robot_step is", "robot_user and"]),
        (
            {"robot_user": "", "robot_password": ""},
            ["robot_user and robot_password not set. Fix: make a user"],
            ["robot_step is"],
        ),
    ],
)
def test_only_what_is_wrong_is_named(
    server: Server, given: dict[str, str], named: list[str], unnamed: list[str]
) -> None:
    done = run(server, "look", **given)
    assert done.status != 0
    (said,) = re.findall(r"(?:fail_msg|msg): (.*?) PLAY RECAP", done.said) or [done.said]
    for word in named:
        assert word in said
    for word in unnamed:
        assert word not in said


def test_a_server_that_would_let_nobody_in_is_not_restarted(server: Server) -> None:
    done = run(server, "rescue", machine_operator_keys=[], robot_confirm=NUMBER)
    assert done.status != 0
    assert "machine_operator_keys is empty, and the rescue system" in done.said
    assert done.changed == []


@pytest.mark.long
def test_the_addresses_lead_back_to_the_name_once_and_a_dry_run_sets_none(server: Server) -> None:
    names = {"robot_addresses": ["127.0.0.1", "2a01:4f8:111:4221::2"]}
    dry = run(server, "names", "--check", **names)
    assert (dry.status, dry.changed) == (0, []), dry.said
    assert "changed=1" in dry.said
    server.robot.state.limits["/rdns"] = 1  # too many this hour: it waits and asks again
    done = run(server, "names", **names)
    assert done.status == 0, done.said
    assert done.changed == ["POST /rdns/127.0.0.1", "POST /rdns/2a01:4f8:111:4221::2"]
    assert server.robot.state.names == dict.fromkeys(names["robot_addresses"], "machine.shop.kz")
    again = run(server, "names", **names)
    assert (again.status, again.changed) == (0, []), again.said


@pytest.mark.long
def test_the_firewall_lets_in_what_the_server_does_and_the_answers_to_what_it_asks(server: Server) -> None:
    dry = run(server, "firewall", "--check", "--diff")
    assert (dry.status, dry.changed) == (0, []), dry.said
    server.robot.state.busy = 1  # somebody else's change is on its way to the switch
    done = run(server, "firewall", tunnel_enabled=True)
    assert done.status == 0, done.said
    told = server.robot.state.firewall
    assert (told["status"], told["whitelist_hos"], told["filter_ipv6"]) == ("active", True, False)
    rules = [(rule["protocol"], rule["dst_port"], rule["tcp_flags"], rule["action"]) for rule in told["rules"]["input"]]
    assert rules == [
        ("tcp", "22", None, "accept"),
        ("tcp", "80", None, "accept"),
        ("tcp", "443", None, "accept"),
        ("udp", "51820-51821", None, "accept"),
        ("tcp", "32768-65535", "ack", "accept"),
        ("udp", "32768-65535", None, "accept"),
        ("icmp", None, None, "accept"),
    ]
    assert [rule["action"] for rule in told["rules"]["output"]] == ["accept"], "else nothing leaves the server"
    assert [server.robot.lets_in(port) for port in (22, 443, 8000, 11434, 40000)] == [True, True, False, False, False]
    again = run(server, "firewall", tunnel_enabled=True)
    assert (again.status, again.changed) == (0, []), again.said
    assert (
        "lets in: port 22, port 80, port 443, tunnel 51820-51821, answers tcp 32768-65535" in run(server, "look").said
    )


@pytest.mark.long
def test_a_firewall_that_shuts_the_operator_out_is_put_back_as_it_was(server: Server) -> None:
    former = dict(server.robot.state.firewall)
    server.robot.state.drops = (22,)
    done = run(server, "firewall")
    assert done.status != 0
    assert "Log in freshly" in done.said
    assert "is as it was before (disabled)" in done.said
    assert done.changed == [f"POST /firewall/{NUMBER}"] * 2
    assert server.robot.state.firewall["status"] == former["status"]
    assert server.robot.lets_in(22)


@pytest.mark.parametrize("ports", [[80, 443], [22, 80, 443, 25, 465, 587, 993]])
def test_a_firewall_without_the_way_in_or_with_too_many_rules_is_not_set(server: Server, ports: list[int]) -> None:
    done = run(server, "firewall", firewall_tcp_ports=ports)
    assert done.status != 0
    assert "Fix: leave 22 in it" in done.said
    assert done.changed == []


@pytest.mark.parametrize(
    ("step", "confirm"), [("rescue", ""), ("rescue", "421"), ("install", "321"), ("install", "erase 421")]
)
def test_nothing_restarts_that_was_not_named(server: Server, step: str, confirm: str) -> None:
    done = run(server, step, robot_confirm=confirm)
    assert done.status != 0
    assert f"is number {NUMBER}" in done.said
    assert ("ERASES ALL ITS DISKS" in done.said) == (step == "install")
    assert done.changed == []
    assert server.system == "old"


@pytest.mark.long
def test_a_dry_run_restarts_nothing(server: Server) -> None:
    for step, confirm in (("rescue", "321"), ("install", "erase 321")):
        done = run(server, step, "--check", robot_confirm=confirm)
        assert (done.status, done.changed) == (0, []), done.said
    assert server.system == "old"


@pytest.mark.long
def test_the_rescue_system_is_entered_with_the_operators_keys_and_the_host_key_that_the_robot_names(
    server: Server,
) -> None:
    done = run(server, "rescue", robot_confirm=NUMBER)
    assert done.status == 0, done.said
    assert server.system == "rescue"
    assert done.changed == ["POST /key", f"POST /boot/{NUMBER}/rescue", f"POST /reset/{NUMBER}"]
    known = server.folder.parent / "known/gex44"
    assert server.host_key.split()[1] in known.read_text()
    assert known.stat().st_mode & 0o777 == 0o600
    (line,) = re.findall(r"(ssh -o UserKnownHostsFile=\S+ -p \d+ \S+@127\.0\.0\.1)\.", done.said)
    entered = subprocess.run(
        [*line.split(), "-F", "/dev/null", "-i", str(server.folder / "operator"), "-o", "BatchMode=yes", "echo in"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert entered.stdout == "in\n", entered.stderr
    again = run(server, "rescue", robot_confirm=NUMBER)
    assert again.changed == [f"POST /boot/{NUMBER}/rescue", f"POST /reset/{NUMBER}"], "its key is there already"


@pytest.mark.long
def test_a_host_key_that_the_robot_does_not_name_is_not_logged_in_to_until_the_operator_vouches_for_it(
    server: Server,
) -> None:
    server.robot.state.host_keys = []
    done = run(server, "rescue", robot_confirm=NUMBER, robot_boot_s=4)
    assert done.status != 0
    assert "Nobody logged in" in done.said
    (mark,) = set(re.findall(r"ssh-ed25519 (SHA256:\S+?)[, ]", done.said))
    assert not (server.folder.parent / "known/gex44").exists()
    goes_on = run(server, "rescue", robot_confirm=NUMBER, robot_host_key=mark)
    assert (goes_on.status, goes_on.changed) == (0, []), goes_on.said
    assert server.host_key.split()[1] in (server.folder.parent / "known/gex44").read_text()


@pytest.mark.long
def test_the_system_is_installed_on_a_mirror_and_its_own_host_key_is_learnt(server: Server) -> None:
    done = run(server, "install", robot_confirm=f"erase {NUMBER}")
    assert done.status == 0, done.said
    assert server.system == "new"
    assert server.log.read_text().endswith("-t yes\n")
    settings = [line for line in server.settings.read_text().splitlines() if "/boot/efi" not in line]
    assert settings == [
        "DRIVE1 /dev/nvme0n1",
        "DRIVE2 /dev/nvme1n1",
        "SWRAID 1",
        "SWRAIDLEVEL 1",
        "HOSTNAME machine.shop.kz",
        "PART swap swap 4G",
        "PART /boot ext3 1024M",
        "PART / ext4 all",
        f"IMAGE {server.folder}/images/Ubuntu-2404-noble-amd64-base.tar.zst",
    ]
    own = (server.folder.parent / "known_hosts").read_text()
    assert (server.folder / "new.pub").read_text().split()[1] in own
    assert (server.folder / "old.pub").read_text().split()[1] not in own
    assert "Next: site.yml." in done.said
    assert done.changed[-1] == f"POST /reset/{NUMBER}"


@pytest.mark.long
def test_a_server_that_is_not_in_the_rescue_system_is_not_erased(server: Server) -> None:
    server.installer.unlink()
    done = run(server, "install", robot_confirm=f"erase {NUMBER}")
    assert done.status != 0
    assert "is not the provider's rescue system. Nothing was erased" in done.said
    assert server.system == "rescue"


@pytest.mark.long
@pytest.mark.parametrize(
    ("variables", "says"),
    [({"robot_image": "Debian-99"}, "not found"), ({"robot_disks": ["sda", "sdb", "sdc"]}, "Disks are sda, sdb, sdc")],
)
def test_without_image_or_with_disks_that_make_no_pair_nothing_is_erased(
    server: Server, variables: dict[str, Any], says: str
) -> None:
    done = run(server, "install", robot_confirm=f"erase {NUMBER}", **variables)
    assert done.status != 0
    assert says in done.said
    assert "Nothing was erased" in done.said
    assert not server.log.exists()


@pytest.mark.long
def test_an_installation_that_fails_leaves_the_server_in_the_rescue_system(server: Server) -> None:
    server.broken.touch()
    done = run(server, "install", robot_confirm=f"erase {NUMBER}")
    assert done.status != 0
    assert "no space left on" in done.said
    assert server.system == "rescue"
    assert done.changed.count(f"POST /reset/{NUMBER}") == 1
