"""Nothing is left undocumented: each command, option, setting, flag and metric has its line, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from app.cli import main
from app.telemetry import Telemetry
from tests.server import ROOT

DOCS = ROOT / "docs"
LANGUAGES = [DOCS, DOCS / "ru"]


def commands(group: click.Group, prefix: str = "machine") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


@pytest.mark.parametrize("folder", LANGUAGES, ids=["en", "ru"])
@pytest.mark.parametrize(
    ("name", "command"), list(commands(main)), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_and_option_is_documented(folder: Path, name: str, command: click.Command) -> None:
    line = next(line for line in (folder / "cli.md").read_text("utf-8").splitlines() if f"| `{name}" in line)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert f"`{max(parameter.opts, key=len)}`" in line
    assert command.help


@pytest.mark.parametrize("folder", LANGUAGES, ids=["en", "ru"])
def test_every_setting_and_flag_is_documented(folder: Path) -> None:
    page = (folder / "settings.md").read_text("utf-8")
    defaults = yaml.safe_load((ROOT / "app" / "settings.yaml").read_text("utf-8"))
    for group, values in defaults.items():
        for key in values:
            assert f"`{key}`" in page if group == "flags" else f"`{group}.{key}`" in page


@pytest.mark.parametrize("folder", LANGUAGES, ids=["en", "ru"])
def test_every_metric_is_documented(folder: Path) -> None:
    page = (folder / "operation.md").read_text("utf-8")
    exposition = Telemetry(b"key").exposition().decode()
    names = set(re.findall(r"^# TYPE (\S+)", exposition, re.MULTILINE))
    for name in names:
        if not name.endswith("_created"):
            assert f"`{name}" in page


@pytest.mark.parametrize(
    "page", sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]), ids=lambda p: p.name
)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_russian_pages_are_in_step() -> None:
    english = {page.name for page in DOCS.glob("*.md")}
    russian = {page.name for page in (DOCS / "ru").glob("*.md")} - {"README.md"}
    assert russian == english
