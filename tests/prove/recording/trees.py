"""What the two houses are made of and run with: the files of a commit, a copy of the working tree, settings, knowledge."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from tests.prove.recording.house import House, Part

ROOT = Path(__file__).resolve().parents[3]
_SHOPS = Path(__file__).with_name("shops")


def git(*arguments: str) -> str:
    """What git says of the working tree's repository. Raises RuntimeError with its complaint."""
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """The files of a commit, in a folder that goes when the block is left."""
    with tempfile.TemporaryDirectory(prefix="prove-replay-") as folder:
        tree = Path(folder).resolve() / "base"
        git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            git("worktree", "remove", "--force", str(tree))


def working_tree(base: Path, folder: Path) -> House:
    """The package of the working tree, copied so that nobody's work meanwhile is mixed in; with the base's flows."""
    shutil.copytree(ROOT / "app", folder / "now" / "app")
    flows = {path.name: path for path in (base / "app").rglob("flows/*.yaml")}
    for path in sorted((folder / "now" / "app").rglob("flows/*.yaml")):
        if path.name in flows and path.read_bytes() != flows[path.name].read_bytes():
            shutil.copyfile(flows[path.name], path)
            print(f"the flow {path.name} differs: the base's is used")
    return House(folder / "now", folder)


def prepare(folder: Path, base: Path, model_server: str) -> tuple[Part, ...]:
    """Lays down what both houses are run with: the shops' knowledge, and a file of settings for each part."""
    shutil.copytree(base / "kb", folder / "kb")
    shutil.copytree(_SHOPS, folder / "shops")
    kept = _defaults_that_changed(base)
    parts = _parts(model_server, folder)
    for part in parts:
        groups = {**kept, **part.settings}
        settings = {group: {**kept.get(group, {}), **part.settings.get(group, {})} for group in groups}
        (folder / f"{part.name}.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), "utf-8")
    return parts


def _parts(model_server: str, folder: Path) -> tuple[Part, ...]:
    """The model gets three seconds for an answer, so that a late one costs no more; the last part has another form of prompt."""
    bots: dict[str, dict[str, Any]] = {
        "velo": {"sessions": ["VELO_*"], "flow": "transactional", "language": "ru", "persona": {"name": "Тимур", "role": "мастер"}},
        "gul": {"sessions": ["GUL_*"], "flow": "autonomous", "language": "kk"},
    }  # fmt: skip
    for name, bot in bots.items():
        bot |= {"kb": str(folder / "shops" / name / "kb"), "policy": str(folder / "shops" / name / "policy.yaml")}
    both = {"bots": bots, "gpu": {"enabled": "off"}}
    turn = {"timeout_s": 13, "reserve_s": 10, "repair_s": 8}
    model = {**both, "llm": {"backend": "ollama", "host": model_server}, "turn": turn}
    flags = {"structured": False, "degraded": True}
    return (
        Part("embedded", 0.5, _moment(4), {**both, "flags": {"timings": True}}),
        Part("ollama", 0.36, _moment(8), {**model, "flags": {"timings": True}}),
        Part("plain", 0.14, _moment(16), {**model, "turn": {**turn, "history": 6}, "flags": flags}),
    )


def _moment(hour: int) -> float:
    """On a day of no meaning, by the shops' clock."""
    return datetime(2026, 3, 3, hour, 20, tzinfo=ZoneInfo("Asia/Almaty")).timestamp()


def _defaults_that_changed(base: Path) -> dict[str, Any]:
    """The base's values of settings that have another default in the working tree."""
    old = yaml.safe_load((base / "app" / "settings.yaml").read_text("utf-8"))
    found = next((ROOT / "app").rglob("settings.yaml"), None)
    new = yaml.safe_load(found.read_text("utf-8")) if found else old
    kept: dict[str, Any] = {}
    for group, values in old.items():
        for name, value in values.items():
            if name in new.get(group, {}) and new[group][name] != value:
                kept.setdefault(group, {})[name] = value
                print(f"the default of {group}.{name} differs: the base's {value!r} is used")
    return kept
