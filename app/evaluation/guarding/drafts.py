"""The drafts of `machine guard eval`: answers that somebody judged, with what they were to be judged against."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml

from app.errors import ConfigError
from app.overlay import nearest
from app.packaged import parsed
from app.types import Language

_TEXTS = ("customer", "earlier", "own", "knowledge", "sections")
"""One text, or a list of them."""
_SLIP = 0.75
"""Likeness (0..1) from which an unknown key is meant for a known one."""
_KEYS = frozenset({"id", "kind", "honest", "draft", "language", "greeted", *_TEXTS})
_LANGUAGES = get_args(Language)
_COLUMNS = {"knowledge": "knowledge", "message": "customer", "response": "draft"}
"""Of the public sets of grounded answers in the layout of BEGIN -> our names."""
_LABEL = "begin_label"
_LABELS = {"fully attributable": True, "not fully attributable": False}


@dataclass(frozen=True, slots=True)
class JudgedDraft:
    """A draft and a person's verdict on it."""

    id: str
    draft: str
    honest: bool
    """It may be sent; else it says something false, or something that nothing bears out."""
    kind: str = ""
    sections: tuple[str, ...] | None = None
    """Ids of the sections in use; None: those that the search finds for the customer's message."""
    knowledge: tuple[str, ...] = ()
    """Its own knowledge, each text a section: nothing else is known then."""
    customer: tuple[str, ...] = ()
    """The customer's messages, newest last."""
    earlier: tuple[str, ...] = ()
    """Our answers before, newest last."""
    own: tuple[str, ...] = ()
    """Texts of the dialogue besides those that it writes by itself."""
    language: Language | None = None
    """To answer in; None: as the service decides."""
    greeted: bool | None = None
    """None: as the conversation says."""


def read_drafts(paths: Sequence[Path], *, honest: bool = False) -> list[JudgedDraft]:
    """The drafts of the files, in order. Raises ConfigError with the file, the draft and the fix.

    `honest`: a draft without a verdict is an honest one, and a file may hold them under `honest`.
    """
    return [draft for path in paths for draft in _read_file(path, honest=honest)]


def _read_file(path: Path, *, honest: bool) -> Iterator[JudgedDraft]:
    try:
        text = path.read_text("utf-8")
        raws = _of_table(text, path) if path.suffix == ".tsv" else _of_tree(parsed(text), path, honest=honest)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        fix = "put a text that holds ? : , or # in quotes" if isinstance(error, yaml.YAMLError) else "name another"
        raise ConfigError(f"drafts file {str(path)!r} cannot be read: {error}; {fix}") from None
    for number, raw in enumerate(raws, 1):
        name = raw.get("id", number) if isinstance(raw, dict) else number
        verdict = {"honest": True} if honest else {}
        yield _draft(verdict | raw if isinstance(raw, dict) else raw, str(name), f"{path.name}: draft {name!r}")


def _of_tree(tree: object, path: Path, *, honest: bool) -> list[Any]:
    raws = tree.get("honest" if honest and "drafts" not in tree else "drafts") if isinstance(tree, dict) else tree
    if not isinstance(raws, list) or not raws:
        raise ConfigError(f"{path.name}: holds no draft; write `drafts:` and a list of them below it")
    return raws


def _of_table(text: str, path: Path) -> list[dict[str, Any]]:
    """Rows of a public set of grounded answers; what people could not judge is no draft."""
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    lacking = [name for name in (*_COLUMNS, _LABEL) if not rows or name not in rows[0]]
    if lacking:
        raise ConfigError(f"{path.name}: has no column {lacking[0]!r}; a table has {', '.join((*_COLUMNS, _LABEL))}")
    judged = [(row, _LABELS.get((row[_LABEL] or "").strip().lower())) for row in rows]
    return [
        {"id": f"{path.stem}-{number}", "honest": honest, "kind": "" if honest else "ungrounded"}
        | {ours: row[theirs] for theirs, ours in _COLUMNS.items() if row[theirs]}
        for number, (row, honest) in enumerate(judged, 1)
        if honest is not None
    ]


def _draft(raw: object, name: str, place: str) -> JudgedDraft:
    if not isinstance(raw, dict):
        raise ConfigError(f"{place} is {raw!r}; write its keys, such as `honest:` and `draft:`")
    for key in raw:
        # Notes of an author's own are his; what is nearly one of the keys is a slip.
        if key not in _KEYS and get_close_matches(str(key), _KEYS, cutoff=_SLIP):
            raise ConfigError(f"{place}: unknown key {key!r}; {nearest(str(key), _KEYS)}")
    if not isinstance(raw.get("honest"), bool):
        raise ConfigError(f"{place}: honest is {raw.get('honest')!r}; write true or false")
    if not isinstance(raw.get("draft"), str):
        raise ConfigError(f"{place}: draft is {raw.get('draft')!r}; write a text, in quotes if it is a number")
    if raw.get("language") not in (None, *_LANGUAGES):
        raise ConfigError(f"{place}: language is {raw['language']!r}; use one of {', '.join(_LANGUAGES)}")
    if not isinstance(raw.get("greeted", False), bool):
        raise ConfigError(f"{place}: greeted is {raw['greeted']!r}; write true or false")
    if raw.get("sections") and raw.get("knowledge"):
        raise ConfigError(f"{place}: names sections and brings its own knowledge; leave one of them out")
    texts = {key: _texts(raw, key, place) for key in _TEXTS}
    named = texts.pop("sections") if raw.get("sections") is not None else None
    return JudgedDraft(
        id=name,
        draft=raw["draft"],
        honest=raw["honest"],
        kind=str(raw.get("kind") or ""),
        sections=named,
        language=raw.get("language"),
        greeted=raw.get("greeted"),
        **{key: value for key, value in texts.items() if key != "sections"},
    )


def _texts(raw: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    given = raw.get(key)
    values = [] if given is None else given if isinstance(given, list) else [given]
    if not all(isinstance(value, str) for value in values):
        raise ConfigError(f"{place}: {key} holds {given!r}; write a text or a list of them, numbers in quotes")
    return tuple(values)
