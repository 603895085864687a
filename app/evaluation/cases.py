"""The cases of `machine eval`: what customers write and what the answers must be, as YAML."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any

import yaml

from app.errors import ConfigError
from app.packaged import parsed

ACTIONS = ("reply", "escalate", "booking_flow")

_ALL = ("must_include", "must_tell_user")
_ANY = ("must_include_any", "must_tell_user_any")
_CHECKED = {"action", "must_not", "slots", "lane", "silent", *_ALL, *_ANY}
_LETTERS = str.maketrans(
    {"\u0451": "\u0435", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "’": "'", "‘": "'"}
)
_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer must be. `every` and each group of `any_of` are texts that it must hold."""

    action: str | None = None
    every: tuple[str, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()
    """Of each group at least one."""
    never: tuple[str, ...] = ()
    slots: Mapping[str, str] = field(default_factory=dict)
    """What must be known after the turn, by the slots' names."""
    lane: str | None = None
    """The topic or reason that the answer must have."""
    silent: bool | None = None
    """Whether nothing may be said, or something must."""
    unchecked: tuple[str, ...] = ()
    """Names of the expectations that nothing here can decide."""

    @property
    def includes(self) -> bool:
        return bool(self.every or self.any_of)

    @property
    def names_a_figure(self) -> bool:
        return any(has_digit(text) for group in (self.every, *self.any_of) for text in group)


@dataclass(frozen=True, slots=True)
class DialogueCase:
    """A conversation: what the customer writes and what is expected of the answer to it (None: nothing)."""

    id: str
    turns: tuple[tuple[str, Expected | None], ...]
    local_time: time | None = None
    """The bot's clock; None: noon."""


def read_cases(paths: Sequence[Path]) -> list[DialogueCase]:
    """The cases of the files, in order. Raises ConfigError with the file, the case and the fix."""
    cases = [case for path in paths for case in _read_file(path)]
    twice = [name for name, count in Counter(case.id for case in cases).items() if count > 1]
    if twice:
        raise ConfigError(f"cases: the id {twice[0]!r} stands twice; rename one")
    return cases


def _read_file(path: Path) -> Iterator[DialogueCase]:
    try:
        tree = parsed(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        fix = "put a text that holds ? : , or # in quotes" if isinstance(error, yaml.YAMLError) else "name another"
        raise ConfigError(f"cases file {str(path)!r} cannot be read: {error}; {fix}") from None
    raws = tree.get("cases") if isinstance(tree, dict) else tree
    if not isinstance(raws, list) or not raws:
        raise ConfigError(f"{path.name}: holds no case; write `cases:` and a list of them below it")
    for number, raw in enumerate(raws, 1):
        place = f"{path.name}: case {number}"
        if not isinstance(raw, dict) or not raw.get("id"):
            raise ConfigError(f"{place} has no id; write `- id: NAME` and its keys below it")
        yield _case(raw, f"{path.name}: case {raw['id']!r}")


def _case(raw: Mapping[str, Any], place: str) -> DialogueCase:
    given = [key for key in ("user", "turns", "messages") if raw.get(key)]
    if len(given) != 1:
        raise ConfigError(f"{place}: write what the customer says in one of `user`, `turns`, `messages`")
    said = raw[given[0]]
    lines = said if isinstance(said, list) else [said]
    whole = _expected(raw.get("expected"), place)
    turns: list[tuple[str, Expected | None]] = []
    for number, line in enumerate(lines, 1):
        text, own = (line.get("user"), line.get("expected")) if isinstance(line, dict) else (line, None)
        if not isinstance(text, str) or not text.strip():
            raise ConfigError(f"{place}: turn {number} says {text!r}; write a text, in quotes if it is a number")
        turns.append((text, _expected(own, f"{place}, turn {number}")))
    if whole and turns[-1][1] is None:
        turns[-1] = (turns[-1][0], whole)
    if whole is None and "expected" not in raw and all(expected is None for _, expected in turns):
        raise ConfigError(f"{place}: expects nothing; write `expected:` for the case or for one of its turns")
    return DialogueCase(str(raw["id"]), tuple(turns), _local_time(raw.get("local_time"), place))


def _expected(raw: object, place: str) -> Expected | None:
    if not raw:
        return None
    if not isinstance(raw, dict):
        raise ConfigError(f"{place}: expected holds {raw!r}; write `action:`, `must_include:` and the like below it")
    action = raw.get("action")
    if action is not None and action not in ACTIONS:
        raise ConfigError(f"{place}: the action {action!r} is unknown; use one of {', '.join(ACTIONS)}")
    texts = {name: _texts(raw[name], name, place) for name in (*_ALL, *_ANY, "must_not") if raw.get(name)}
    slots = raw.get("slots", {})
    if not isinstance(slots, dict) or not all(isinstance(value, str | int) for value in slots.values()):
        raise ConfigError(f'{place}: slots holds {slots!r}; write `name: value` lines below it, as in {{name: "Anna"}}')
    if not isinstance(raw.get("silent", False), bool):
        raise ConfigError(f"{place}: silent is {raw['silent']!r}; write true or false")
    return Expected(
        action=action,
        slots={str(slot): str(value) for slot, value in slots.items()},
        lane=str(raw["lane"]) if raw.get("lane") else None,
        silent=raw.get("silent"),
        every=tuple(text for name in _ALL for text in texts.get(name, ())),
        any_of=tuple(texts[name] for name in _ANY if name in texts),
        never=texts.get("must_not", ()),
        unchecked=tuple(str(name) for name in raw if name not in _CHECKED),
    )


def _texts(raw: object, name: str, place: str) -> tuple[str, ...]:
    values = raw if isinstance(raw, list) else [raw]
    if not all(isinstance(value, str) and normalise(value) for value in values):
        raise ConfigError(f"{place}: {name} holds {raw!r}; write texts, numbers and times in quotes")
    return tuple(values)


def _local_time(raw: object, place: str) -> time | None:
    if raw is None:
        return None
    try:
        return time.fromisoformat(raw) if isinstance(raw, str) else _refuse(raw)
    except ValueError:
        raise ConfigError(f'{place}: local_time is {raw!r}; write it as "23:30", in quotes') from None


def _refuse(raw: object) -> time:
    raise ValueError(raw)  # YAML reads 23:30 without quotes as a number


def normalise(text: str) -> str:
    """The spelling under which texts are compared: case, ё, dashes, apostrophes and spaces, also between thousands."""
    return _THOUSANDS.sub("", " ".join(text.casefold().translate(_LETTERS).split()))


def says(answer: str, wanted: str) -> bool:
    """Whether an answer holds a text. Figures are whole: `3 000` stands in `3000 ₸`, not in `13 000`."""
    text = normalise(wanted)
    before = r"(?<!\d)" if text[:1].isdigit() else ""
    after = r"(?!\d)" if text[-1:].isdigit() else ""
    return re.search(before + re.escape(text) + after, normalise(answer)) is not None


def has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)
