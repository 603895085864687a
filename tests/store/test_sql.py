"""All SQL stands behind one seam: in app/store, and outside its engine only what SQLite and PostgreSQL share."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from loadtests.service import ROOT

STORE = ROOT / "app" / "store"
ENGINE = {STORE / "engine.py", STORE / "pages.py"}
"""What knows that the memory is SQLite's: the second reads bytes and damaged pages."""
ELSEWHERE = {
    "playbooks/files/bundle.py": "runs with the system's Python and must work where no release does; it only reads",
    "roles/app/files/release/gate.py": "belongs to no release: it copies the memory for the release that it tries out",
}
"""Tools that open the memory themselves, and why. The list may only become shorter."""

_STATEMENT = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|REPLACE|WITH|PRAGMA|EXPLAIN|VACUUM|ATTACH|BEGIN|COMMIT|ROLLBACK"
    r"|SAVEPOINT|RELEASE|ANALYZE|REINDEX)\b(?! [a-z]+ [a-z]+ [a-z])"
)
_TRANSACTION = {"COMMIT", "ROLLBACK", "SAVEPOINT job", "ROLLBACK TO job", "RELEASE job"}
_OWN_TO_SQLITE = re.compile(
    r"\?\d|\browid\b|\bsqlite_|\bPRAGMA\b|\bOR (IGNORE|REPLACE|ABORT|FAIL)\b|\bREPLACE INTO\b|\bINDEXED\b|\bGLOB\b"
    r"|\bAUTOINCREMENT\b|\bSTRICT\b|\bIMMEDIATE\b|\bVACUUM\b|\bATTACH\b|\bIS NOT \?|\bIS \?|`|==|\bCOLLATE\b|(?i:\bifnull\b|\biif\b)"
)
_SHARED_FUNCTIONS = {"COUNT", "MAX", "MIN", "SUM", "COALESCE", "CASE", "AND", "OR", "EXISTS", "IF"}
_GIVEN_FUNCTIONS = {"holds"}  # this program's own: an engine is given it (engine.with_function)


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Every string of a module that is no docstring, with its line; what is put into one is `hole`."""
    tree = ast.parse(path.read_text("utf-8"))
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(value) for value in node.values)
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            pieces = (str(piece.value) if isinstance(piece, ast.Constant) else "hole" for piece in node.values)
            yield node.lineno, "".join(pieces)


def statements(path: Path) -> list[tuple[int, str]]:
    return [(line, text) for line, text in strings(path) if _STATEMENT.match(text)]


def not_shared(sql: str) -> str:
    """Why a statement is not what both engines know; empty when it is."""
    return "" if sql in _TRANSACTION else next(_faults(sql), "")


def _faults(sql: str) -> Iterator[str]:
    if found := _OWN_TO_SQLITE.search(sql):
        yield f"{found.group()!r} is SQLite's own"
    for dialect in ("sqlite", "postgres"):
        try:
            tree = sqlglot.parse_one(sql.replace("?", ":value"), read=dialect)
        except sqlglot.ParseError as error:
            yield f"{dialect}: {error}"
            continue
        if isinstance(tree, exp.Command):
            yield f"{dialect}: not understood"
        for call in tree.find_all(exp.Func):
            given = isinstance(call, exp.Anonymous)
            name = call.name if given else call.sql_name()
            if name not in (_GIVEN_FUNCTIONS if given else _SHARED_FUNCTIONS):
                yield f"{dialect}: {name} is not among the functions that both have"
        if any(not each.alias for each in tree.find_all(exp.Subquery) if isinstance(each.parent, exp.From)):
            yield "a subquery in FROM needs a name"


def modules() -> list[Path]:
    return sorted((ROOT / "app").rglob("*.py"))


def test_no_module_outside_the_store_speaks_sql() -> None:
    found = [f"{path.relative_to(ROOT)}:{line}: {sql[:60]}" for path in modules() if STORE not in path.parents
             for line, sql in statements(path)]  # fmt: skip
    assert found == []


def test_only_the_engine_knows_sqlite() -> None:
    knows = {path for path in modules() if re.search(r"^\s*(import|from) sqlite", path.read_text("utf-8"), re.M)}
    assert knows == ENGINE


def test_outside_the_engine_the_store_says_only_what_two_engines_understand() -> None:
    read = [(path, line, sql) for path in sorted(STORE.glob("*.py")) if path not in ENGINE
            for line, sql in statements(path)]  # fmt: skip
    assert len(read) > 30, "the statements are not found any more"
    refused = [f"{path.name}:{line}: {why}: {sql}" for path, line, sql in read if (why := not_shared(sql))]
    assert refused == []


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT OR IGNORE INTO turns (id) VALUES (1)",
        "SELECT json_extract(record, '$.bot') FROM turns",
        "SELECT id FROM turns WHERE id = ?1",
        "SELECT rowid FROM turns",
        "SELECT name FROM sqlite_master",
        "SELECT ifnull(answer, '') FROM turns",
        "SELECT * FROM (SELECT id FROM turns)",
        "PRAGMA foreign_keys=ON",
        "BEGIN IMMEDIATE",
        "VACUUM",
        "SELECT FROM WHERE turns",
    ],
)
def test_what_one_engine_alone_understands_is_refused(sql: str) -> None:
    assert not_shared(sql)


def test_a_tool_that_opens_the_memory_itself_says_why() -> None:
    tools = [path for folder in ("roles", "playbooks", "loadtests") for path in (ROOT / folder).rglob("*.py")]
    opens = {str(path.relative_to(ROOT)) for path in tools if re.search(r"\bsqlite3\.", path.read_text("utf-8"))}
    assert opens == ELSEWHERE.keys()
