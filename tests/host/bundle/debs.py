"""Debian packages with all that they depend on, as a source that apt reads from a folder: `fetch(...)`, `index(...)`.

apt itself resolves them, as if nothing were installed: in folders of its own, for any system whose list of sources is named, without root.
"""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from tests.host.bundle.wanted import Lacking, System

_SETTINGS = """\
Dir::State "{work}/state";
Dir::State::status "{work}/status";
Dir::Cache "{work}/cache";
Dir::Log "{work}/log";
Dir::Etc::sourcelist "{sources}";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
#clear APT::Architectures;
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Sandbox::User "root";
APT::Get::Always-Include-Phased-Updates "true";
Acquire::Languages "none";
Acquire::Retries "3";
"""


def fetch(system: System, sources: Path | None, names: Iterable[str], work: Path) -> list[Path]:
    """The packages `names` and what they depend on, fetched below `work`, which keeps them for another try. Raises Lacking."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise Lacking(f"{tool} is missing. Fix: make the bundle on Debian or Ubuntu, of any release")
    if sources is None and not system.here:
        raise Lacking(
            f"this computer does not run {system.name}. Fix: make the bundle on one that does, or name a file with its archive as SOURCES=FILE "
            "(one line: deb [signed-by=KEYRING] ARCHIVE SUITE COMPONENTS..., the keyring of the package ubuntu-keyring or "
            "debian-archive-keyring)"
        )
    chosen = sources or (system.sources if system.sources.exists() else Path("/etc/apt/sources.list"))
    if not chosen.is_file():
        raise Lacking(f"{chosen} is no file. Fix: name the list of {system.name}'s archive as SOURCES=FILE")
    for folder in ("state/lists/partial", "cache/archives/partial", "nothing/partial", "log"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    (work / "status").write_text("")
    (work / "apt.conf").write_text(_SETTINGS.format(work=work.resolve(), sources=chosen.resolve()))
    _apt(work, "update", "--error-on=any")
    ask = ("install", "--yes", "--download-only", "--no-install-recommends", *names)
    # All of them, also those that an earlier try has fetched.
    said = _apt(work, *ask, "--print-uris", "-o", f"Dir::Cache::archives={work.resolve()}/nothing")
    wanted = [line.split()[:2] for line in said.splitlines() if line.startswith("'")]
    _apt(work, *ask)
    archives = work / "cache" / "archives"
    # Of a source that is a folder apt keeps no copy.
    return [Path(unquote(uri[6:-1])) if uri.startswith("'file:") else archives / name for uri, name in wanted]


def _apt(work: Path, *words: str) -> str:
    environment = os.environ | {
        "APT_CONFIG": str(work / "apt.conf"),
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    done = subprocess.run(["apt-get", "-q", *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Lacking(f"apt-get {words[0]}: {(done.stderr or done.stdout).strip()[-1500:]}")
    return done.stdout


def index(debs: Iterable[Path], folder: Path) -> None:
    """Makes `folder` a source of apt with these packages: links to them, `Packages` and `Release`."""
    folder.mkdir(parents=True)
    entries = []
    for deb in sorted(debs):
        fields = subprocess.run(["dpkg-deb", "--field", str(deb)], capture_output=True, text=True, check=True).stdout
        name = re.sub(r"_\d+%3a", "_", deb.name)
        os.link(deb, folder / name)  # without an epoch, whose colon apt would look for in the file's name
        entries.append(f"{fields.rstrip()}\nFilename: ./{name}\nSize: {deb.stat().st_size}\nSHA256: {_sha256(deb)}\n")
    (folder / "Packages").write_text("\n".join(entries))
    (folder / "Release").write_text(
        f"Origin: sales-machine\nLabel: sales-machine bundle\nSuite: bundle\nArchitectures: amd64\n"
        f"Date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S} UTC\nSHA256:\n"
        f" {_sha256(folder / 'Packages')} {(folder / 'Packages').stat().st_size} Packages\n"
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
