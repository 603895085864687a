"""`python -m tests.host.release` (`make release`): a release as one archive that a server can check before it installs it.

    dist/sales-machine-VERSION-COMMIT.tar.gz
      sales_machine-VERSION-py3-none-any.whl, requirements.txt, requirements-semantic.txt
      sbom.cdx.json, sbom-semantic.cdx.json    what each list brings to a server
      release.json                             version, commit, when that was made
      SHA256SUMS, SHA256SUMS.sig               of all above; signed by ssh-keygen with the key that is named

The same commit gives the same archive, signature included where the key is of ed25519. A checkout that differs from its commit, by a
file that git does not know too, is refused: the wheel would hold it. The inventory alone may differ: it is the operator's, and no part of a
release.
"""

import argparse
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.host.lock import FOLDER, ROOT
from tests.host.sbom import sbom

NAMESPACE = "sales-machine-release"
"""What a signature is for: one that was made for anything else is none of a release."""
LISTS = {"requirements.txt": "sbom.cdx.json", "requirements-semantic.txt": "sbom-semantic.cdx.json"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", type=Path, help="private key of OpenSSH, or the public one of a key in the agent")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the archive")
    parser.add_argument("--wheel", type=Path, help="a wheel that is there already, instead of building one")
    options = parser.parse_args()
    packed = archive(options.key, options.out, options.wheel)
    signed = (
        "signed" if options.key else "NOT SIGNED: name a key with KEY=, or servers that ask for a signature refuse it"
    )
    print(f"{packed}: {signed}")
    return 0


def archive(key: Path | None, out: Path, wheel: Path | None = None) -> Path:
    """Packs this commit. Raises SystemExit where the checkout differs from it."""
    edited = _git("status", "--porcelain", "--", ".", ":(exclude)inventory")
    if edited and wheel is None:
        raise SystemExit(
            f"The checkout differs from its commit: {edited.splitlines()[0]} ... Fix: commit it, or move it out of the checkout."
        )
    with tempfile.TemporaryDirectory(prefix="sales-machine-release.") as folder:
        return pack(wheel or build(Path(folder)), _git("rev-parse", "--short=12", "HEAD"), committed(), key, out)


def build(folder: Path) -> Path:
    """The wheel, by the list of what builds it alone, as the role builds it."""
    pip = folder / "venv" / "bin" / "pip"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    quiet = ["--quiet", "--disable-pip-version-check"]
    hashed = ["--require-hashes", "--only-binary=:all:", f"--requirement={FOLDER / 'requirements-build.txt'}"]
    subprocess.run([str(pip), "install", *quiet, *hashed], check=True)
    alone = ["--no-deps", "--no-index", "--no-build-isolation", f"--wheel-dir={folder}"]
    subprocess.run([str(pip), "wheel", *quiet, *alone, str(ROOT)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def committed() -> datetime:
    return datetime.fromtimestamp(int(_git("show", "--no-patch", "--format=%ct", "HEAD")), UTC)


def pack(wheel: Path, commit: str, made: datetime, key: Path | None, out: Path) -> Path:
    """Writes the archive and returns its path."""
    version = wheel.name.split("-")[1]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    about = {"version": version, "commit": commit, "made": made.isoformat()}
    files = {wheel.name: wheel.read_bytes(), "release.json": f"{json.dumps(about, indent=2)}\n".encode()}
    for name, bill in LISTS.items():
        files[name] = (FOLDER / name).read_bytes()
        files[bill] = sbom(version, commit, digest, FOLDER / name, made).encode()
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()
    files["SHA256SUMS"] = sums
    if key is not None:
        files["SHA256SUMS.sig"] = sign(sums, key)
    out.mkdir(parents=True, exist_ok=True)
    packed_to = out / f"sales-machine-{version}-{commit}.tar.gz"
    # Neither gzip's head nor tar's may hold the hour of the packing.
    with (
        packed_to.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(files[name]), int(made.timestamp()), 0o644
            tar.addfile(member, io.BytesIO(files[name]))
    return packed_to


def sign(sums: bytes, key: Path, namespace: str = NAMESPACE) -> bytes:
    """The signature, as `ssh-keygen -Y verify` reads it."""
    if shutil.which("ssh-keygen") is None:
        raise SystemExit(
            "ssh-keygen is missing. Install it (Debian, Ubuntu: apt install openssh-client), then run this again."
        )
    command = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", namespace]
    done = subprocess.run(command, input=sums, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{key} does not sign: {done.stderr.decode().strip()}")
    return done.stdout


def _git(*words: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
