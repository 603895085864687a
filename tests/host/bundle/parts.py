"""The other parts of a bundle: wheels by the lock, Ollama's archive, its model, the search's weights. Each is fetched once and compared
with its pin; what lies in the folder already and fits stays, whoever put it there."""

import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.host.bundle.wanted import ROOT, Lacking, System

OLLAMA = "ollama-linux-amd64.tar.zst"
_SILENCE_S = 60
_BLOCK = 1 << 20


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(url: str, wanted: str, to: Path) -> Path:
    """The file behind `url`, by its sha256; goes on where an earlier try stopped. Raises Lacking."""
    if to.exists() and sha256(to) == wanted:
        return to
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f"{to.name}.part")
    begun = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={begun}-"} if begun else {})
    try:
        with (
            urllib.request.urlopen(request, timeout=_SILENCE_S) as answer,
            part.open("ab" if answer.status == 206 else "wb") as file,
        ):
            while block := answer.read(_BLOCK):
                file.write(block)
    except (OSError, ValueError) as error:
        raise Lacking(
            f"{url} cannot be had: {error}. Fix: run this again, or put the file there yourself: {to}"
        ) from None
    found = sha256(part)
    if found != wanted:
        part.unlink()
        raise Lacking(
            f"{url} is not what was pinned: its sha256 is {found}, not {wanted}. Fix: correct the address or the pin"
        )
    part.rename(to)
    return to


def wheels(system: System, requirements: Path, folder: Path) -> list[Path]:
    """The wheels that a server of this system installs by that list. Raises Lacking."""
    folder.mkdir(parents=True, exist_ok=True)
    target = system.target
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--python-version", target.python, "--implementation", "cp"]
    command += [word for platform in target.platforms for word in ("--platform", platform)]
    command += ["--dest", str(folder), "--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Lacking(f"the wheels of {requirements.name} cannot be had: {done.stderr.strip()[-1500:]}")
    known = set(re.findall(r"sha256:([0-9a-f]{64})", requirements.read_text("utf-8")))
    return [path for path in sorted(folder.glob("*.whl")) if sha256(path) in known]


def manifest_path(model: str) -> Path:
    """Where Ollama keeps what a model consists of, below its folder of models: NAME:TAG, or HOST/NAMESPACE/NAME:TAG."""
    name, _, tag = model.rpartition(":")
    parts = name.split("/")
    before = ["registry.ollama.ai", "library"]
    return Path("manifests", *before[: max(0, 3 - len(parts))], *parts, tag)


def model(name: str, digest: str, folder: Path) -> None:
    """A model of Ollama's registry as `ollama pull` leaves it in `folder`. Raises Lacking."""
    place = manifest_path(name)
    host, *path, tag = place.parts[1:]
    scheme = "http" if host.startswith("127.") else "https"
    base = f"{scheme}://{host}/v2/{'/'.join(path)}"
    told = download(f"{base}/manifests/{tag}", digest, folder / place)
    content = json.loads(told.read_text("utf-8"))
    for layer in [content["config"], *content["layers"]]:
        found = str(layer["digest"]).removeprefix("sha256:")
        download(f"{base}/blobs/sha256:{found}", found, folder / "blobs" / f"sha256-{found}")


def weights(name: str, commit: str, url: str, chosen: Mapping[str, str], folder: Path) -> Path:
    """A model of the hub at its commit, as the service fetches it, each file a file; returns its folder. Raises Lacking."""
    environment = {"HF_HOME": str(folder), "HF_ENDPOINT": url, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_TELEMETRY": "1"}
    environment |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DOWNLOAD_TIMEOUT": str(_SILENCE_S)}
    code = "import sys; from app.knowledge.hub import fetch; print(fetch(sys.argv[1], sys.argv[2], local=False))"
    command = [sys.executable, "-c", code, name, commit]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Lacking(f"{name} at {commit} cannot be had from {url}: {done.stderr.strip()[-500:]}. Fix: run this again")
    snapshot = Path(done.stdout.strip().splitlines()[-1])
    found = {path.relative_to(snapshot).as_posix(): path for path in sorted(snapshot.rglob("*")) if path.is_file()}
    for file, path in found.items():
        blob = path.resolve()
        wanted = chosen.get(file) or (blob.name if re.fullmatch(r"[0-9a-f]{64}", blob.name) else "")
        if wanted and sha256(blob) != wanted:
            raise Lacking(f"{file} of {name} is not what was chosen ({wanted}). Fix: remove {blob} and run this again")
    if lacking := set(chosen) - set(found):
        raise Lacking(
            f"{name} at {commit} has no {', '.join(sorted(lacking))}, which app_model_hashes names. Fix: correct it"
        )
    return snapshot
