"""docs/variables.md and its Russian twin: every variable of every role, as the roles have it, with its meaning."""

import re

import pytest

from tests.host import variables_page
from tests.host.readme_tables import ROLES, defaults

both = pytest.mark.parametrize("language", ["en", "ru"])


@both
def test_the_page_is_current(language: str) -> None:
    text = variables_page.PAGES[language].read_text("utf-8")
    assert text == variables_page.page(language), "run: python -m tests.host.variables_page"


@both
def test_each_variable_has_a_meaning_in_the_pages_language(language: str) -> None:
    found = variables_page.meanings(variables_page.PAGES[language].read_text("utf-8"))
    wanted = {name for role in variables_page.order() for name in defaults(ROLES / role)} | set(variables_page.shared())
    assert set(found) == wanted
    letters = re.compile("[а-я]{3}" if language == "ru" else "[a-z]{3}")
    for name, meaning in found.items():
        assert letters.search(meaning), name
        assert meaning != variables_page.MISSING, name


def test_a_variable_without_a_meaning_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variables_page, "shared", lambda: {"machine_new": 1})
    assert f"| `machine_new` | `1` | playbooks | {variables_page.MISSING} |" in variables_page.page("ru")
