"""The archive of a release: what is in it, that it can be checked with OpenSSH alone, and its bill of materials."""

import hashlib
import json
import re
import subprocess
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.audit.pins import pinned
from tests.host.lock import FOLDER
from tests.host.release import LISTS, NAMESPACE, pack
from tests.host.sbom import sbom

MADE = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wheel") / "sales_machine-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("app/__init__.py", "")
    return path


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "release"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "tests", "-f", str(path)], check=True)
    return path


def unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder


def verified(folder: Path, public: str, namespace: str = NAMESPACE) -> bool:
    """As a server asks."""
    signers = folder / "signers"
    signers.write_text(f'release namespaces="{namespace}" {public}')
    command = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "release", "-n", NAMESPACE, "-s", "SHA256SUMS.sig"]  # fmt: skip
    sums = (folder / "SHA256SUMS").read_bytes()
    return subprocess.run(command, cwd=folder, input=sums, capture_output=True, check=False).returncode == 0


def test_every_file_of_the_archive_is_in_the_signed_list(tmp_path: Path, wheel: Path, key: Path) -> None:
    archive = pack(wheel, "abc123def456", MADE, key, tmp_path / "dist")
    assert archive.name == "sales-machine-0.1.0-abc123def456.tar.gz"
    folder = unpacked(archive, tmp_path / "there")
    names = {path.name for path in folder.iterdir()}
    assert names == {wheel.name, *LISTS, *LISTS.values(), "release.json", "SHA256SUMS", "SHA256SUMS.sig"}
    told = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert told == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in names - {"SHA256SUMS", "SHA256SUMS.sig"}
    }
    assert json.loads((folder / "release.json").read_text()) == {
        "version": "0.1.0",
        "commit": "abc123def456",
        "made": "2026-11-30T12:00:00+00:00",
    }


def test_a_signature_of_another_person_for_another_purpose_or_of_another_list_is_none(
    tmp_path: Path, wheel: Path, key: Path
) -> None:
    folder = unpacked(pack(wheel, "abc123def456", MADE, key, tmp_path / "dist"), tmp_path / "there")
    public = key.with_suffix(".pub").read_text()
    assert verified(folder, public)
    assert not verified(folder, public, "mail")
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    assert not verified(folder, other.with_suffix(".pub").read_text())
    with (folder / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  more.whl\n")
    assert not verified(folder, public)


def test_the_same_release_is_the_same_archive(tmp_path: Path, wheel: Path, key: Path) -> None:
    """ed25519 signs the same twice alike, so the whole archive is equal."""
    first, second = (pack(wheel, "abc123def456", MADE, key, tmp_path / name) for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_without_a_key_it_is_not_signed(tmp_path: Path, wheel: Path) -> None:
    with tarfile.open(pack(wheel, "abc123def456", MADE, None, tmp_path)) as tar:
        assert "SHA256SUMS.sig" not in tar.getnames()


@pytest.mark.parametrize("name", LISTS)
def test_the_bill_lists_every_wheel_with_its_hashes_and_what_else_is_pinned(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    bill = json.loads(sbom("0.1.0", "abc123def456", "a" * 64, FOLDER / name, MADE))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["timestamp"] == "2026-11-30T12:00:00+00:00"
    wheels = {each["name"]: each for each in bill["components"] if each["type"] == "library"}
    assert {name: each["version"] for name, each in wheels.items()} == pinned(text)
    told = {
        entry["content"]
        for each in wheels.values()
        for where in each["externalReferences"]
        for entry in where["hashes"]
    }
    assert told == set(re.findall(r"sha256:([0-9a-f]{64})", text))
    assert wheels["numpy"]["purl"] == f"pkg:pypi/numpy@{wheels['numpy']['version']}"
    others = {each["name"] for each in bill["components"] if each["type"] != "library"}
    weights = {"ai-forever/FRIDA", "BAAI/bge-reranker-v2-m3"} if "semantic" in name else set()
    assert others == {"ollama", "qwen3:14b", *weights}
    (root,) = [each for each in bill["dependencies"] if each["ref"] == "sales-machine"]
    assert len(root["dependsOn"]) == len(bill["components"])
