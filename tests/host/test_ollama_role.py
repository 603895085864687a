"""The role `ollama` on a real server, with a release whose program is the emulator: install, prove, upgrade, go back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.host.conftest import NUMBER, server
from tests.host.downloads import Downloads, downloads
from tests.host.hosts import Host, Play

ROLE = "tests/host/playbooks/role.yml"
API = "http://127.0.0.1:11434"
BROKEN = "#!/bin/sh\necho 'illegal instruction' >&2\nexit 132\n"
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("ollama_version", {"ollama_version": "latest"}, "as 0.32.7"),
    ("ollama_version", {"ollama_version": "0.12.6"}, "a release from 0.30 on"),
    ("ollama_sha256", {"ollama_sha256": ""}, "sha256sum.txt"),
    ("ollama_url", {"ollama_url": "https://ollama.com/install.sh"}, "ends with .tar.zst"),
    ("ollama_model_digest", {"ollama_model_digest": "sha256:1"}, "64 hexadecimal digits"),
    ("ollama_host", {"ollama_host": "0.0.0.0:11434"}, "write 127.0.0.1:11434"),
    ("ollama_trial_host", {"ollama_trial_host": "127.0.0.1:11434"}, "the trial on another port"),
    ("ollama_pull_host", {"ollama_pull_host": "127.0.0.1:11435"}, "a pull on a third"),
    ("ollama_pull_host", {"ollama_pull_host": "0.0.0.0:11436"}, "listens on loopback only"),
    ("ollama_load_options", {"ollama_load_options": {"num_ctx": 4096}}, "correct them"),
    ("ollama_keep_releases", {"ollama_keep_releases": 0}, "the way back"),
]


@dataclass(frozen=True)
class Served:
    """A host, and what it downloads from."""

    host: Host
    mirror: Downloads

    def play(self, *arguments: str, **variables: Any) -> Play:
        return self.host.play(ROLE, *arguments, role="ollama", **(self.mirror.variables() | variables))

    def api(self, path: str) -> dict[str, Any]:
        reply: dict[str, Any] = json.loads(self.host.read("curl", "-sS", f"{API}{path}"))
        return reply

    def current(self) -> str:
        return self.host.read("readlink", "/opt/ollama/current")


@pytest.fixture(scope="module")
def bare() -> Iterator[Served]:
    for host in server(f"ollama{NUMBER}", NUMBER + 120, fresh=True):
        host.sh("apt-get update -q")
        with downloads(host) as mirror:
            yield Served(host, mirror)


@pytest.fixture(scope="module")
def served(bare: Served) -> Served:
    play = bare.play()
    assert play.status == 0, play.output
    return bare


def test_a_dry_run_changes_nothing(bare: Served) -> None:
    before = bare.host.snapshot()
    play = bare.play("--check", "--diff")
    assert play.status == 0, play.output
    assert "ollama : Write the unit" in play.changed
    assert bare.host.snapshot() == before


@pytest.mark.parametrize(("variable", "wrong", "fix"), WRONG, ids=[f"{name}-{fix}" for name, _, fix in WRONG])
def test_a_wrong_variable_is_named_with_its_fix(bare: Served, variable: str, wrong: dict[str, Any], fix: str) -> None:
    play = bare.play(**wrong)
    assert play.status != 0
    assert variable in play.one_line
    assert fix in play.one_line
    assert play.recap["changed"] == 0


def test_the_model_is_served_on_loopback_only(served: Served) -> None:
    assert served.api("/api/version") == {"version": "0.32.7"}
    (model,) = served.api("/api/ps")["models"]
    assert (model["name"], model["context_length"]) == ("qwen3:14b", 6144)
    assert model["size_vram"] == model["size"]
    listening = served.host.sh("ss -Hltn 'sport = :11434'").split()
    assert listening[3] == "127.0.0.1:11434"
    owner = served.host.sh("ps -o user= -p $(systemctl show -P MainPID ollama)")
    assert owner == "ollama"


def test_the_unit_has_what_the_variables_say_and_is_confined(served: Served) -> None:
    environment = served.host.read("systemctl", "show", "-P", "Environment", "ollama").split()
    wanted = {"OLLAMA_NUM_PARALLEL=4", "OLLAMA_CONTEXT_LENGTH=6144", "OLLAMA_KEEP_ALIVE=-1", "OLLAMA_NO_CLOUD=1"}
    assert wanted | {"LLAMA_ARG_CACHE_RAM=16384"} <= set(environment)
    served.host.exec("systemd-analyze", "security", "--no-pager", "--threshold=25", "ollama.service")


def test_the_server_that_answers_reaches_nobody_and_that_of_the_pull_is_gone(served: Served) -> None:
    allowed = served.host.read("systemctl", "show", "-P", "IPAddressAllow", "ollama").split()
    assert sorted(allowed) == ["127.0.0.0/8", "::1/128"]
    denied = served.host.read("systemctl", "show", "-P", "IPAddressDeny", "ollama").split()
    assert sorted(denied) == ["0.0.0.0/0", "::/0"]
    assert nothing_of_a_pull(served.host)


def nothing_of_a_pull(host: Host) -> bool:
    left = (
        "systemctl list-units --all --no-legend ollama-pull.service; ls /run/systemd/system; ss -Hltn 'sport = :11436'"
    )
    return "pull" not in host.sh(left) and not host.sh("ss -Hltn 'sport = :11436'")


def test_a_pull_that_fails_leaves_no_way_to_the_registry_open(served: Served) -> None:
    play = served.play(ollama_model="qwen3:nowhere")
    assert play.status != 0
    assert "ollama : Pull the model" in play.output
    assert nothing_of_a_pull(served.host)
    assert served.api("/api/version") == {"version": "0.32.7"}


def test_a_second_run_changes_nothing_and_the_model_is_loaded_once(served: Served) -> None:
    play = served.play()
    assert play.status == 0, play.output
    assert play.changed == []
    stats = served.api("/emulator/stats")
    assert (stats["loads"], stats["reloads"]) == (1, 0)


def test_another_tarball_under_the_same_name_is_refused(served: Served) -> None:
    before = served.api("/api/version")
    play = served.play(ollama_version="0.32.8", ollama_sha256="0" * 64)
    assert play.status != 0
    assert "checksum" in play.one_line
    assert served.current() == "releases/0.32.7"
    assert served.api("/api/version") == before


def test_another_model_under_the_same_name_is_refused(served: Served) -> None:
    play = served.play(ollama_model_digest="1" * 64)
    assert play.status != 0
    assert "the registry has another model under that name now" in play.one_line


def test_a_release_that_does_not_run_gives_way_to_the_former_one(served: Served) -> None:
    release = served.mirror.mirror.release("0.34.0", BROKEN)
    play = served.play(**served.mirror.variables(release))
    assert play.status != 0
    assert "The former release serves again: releases/0.32.7" in play.one_line
    assert served.current() == "releases/0.32.7"
    assert served.api("/api/version") == {"version": "0.32.7"}


def test_an_upgrade_keeps_the_former_release_and_the_model(served: Served) -> None:
    release = served.mirror.mirror.release("0.33.3")
    play = served.play(**served.mirror.variables(release))
    assert play.status == 0, play.output
    assert not any(name.startswith("ollama : Pull the model") for name in play.changed)
    assert served.api("/api/version") == {"version": "0.33.3"}
    assert "0.32.7" in served.host.read("ls", "/opt/ollama/releases").split()


def test_a_model_on_the_processor_is_refused_unless_it_is_accepted_aloud(served: Served) -> None:
    release = served.mirror.variables(served.mirror.mirror.release("0.33.3"))
    short = {"ollama_environment": {"EMULATOR_SIZE_VRAM": "1000"}}
    play = served.play(**release, **short, ollama_cpu_accepted=False)
    assert play.status != 0
    assert "Only 1000 of the model's" in play.one_line
    accepted = served.play(**release, **short, ollama_cpu_accepted=True)
    assert accepted.status == 0, accepted.output
    assert "WARNING: qwen3:14b is not wholly in VRAM" in accepted.one_line
