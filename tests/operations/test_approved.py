"""What the appliance does to a server is what somebody approved: each step with what guards it, each line of each file.

The pages lie in approved/; tests/operations/approved.py says how they are made, and tests/host tries the steps on a server.
"""

import re
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.operations.approved import OTHERWISE, PAGES, file_pages, step_pages, steps
from tests.operations.rendering import render

STEPS = step_pages()
NAMES = sorted(str(page.relative_to(PAGES)) for page in PAGES.glob("*/*.txt"))


@pytest.fixture(scope="module")
def found(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Page -> text, as the sources are now."""
    otherwise = tmp_path_factory.mktemp("otherwise")
    render(otherwise, OTHERWISE)
    return STEPS | file_pages(rendered, otherwise)


def compared(name: str, text: str) -> None:
    approved = (PAGES / name).read_text("utf-8")
    difference = "\n".join(unified_diff(approved.splitlines(), text.splitlines(), "approved", "now", lineterm="", n=1))
    assert text == approved, f"{name}: if it is meant so, python -m tests.operations.approved\n{difference}"


@pytest.mark.parametrize("name", sorted(STEPS))
def test_each_step_is_done_in_its_order_under_its_guards(name: str) -> None:
    compared(name, STEPS[name])


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("files/")])
def test_each_file_says_what_was_approved(found: dict[str, str], name: str) -> None:
    compared(name, found.get(name, ""))


def test_there_is_a_page_for_everything(found: dict[str, str]) -> None:
    assert sorted(found) == NAMES


def test_no_page_hangs_on_the_machine_that_made_it() -> None:
    for name in NAMES:
        assert not re.search(r"/home/|/tmp/pytest|/work/", (PAGES / name).read_text("utf-8")), name


def test_a_step_stands_with_its_guards_and_without_the_words_that_are_only_said() -> None:
    task = {
        "name": "Restart",
        "when": "not ansible_check_mode",
        "block": [{"name": "Ask", "ansible.builtin.assert": {"that": "x", "fail_msg": "Fix: y"}, "no_log": True}],
        "rescue": [{"name": "Say", "ansible.builtin.fail": {"msg": "z"}}],
    }
    assert list(steps([task])) == [
        "- Restart",
        "    when: not ansible_check_mode",
        "    block:",
        "      - Ask",
        "          assert: that=x",
        "          no_log: true",
        "    rescue:",
        "      - Say",
        "          fail:",
    ]
