"""Whoever reads an error is told what to do: its words hold an advice, not only what is wrong.

A caller reads of a fallback or of what to send, an operator of a setting, a command or a file. Words that come from
elsewhere (a library's, a system's) advise nothing by themselves.
"""

import ast
import re
from functools import cache
from pathlib import Path

from loadtests.service import ROOT

ADVICE = re.compile(
    r"(?:^|[;:.,(?]\s|\band |\bor )(?:machine \w+|add|ask|check|choose|compare|copy|correct|did you mean|export|find|give|"
    r"install|keep|known|leave|let|look|make|mend|move|name|publish|put|quote|raise|remove|rename|restore|run|save|say|"
    r"see|send|set|start|stop|switch|translate|try|use|wait|write)\b"
)
ERRORS = frozenset(
    {
        "BadRequest", "Conflict", "ConfigError", "DeadlinePassed", "Hindered", "MachineError", "ModelUnavailable",
        "Overloaded", "PromptTooLong", "RevisionConflict", "StoreUnavailable", "TooCostly", "TooLarge", "Unauthorized",
        "Unavailable", "Unprocessable", "UnsupportedMedia",
    }
)  # fmt: skip
STILL = {
    "api/app.py": 2, "capacity/queueing.py": 1, "cli/common.py": 1, "cli/demo.py": 2, "cli/kb_publish.py": 1,
    "cli/restore.py": 1, "cli/running_service.py": 2, "dialogue/flow/load.py": 1,
    "dialogue/hearing/vocabulary.py": 1, "dialogue/policy/model.py": 2, "evaluation/answering.py": 1,
    "evaluation/cases.py": 1, "evaluation/guarding/drafts.py": 2, "evaluation/guarding/fitting.py": 1,
    "evaluation/guarding/judging.py": 1, "evaluation/guarding/training.py": 1, "evaluation/retrieval.py": 4,
    "knowledge/history.py": 1, "knowledge/hub.py": 1, "knowledge/importer.py": 1, "knowledge/publishing.py": 3,
    "knowledge/sections.py": 3, "overlay.py": 1, "settings.py": 1, "store/backup.py": 1,
    "store/conversations.py": 1, "store/faults.py": 1, "store/forgetting.py": 1, "store/looking.py": 1,
    "store/numbers.py": 1, "store/restore.py": 1, "store/salvage.py": 1, "turn/replay.py": 1,
}  # fmt: skip
"""Errors of a file that hold no advice of their own: what they hand on has it, or nothing can be done. A number here
only ever gets smaller."""


def said(node: ast.expr, named: dict[str, ast.expr]) -> str:
    """The literal words of a message; of two that may be said, those without an advice."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(said(part, named) for part in parts)
        case ast.Name(id=name) if name in named:
            return said(named[name], {})
        case ast.IfExp(body=one, orelse=other):
            return min(said(one, named), said(other, named), key=lambda text: bool(ADVICE.search(text)))
        case ast.Call(func=ast.Name(id="nearest")):
            return "; known"
    return said(node.value, named) if isinstance(node, ast.FormattedValue) else "..."


def without_advice(source: str) -> list[str]:
    """The messages of a module's errors that say nothing of what to do."""
    tree = ast.parse(source)
    named = {
        each.targets[0].id: each.value
        for each in tree.body
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
    }
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args
    ]
    words = [said(call.args[0], named) for call in calls]
    return [text for text in words if not ADVICE.search(text)]


@cache
def found() -> dict[str, list[str]]:
    app = ROOT / "app"
    each: list[Path] = sorted(app.rglob("*.py"))
    told = {str(path.relative_to(app)): without_advice(path.read_text("utf-8")) for path in each}
    return {name: texts for name, texts in told.items() if texts}


def test_an_error_says_what_to_do() -> None:
    for name, texts in found().items():
        assert len(texts) <= STILL.get(name, 0), f"app/{name}: say what to do about it: {texts}"


def test_what_may_still_be_silent_shrinks_with_it() -> None:
    now = {name: len(found().get(name, [])) for name in STILL}
    assert {name: count for name, count in now.items() if count < STILL[name]} == {}, "write these into STILL"


def test_an_advice_that_is_left_out_is_missed() -> None:
    source = (
        '_LATE = "it would come too late; use the fallback"\n'
        'raise ConfigError(f"{path} is damaged; use another one")\n'
        'raise ConfigError(f"{path} is damaged")\n'
        "raise Unavailable(_LATE)\n"
        'raise Unavailable("it loads; try again" if loading else "it is gone", reason="gone")\n'
        'raise ConfigError(f"unknown key {key!r}; {nearest(key, known)}")\n'
    )
    assert without_advice(source) == ["... is damaged", "it is gone"]
