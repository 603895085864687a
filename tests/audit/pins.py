"""Pins: every list is whole and hashed, and no role or playbook downloads what nobody chose."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.host.lock import LOCKS, ROOT, Lock, environment

_ENTRY = r"[a-z0-9-]+==[^\s\\]+(?: \\\n    --hash=sha256:[0-9a-f]{64})+"
_HASHED = re.compile(r"[0-9a-f]{64}")
_UNCHECKED = ("apt_key", "apt_repository", "deb822_repository", "git", "pip", "rpm_key", "subversion")
"""Modules that fetch by a name or an address alone."""
_FETCHES = re.compile(
    r"\b(curl|wget)\b(?!.*//(127\.0\.0\.1|localhost|\[::1\])[:/])|\bgit (clone|pull|fetch)\b|\b(npm|npx|yarn|gem|cargo|go)"
    r" (install|ci|get|exec)\b|\b(docker|podman) (pull|run)\b|\b(snapshot|hf_hub)_download\b|\bhf download\b"
)
_PIP = re.compile(r"\bpip3?\b.*?\s(install|download|wheel)\s")


def pinned(text: str) -> dict[str, str]:
    """Package -> version of one list."""
    return dict(line.removesuffix(" \\").split("==", 1) for line in text.splitlines() if re.match(r"[\w.-]+==", line))


def of_list(lock: Lock, text: str) -> Iterator[str]:
    """What is wrong with the text of a list."""
    if not re.fullmatch(rf"# Made by `make lock`.*\n(?:{_ENTRY}\n)+", text):
        yield f"{lock.path.name}: not every line is a version with its sha256; run make lock"
    if "://" in text or re.search(r"^\s*-(?!-hash=)", text, re.MULTILINE):
        yield f"{lock.path.name} names an index or an option; whoever installs chooses the index"
    versions = pinned(text)
    for target in lock.targets:
        for line in lock.requirements:
            requirement = Requirement(line)
            if requirement.marker and not requirement.marker.evaluate(environment(target)):
                continue
            version = versions.get(canonicalize_name(requirement.name), "")
            if not version or not requirement.specifier.contains(version, prereleases=True):
                yield f"{lock.path.name}: pyproject.toml wants {line}, locked is {version or 'none'}; run make lock"


def of_task(task: Mapping[str, Any]) -> Iterator[str]:
    """What one task would fetch without knowing what it gets."""
    for key, given in task.items():
        module = key.rpartition(".")[2]
        said = given if isinstance(given, dict) else {}
        if module in _UNCHECKED:
            yield f"{module} fetches by a name alone"
        elif module == "get_url" and not said.get("checksum"):
            yield "get_url without checksum"
        elif module == "uri" and said.get("dest"):
            yield "uri with dest has no checksum; use get_url"
        elif module == "unarchive" and re.search(r"://|_url\b", str(said.get("src"))):
            yield "unarchive downloads without a checksum; use get_url before it"
        elif module in ("apt", "dnf", "package") and "://" in str(said.get("deb", said.get("name", ""))):
            yield f"{module} installs a file from an address without a checksum"
        elif module in ("command", "shell", "raw", "script"):
            yield from of_command(_words(given))


def of_command(line: str) -> Iterator[str]:
    """What a command line would fetch without knowing what it gets."""
    if _FETCHES.search(line):
        yield f"it fetches without a hash: {line[:80]}"
    if found := _PIP.search(f"{line} "):
        local = "--no-index" in line and "--no-deps" in line
        hashed = "--require-hashes" in line and re.search(r"--only-binary[= ]:all:", line)
        if not (local or hashed):
            yield f"pip {found[1]} without --require-hashes and --only-binary :all:, or --no-index and --no-deps"
        if found[1] == "wheel" and "--no-build-isolation" not in line:
            yield "pip wheel without --no-build-isolation builds with whatever the index has"


def _words(given: Any) -> str:
    """A command's words on one line, however they are given."""
    if isinstance(given, dict):
        given = given.get("argv") or given.get("cmd") or given.get("_raw_params") or ""
    return " ".join(map(str, given) if isinstance(given, list) else str(given).split())


def _tasks(entries: Any) -> Iterator[Mapping[str, Any]]:
    """Every task of a file: of its plays, blocks and handlers too."""
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            yield entry
            for part in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers"):
                yield from _tasks(entry.get(part))


def of_appliance(root: Path) -> Iterator[str]:
    """Every task, script and template below roles/ and playbooks/."""
    for path in sorted(path for part in ("roles", "playbooks") for path in (root / part).rglob("*") if path.is_file()):
        name = path.relative_to(root)
        if path.suffix in {".yml", ".yaml"} and "templates" not in path.parts and "meta" not in path.parts:
            for task in _tasks(yaml.safe_load(path.read_text("utf-8"))):
                yield from (f"{name}, {task.get('name')}: {fault}" for fault in of_task(task))
        elif path.suffix in {".j2", ".sh", ".py", ".service"}:
            for line in path.read_text("utf-8").splitlines():
                if not line.lstrip().startswith("#"):
                    yield from (f"{name}: {fault}" for fault in of_command(line))


def of_models(root: Path) -> Iterator[str]:
    """The defaults that name what is fetched besides Python's packages."""
    ollama = yaml.safe_load((root / "roles" / "ollama" / "defaults" / "main.yml").read_text("utf-8"))
    for name in ("ollama_sha256", "ollama_model_digest"):
        if not _HASHED.search(str(ollama[name])):
            yield f"roles/ollama: {name} is {ollama[name]!r}, no sha256"
    checks = yaml.safe_load((root / "roles" / "app" / "tasks" / "validate_weights.yml").read_text("utf-8"))
    if not any("{40}$" in str(task.get("ansible.builtin.assert")) for task in checks):
        yield "roles/app: nothing asks for the commit of the search's models"
    search = yaml.safe_load((root / "roles" / "app" / "defaults" / "main.yml").read_text("utf-8"))
    for name in ("app_embedder_revision", "app_reranker_revision"):
        if not re.fullmatch(r"[0-9a-f]{40}", str(search[name])):
            yield f"roles/app: {name} is {search[name]!r}, no commit"


def faults() -> list[str]:
    """Everything that is not pinned, each in a sentence; empty is a pass."""
    lists = [fault for lock in LOCKS.values() for fault in of_list(lock, lock.path.read_text("utf-8"))]
    return [*lists, *of_appliance(ROOT), *of_models(ROOT)]


def drift() -> list[str]:
    """Packages that tests run with in another version than servers get."""
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for name, locked in pinned(LOCKS["requirements-semantic.txt"].path.read_text("utf-8")).items():
        try:
            here = version(name)
        except PackageNotFoundError:
            continue  # a library of the card: tests have torch for the processor
        if here.partition("+")[0] != locked:
            found.append(f"{name} {locked}, here {here}")
    return found
