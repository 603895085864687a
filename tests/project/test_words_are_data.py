"""Words of a language are data: no Cyrillic literal stands in the code, but for those that a folder still may hold.

Comments and docstrings say what they like; letters written as escapes are ranges, no words.
"""

import ast
import re
from functools import cache

import yaml

from loadtests.service import ROOT

CYRILLIC = re.compile("[\u0400-\u052f]")
STILL = {"prompt": 0, "llm": 1}
"""Literals that a folder of app/ may still hold; a number here only ever gets smaller. All others hold none."""


def literals(source: str) -> list[tuple[int, str]]:
    """(line, literal) of the Cyrillic ones, as they are written; what stands alone as a statement is a docstring."""
    nodes = list(ast.walk(ast.parse(source)))
    lines = [line.encode() for line in source.split("\n")]  # columns count bytes
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    inside = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    found = []
    for node in nodes:
        whole = isinstance(node, ast.JoinedStr)
        plain = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside
        if not (whole or plain) or id(node) in alone:
            continue
        written = lines[node.lineno - 1 : node.end_lineno]
        written[-1] = written[-1][: node.end_col_offset]
        written[0] = written[0][node.col_offset :]
        if CYRILLIC.search(text := b"\n".join(written).decode()):
            found.append((node.lineno, text))
    return found


@cache
def held() -> dict[str, list[str]]:
    """The Cyrillic literals, each with its place, by folder of app/; of loose files by their name."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "app").rglob("*.py")):
        room = found.setdefault(path.relative_to(ROOT / "app").parts[0], [])
        room += [f"{path.relative_to(ROOT)}:{line}: {text[:60]}" for line, text in literals(path.read_text("utf-8"))]
    return found


def test_no_folder_holds_more_words_than_it_may() -> None:
    for room, found in held().items():
        may = STILL.get(room, 0)
        assert len(found) <= may, "\n".join((f"{len(found)} in {room}, {may} allowed; write words as YAML:", *found))


def test_what_a_folder_may_still_hold_shrinks_with_it() -> None:
    now = {room: len(held()[room]) for room in STILL}
    assert {room: count for room, count in now.items() if count < STILL[room]} == {}, "write these into STILL"


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


def test_no_word_is_taken_for_a_truth_value() -> None:
    """YAML reads a bare yes, no, on or off as true or false: a list of words would never hold it."""
    resolver = yaml.SafeLoader("")
    taken = [
        f"{path.relative_to(ROOT)}:{event.start_mark.line + 1}: put {event.value!r} in quotes"
        for path in sorted((ROOT / "app").rglob("*.yaml"))
        for event in yaml.parse(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if isinstance(event, yaml.ScalarEvent) and event.style is None and event.value not in ("true", "false")
        and resolver.resolve(yaml.ScalarNode, event.value, (True, False)) == "tag:yaml.org,2002:bool"
    ]  # fmt: skip
    assert not taken, "\n".join(taken)
