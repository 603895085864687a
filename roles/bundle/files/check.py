"""`python check.py BUNDLE SYSTEM ARCHITECTURE CHECKOUT STAND_INS`: is this folder a whole bundle, and for this server?

Run on the controller before anything is changed. SYSTEM as "Debian 12", CHECKOUT the folder whose roles run, STAND_INS
`true` where stand-ins are accepted; standard input holds the public keys of which one must have signed it, a line each
(none: no signature is asked for). Standard output is bundle.json when all is well; else one message says what is wrong,
and what to do, and the exit is 1.

A bundle is for the code and the roles that it was made with (PARTS), whatever else a commit holds: an operator's
inventory and knowledge are committed beside them. What a server wants by its inventory the roles compare themselves.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

NAMESPACE = "sales-machine-bundle"
"""What a signature is for: one that was made for anything else is none of a bundle."""
LIST, SIGNATURE, ABOUT = "SHA256SUMS", "SHA256SUMS.sig", "bundle.json"
PARTS = ("app", "playbooks", "plugins", "pyproject.toml", "roles", "site.yml")
"""What decides which packages, wheels and files a server installs, but for its inventory."""
_AGAIN = "carry it over again, or make it anew with `make bundle`"


class Refused(Exception):
    """The message that an operator reads."""


def main() -> int:
    path, system, architecture, checkout, stand_ins = sys.argv[1:]
    try:
        about = check(Path(path), sys.stdin.read().splitlines())
        fits(about, system, architecture, stand_ins == "true")
        same_parts(about, Path(checkout))
    except Refused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(json.dumps(about))
    return 0


def check(folder: Path, signers: Iterable[str] = ()) -> dict[str, Any]:
    """What the bundle says of itself, once each of its files is as it was made. Raises Refused."""
    if not folder.is_dir():
        raise Refused(f"{folder} is no folder on this computer. Fix: name the folder that `make bundle` wrote")
    if not (folder / LIST).is_file():
        raise Refused(f"{folder} has no {LIST}: it is no bundle, or its making was broken off. Fix: {_AGAIN}")
    signed(folder, [line.strip() for line in signers if line.strip()])
    listed = sums(folder)
    _nothing_else(folder, set(listed))
    for name in listed:
        if not (folder / name).is_file():
            raise Refused(f"{folder} lacks {name}, which its {LIST} names. Fix: {_AGAIN}")
    for name, wanted in listed.items():
        found = sha256(folder / name)
        if found != wanted:
            raise Refused(
                f"{name} of {folder} is not as it was made: its sha256 is {found}, {LIST} says {wanted}. Fix: {_AGAIN}"
            )
    if ABOUT not in listed:
        raise Refused(f"{folder} has no {ABOUT} in its {LIST}, so nobody knows what it is for. Fix: {_AGAIN}")
    try:
        return dict(json.loads((folder / ABOUT).read_text("utf-8")))
    except (ValueError, TypeError):
        raise Refused(f"{ABOUT} of {folder} is no JSON object. Fix: {_AGAIN}") from None


def fits(about: Mapping[str, Any], system: str, architecture: str, stand_ins: bool) -> None:
    """Raises Refused where the bundle is for another system, or is a rehearsal."""
    made_for = (about.get("system"), about.get("architecture"))
    if made_for != (system, architecture):
        raise Refused(
            f"it is for {made_for[0]} on {made_for[1]}, and this server runs {system} on {architecture}. "
            f"Fix: make one for it: make bundle SYSTEM={system.lower().replace(' ', '')}"
        )
    if about.get("stand_ins") and not stand_ins:
        raise Refused(
            f"it holds stand-ins for {', '.join(about['stand_ins'])}: a rehearsal, which answers no customer. "
            "Fix: make it without STANDIN=, or set bundle_stand_ins_accepted: true to rehearse"
        )


def parts(checkout: Path, commit: str = "HEAD") -> dict[str, str]:
    """Name -> what git calls the content of each of PARTS in a commit; empty where git has no such commit."""
    done = subprocess.run(
        ["git", "-C", str(checkout), "ls-tree", commit, "--", *PARTS], capture_output=True, text=True, check=False
    )
    rows = (line.partition("\t") for line in done.stdout.splitlines())
    return {name: words.split()[2] for words, _, name in rows} if done.returncode == 0 else {}


def same_parts(about: Mapping[str, Any], checkout: Path) -> None:
    """Raises Refused where the roles of the checkout are others than those that the bundle was made with."""
    here = parts(checkout)
    made = about.get("parts") or parts(checkout, str(about.get("commit")))
    if not here or made == here:
        return  # a copy without git has nothing to compare
    other = [name for name in PARTS if made.get(name) != here.get(name)]
    raise Refused(
        f"it holds release {about.get('version')}-{about.get('commit')}, and this checkout has another "
        f"{', '.join(other)}, which may want other packages. Fix: make a bundle of this commit, or go back to that "
        f"one and keep the inventory: git checkout {about.get('commit')} && git checkout @{{-1}} -- inventory"
    )


def sums(folder: Path) -> dict[str, str]:
    """Name -> sha256 of the list. Raises Refused for a line that is none, or that leads out of the folder."""
    found = {}
    for line in (folder / LIST).read_text("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        parts = Path(name).parts
        if len(digest) != 64 or set(digest) - set("0123456789abcdef") or not parts or name[0] == "/" or ".." in parts:
            raise Refused(f"{LIST} of {folder} has a line that is no file and its sum: {line[:100]!r}. Fix: {_AGAIN}")
        found[name] = digest
    return found


def signed(folder: Path, signers: list[str]) -> None:
    """Raises Refused unless one of `signers` signed the list, where there are any."""
    if not signers:
        return
    if not (folder / SIGNATURE).is_file():
        raise Refused(
            f"{folder} is not signed. Fix: make bundle KEY=..., with the key of one whom bundle_signers names"
        )
    with tempfile.NamedTemporaryFile("w", suffix=".signers") as allowed:
        allowed.write("".join(f'bundle namespaces="{NAMESPACE}" {key}\n' for key in signers))
        allowed.flush()
        command = ["ssh-keygen", "-Y", "verify", "-f", allowed.name, "-I", "bundle", "-n", NAMESPACE]
        with (folder / LIST).open("rb") as told:
            done = subprocess.run(
                [*command, "-s", str(folder / SIGNATURE)], stdin=told, capture_output=True, text=True, check=False
            )
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise Refused(
            f"nobody of bundle_signers signed {folder}: {said}. Fix: {_AGAIN}, or name whoever signs in bundle_signers"
        )


def _nothing_else(folder: Path, listed: set[str]) -> None:
    """What no sum vouches for would reach the server too."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or (not path.is_dir() and name not in {*listed, LIST, SIGNATURE}):
            raise Refused(f"{name} in {folder} is a link or stands in no line of its {LIST}. Fix: remove it")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
