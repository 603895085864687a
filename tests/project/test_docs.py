"""Nothing is left undocumented: each command, option, setting, flag and metric has its line, in both languages."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import click
import pytest

from app.cli import main
from app.telemetry import Telemetry
from app.turn.reply import Meta
from loadtests.service import ROOT
from tests.thrift import parsed

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
    defaults = parsed((ROOT / "app" / "settings.yaml").read_text("utf-8"))
    for group, values in defaults.items():
        for key in values:
            assert f"`{key}`" in page if group == "flags" else re.search(rf"`{group}\.{key}[.`]", page)


@pytest.mark.parametrize("folder", LANGUAGES, ids=["en", "ru"])
def test_every_metric_is_documented(folder: Path) -> None:
    page = (folder / "operation.md").read_text("utf-8")
    exposition = Telemetry(b"key").exposition().decode()
    names = set(re.findall(r"^# TYPE (\S+)", exposition, re.MULTILINE))
    for name in names:
        if not name.endswith("_created"):
            assert re.search(rf"`{name}(?:_total)?[`{{]", page), name


@pytest.mark.parametrize(
    "page",
    sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "README.ru.md", ROOT / "CHANGELOG.md"]),
    ids=lambda p: p.name,
)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def pages(folder: Path) -> set[str]:
    return {page.relative_to(folder).as_posix() for page in folder.rglob("*.md")}


TWINS = sorted(name for name in pages(DOCS) if not name.startswith(("ru/", "decisions/")))
FENCED = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def test_every_page_has_its_russian_twin() -> None:
    assert pages(DOCS / "ru") == set(TWINS)


@pytest.mark.parametrize("folder", LANGUAGES, ids=["en", "ru"])
def test_every_room_has_its_line_in_the_house(folder: Path) -> None:
    page = (folder / "house.md").read_text("utf-8")
    rooms = {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `app/(\w+)/` \|", page, re.MULTILINE)) == rooms
    ground = {path.name for path in (ROOT / "app").glob("*.py")} - {"__init__.py", "__main__.py"}
    line = next(line for line in page.splitlines() if line.startswith("| `app/` |"))
    assert set(re.findall(r"`(\w+\.py)`", line)) == ground


@pytest.mark.parametrize("folder", LANGUAGES, ids=["en", "ru"])
def test_every_room_of_the_dialogue_has_its_line_in_the_house(folder: Path) -> None:
    page = (folder / "house.md").read_text("utf-8")
    rooms = {path.parent.name for path in (ROOT / "app/dialogue").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `app/dialogue/(\w+)/` \|", page, re.MULTILINE)) == rooms


@pytest.mark.parametrize("folder", LANGUAGES, ids=["en", "ru"])
def test_what_the_house_names_is_there(folder: Path) -> None:
    for named in set(re.findall(r"`((?:app|tests|roles|docs)/[^`\s]*)`", (folder / "house.md").read_text("utf-8"))):
        assert (ROOT / named).exists(), named


@pytest.mark.parametrize("folder", LANGUAGES, ids=["en", "ru"])
def test_every_page_stands_in_the_index(folder: Path) -> None:
    linked = set(re.findall(r"\]\(([^)#\s]+)", (folder / "README.md").read_text("utf-8")))
    own = {name for name in pages(folder) if not name.startswith(("ru/", "decisions/", "runbooks/"))}
    assert own - {"README.md"} <= linked


def test_the_table_of_the_replys_meta_is_its_types() -> None:
    """The Russian page has the same rows: it is held in step below."""
    page, hints = (DOCS / "api.md").read_text("utf-8"), get_type_hints(Meta, include_extras=True)
    for field in fields(Meta):
        assert f"| `{field.name}` | {hints[field.name].__metadata__[0].description} |" in page


def test_an_option_of_several_commands_is_declared_once() -> None:
    for path in (ROOT / "app" / "cli").glob("*.py"):
        if path.name != "options.py":
            declared = re.findall(r"option\(\s*\"--(settings|data|kb|json)\"", path.read_text("utf-8"))
            assert not declared, f"{path.name} declares --{declared[0]} itself; app/cli/options.py has it"


TECHNICAL = re.compile(r"-{0,2}[a-z][a-z0-9]*(?:[_./:-][a-z0-9]+)+|--[a-z]+")


def technical(text: str) -> list[str]:
    """The words that are the same in any language: settings, options, metrics, paths, commands' names."""
    return [word for word in re.split(r"[\s\"',;()=]+", text) if TECHNICAL.fullmatch(word)]


def test_what_the_page_on_security_names_is_tested() -> None:
    """Each test, file and folder that it says holds a promise exists."""
    page = (DOCS / "security.md").read_text("utf-8")
    folders = "|".join(path.name for path in (ROOT / "tests").iterdir() if path.is_dir())
    named = [code for code in codes(page) if re.match(rf"\w+/test_|(?:{folders})/", code)]
    assert len(named) >= 60
    last = ""
    for code in re.findall(rf"`((?:\w+/test_|(?:{folders})/)[^`]*|::\w+)`", page):
        path, _, test = code.partition("::")
        last = path or last
        found = list((ROOT / "tests").glob(last))
        assert found, f"there is no tests/{last}"
        assert not test or f"def {test}(" in found[0].read_text("utf-8"), f"tests/{last} has no {test}"


def codes(text: str) -> list[str]:
    """What stands in a page's sentences as code."""
    return re.findall(r"`([^`\n]+)`", FENCED.sub("", text))


@pytest.mark.parametrize("name", TWINS)
def test_the_russian_page_is_in_step(name: str) -> None:
    """It may say things in its own way, but it has the same headings, tables and commands, and names all that is named."""
    english, russian = ((folder / name).read_text("utf-8") for folder in LANGUAGES)
    for part in (r"^(#+) ", r"^(\|)"):
        count = [re.findall(part, FENCED.sub("", text), re.MULTILINE) for text in (english, russian)]
        assert count[0] == count[1], f"headings or rows of tables: {part}"
    english_names, russian_names = (set(technical(" ".join(codes(text)))) for text in (english, russian))
    assert english_names <= russian_names
    assert {code for code in codes(english) if re.fullmatch("[a-z]+", code)} <= set(" ".join(codes(russian)).split())
    commands = [[technical(block) for block in FENCED.findall(text)] for text in (english, russian)]
    assert commands[0] == commands[1]


def test_the_shipped_tools_stand_without_the_tests() -> None:
    for path in (ROOT / "loadtests").rglob("*.py"):
        assert not re.search(r"^\s*(?:from|import) tests\b", path.read_text("utf-8"), re.MULTILINE), path


def test_no_module_of_the_machine_is_longer_than_three_hundred_lines() -> None:
    long = {path.name: count for path in (ROOT / "app").rglob("*.py") if (count := path.read_text().count("\n")) > 300}
    assert not long
