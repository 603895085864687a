"""A server without any way out: its network has no route but to its neighbours, and everything that it installs comes from a bundle."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.host import release
from tests.host.bundle.__main__ import _sums
from tests.host.callers import Caller
from tests.host.conftest import NUMBER, server
from tests.host.hosts import CACHE, Host, run
from tests.host.services import Services
from tests.host.test_site import QUESTION

ROLE = "tests/host/playbooks/role.yml"
NOWHERE = "http://192.0.2.1"  # of documentation: leads nowhere, here as anywhere
REHEARSAL = {"app_semantic": False, "machine_nvidia_enabled": False}


@pytest.fixture(scope="module")
def bundle() -> Path:
    """A bundle of this checkout for Debian 12: packages and wheels are real, Ollama and its model are named stand-ins."""
    out = CACHE / "bundles"
    with tempfile.TemporaryDirectory() as folder:
        commit = release._git("rev-parse", "--short=12", "HEAD")
        archive = release.pack(release.build(Path(folder)), commit, release.committed(), None, out)
    command = [
        sys.executable,
        "-m",
        "tests.host.bundle",
        "--system=debian12",
        "--out",
        str(out),
        "--release",
        str(archive),
    ]
    command += ["--sources", os.environ.get("TESTHOST_SOURCES", "/etc/apt/sources.list.d/debian.sources")]
    command += ["--extra", json.dumps(REHEARSAL), "--stand-in=ollama", "--stand-in=model"]
    run(command)
    (found,) = out.glob(f"sales-machine-bundle-*-{commit}-debian12")
    return found


def about(bundle: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((bundle / "bundle.json").read_text("utf-8"))
    return told


@pytest.fixture(scope="module")
def alone(bundle: Path) -> Iterator[Host]:
    """A bare server that only its neighbours reach. What the inventory says of the world leads nowhere."""
    pins = about(bundle)
    before = os.environ.get("TESTHOST_NAT")
    os.environ["TESTHOST_NAT"] = "0"
    try:
        for host in server(f"alone{NUMBER}", NUMBER + 25, fresh=True):
            host.variables = {
                "bundle": str(bundle),
                "bundle_stand_ins_accepted": True,
                "machine_model_digest": pins["model"]["digest"],
                "app_models_url": NOWHERE,
            }
            world = {
                "app_index_url": f"{NOWHERE}/simple",
                "ollama_url": f"{NOWHERE}/ollama.tar.zst",
                "ollama_version": pins["ollama"]["version"],
                "ollama_sha256": pins["ollama"]["sha256"],
            }
            with Services(host, world):
                yield host
    finally:
        os.environ.pop("TESTHOST_NAT")
        if before is not None:
            os.environ["TESTHOST_NAT"] = before


def copied(bundle: Path, folder: Path) -> Path:
    """A copy to spoil: no file of the bundle itself is written to."""
    return shutil.copytree(bundle, folder / bundle.name)


def test_the_server_has_no_way_out(alone: Host) -> None:
    assert alone.read("ip", "-4", "route", "show", "default") == ""
    assert alone.read("ip", "-6", "route", "show", "default") == ""
    assert alone.exec("curl", "-sS", "--max-time", "5", NOWHERE, check=False).returncode != 0
    assert alone.exec("apt-get", "-q", "update", "--error-on=any", check=False).returncode != 0


def test_a_spoilt_bundle_is_refused_before_anything_changes(alone: Host, bundle: Path, tmp_path: Path) -> None:
    before = alone.snapshot()
    spoilt = copied(bundle, tmp_path)
    with (spoilt / "wheels.tar").open("r+b") as file:
        file.write(b"another")
    play = alone.play("site.yml", bundle=str(spoilt))
    assert play.status != 0
    assert "wheels.tar of" in play.one_line
    assert "is not as it was made" in play.one_line
    (spoilt / "wheels.tar").unlink()
    assert "lacks wheels.tar" in alone.play("site.yml", bundle=str(spoilt)).one_line
    other = copied(bundle, tmp_path / "other")
    (other / "bundle.json").write_text(json.dumps(about(bundle) | {"system": "Ubuntu 24.04"}))
    _sums(other, None)
    assert (
        "it is for Ubuntu 24.04 on x86_64, and this server runs Debian 12"
        in alone.play("site.yml", bundle=str(other)).one_line
    )
    assert "it holds stand-ins for ollama, model" in alone.play("site.yml", bundle_stand_ins_accepted=False).one_line
    assert "holds Ollama" in alone.play("site.yml", ollama_sha256="0" * 64).one_line
    assert "no search by meaning" in alone.play("site.yml", app_semantic=True).one_line
    assert alone.snapshot() == before


def test_a_dry_run_says_where_it_ends(alone: Host) -> None:
    before = alone.snapshot()
    play = alone.play("site.yml", "--check")
    assert play.status != 0
    assert "a dry run puts nothing there, so it ends here" in play.one_line
    assert alone.snapshot() == before


def test_it_is_set_up_from_the_bundle_and_answers(alone: Host, bundle: Path) -> None:
    play = alone.play("site.yml")
    assert play.status == 0, play.output[-6000:]
    caller = Caller(alone)
    answer = caller.ask("POST", "/api/v1/process", QUESTION, key=caller.key)
    assert answer.status == 200, answer.text
    assert answer.json["answer"].strip()
    assert alone.read("ip", "route", "show", "default") == "", "and it still has no way out"
    policy = alone.read("apt-cache", "policy", "nginx")
    assert "file:/var/lib/sales-machine-bundle ./ Packages" in policy
    assert "http" not in policy
    assert about(bundle)["commit"] in alone.read("readlink", "/opt/sales-machine/current")
    assert (
        alone.read("stat", "-c", "%U %a", "/var/lib/ollama/models/manifests/registry.ollama.ai/library/qwen3/14b")
        == "ollama 640"
    )
    left = "ls -d /var/lib/ollama-bundle.* /var/cache/sales-machine-bundle.* /opt/sales-machine/releases/*/wheels 2>/dev/null || true"
    assert alone.sh(left) == "", "what was carried over is gone"


def test_a_second_run_changes_nothing(alone: Host) -> None:
    play = alone.play("site.yml")
    assert play.status == 0, play.output[-6000:]
    assert play.recap["changed"] == 0, play.changed


def test_weights_arrive_in_the_cache_of_the_service(alone: Host, bundle: Path, tmp_path: Path) -> None:
    """With files in their place: which these are the bundle's maker says, and torch has gigabytes."""
    commit = "89abcdef0123456789abcdef0123456789abcdef"
    given = copied(bundle, tmp_path)
    snapshot = given / "weights" / "models--shop--words" / "snapshots" / commit
    (snapshot / "2_Dense").mkdir(parents=True)
    (snapshot / "2_Dense" / "model.safetensors").write_bytes(b"w" * 1_000_000)
    (snapshot / "config.json").write_text("{}")
    _sums(given, None)
    models = {"__app_weights": [["shop/words", commit]], "app_embedder_revision": commit}
    chosen = {"shop/words": {"2_Dense/model.safetensors": "0" * 64}}
    refused = alone.play(ROLE, role="app", part="models", bundle=str(given), app_model_hashes=chosen, **models)
    assert refused.status != 0
    assert "has other files than app_model_hashes says" in refused.one_line
    play = alone.play(ROLE, role="app", part="models", bundle=str(given), **models)
    assert play.status == 0, play.output[-4000:]
    cache = "/var/cache/sales-machine/models/hub/models--shop--words"
    assert (
        alone.read("stat", "-c", "%U %s", f"{cache}/snapshots/{commit}/2_Dense/model.safetensors")
        == "sales-machine 1000000"
    )
    assert alone.sh("ls -d /var/cache/sales-machine-bundle.* 2>/dev/null || true") == ""
    again = alone.play(ROLE, role="app", part="models", bundle=str(given), **models)
    assert (again.status, again.recap["changed"]) == (0, 0), again.changed


def test_without_the_bundle_the_sources_of_the_provider_count_again(alone: Host) -> None:
    play = alone.play(ROLE, "--check", role="bundle", bundle="")
    assert play.status == 0, play.output[-3000:]
    assert "bundle : Let the provider's sources count again where no bundle is named" in play.changed
    play = alone.play(ROLE, role="bundle", bundle="")
    assert play.status != 0, "and they are out of reach"
    assert (
        alone.sh(
            "ls -d /etc/apt/*bundle* /etc/apt/apt.conf.d/*bundle* /var/lib/sales-machine-bundle 2>/dev/null || true"
        )
        == ""
    )
    play = alone.play(ROLE, role="bundle")
    assert play.status == 0, play.output[-3000:]
    assert "file:/var/lib/sales-machine-bundle" in alone.read("apt-cache", "policy", "nginx")
