"""What the rendered configuration lets in, keeps and says: nginx, bans, the model server's way out."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT
from tests.host.hosts import run
from tests.thrift import parsed

CALLER, OPERATOR = "203.0.113.7/32", "198.51.100.0/24"
Rendered = Mapping[str, str]


def rendered(folder: Path, *templates: str, **variables: Any) -> Rendered:
    """Templates, by their path below roles/, with the example inventory and these variables."""
    paths = [ROOT / "roles" / template for template in templates]
    values = {
        "render_roles": sorted({path.relative_to(ROOT).parts[1] for path in paths}),
        "render_templates": [str(path) for path in paths],
        "render_to": str(folder / "rendered.json"),
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
    }
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventory/production"]
    run([*command, "tests/host/playbooks/render.yml", "-e", json.dumps(values | variables)])
    return dict(zip(templates, json.loads((folder / "rendered.json").read_text("utf-8")), strict=True))


SITE, JAIL = "nginx/templates/site.conf.j2", "firewall/templates/jail.local.j2"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    nets = {"machine_allowlist": [CALLER, "0.0.0.0/0", "::/0"], "machine_operator_nets": [OPERATOR]}
    certificate = {"__nginx_certificate": {"stat": {"exists": True}}}
    return rendered(tmp_path_factory.mktemp("front"), SITE, JAIL, **nets, **certificate)


def servers(site: str) -> list[str]:
    """The text of each server block."""
    return re.findall(r"^server \{.*?^\}", site, re.DOTALL | re.MULTILINE)


def test_each_server_keeps_requests_in_the_log_without_their_query_alone(front: Rendered) -> None:
    """nginx's error log holds request lines and referrers below the level crit."""
    blocks = servers(front[SITE])
    assert len(blocks) == 4
    for block in blocks:
        assert re.findall(r"^ +error_log (.*);", block, re.MULTILINE) == ["/var/log/nginx/sales-machine.error.log crit"]
        assert re.findall(r"^ +access_log \S+ (.*);", block, re.MULTILINE) == ["sales_machine"]
    form = re.search(r"^log_format sales_machine (.*?);", front[SITE], re.DOTALL | re.MULTILINE)
    assert form
    assert not re.search(r"\$(request|args|query_string|http_referer|request_uri|is_args)\b", form[1])


def test_nobody_holds_a_connection_open_by_being_slow(front: Rendered) -> None:
    for block in (block for block in servers(front[SITE]) if "ssl_reject_handshake" not in block):
        for patience in ("client_header_timeout", "client_body_timeout", "send_timeout"):
            (seconds,) = re.findall(rf"^ +{patience} (\d+)s;", block, re.MULTILINE)
            assert int(seconds) <= 15
    plain = [block for block in servers(front[SITE]) if "listen 80" in block]
    assert len(plain) == 2
    assert all(re.search(r"^ +limit_conn \w+ \d+;", block, re.MULTILINE) for block in plain)


def test_a_callers_neighbour_cannot_have_it_banned_and_everybody_is_no_caller(front: Rendered) -> None:
    passwords, keys = (line.split() for line in re.findall(r"^ignoreip = (.*)$", front[JAIL], re.MULTILINE))
    local = ["127.0.0.0/8", "::1"]
    assert passwords == [*local, OPERATOR]
    assert keys == [*local, OPERATOR, CALLER]
    assert front[JAIL].index("[sales-machine-api]") < front[JAIL].rindex("ignoreip")


UNIT = "ollama/templates/ollama.service.j2"
REGISTRY = "203.0.113.128/25"


def unit(folder: Path, part: str, reach: list[str]) -> dict[str, list[str]]:
    """The keys of the unit's text, each with its values."""
    nvidia = {"ollama_nvidia_enabled": True}
    text = rendered(folder, UNIT, __ollama_part=part, ollama_allowed_addresses=reach, **nvidia)[UNIT]
    keys: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        keys.setdefault(key, []).append(value)
    return keys


@pytest.mark.parametrize("part", ["serve", "trial"])
@pytest.mark.long
def test_a_model_server_that_answers_reaches_loopback_alone(tmp_path: Path, part: str) -> None:
    found = unit(tmp_path, part, ["any"])
    assert found["IPAddressDeny"] == ["any"]
    assert found["IPAddressAllow"] == ["localhost"]


@pytest.mark.long
def test_only_a_pull_reaches_the_registry_and_only_for_its_time(tmp_path: Path) -> None:
    found = unit(tmp_path, "pull", [REGISTRY])
    assert (found["IPAddressDeny"], found["IPAddressAllow"]) == (["any"], [f"localhost {REGISTRY}"])
    assert "IPAddressDeny" not in unit(tmp_path, "pull", ["any"])
    assert int(found["RuntimeMaxSec"][0]) == 3600 + 60
    assert "Restart" not in found
    assert "WantedBy" not in found
    assert found["PrivateDevices"] == ["yes"]
    assert any("OLLAMA_HOST=127.0.0.1:11436" in value for value in found["Environment"])


def test_the_way_to_the_registry_is_closed_also_after_a_failed_pull() -> None:
    (task,) = parsed((ROOT / "roles" / "ollama" / "tasks" / "pull.yml").read_text("utf-8"))
    pulls = [step for step in task["block"] if step.get("ansible.builtin.uri", {}).get("method") == "POST"]
    assert len(pulls) == 1
    assert "ollama_pull_host" in pulls[0]["ansible.builtin.uri"]["url"]
    (end,) = task["always"]
    assert end["vars"]["__ollama_temporary"] == "ollama-pull"
    assert "when" not in end
    everywhere = [*(ROOT / "roles").rglob("*.yml"), *(ROOT / "playbooks").rglob("*.yml")]
    assert [path.name for path in everywhere if "/api/pull" in path.read_text("utf-8")] == ["pull.yml"]
