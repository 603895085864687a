"""Words of a language are data: no Cyrillic literal stands in the code, but for those that a folder still may hold.

Comments and docstrings say what they like; letters written as escapes are ranges, no words.
"""

import ast
import re
from pathlib import Path

import pytest

from loadtests.service import ROOT

CYRILLIC = re.compile("[\u0400-\u052f]")
STILL = {"dialogue": 44, "guardrail": 861, "prompt": 21, "llm": 1}
"""Literals that a folder of app/ may still hold; a number here only ever gets smaller. All others hold none."""


def literals(source: str) -> list[tuple[int, str]]:
    """(line, literal) of the Cyrillic ones, as they are written; what stands alone as a statement is a docstring."""
    tree, lines = ast.parse(source), source.splitlines()
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr | ast.Constant) or id(node) in alone or id(node) in inside:
            continue
        if isinstance(node, ast.Constant) and not isinstance(node.value, str):
            continue
        written = ast.get_source_segment(source, node) or "\n".join(lines[node.lineno - 1 : node.end_lineno])
        if CYRILLIC.search(written):
            found.append((node.lineno, written))
    return found


def held(folder: Path) -> dict[str, int]:
    """Cyrillic literals by folder of app/; loose files by their name."""
    counts: dict[str, int] = {}
    for path in sorted(folder.rglob("*.py")):
        room = path.relative_to(folder).parts[0]
        counts[room] = counts.get(room, 0) + len(literals(path.read_text("utf-8")))
    return counts


@pytest.mark.parametrize("room", sorted(held(ROOT / "app")))
def test_no_folder_holds_more_words_than_it_may(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {written[:60]}"
        for path in sorted(
            (ROOT / "app" / room).rglob("*.py") if (ROOT / "app" / room).is_dir() else [ROOT / "app" / room]
        )
        for line, written in literals(path.read_text("utf-8"))
    ]
    may = STILL.get(room, 0)
    assert len(found) <= may, (
        f"{len(found)} literals, {may} allowed; move words to YAML beside the module:\n" + "\n".join(found)
    )


def test_what_is_looked_for_is_seen() -> None:
    source = (
        '"""Слова о модуле."""\n'
        "def f(a):\n"
        '    """Слова о функции."""\n'
        "    # слово в заметке\n"
        '    return {"ключ": 1}, f"да {a} нет", r"\\\\bслово", "\\\\u0430-\\\\u044f", "word"\n'
        'LIMIT = 5\n"""Слова о пределе."""\n'
    )
    assert [line for line, _ in literals(source)] == [5, 5, 5]
