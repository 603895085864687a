"""YAML files -> frozen Sections. A file that cannot be read stops the load with its place and the fix."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from app.errors import ConfigError
from app.knowledge.naming import Named, Spoken, together, with_names
from app.knowledge.owners import meanings
from app.knowledge.shops import LINE, ShopModel, Words, told
from app.language.identify import written_in
from app.types import Fact, FactKind, Language, Period, Section, Shop

_MERGE = "tag:yaml.org,2002:merge"
_SUFFIXES = (".yaml", ".yml")
_CURRENCIES = meanings("codes")
_PERIODS = meanings("periods")
_AMOUNT = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")


class _FactModel(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    amount: Decimal
    currency: str | None = None
    unit: str | None = None
    period: Period | None = None
    product: Words | None = None
    kind: FactKind | None = None
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    quantity_unit: Words | None = None
    applies_to: tuple[Words, ...] = ()
    conditions: tuple[Words, ...] = ()

    @field_validator("amount", "min_quantity", "max_quantity", mode="before")
    @classmethod
    def _plain_number(cls, value: object) -> object:
        if value is None:
            return value
        if not _AMOUNT.fullmatch(str(value)):
            raise ValueError(f"{value!r} is no plain number; write 14900 or 99.5")
        return str(value)

    @field_validator("currency", mode="before")
    @classmethod
    def _iso(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        code = _CURRENCIES.get(value.strip(".").lower(), value.upper())
        if len(code) != 3 or not code.isascii() or not code.isalpha():
            raise ValueError(f"{value!r} is no currency; use an ISO code such as KZT")
        return code

    @field_validator("period", mode="before")
    @classmethod
    def _english(cls, value: object) -> object:
        return _PERIODS.get(value.lower(), value) if isinstance(value, str) else value


class _SectionModel(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    id: str = Field(pattern=r"^\S{1,120}$")
    text: Words
    title: str = ""
    questions: list[Words] = []
    keywords: list[Words] = []
    priority: int = Field(default=5, ge=0, le=100)
    language: Language | None = None
    valid_until: date | None = None
    facts: list[_FactModel] = []


class _FileModel(BaseModel):
    model_config = ConfigDict(extra="forbid")

    category: str | None = None
    shop: ShopModel | None = None
    units: dict[Words, tuple[Words, ...]] = {}
    names: Named = {}
    sections: list[dict[str, Any]]


class _Loader(yaml.CSafeLoader):
    """CSafeLoader that notes each mapping's line, refuses a key written twice, and reads 0100 and 1:30 as text.

    YAML 1.1 takes those for octal and base-60 numbers: a price list must not.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag != _MERGE and isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key_node.value!r} stands twice in one mapping", key_node.start_mark
                    )
                seen.add(key_node.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        mapping[LINE] = node.start_mark.line + 1
        return mapping


_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NUMBERS]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_NUMBERS[0], re.compile(r"^[-+]?(0|[1-9][0-9]*)$"), list("-+0123456789"))


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """A loaded knowledge base. `digest` (sha256, hex) names its content, whatever its folder is called."""

    sections: tuple[Section, ...]
    digest: str
    folder: Path | None = field(default=None, compare=False)
    """Where it was read from, every link resolved."""
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other words for what is counted: a fact's unit -> what customers call it."""
    shop: Shop = Shop()  # noqa: RUF009 - frozen
    names: Spoken = field(default_factory=dict)
    """What its facts and units are called in other languages."""

    @property
    def version(self) -> str:
        """Short name of the content, recorded with every reply."""
        return self.digest[:12]

    def valid(self, today: date) -> tuple[Section, ...]:
        """The sections that may be said today."""
        return tuple(s for s in self.sections if s.valid_until is None or s.valid_until >= today)


def load(folder: Path) -> KnowledgeBase:
    """Reads every *.yaml of `folder` (not of folders below it), in name order.

    A link is followed once: all files come from one folder, even when the link is switched meanwhile.
    Raises ConfigError with file and line for unreadable YAML, a wrong field, an empty folder, an id used twice or two
    shops.
    """
    place = folder.resolve() if folder.is_dir() else folder
    files = _files(place)
    sections = _sections(files)
    first: dict[str, Section] = {}
    for section in sections:
        other = first.setdefault(section.id, section)
        if other is not section:
            raise ConfigError(f"{section.source}: id {section.id!r} is already used at {other.source}; rename one")
    units: dict[str, tuple[str, ...]] = {}
    for _, file in files:
        for unit, words in file.units.items():
            units[unit] = (*units.get(unit, ()), *words)
    shop, names = _shop(files), together((path.name, file.names) for path, file in files)
    content = _with_shop(with_names(_with_units(digest(sections), units), names), shop)
    return KnowledgeBase(sections, content, place, units, shop, names)


def parse(folder: Path) -> tuple[Section, ...]:
    """Like `load`, but ids may repeat: the linter wants to see them all."""
    return _sections(_files(folder))


def parse_file(path: Path) -> list[Section]:
    """The sections of one file. Raises ConfigError with file and line."""
    return list(_sections([(path, _file(path))]))


def _files(folder: Path) -> list[tuple[Path, _FileModel]]:
    if not folder.is_dir():
        raise ConfigError(f"knowledge base {str(folder)!r} is no folder; name one with --kb")
    files = sorted(p for p in folder.iterdir() if p.suffix in _SUFFIXES and p.is_file())
    if not files:
        raise ConfigError(f"knowledge base {str(folder)!r} holds no *.yaml file; name another folder with --kb")
    return [(path, _file(path)) for path in files]


def _sections(files: Iterable[tuple[Path, _FileModel]]) -> tuple[Section, ...]:
    return tuple(_section(raw, file.category or path.stem, path.name) for path, file in files for raw in file.sections)


def _with_units(sections: str, units: Mapping[str, tuple[str, ...]]) -> str:
    """The digest of a base without words for its units is that of its sections."""
    return hashlib.sha256(f"{sections}{sorted(units.items())}".encode()).hexdigest() if units else sections


def _shop(files: Iterable[tuple[Path, _FileModel]]) -> Shop:
    """Who answers: told in one file."""
    shops = [(path.name, file.shop) for path, file in files if file.shop is not None]
    if len(shops) > 1:
        raise ConfigError(f"{shops[1][0]}: shop stands in {shops[0][0]} too; leave one of them")
    return next((told(own) for _, own in shops), Shop())


def _with_shop(content: str, shop: Shop) -> str:
    """The digest of a base that does not say who answers is that of the rest."""
    if shop == Shop():
        return content
    things = f"\n{shop.things}" if shop.things else ""
    return hashlib.sha256(f"{content}{shop.name}\n{shop.sells}{things}".encode()).hexdigest()


def _file(path: Path) -> _FileModel:
    try:
        tree = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path.name}:{mark.line + 1}:{mark.column + 1}" if mark else path.name
        raise ConfigError(f"{place}: not readable as YAML: {getattr(error, 'problem', None) or error}") from None
    return _checked(_FileModel, tree, path.name, 1)


def digest(sections: Iterable[Section]) -> str:
    """sha256 over the content of the sections, independent of files and order."""
    whole = hashlib.sha256()
    for section in sorted(sections, key=lambda s: s.id):
        whole.update(repr(replace(section, source="")).replace(_UNSAID, "").encode())
    return whole.hexdigest()


# So a base that says none of these keeps the version that it had before facts could say them.
_UNSAID = ", product=None, kind=None, min_quantity=None, max_quantity=None, quantity_unit=None"
_UNSAID += ", applies_to=(), conditions=()"

_PLAIN = {
    "tuple_type": "must be a list: [one, another]",
    "string_type": "must be a text; a number, or what holds a comma inside a list, stands in quotes",
}
_Model = TypeVar("_Model", bound=BaseModel)


def _checked(model: type[_Model], tree: object, name: str, line: int) -> _Model:
    try:
        return model.model_validate(_without_lines(tree) if model is not _FileModel else _shallow(tree))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        known = sorted(model.model_fields)
        hint = f"; known here: {', '.join(known)}" if first["type"] == "extra_forbidden" else ""
        said = _PLAIN.get(first["type"], first["msg"])
        raise ConfigError(f"{name}:{line}: {where}: {said}{hint}") from None


def _section(raw: dict[str, Any], category: str, name: str) -> Section:
    line = raw.get(LINE, 1)
    model = _checked(_SectionModel, raw, name, line)
    return Section(
        id=model.id,
        text=model.text.strip(),
        category=category,
        title=model.title.strip(),
        questions=tuple(model.questions),
        keywords=tuple(model.keywords),
        priority=model.priority,
        language=model.language or written_in(model.text),
        valid_until=model.valid_until,
        facts=tuple(Fact(**fact.model_dump()) for fact in model.facts),
        source=f"{name}:{line}",
    )


def _shallow(tree: object) -> object:
    """Without its own line and those of its small mappings: the sections keep theirs."""
    if not isinstance(tree, dict):
        return tree
    return {k: v if k == "sections" else _without_lines(v) for k, v in tree.items() if k != LINE}


def _without_lines(tree: object) -> object:
    if isinstance(tree, dict):
        return {key: _without_lines(value) for key, value in tree.items() if key != LINE}
    if isinstance(tree, list):
        return [_without_lines(item) for item in tree]
    return tree
