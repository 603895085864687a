"""The tool that switches releases has nothing of the service to import; where it reads the same files, it reads the same."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.history import Entry, append, read, standing
from loadtests.service import ROOT

TOOL = ROOT / "roles" / "app" / "files" / "release"


@pytest.fixture(scope="module")
def pruning() -> ModuleType:
    """The tool's module. Its folder is on the path only while it is loaded: its modules have everyday names."""
    before = set(sys.modules)
    sys.path.insert(0, str(TOOL))
    try:
        spec = importlib.util.spec_from_file_location("release_tool_pruning", TOOL / "pruning.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(TOOL))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(TOOL)):
                del sys.modules[name]


@given(
    changes=st.lists(st.tuples(st.sampled_from(["publish", "rollback", "found"]), st.sampled_from("abcd")), max_size=20)
)
def test_it_spares_what_a_rollback_of_the_knowledge_walks_back_through(
    pruning: ModuleType, tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str]]
) -> None:
    log: Path = tmp_path_factory.mktemp("log") / ".history.jsonl"
    for action, folder in changes:
        append(log, Entry("2026-01-01T00:00:00+00:00", action, folder, "", "root"))  # type: ignore[arg-type]
    torn = json.dumps({"action": "publish", "folder": "e"})[:-5]
    text = (log.read_text("utf-8") if changes else "") + torn
    expected = [entry.folder for entry in standing(read(log))]
    assert pruning.standing(text) == expected
