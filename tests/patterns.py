"""Every regular expression of app/: found in what its modules hold and in their source. tests/pumping.py tries them."""

import ast
import importlib
import inspect
import pkgutil
import re
import types
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_CALLS = frozenset("compile sub subn search match findall finditer split fullmatch".split())
_ANCHORED = frozenset({"match", "fullmatch"})


@dataclass(frozen=True)
class Found:
    """A pattern, where it stands, and how it is tried: at one place of a text (`match`, `fullmatch`) or all along it ("")."""

    pattern: re.Pattern[str]
    where: str
    ways: frozenset[str] = frozenset({""})


def modules() -> list[types.ModuleType]:
    """All modules of app/, imported."""
    import app

    names = [info.name for info in pkgutil.walk_packages(app.__path__, "app.")]
    return [app, *(importlib.import_module(name) for name in names if not name.endswith("__main__"))]


def held(*loaded: object) -> list[Found]:
    """Patterns that live objects of app/ hold: globals, classes, containers, closures, and `loaded` ones with all in them."""
    found: list[Found] = []
    seen: set[int] = set()
    names = {module.__name__ for module in modules()}

    def walk(value: object, where: str) -> None:  # noqa: PLR0912 one branch for each sort of object
        if isinstance(value, re.Pattern):
            if isinstance(value.pattern, str):
                found.append(Found(value, where))
            return
        if id(value) in seen or isinstance(value, str | bytes | int | float | types.ModuleType | None):
            return
        seen.add(id(value))
        if isinstance(value, dict):
            for key, item in value.items():
                walk(key, where), walk(item, f"{where}[{key!r}]"[:120])
        elif isinstance(value, list | tuple | set | frozenset):
            for item in value:
                walk(item, where)
        elif isinstance(value, types.FunctionType | types.MethodType) or hasattr(value, "__wrapped__"):
            for inner in (getattr(value, "__wrapped__", None), getattr(value, "__func__", None)):
                walk(inner, where)
            for cell in getattr(value, "__closure__", None) or ():
                walk(cell.cell_contents, where)
            walk(getattr(value, "__defaults__", None), where)
        elif str(getattr(value, "__module__", "")) in names:
            for name in dir(value) if isinstance(value, type) else ():
                walk(inspect.getattr_static(value, name), f"{where}.{name}")
            walk(getattr(value, "__dict__", None) if not isinstance(value, type) else None, where)
            for name in getattr(type(value), "__slots__", ()):
                walk(getattr(value, name, None), f"{where}.{name}")

    for value in loaded:
        walk(value, f"{type(value).__module__}.{type(value).__name__}")
    for module in modules():
        for name, value in vars(module).items():
            if not name.startswith("__"):
                walk(value, f"{module.__name__}.{name}")
    return found


@dataclass(frozen=True)
class Written:
    """What the source says: patterns, and the places (`module:function`) that make patterns while they run."""

    found: tuple[Found, ...]
    dynamic: frozenset[str]


def written() -> Written:
    """Patterns of every call of `re` in the source of app/; each argument is worked out as the module would."""
    found: list[Found] = []
    dynamic: set[str] = set()
    for module in modules():
        source = Path(str(module.__file__)).read_text("utf-8")
        tree = ast.parse(source)
        owner = {
            inner: outer.name
            for outer in ast.walk(tree)
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
            for inner in ast.walk(outer)
        }
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            call, value = node.func.attr, node.func.value
            if not (isinstance(value, ast.Name) and value.id == "re" and call in _CALLS and node.args):
                continue
            where = f"{module.__name__}:{owner.get(node, '')}"
            if isinstance(node.args[0], ast.Name) and isinstance(vars(module).get(node.args[0].id), re.Pattern):
                continue
            flags = [k.value for k in node.keywords if k.arg == "flags"]
            flags += node.args[1:2] if call == "compile" else node.args[2:3] if call in ("search", "match") else []
            try:
                text = _worth(node.args[0], module)
                flag = int(_worth(flags[0], module)) if flags else 0
            except NameError:
                dynamic.add(where)
                continue
            found.append(Found(re.compile(text, flag), f"{where}:{node.lineno}", frozenset({_way(call)})))
    return Written(tuple(found), frozenset(dynamic))


def _worth(node: ast.expr, module: types.ModuleType) -> Any:
    return eval(compile(ast.Expression(node), module.__name__, "eval"), dict(vars(module)))


def collected(*loaded: object) -> tuple[list[Found], frozenset[str]]:
    """Every pattern of app/ once, held or written, and the places that make patterns while they run."""
    source = written()
    rows: dict[tuple[str, int], Found] = {}
    for one in held(*loaded):
        module, _, name = one.where.rpartition(".")
        key = (one.pattern.pattern, one.pattern.flags)
        ways = _ways(module, name) or one.ways
        rows[key] = Found(one.pattern, one.where, ways | (rows[key].ways if key in rows else frozenset()))
    for one in source.found:
        rows.setdefault((one.pattern.pattern, one.pattern.flags), one)
    return list(rows.values()), source.dynamic


def _way(call: str) -> str:
    return call if call in _ANCHORED else ""


@cache
def _ways(module: str, name: str) -> frozenset[str]:
    """How a global of a module is tried, there and where it is imported; with "" where it is handed on."""
    ways: set[str] = set()
    for other, tree in _trees().items():
        if other != module and not any(
            isinstance(n, ast.ImportFrom) and n.module == module and any(a.name == name for a in n.names)
            for n in tree.body
        ):
            continue
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and _is(n.value, name)]
        loads = sum(_is(n, name) and isinstance(n.ctx, ast.Load) for n in ast.walk(tree))  # type: ignore[attr-defined]
        ways |= {_way(n.attr) for n in calls if n.attr in _CALLS}
        if loads > len(calls):
            ways.add("")
    return frozenset(ways)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


@cache
def _trees() -> dict[str, ast.Module]:
    return {module.__name__: ast.parse(Path(str(module.__file__)).read_text("utf-8")) for module in modules()}
