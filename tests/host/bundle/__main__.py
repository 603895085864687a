"""`python -m tests.host.bundle` (`make bundle`): all that a server installs, in one folder, for a server that has no way out.

    dist/sales-machine-bundle-VERSION-COMMIT-SYSTEM/
      sales-machine-VERSION-COMMIT.tar.gz    the release, as `make release` packs it
      debs.tar                               Debian packages with all that they depend on: a source of apt
      wheels.tar                             each wheel of the release's list
      ollama-linux-amd64.tar.zst             Ollama's release
      model/                                 its model, as a pull leaves it
      weights/                               the search's models, as the hub's cache has them
      bundle.json                            for which system, of which release, with which pins
      SHA256SUMS, SHA256SUMS.sig             of all above; signed where a key is named

`site.yml -e bundle=FOLDER` takes everything from there. What was fetched stays in dist/bundle.SYSTEM for another try.
"""

import argparse
import json
import runpy
import shutil
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.host import release
from tests.host.bundle import debs, parts, stand_ins
from tests.host.bundle.wanted import ROOT, SYSTEMS, Lacking, System, Wanted, wanted

NAMESPACE = "sales-machine-bundle"
"""As roles/bundle/files/check.py asks for it."""
_CHECK = ROOT / "roles" / "bundle" / "files" / "check.py"


def main() -> int:
    here = next((slug for slug, system in SYSTEMS.items() if system.here), None)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--system", choices=sorted(SYSTEMS), default=here, required=here is None, help="the server's")
    parser.add_argument(
        "--sources", type=Path, help="apt's list of the system's archive, where this computer runs another"
    )
    parser.add_argument("--inventory", default="inventory/production", help="says what the server wants")
    parser.add_argument("--host", default="machines[0]", help="which of its servers")
    parser.add_argument("--extra", type=json.loads, default={}, help="variables above the inventory's, as JSON")
    parser.add_argument(
        "--package", action="append", default=[], help="one more, as linux-headers-$(uname -r) of the server"
    )
    parser.add_argument("--release", type=Path, help="an archive of make release, instead of packing this commit")
    parser.add_argument(
        "--key", type=Path, help="private key of OpenSSH that signs, or the public one of a key in the agent"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument(
        "--stand-in", action="append", default=[], choices=stand_ins.NAMES, help="what is not to be had here"
    )
    options = parser.parse_args()
    try:
        chosen = wanted(options.inventory, options.host, options.extra)
        archive = options.release or release.archive(options.key, options.out)
        folder = make(SYSTEMS[options.system], chosen, archive, options)
    except Lacking as error:
        sys.stderr.write(f"No bundle was made: {error}\n")
        return 1
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(
        f"{folder}: {size / 1e9:.1f} GB for {SYSTEMS[options.system].name}, {'signed' if options.key else 'NOT SIGNED'}"
    )
    if options.stand_in:
        print(f"It holds STAND-INS for {', '.join(options.stand_in)}: a rehearsal, for no server that customers reach")
    return 0


def make(system: System, chosen: Wanted, archive: Path, options: argparse.Namespace) -> Path:
    """Fetches what is lacking and writes the folder, under its name only when it is whole. Raises Lacking."""
    work: Path = options.out / f"bundle.{system.slug}"
    work.mkdir(parents=True, exist_ok=True)
    for made_anew in ("release", "index", "stand-in"):
        shutil.rmtree(work / made_anew, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(work / "release", filter="data")
    about: dict[str, Any] = json.loads((work / "release" / "release.json").read_text("utf-8"))
    roles = made_with(about["commit"], archive)
    folder: Path = options.out / f"sales-machine-bundle-{about['version']}-{about['commit']}-{system.slug}"
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    _put(archive, part / archive.name)

    _say(f"packages of {system.name}")
    index = work / "index"
    packages = debs.fetch(system, options.sources, [*chosen.packages, *options.package], work / "debs")
    debs.index(packages, index)
    _tar(sorted(index.iterdir()), part / "debs.tar")

    listed = work / "release" / f"requirements{'-semantic' if chosen.semantic else ''}.txt"
    _say(f"wheels of {listed.name}")
    _tar(parts.wheels(system, listed, work / "wheels"), part / "wheels.tar")

    pins = _ollama(chosen, work, part, options.stand_in) | {"weights": _weights(chosen, work, part, options.stand_in)}
    made_for = {"system": system.name, "architecture": system.target.machine, "semantic": chosen.semantic}
    about |= made_for | pins | {"parts": roles, "packages": len(packages), "stand_ins": options.stand_in}
    (part / "bundle.json").write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", "utf-8")
    _sums(part, options.key)
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return folder


def made_with(commit: str, archive: Path) -> dict[str, str]:
    """The code and the roles that the bundle is for. Raises Lacking where the release is of others than this checkout's."""
    parts_of = runpy.run_path(str(_CHECK))["parts"]
    here: dict[str, str] = parts_of(ROOT)
    if parts_of(ROOT, commit) != here:
        raise Lacking(
            f"{archive.name} is of commit {commit}, and this checkout has other code or roles, which may want other packages. "
            f"Fix: git checkout {commit}, or pack a release of this commit"
        )
    return here


def _ollama(chosen: Wanted, work: Path, part: Path, standing: list[str]) -> dict[str, Any]:
    """Ollama's release and its model; returns their pins."""
    release_pin, model_pin = (
        {"version": chosen.ollama["version"], "sha256": chosen.ollama["sha256"]},
        dict(chosen.model),
    )
    _say(f"Ollama {release_pin['version']}")
    if "ollama" in standing:
        tarball = stand_ins.ollama(release_pin["version"], work / "stand-in")
        release_pin["sha256"] = parts.sha256(tarball)
    else:
        tarball = parts.download(chosen.ollama["url"], release_pin["sha256"], work / parts.OLLAMA)
    _put(tarball, part / parts.OLLAMA)
    _say(f"model {model_pin['name']}")
    if "model" in standing:
        model_pin["digest"] = stand_ins.model(model_pin["name"], part / "model")
    else:
        parts.model(model_pin["name"], model_pin["digest"], work / "model" / model_pin["digest"])
        _tree(work / "model" / model_pin["digest"], part / "model")
    return {"ollama": release_pin, "model": model_pin}


def _weights(chosen: Wanted, work: Path, part: Path, standing: list[str]) -> list[str]:
    """The weights of the search; returns them as NAME@COMMIT."""
    for number, (name, commit) in enumerate(chosen.weights):
        _say(f"weights {name}")
        if "weights" in standing:
            found = stand_ins.weights(number, work / "stand-in" / commit)
        else:
            hashes = chosen.weights_sha256.get(name, {})
            found = parts.weights(name, commit, chosen.weights_url, hashes, work / "weights")
        _tree(found, part / "weights" / f"models--{name.replace('/', '--')}" / "snapshots" / commit)
    return [f"{name}@{commit}" for name, commit in chosen.weights]


def _sums(folder: Path, key: Path | None) -> None:
    """Writes the list of every file that is there, and its signature."""
    for old in ("SHA256SUMS", "SHA256SUMS.sig"):
        (folder / old).unlink(missing_ok=True)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    told = "".join(f"{parts.sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files).encode()
    (folder / "SHA256SUMS").write_bytes(told)
    if key is not None:
        (folder / "SHA256SUMS.sig").write_bytes(release.sign(told, key, NAMESPACE))


def _tar(files: Iterable[Path], to: Path) -> None:
    """Without hours and owners: the same files make the same archive."""
    with tarfile.open(to, "w", format=tarfile.GNU_FORMAT) as tar:
        for path in files:
            member = tar.gettarinfo(path, path.name)
            member.type, member.mode, member.mtime = tarfile.REGTYPE, 0o644, 0
            member.uid = member.gid = 0
            member.uname = member.gname = "root"
            with path.open("rb") as content:
                tar.addfile(member, content)


def _tree(folder: Path, to: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            _put(path, to / path.relative_to(folder))


def _put(path: Path, to: Path) -> None:
    """A second name of the same file where both are on one disk: bundles are large."""
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        to.hardlink_to(path.resolve())
    except OSError:
        shutil.copyfile(path, to)


def _say(what: str) -> None:
    sys.stderr.write(f"{what} ...\n")


if __name__ == "__main__":
    sys.exit(main())
