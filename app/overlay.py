"""The layers of the settings, laid one over another: the package's defaults, a file, the environment.

An unknown key is a ConfigError that names the nearest known one; an unknown flag switches nothing, so it is only noted.
"""

import difflib
from collections.abc import Collection, Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from app.errors import ConfigError
from app.packaged import parsed

ENV_PREFIX = "MACHINE_"
FLAG_PREFIX = "FF_"
_SWITCH = TypeAdapter(bool)


class Layers:
    """The tree of settings while its layers are laid; a later one wins.

    `bot_keys` are those of a bot, `bot_paths` those of them that are paths relative to the file that names them.
    """

    def __init__(self, defaults: str, name: str, *, bot_keys: Collection[str], bot_paths: Collection[str]) -> None:
        self.tree = _read_yaml(defaults, name)
        self.notes: list[str] = []
        """What was said of flags that nobody knows, a sentence each."""
        self._known = frozenset(_leaves(self.tree))
        self._bot_keys, self._bot_paths = frozenset(bot_keys), tuple(bot_paths)
        self._said: dict[str, str] = {}

    def lay_file(self, text: str, path: Path) -> None:
        """The file's text over what is there. Raises ConfigError with the key and the nearest known one."""
        name = str(path)
        for group, values in _read_yaml(text, name).items():
            if group not in self.tree:
                raise ConfigError(f"{name}: unknown group {str(group)!r}; {nearest(str(group), self.tree)}")
            if not isinstance(values, Mapping):
                raise ConfigError(f"{name}: {group!r} holds {values!r}; write its keys indented below it")
            if group == "bots":  # its keys are names of the owner's own
                self.tree[group] = {str(bot): self._bot(bot, spec, path.parent) for bot, spec in values.items()}
            elif group == "flags":
                for flag, value in values.items():
                    self._flag(str(flag), value, f"{name}: flags.{flag}", "")
            else:
                self._group(self.tree[group], group, values, name)

    def lay_environment(self, environ: Mapping[str, str]) -> None:
        """Its MACHINE_ and FF_ variables over what is there. Raises ConfigError with the nearest known name."""
        said = dict[str, tuple[str, str]]()
        for variable, raw in environ.items():
            if variable.startswith(FLAG_PREFIX):
                flag = variable.removeprefix(FLAG_PREFIX)
                twin, other = said.setdefault(flag.lower(), (variable, raw))
                if raw != other:
                    raise ConfigError(f"environment: {twin} is {other!r} and {variable} is {raw!r}; keep one of them")
                self._flag(flag, raw, f"environment: {variable}", FLAG_PREFIX)
            elif variable.startswith(ENV_PREFIX):
                place = variable.removeprefix(ENV_PREFIX).lower().replace("__", ".")
                if place not in self._known:
                    raise ConfigError(
                        f"environment: {variable!r} names no setting; {nearest(place, self._known)} "
                        "(MACHINE_GROUP__KEY)"
                    )
                *groups, key = place.split(".")
                if groups == ["flags"]:
                    self._said[key] = f"environment: {variable}"
                reduce(lambda inside, group: inside[group], groups, self.tree)[key] = raw

    def flags(self) -> dict[str, bool]:
        """The flags that some layer has set, as true or false. Raises ConfigError for a value that is neither."""
        return {flag: self._switched(flag) for flag in self._said}

    def _switched(self, flag: str) -> bool:
        value = self.tree["flags"][flag]
        try:
            return _SWITCH.validate_python(value)
        except ValidationError:
            raise ConfigError(
                f"settings: flags.{flag}: {self._said[flag]} is {value!r}; "
                "write true or false (1 and 0, yes and no, on and off are read too)"
            ) from None

    def _flag(self, flag: str, value: object, place: str, prefix: str) -> None:
        flags, name = self.tree["flags"], flag.lower()
        if name in flags:
            flags[name], self._said[name] = value, place
        else:
            known = [f"{prefix}{each}" for each in flags]
            self.notes.append(f"{place} is no flag and switches nothing; {nearest(f'{prefix}{name}', known)}")

    def _group(self, base: dict[str, Any], place: str, values: Mapping[str, Any], name: str) -> None:
        for key, value in values.items():
            inside, own = f"{place}.{key}", base.get(key)
            if isinstance(own, dict) and isinstance(value, Mapping):  # dialogue.persona
                self._group(own, inside, value, name)
            elif isinstance(own, dict):
                raise ConfigError(f"{name}: {inside!r} holds {value!r}; write its keys indented below it")
            elif inside not in self._known:
                raise ConfigError(f"{name}: unknown key {inside!r}; {nearest(inside, self._known)}")
            else:
                base[key] = value

    def _bot(self, bot: str, spec: object, folder: Path) -> object:
        """A bot's settings with its paths made relative to the settings file that names it."""
        if not isinstance(spec, Mapping):
            return spec
        for key in spec:
            if key not in self._bot_keys:
                raise ConfigError(f"settings: unknown key 'bots.{bot}.{key}'; {nearest(str(key), self._bot_keys)}")
        return {**spec, **{key: folder / str(spec[key]) for key in self._bot_paths if spec.get(key)}}


def nearest(name: str, known: Collection[str]) -> str:
    """A hint: the known name that is nearest, or all of them."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known))}"


def _read_yaml(text: str, name: str) -> dict[str, Any]:
    try:
        tree = parsed(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        raise ConfigError(f"{place}: not readable as YAML: {getattr(error, 'problem', error)}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"{name}: the top level is a {type(tree).__name__}; write `group:` and its keys below it")
    return tree


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
