"""A bot's own examples of acts: a YAML file of `act: [lines]`, or a folder of such files, one for each language."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from app.errors import ConfigError
from app.overlay import nearest
from app.understanding.acts import Classifier
from app.understanding.features import MAX_CHARS, features

MOST = 2000
"""Examples of one bot: each is compared with every clause of every message."""
_STRING = "tag:yaml.org,2002:str"
_ENDINGS = (".yaml", ".yml")


def own_examples(path: Path) -> dict[str, tuple[str, ...]]:
    """The lines by act. Raises ConfigError that names the file, the line and what to do."""
    found: dict[str, tuple[str, ...]] = {}
    act_of: dict[str, tuple[str, str]] = {}
    for file in _files(path):
        for act, line, place in _lines(file):
            key = " ".join(line.casefold().split())
            other, first = act_of.setdefault(key, (act, place))
            if other != act:
                raise ConfigError(f"{place}: {line!r} stands under {other!r} too ({first}); keep one of them")
            if first == place:
                found[act] = (*found.get(act, ()), line)
    if not found:
        raise ConfigError(f'examples {str(path)!r} hold no line; write `price:` and, below it, `  - "how much is it"`')
    if len(act_of) > MOST:
        raise ConfigError(f"examples {str(path)!r} hold {len(act_of)} lines; keep the {MOST} that differ most")
    return found


def _files(path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            return [path]
        files = sorted(file for file in path.iterdir() if file.suffix in _ENDINGS and not file.name.startswith("."))
    except OSError as error:
        raise ConfigError(f"examples {str(path)!r} cannot be read: {error.strerror}; correct the path") from None
    if not files:
        raise ConfigError(f"examples {str(path)!r} hold no file; put ru.yaml, kk.yaml or en.yaml there")
    return files


def _lines(file: Path) -> Iterator[tuple[str, str, str]]:
    """(act, line, place)."""
    root = _composed(file)
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError(f"{_place(file, root)}: an act is missing; write `price:` and its lines below it")
    known = Classifier.load().names
    seen: set[str] = set()
    for key, value in root.value:
        act, place = str(key.value), _place(file, key)
        if act not in known:
            raise ConfigError(f"{place}: the act {act!r} is unknown; {nearest(act, known)}")
        if act in seen:
            raise ConfigError(f"{place}: {act!r} stands there twice; put its lines together")
        seen.add(act)
        if not isinstance(value, yaml.SequenceNode):
            raise ConfigError(
                f"{_place(file, value)}: {act!r} holds no list; write its lines below it, each behind `- `"
            )
        for line in value.value:
            yield act, _text(line, act, _place(file, line)), _place(file, line)


def _composed(file: Path) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(file.read_text("utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigError(f"examples {str(file)!r} cannot be read: {error.strerror}; correct the path") from None
    except UnicodeDecodeError:
        raise ConfigError(f"examples {str(file)!r} are no UTF-8 text; save them as UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}" if mark else str(file)
        problem = getattr(error, "problem", None) or error
        raise ConfigError(f"{place}: not readable as YAML: {problem}; quote the line") from None
    return node


def _text(node: yaml.Node, act: str, place: str) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag != _STRING:
        shown = repr(node.value) if isinstance(node, yaml.ScalarNode) else "what stands there"
        raise ConfigError(f"{place}: under {act!r} {shown} is no text; put the line in quotes")
    text = str(node.value)
    if not features(text[:MAX_CHARS]).buckets.size:
        raise ConfigError(f"{place}: under {act!r} {text!r} says nothing; write what a customer writes, or remove it")
    return text


def _place(file: Path, node: yaml.Node) -> str:
    return f"{file}:{node.start_mark.line + 1}"
