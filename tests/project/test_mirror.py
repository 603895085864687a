"""The tests have the rooms of app/: whoever changes a room finds what holds it under the same name."""

from pathlib import Path

import pytest

from loadtests.service import ROOT

TESTS = ROOT / "tests"
NO_ROOM = {"alerts", "audit", "fakenvml", "faults", "ground", "host", "model", "n8n", "operations", "project", "prove"}
"""Folders of tests/ beside the rooms; docs/house.md says what each is for."""


def rooms() -> set[str]:
    return {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")}


def folders() -> set[str]:
    """Those of tests/ with a module in them: git leaves others behind where caches lay."""
    return {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("*.py") if path.parent != TESTS}


def test_a_folder_of_tests_is_a_room_of_the_machine_or_one_of_a_few_others() -> None:
    assert folders() == rooms() | NO_ROOM


def test_every_room_has_tests() -> None:
    assert not {room for room in rooms() if not list((TESTS / room).glob("test_*.py"))}


def test_no_test_lies_outside_the_folders() -> None:
    assert not [path.name for path in TESTS.glob("test_*.py")]


@pytest.mark.parametrize("page", ["docs/house.md", "docs/ru/house.md"])
def test_the_house_says_what_the_other_folders_are(page: str) -> None:
    text = Path(ROOT / page).read_text("utf-8")
    assert not {folder for folder in NO_ROOM if f"| `tests/{folder}/` |" not in text}
