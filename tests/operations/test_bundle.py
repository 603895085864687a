"""What supplies a server without a way out: what a bundle is refused for, and that each of its parts comes as it was pinned."""

import hashlib
import json
import re
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT
from tests.host import release
from tests.host.bundle import __main__ as bundling
from tests.host.bundle import debs, parts, stand_ins
from tests.host.bundle.__main__ import NAMESPACE, _sums, _tar
from tests.host.bundle.wanted import SYSTEMS, Lacking, wanted
from tests.operations.test_roles import tasks_of
from tests.operations.test_supply import COMMIT as MODEL_COMMIT
from tests.operations.test_supply import HUB, part
from tests.thrift import parsed

CHECK = ROOT / "roles" / "bundle" / "files" / "check.py"
COMMIT = "abc123def456"
ABOUT = {"version": "0.1.0", "commit": COMMIT, "system": "Debian 12", "architecture": "x86_64", "stand_ins": []}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """As small as one can be."""
    folder = tmp_path / "bundle"
    (folder / "model" / "blobs").mkdir(parents=True)
    (folder / "bundle.json").write_text(json.dumps(ABOUT))
    (folder / "debs.tar").write_text("packages")
    (folder / "model" / "blobs" / "sha256-0").write_text("a model")
    _sums(folder, None)
    return folder


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ours", "theirs"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    return {name: folder / name for name in ("ours", "theirs")}


def checked(
    folder: Path, system: str = "Debian 12", checkout: Path | None = None, stand_ins: bool = False, signers: str = ""
) -> subprocess.CompletedProcess[str]:
    """As the role asks; without a checkout, from a copy that git knows nothing of."""
    words = [sys.executable, "-B", str(CHECK), str(folder), system, "x86_64"]
    words += [str(checkout or folder.parent), json.dumps(stand_ins)]
    return subprocess.run(words, input=signers, capture_output=True, text=True, check=False)


def remade(folder: Path, **about: Any) -> None:
    (folder / "bundle.json").write_text(json.dumps(ABOUT | about))
    _sums(folder, None)


def test_a_whole_bundle_passes_and_says_what_it_is(bundle: Path) -> None:
    done = checked(bundle)
    assert (done.returncode, json.loads(done.stdout)) == (0, ABOUT), done.stderr


def _without_list(folder: Path) -> None:
    (folder / "SHA256SUMS").unlink()


def _without_a_file(folder: Path) -> None:
    (folder / "model" / "blobs" / "sha256-0").unlink()


def _changed(folder: Path) -> None:
    (folder / "debs.tar").write_text("Packages")


def _with_more(folder: Path) -> None:
    (folder / "model" / "blobs" / "sha256-1").write_text("of nobody's")


def _with_a_link(folder: Path) -> None:
    (folder / "debs.tar").rename(folder.parent / "debs.tar")
    (folder / "debs.tar").symlink_to(folder.parent / "debs.tar")


def _leading_out(folder: Path) -> None:
    with (folder / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  ../secret\n")


def _of_nothing_known(folder: Path) -> None:
    (folder / "bundle.json").unlink()
    _sums(folder, None)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (_without_list, "has no SHA256SUMS: it is no bundle, or its making was broken off"),
        (_without_a_file, "lacks model/blobs/sha256-0, which its SHA256SUMS names"),
        (_changed, "debs.tar of .* is not as it was made: its sha256 is [0-9a-f]{64}, SHA256SUMS says [0-9a-f]{64}"),
        (_with_more, "model/blobs/sha256-1 in .* is a link or stands in no line"),
        (_with_a_link, "debs.tar in .* is a link or stands in no line"),
        (_leading_out, "has a line that is no file and its sum: .*/secret"),
        (_of_nothing_known, "has no bundle.json in its SHA256SUMS"),
    ],
)
def test_a_bundle_that_is_not_as_it_was_made_is_refused_by_what_is_wrong_and_what_to_do(
    bundle: Path, broken: Callable[[Path], None], said: str
) -> None:
    broken(bundle)
    done = checked(bundle)
    assert done.returncode == 1
    assert re.search(said, done.stderr), done.stderr
    assert "Fix: " in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_bundle_for_another_system_or_of_a_rehearsal_is_refused(bundle: Path) -> None:
    other = checked(bundle, system="Ubuntu 24.04")
    assert "it is for Debian 12 on x86_64, and this server runs Ubuntu 24.04" in other.stderr
    assert "make bundle SYSTEM=ubuntu24.04" in other.stderr
    remade(bundle, stand_ins=["model"])
    assert "it holds stand-ins for model" in checked(bundle).stderr
    assert checked(bundle, stand_ins=True).returncode == 0
    assert "is no folder on this computer" in checked(bundle / "nowhere").stderr


class Checkout:
    """A repository with code, roles and an operator's inventory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.commit("roles/app/tasks/main.yml", "wanted: nginx")
        self.commit("inventory/production/hosts.yml", "shipped")

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=ops", "-c", "user.email=ops@shop.kz", "-c", "advice.detachedHead=false"]
        command = ["git", "-C", str(self.folder), *who, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def commit(self, name: str, text: str) -> str:
        self.write(name, text)
        self.git("add", name)
        self.git("commit", "-q", "-m", name)
        return self.git("rev-parse", "--short=12", "HEAD")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


@pytest.mark.parametrize("told", ["parts", "commit"], ids=["what make bundle writes", "of a bundle made before"])
def test_an_operators_own_commits_leave_a_bundle_of_use_and_another_role_does_not(
    bundle: Path, checkout: Checkout, told: str
) -> None:
    commit = checkout.git("rev-parse", "--short=12", "HEAD")
    made = runpy.run_path(str(CHECK))["parts"](checkout.folder)
    assert set(made) == {"roles"}
    remade(bundle, commit=commit, **({"parts": made} if told == "parts" else {}))
    assert checked(bundle, checkout=checkout.folder).returncode == 0
    for own in ("inventory/production/group_vars/machines.yml", "kb/prices.md", "docs/notes.md"):
        checkout.commit(own, "the operator's")
        assert checked(bundle, checkout=checkout.folder).returncode == 0, own
    checkout.commit("roles/app/tasks/main.yml", "wanted: apache")
    refused = checked(bundle, checkout=checkout.folder)
    assert refused.returncode == 1
    assert f"it holds release 0.1.0-{commit}, and this checkout has another roles, which may want" in refused.stderr
    # What the message says to type is typed.
    remedy = refused.stderr.strip().split("keep the inventory: ")[1]
    assert remedy == f"git checkout {commit} && git checkout @{{-1}} -- inventory"
    for command in remedy.split(" && "):
        checkout.git(*command.split()[1:])
    assert checked(bundle, checkout=checkout.folder).returncode == 0
    assert (checkout.folder / "inventory/production/group_vars/machines.yml").read_text() == "the operator's"


def test_a_release_is_packed_beside_an_inventory_that_is_filled_in_and_beside_no_other_edit(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "ROOT", checkout.folder)
    monkeypatch.setattr(release, "build", lambda _: pytest.fail("it would be packed"))
    for name in ("inventory/production/hosts.yml", "inventory/production/host_vars/gex44.yml"):
        checkout.write(name, "filled in")
    with pytest.raises(pytest.fail.Exception, match="it would be packed"):
        release.archive(None, tmp_path)
    checkout.write("fleet.html", "a page")
    with pytest.raises(SystemExit, match=r"differs from its commit: \?\? fleet.html .* move it out of the checkout"):
        release.archive(None, tmp_path)


def test_a_release_of_other_roles_than_the_checkouts_makes_no_bundle(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundling, "ROOT", checkout.folder)
    before = checkout.git("rev-parse", "--short=12", "HEAD")
    checkout.commit("inventory/production/hosts.yml", "filled in")
    assert set(bundling.made_with(before, Path("release.tar.gz"))) == {"roles"}
    checkout.commit("roles/app/tasks/main.yml", "wanted: apache")
    with pytest.raises(Lacking, match=f"release.tar.gz is of commit {before}, .* Fix: git checkout {before}"):
        bundling.made_with(before, Path("release.tar.gz"))


def test_only_who_is_named_may_have_signed_it(bundle: Path, keys: dict[str, Path]) -> None:
    ours = keys["ours"].with_suffix(".pub").read_text()
    assert "is not signed. Fix: make bundle KEY=" in checked(bundle, signers=ours).stderr
    _sums(bundle, keys["theirs"])
    assert "nobody of bundle_signers signed" in checked(bundle, signers=ours).stderr
    _sums(bundle, keys["ours"])
    assert checked(bundle, signers=ours).returncode == 0
    assert checked(bundle).returncode == 0
    with (bundle / "SHA256SUMS").open("a") as file:
        file.write(f"{hashlib.sha256(b'x').hexdigest()}  x\n")
    (bundle / "x").write_text("x")
    assert "nobody of bundle_signers signed" in checked(bundle, signers=ours).stderr
    assert checked(bundle).returncode == 0, "its files are as listed: who asks for no signature gets none"
    assert NAMESPACE in CHECK.read_text("utf-8"), "who signs and who asks mean the same"


@pytest.mark.parametrize("role", ["bundle", "ollama", "app"])
def test_without_a_bundle_nothing_is_asked_of_one(role: str) -> None:
    play = part(role, "validate", app_embedder="/srv/words", app_reranker="")
    assert play.status == 0, play.output


def test_a_bundle_that_holds_other_things_than_the_inventory_asks_for_is_refused_by_their_names(bundle: Path) -> None:
    """By the conditions of the roles themselves: those of the packages' role are asked with the facts of a server."""
    pins = {"ollama": {"version": "0.32.7", "sha256": "0" * 64}, "model": {"name": "qwen3:14b", "digest": "1" * 64}}
    remade(bundle, **pins, semantic=False, weights=[])
    right = {"ollama_version": "0.32.7", "ollama_sha256": "0" * 64, "machine_model_digest": "1" * 64}
    assert part("ollama", "validate", bundle=str(bundle), **right).status == 0
    other = part("ollama", "validate", bundle=str(bundle), **(right | {"ollama_sha256": "2" * 64}))
    assert f'holds Ollama {{"version": "0.32.7", "sha256": "{"0" * 64}"}}' in other.one_line
    assert "Make a bundle with this inventory" in other.one_line
    release = bundle / "sales-machine-0.1.0-abc123def456.tar.gz"
    release.write_text("a release")
    assert part("app", "validate", bundle=str(bundle), app_semantic=False).status == 0
    refused = part("app", "validate", bundle=str(bundle))
    assert "holds no search by meaning" in refused.one_line
    assert "ai-forever/FRIDA@" in refused.one_line


def test_every_package_that_a_role_installs_is_wanted() -> None:
    """By the tasks themselves: names that stand there, and the variables that the playbook knows."""
    (play,) = parsed((ROOT / "tests/host/playbooks/wanted.yml").read_text("utf-8"))
    named, known = set(play["vars"]["wanted_named"]), json.dumps(play)

    found: set[str] = set()
    for file in sorted((ROOT / "roles").glob("*/tasks/*.yml")):
        for task in tasks_of(parsed(file.read_text("utf-8"))):
            names = task.get("ansible.builtin.apt", {}).get("name", [])
            for name in [names] if isinstance(names, str) else names:
                if "{{" not in name:
                    found.add(name)
                    continue
                found |= set(re.findall(r"'([a-z0-9+.-]{2,})'", name))
                for variable in re.findall(r"\b(?!__)[a-z]+_[a-z_]*packages\b|\btunnel_userspace\b", name):
                    assert variable in known, f"{file}: {variable}"
    assert found <= named, found - named
    assert {"nginx", "certbot", "ufw", "zstd", "python3-venv"} <= found


def test_what_is_wanted_is_what_the_inventory_says() -> None:
    usual = wanted("inventory/production", "gex44")
    assert {"nginx", "acl", "nvidia-driver-550-server", "linux-headers-generic"} <= set(usual.packages)
    assert usual.model["name"] == "qwen3:14b"
    assert [name for name, _ in usual.weights] == ["ai-forever/FRIDA", "BAAI/bge-reranker-v2-m3"]
    assert usual.ollama["url"].endswith(f"v{usual.ollama['version']}/ollama-linux-amd64.tar.zst")
    other = {"machine_nvidia_enabled": False, "app_embedder": "/srv/words", "tunnel_userspace": "wireguard-go"}
    less = wanted("inventory/production", "machines[0]", other)
    assert not any("nvidia" in name or name.startswith("linux-") for name in less.packages)
    assert "wireguard-go" in less.packages
    assert [name for name, _ in less.weights] == ["BAAI/bge-reranker-v2-m3"]
    assert not wanted("inventory/production", "gex44", {"app_semantic": False}).weights
    with pytest.raises(Lacking, match="does not say what host 'nobody' needs: it has no such host"):
        wanted("inventory/production", "nobody")


def test_what_keeps_an_inventory_from_being_read_is_said_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = tmp_path / "inventory"
    shutil.copytree(ROOT / "inventory/production", inventory)
    right, wrong, secret = (tmp_path / name for name in ("right", "wrong", "secret"))
    right.write_text("a password\n")
    wrong.write_text("another\n")
    secret.write_text("backup_offsite_password: p\n")
    (inventory / "group_vars/all").mkdir()
    vault = [str(Path(sys.executable).with_name("ansible-vault")), "encrypt", "--vault-password-file", str(right)]
    vault += [str(secret), "--output", str(inventory / "group_vars/all/vault.yml")]
    subprocess.run(vault, check=True, capture_output=True)
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    with pytest.raises(Lacking) as without:
        wanted(str(inventory), "machines[0]")
    first = str(without.value).splitlines()[0]
    assert "has encrypted, and this terminal has no password for it. Fix: export ANSIBLE_VAULT_PASSWORD_FILE=" in first
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(wrong))
    with pytest.raises(Lacking, match=r"^The password of this terminal opens not all"):
        wanted(str(inventory), "machines[0]")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(right))
    assert wanted(str(inventory), "machines[0]").model["name"] == "qwen3:14b"
    (inventory / "hosts.yml").write_text("machines: [gex44\n")
    with pytest.raises(Lacking, match=r"^\S+ does not say what host .* Fix: "):
        wanted(str(inventory), "machines[0]")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder that is served, and its address."""
    folder = tmp_path / "world"
    folder.mkdir()
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_comes_by_its_sum_or_not_at_all_and_what_fits_stays(tmp_path: Path, world: tuple[Path, str]) -> None:
    folder, url = world
    (folder / "archive").write_bytes(b"content")
    to = tmp_path / "there" / "archive"
    with pytest.raises(Lacking, match="is not what was pinned"):
        parts.download(f"{url}/archive", "0" * 64, to)
    assert not to.exists()
    assert parts.download(f"{url}/archive", digest(b"content"), to).read_bytes() == b"content"
    (folder / "archive").unlink()
    assert parts.download(f"{url}/archive", digest(b"content"), to) == to, "nobody was asked"
    with pytest.raises(Lacking, match=r"cannot be had: .*put the file there yourself: .*/other"):
        parts.download(f"{url}/archive", digest(b"other"), to.with_name("other"))


def test_a_model_comes_as_a_pull_leaves_it(tmp_path: Path, world: tuple[Path, str]) -> None:
    folder, url = world
    host = url.removeprefix("http://")
    name, told = f"{host}/library/qwen3:14b", tmp_path / "told"
    pinned = stand_ins.model(name, told)
    registry = folder / "v2" / "library" / "qwen3"
    (registry / "manifests").mkdir(parents=True)
    (registry / "blobs").mkdir()
    (registry / "manifests" / "14b").write_bytes((told / parts.manifest_path(name)).read_bytes())
    for blob in (told / "blobs").iterdir():
        (registry / "blobs" / blob.name.replace("-", ":")).write_bytes(blob.read_bytes())
    parts.model(name, pinned, tmp_path / "model")
    assert contents(tmp_path / "model") == contents(told)
    assert all(path.name.removeprefix("sha256-") == parts.sha256(path) for path in (tmp_path / "model/blobs").iterdir())
    with pytest.raises(Lacking, match="is not what was pinned"):
        parts.model(name, "0" * 64, tmp_path / "other")
    next((registry / "blobs").iterdir()).write_bytes(b"another")
    with pytest.raises(Lacking, match=r"blobs/sha256:.* is not what was pinned"):
        parts.model(name, pinned, tmp_path / "third")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.long  # the hub of the test breaks its line off
def test_weights_come_as_the_service_fetches_them_and_are_compared(tmp_path: Path) -> None:
    whole = digest(b"w" * 25_000_000)
    hub = subprocess.Popen([sys.executable, "-c", HUB, MODEL_COMMIT], stdout=subprocess.PIPE, text=True)
    try:
        assert hub.stdout
        url = f"http://127.0.0.1:{hub.stdout.readline().strip()}"
        ask = partial(parts.weights, "shop/words", MODEL_COMMIT, url)
        snapshot = ask({"model.safetensors": whole}, tmp_path / "hub")
        assert sorted(path.name for path in snapshot.iterdir()) == ["config.json", "model.safetensors"]
        with pytest.raises(Lacking, match=r"model\.safetensors of shop/words is not what was chosen"):
            ask({"model.safetensors": "0" * 64}, tmp_path / "hub")
        with pytest.raises(Lacking, match=r"has no words\.json, which app_model_hashes names"):
            ask({"words.json": "0" * 64}, tmp_path / "hub")
        (snapshot / "model.safetensors").resolve().write_bytes(b"another")
        with pytest.raises(Lacking, match=f"is not what was chosen \\({whole}"):
            ask({}, tmp_path / "hub")  # as the hub itself says of large files
    finally:
        hub.kill()
        hub.communicate()
    with pytest.raises(Lacking, match=f"shop/words at {MODEL_COMMIT} cannot be had"):
        parts.weights("shop/words", MODEL_COMMIT, "http://127.0.0.1:9", {}, tmp_path / "other")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("qwen3:14b", "manifests/registry.ollama.ai/library/qwen3/14b"),
        ("shop/words:1", "manifests/registry.ollama.ai/shop/words/1"),
        ("mirror.example.com:5000/library/qwen3:14b", "manifests/mirror.example.com:5000/library/qwen3/14b"),
    ],
)
def test_a_model_lies_where_its_server_looks_for_it(name: str, path: str) -> None:
    assert str(parts.manifest_path(name)) == path


def test_apt_installs_from_the_index_also_what_has_an_epoch(tmp_path: Path, world: tuple[Path, str]) -> None:
    """apt itself, without root: it reads the source from the folder and fetches the package with what it needs."""
    for name, version, needs in (("shop-a", "1:2.0~rc1", "Depends: shop-b"), ("shop-b", "3+x", "")):
        control = tmp_path / name / "DEBIAN" / "control"
        control.parent.mkdir(parents=True)
        lines = [
            f"Package: {name}",
            f"Version: {version}",
            "Architecture: amd64",
            "Maintainer: nobody <n@example.com>",
            needs,
        ]
        control.write_text("\n".join([*filter(None, lines), "Description: of a test", ""]))
        named = f"{name}_{version.replace(':', '%3a')}_amd64.deb"
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", str(control.parents[1]), str(tmp_path / named)], check=True, capture_output=True)  # fmt: skip
    debs.index(sorted(tmp_path.glob("*.deb")), tmp_path / "index")
    assert {path.name for path in (tmp_path / "index").iterdir()} == {
        "shop-a_2.0~rc1_amd64.deb",
        "shop-b_3+x_amd64.deb",
        "Packages",
        "Release",
    }
    folder, url = world
    (tmp_path / "index").rename(folder / "index")
    sources = tmp_path / "bundle.list"
    for place in (f"file:{folder}/index", f"{url}/index", f"{url}/index"):  # the second time all of them are there
        sources.write_text(f"deb [trusted=yes] {place} ./\n")
        found = debs.fetch(SYSTEMS["debian12"], sources, ["shop-a"], tmp_path / "work")
        assert sorted(path.name.split("_")[0] for path in found) == ["shop-a", "shop-b"]
        assert all(path.is_file() for path in found)
    with pytest.raises(Lacking, match="shop-c"):
        debs.fetch(SYSTEMS["debian12"], sources, ["shop-c"], tmp_path / "work")


def test_a_system_that_is_not_this_computers_needs_the_list_of_its_archive(tmp_path: Path) -> None:
    (other, *_) = [system for system in SYSTEMS.values() if not system.here]
    with pytest.raises(Lacking, match=r"this computer does not run .*SOURCES=FILE"):
        debs.fetch(other, None, ["nginx"], tmp_path / "work")
    with pytest.raises(Lacking, match="is no file"):
        debs.fetch(other, tmp_path / "none.list", ["nginx"], tmp_path / "work")


def test_an_archive_of_the_same_files_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_text("a wheel")
    _tar([tmp_path / "a.whl"], tmp_path / "first.tar")
    (tmp_path / "a.whl").touch()
    _tar([tmp_path / "a.whl"], tmp_path / "second.tar")
    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()
