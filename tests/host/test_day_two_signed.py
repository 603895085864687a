"""A signed release on a serving machine: the server itself checks it before anything of it runs; and the page of all servers."""

import gzip
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.host.hosts import Host, Play
from tests.host.release import pack
from tests.prove.releases import FAST, serving, wheel

UPDATE = "playbooks/update.yml"
MADE = datetime(2026, 11, 30, 12, tzinfo=UTC)


def make_key(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "tests", "-f", str(path)], check=True)
    return path.with_suffix(".pub").read_text().strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signed")


@pytest.fixture(scope="module")
def signer(folder: Path) -> str:
    return make_key(folder / "release")


@pytest.fixture(scope="module")
def archive(folder: Path, signer: str) -> Path:
    built = Path(wheel(folder, "signed"))
    return pack(built, "abc123def456", MADE, folder / "release", folder / "dist")


def changed(archive: Path, folder: Path, name: str, content: bytes | None) -> Path:
    """The same archive with one file of it replaced, or without it."""
    folder.mkdir()
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "files", filter="data")
    target = folder / "files" / name
    target.unlink()
    if content is not None:
        target.write_bytes(content)
    out = folder / archive.name
    with gzip.open(out, "wb") as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for path in sorted((folder / "files").iterdir()):
            tar.add(path, path.name)
    return out


def update(host: Host, **variables: Any) -> Play:
    return host.play(UPDATE, **(FAST | variables))


def test_what_is_not_signed_or_by_another_is_refused_and_the_former_release_serves(
    provisioned: Host, folder: Path, archive: Path, signer: str
) -> None:
    before = serving(provisioned)
    list_ = changed(archive, folder / "list", "requirements.txt", b"# made by hand\n")
    missing = changed(archive, folder / "missing", "SHA256SUMS.sig", None)
    other = make_key(folder / "other")
    for given, keys, reason in (
        (list_, [signer], "its wheel or its list is not what was signed"),
        (archive, [other], "Could not verify signature"),
        (missing, [signer], "SHA256SUMS.sig"),
    ):
        run = update(provisioned, app_release=str(given), app_release_signers=keys)
        assert run.status != 0
        assert reason in run.one_line, run.output[-3000:]
        assert serving(provisioned) == before
        assert provisioned.sh("ls -d /opt/sales-machine/releases/*abc123def456*/venv 2>/dev/null", check=False) == ""
    run = update(provisioned, app_release_signers=[signer])
    assert run.status != 0
    assert "With keys in app_release_signers only a signed archive is installed" in run.one_line


def test_what_is_signed_is_installed_and_leaves_its_bill_on_the_server(
    provisioned: Host, archive: Path, signer: str
) -> None:
    run = update(provisioned, app_release=str(archive), app_release_signers=[signer])
    assert run.status == 0, run.output[-4000:]
    name = serving(provisioned)
    assert "abc123def456" in name
    bill = provisioned.sh(
        f"python3 -c \"import json; print(json.load(open('/opt/sales-machine/releases/{name}/sbom.cdx.json'))['bomFormat'])\""
    )
    assert bill == "CycloneDX"
    again = update(provisioned, app_release=str(archive), app_release_signers=[signer])
    assert (again.status, again.changed) == (0, []), again.output[-3000:]


def test_one_page_says_what_runs_there(provisioned: Host, folder: Path) -> None:
    run = provisioned.play("playbooks/fleet.yml", fleet_page=str(folder / "fleet.html"))
    page = (folder / "fleet.html").read_text("utf-8")
    assert serving(provisioned) in page
    assert "does not answer" not in page
    assert run.status == 0, run.output[-3000:]
