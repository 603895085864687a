"""What the appliance does to a server is what somebody approved: each step with what guards it, each line of each file.

The pages lie in approved/; tests/operations/approved.py says how they are made, and tests/host tries the steps on a server.
"""

import re
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.operations.approved import OTHERWISE, PAGES, file_pages, step_pages, steps, words
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


def pages(folder: str) -> list[str]:
    return sorted(name for name in STEPS if name.startswith(f"{folder}/"))


@pytest.mark.parametrize("name", pages("steps"))
def test_each_step_is_done_in_its_order_under_its_guards(name: str) -> None:
    compared(name, STEPS[name])


@pytest.mark.parametrize("name", pages("words"))
def test_an_operator_is_told_the_cause_and_the_remedy(name: str) -> None:
    compared(name, STEPS[name])


def test_the_workflow_does_with_a_message_what_was_approved() -> None:
    compared("workflow/n8n.txt", STEPS["workflow/n8n.txt"])


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


def test_the_words_of_a_step_stand_under_its_name_those_inside_a_block_too() -> None:
    task = {
        "name": "Restart",
        "block": [{"name": "Ask", "ansible.builtin.assert": {"that": "x", "fail_msg": "Fix: y"}}],
        "rescue": [
            {"name": "Say", "ansible.builtin.fail": {"msg": "z\n  w"}},
            {"name": "Do", "ansible.builtin.meta": "noop"},
        ],
    }
    assert list(words([task])) == ["- Ask: Fix: y", "- Say: z w"]
