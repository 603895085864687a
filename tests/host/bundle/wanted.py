"""What the roles fetch for a server, as its inventory says, and the systems that a server may have."""

import json
import platform
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.host.hosts import run
from tests.host.lock import ROOT, SERVERS, Target


class Lacking(Exception):
    """Something that a bundle needs cannot be had; the message says what, and what to do."""


@dataclass(frozen=True)
class System:
    """A supported system: its name as Ansible's facts have it, and the machine that wheels are chosen for."""

    name: str
    target: Target
    sources: Path  # where such a system keeps the list of its own archive

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", "")

    @property
    def here(self) -> bool:
        """Whether this computer runs it."""
        release = platform.freedesktop_os_release()
        return f"{release.get('ID', '')}{release.get('VERSION_ID', '')}" == self.slug


_LISTS = Path("/etc/apt/sources.list.d")
SYSTEMS = {
    system.slug: system
    for system in (
        System("Debian 12", SERVERS[0], _LISTS / "debian.sources"),
        System("Ubuntu 24.04", SERVERS[1], _LISTS / "ubuntu.sources"),
    )
}


@dataclass(frozen=True)
class Wanted:
    """Names of packages, pins and addresses; `weights` are (name, commit), `weights_sha256` model -> file -> hash."""

    packages: tuple[str, ...]
    ollama: Mapping[str, str]  # version, url, sha256
    model: Mapping[str, str]  # name, digest
    semantic: bool
    weights: tuple[tuple[str, str], ...]
    weights_url: str
    weights_sha256: Mapping[str, Mapping[str, str]]


def wanted(inventory: str, host: str, variables: Mapping[str, Any] | None = None) -> Wanted:
    """What site.yml would fetch for `host`; `variables` stand above the inventory's. Raises Lacking."""
    with tempfile.TemporaryDirectory(prefix="sales-machine-wanted.") as folder:
        told = Path(folder) / "wanted.json"
        facts = {"wanted_host": host, "wanted_to": str(told), "ansible_become": False, "bundle": ""}
        extra = facts | {"ansible_python_interpreter": sys.executable} | dict(variables or {})
        playbook = str(Path(sys.executable).with_name("ansible-playbook"))
        command = [playbook, "-i", inventory, "tests/host/playbooks/wanted.yml", "-e", json.dumps(extra)]
        done = run(command, check=False)
        if done.returncode or not told.exists():
            raise Lacking(f"{cause(inventory, host, done.stdout + done.stderr)}\n{(done.stdout + done.stderr)[-2000:]}")
        found = json.loads(told.read_text("utf-8"))
    found["weights"] = tuple((name, commit) for name, commit in found["weights"] if name and name[0] not in "./~")
    return Wanted(**found | {"packages": tuple(found["packages"])})


def cause(inventory: str, host: str, said: str) -> str:
    """Why Ansible did not say what the host needs, and what to do, out of its own words."""
    if "no vault secrets found" in said:
        return (
            f"{inventory} holds what ansible-vault has encrypted, and this terminal has no password for it. "
            "Fix: export ANSIBLE_VAULT_PASSWORD_FILE=~/.sales-machine/vault-password, then run this again"
        )
    if "Decryption failed" in said:
        return (
            f"The password of this terminal opens not all that ansible-vault has encrypted in {inventory}. "
            "Fix: name the file with the right one in ANSIBLE_VAULT_PASSWORD_FILE"
        )
    if "no hosts matched" in said or "Could not match supplied host pattern" in said:
        return f"{inventory} does not say what host {host!r} needs: it has no such host. Fix: name an inventory and a host of it (INVENTORY=, FOR=)"
    first = re.search(r"^(?:\[ERROR\]|ERROR!): *(.+)$", said, re.MULTILINE)
    return f"{inventory} does not say what host {host!r} needs: {first[1] if first else 'Ansible failed'}. Fix: mend what it names"


__all__ = ["ROOT", "SYSTEMS", "Lacking", "System", "Wanted", "wanted"]
