"""Four shops whose sums are asked: the sample one, a salon, a school and a furniture shop."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from app.figures.shop.catalogue import Catalogue
from app.figures.statements import Statements
from app.knowledge.sections import load, parse_file

HERE = Path(__file__).parent
TODAY = date(2026, 6, 1)
SYNONYMS: dict[str, dict[str, tuple[str, ...]]] = {
    "school": {"ученик": ("ребёнок", "дети", "детей", "человек"), "урок": ("lesson",)},
}


@dataclass(frozen=True)
class Shop:
    catalogue: Catalogue
    statements: Statements


@cache
def shop(name: str) -> Shop:
    path = HERE / "shops" / f"{name}.yaml"
    if not path.exists():
        base = load(HERE.parents[1] / "kb")
        return Shop(Catalogue.of(base.sections, TODAY, base.units), Statements.of(base.sections, TODAY))
    sections = tuple(parse_file(path))
    return Shop(Catalogue.of(sections, TODAY, SYNONYMS.get(name)), Statements.of(sections, TODAY))
