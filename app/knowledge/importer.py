"""A Markdown or CSV file of questions, answers and prices -> section drafts -> the knowledge base's own YAML.

Drafts are for a sales owner to read over. Words are moved, never dropped: what is not understood is a section's text,
a heading with sections below it is a keyword of each of them, and the document's top heading names the category.
A price list that fits one message stays one section, because customers ask for the list as often as for a line of it;
a longer one becomes a section per line, because nobody reads forty lines in a messenger.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from app.errors import ConfigError
from app.knowledge.drafts import SectionDraft, slug
from app.knowledge.figures import facts_in
from app.knowledge.markdown import markdown_drafts
from app.knowledge.tables import csv_drafts
from app.language.folds import KAZAKH
from app.language.identify import written_in
from app.types import Fact, Language, Section

_KAZAKH_SHARE = 0.05  # of the letters: Kazakh prose has about 0.2, Russian prose with Kazakh names under 0.02
_A, _YA = "\u0430", "\u044f"  # the first and the last letter of Russian
_DEFAULTS = {"priority": 5}


def read(path: Path) -> list[Section]:
    """The drafts in `path` (.md, .markdown, .csv), in its order, with ids that are the same on every run.

    Raises ConfigError with `file:line` and the fix, for all such places of the file at once.
    """
    reader = {".md": markdown_drafts, ".markdown": markdown_drafts, ".csv": csv_drafts}.get(path.suffix.lower())
    if reader is None:
        raise ConfigError(f"{path.name}: only .md, .markdown and .csv can be imported; save a text as Markdown, "
                          "a spreadsheet as CSV")  # fmt: skip
    problems: list[str] = []
    drafts = reader(_decoded(path), slug(path.stem), problems)
    if not (drafts or problems):
        problems.append("1: holds nothing to import; write each question as a heading and the answer below it")
    if problems:
        raise ConfigError("\n".join(f"{path.name}:{problem}" for problem in problems))
    return list(_sections(drafts, path.name))


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read: {error.strerror}; name a file you may read") from None
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Nearly every byte means something in cp1251: prose in it is lower case, KOI8-R or cp866 read as it is not.
        high = [char for char in text if char > "\x7f"]
        prose = sum(_A <= char <= _YA for char in high) * 2 >= len(high) or all(char.isupper() for char in high)
        if "\0" not in text and (encoding == "utf-8-sig" or prose):
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise ConfigError(f"{path.name}:1: neither UTF-8 nor cp1251; save the file as UTF-8")


def _sections(drafts: Sequence[SectionDraft], name: str) -> Iterator[Section]:
    taken: dict[str, int] = {}
    for draft in drafts:
        if (own := draft.fields.get("id")) and taken.setdefault(own, draft.line) != draft.line:
            raise ConfigError(f"{name}:{draft.line}: id {own!r} is already used at line {taken[own]}; rename one")
    cyrillic = any(_A <= char <= _YA for draft in drafts for char in draft.text.lower())
    for draft in drafts:
        words = slug(draft.name)
        stem = words if words == draft.category else f"{draft.category}_{words}"
        tries = (stem if i == 1 else f"{stem}_{i}" for i in range(1, len(drafts) + len(taken) + 2))
        unique = draft.fields.get("id") or next(text for text in tries if text not in taken)
        taken[unique] = draft.line
        said = (fact for line in draft.lines for fact in draft.facts.get(line) or facts_in(line, draft.name))
        facts = _distinct(fact if fact.name else replace(fact, name=draft.name) for fact in said)
        whole = " ".join((draft.title, *draft.questions, draft.text))
        values = {"language": _language(whole, cyrillic), **draft.fields, "id": unique}
        yield Section(text=draft.text, category=draft.category, title=draft.title, questions=tuple(draft.questions),
                      keywords=tuple(dict.fromkeys(draft.keywords)), facts=tuple(facts), source=f"{name}:{draft.line}",
                      **values)  # fmt: skip


def _distinct(facts: Iterable[Fact]) -> Iterator[Fact]:
    """One name never stands for two amounts: the second is called `name (2)`."""
    amounts: dict[Fact, list[Decimal]] = {}
    for fact in facts:
        known = amounts.setdefault(replace(fact, amount=Decimal(0)), [])
        if fact.amount not in known:
            known.append(fact.amount)
            yield fact if len(known) == 1 else replace(fact, name=f"{fact.name} ({len(known)})")


def _language(text: str, cyrillic_file: bool) -> Language:
    letters = [char for char in text.lower() if char.isalpha()]
    if sum(char in KAZAKH for char in letters) > _KAZAKH_SHARE * len(letters):
        return "kk"
    latin = not any(_A <= char <= _YA for char in letters)  # a product's name alone is no English in a Russian file
    return "en" if latin and letters and (not cyrillic_file or len(text.split()) >= 8) else "ru"


class _Block(str):
    """A text to be written with `|`."""


class _Inline(dict[str, Any]):
    """A mapping to be written in one line."""


class _Dumper(yaml.SafeDumper):
    """Writes as the sample knowledge base is written: lists indented, nothing anchored."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        return True

    def text(self, value: str) -> yaml.ScalarNode:
        block = type(value) is _Block
        rare = re.search("[\x85\u2028\u2029]" if block else "[\n\x85\u2028\u2029]", value)  # kept by double quotes only
        return self.represent_scalar("tag:yaml.org,2002:str", value, '"' if rare else "|" if block else None)


_Dumper.add_representer(str, _Dumper.text)
_Dumper.add_representer(_Block, _Dumper.text)
_Dumper.add_representer(_Inline, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value, True))
_Dumper.add_representer(tuple, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, True))


def to_yaml(sections: Sequence[Section], category: str) -> str:
    """A knowledge file that `sections.parse_file` reads back as these sections, all of them in `category`."""
    tree = {"category": category, "sections": [_item(section) for section in sections]}
    text = yaml.dump(tree, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1_000_000)
    return re.sub(r"(?<!^sections:)\n  - id:", "\n\n  - id:", text, flags=re.MULTILINE)


def _item(section: Section) -> dict[str, Any]:
    """The section's keys in the sample's order, without those that hold what they hold by default."""
    item = asdict(section) | {
        "text": _Block(section.text + "\n"),
        "questions": list(section.questions),
        "facts": [_Inline({k: _plain(v) for k, v in asdict(fact).items() if v not in (None, ())})
                  for fact in section.facts],
    }  # fmt: skip
    if written_in(section.text) == section.language:
        del item["language"]
    order = "id title text questions keywords priority language valid_until facts".split()
    return {key: item[key] for key in order if item.get(key) not in (None, "", (), [], _DEFAULTS.get(key))}


def _plain(value: object) -> object:
    return _number(value) if isinstance(value, Decimal) else list(value) if isinstance(value, tuple) else value


def _number(amount: Decimal) -> int | float | str:
    if amount == amount.to_integral_value():
        return int(amount)
    return float(amount) if Decimal(str(float(amount))) == amount else str(amount)
