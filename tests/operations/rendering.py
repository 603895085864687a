"""The roles' templates as files, rendered by Ansible itself with the example inventory."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loadtests.service import ROOT
from tests.host.hosts import run

TEMPLATES = sorted((ROOT / "roles").glob("*/templates/**/*.j2"))


def render(folder: Path, variables: Mapping[str, Any] | None = None, only: str = "") -> None:
    """Writes every template, or those of one role, into `folder` as <role>.<name without .j2>."""
    templates = [path for path in TEMPLATES if only in ("", path.relative_to(ROOT).parts[1])]
    together = folder / "together.json"
    values = {
        "render_roles": sorted(path.name for path in (ROOT / "roles").iterdir()),
        "render_templates": [str(path) for path in templates],
        "render_to": str(together),
    }
    facts = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    playbook = str(Path(sys.executable).parent / "ansible-playbook")
    command = [playbook, "-i", "inventory/production", "tests/host/playbooks/render.yml"]
    run([*command, "-e", json.dumps(values | facts | dict(variables or {}))])
    for path, text in zip(templates, json.loads(together.read_text("utf-8")), strict=True):
        (folder / f"{path.relative_to(ROOT).parts[1]}.{path.stem}").write_text(text, "utf-8")


def lines(rendered: Path, name: str) -> list[str]:
    """The lines of a file that say something, without those that only speak to a reader."""
    said = (line.strip() for line in (rendered / name).read_text("utf-8").splitlines())
    return [line for line in said if line and not line.startswith("#")]
