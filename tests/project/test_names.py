"""One name, one meaning: within a room a public class's name stands once."""

import ast
from collections import defaultdict

from loadtests.service import ROOT


def classes() -> dict[tuple[str, str], list[str]]:
    """(room, name) of each public class -> the modules that define it."""
    found = defaultdict(list)
    for path in sorted((ROOT / "app").rglob("*.py")):
        module = path.relative_to(ROOT / "app").as_posix()
        room = module.partition("/")[0]
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[room, node.name].append(module)
    return found


def test_a_class_has_its_name_to_itself_in_its_room() -> None:
    assert len(classes()) > 200
    assert {name: modules for name, modules in classes().items() if len(modules) > 1} == {}
