"""Four shops whose sums are asked: the sample one, a salon, a school and a furniture shop."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from app.figures.catalogue import Catalogue
from app.figures.statements import Statements
from app.knowledge.sections import load, parse_file

HERE = Path(__file__).parent
TODAY = date(2026, 6, 1)
SYNONYMS = {
    "sample": {
        "магазин": ("точка", "филиал", "дүкен", "shop", "store"),
        "касса": ("register", "till"),
        "сотрудник": ("продавец", "кассир", "қызметкер", "employee"),
    },
    "salon": {},
    "school": {"ученик": ("ребёнок", "дети", "детей", "человек"), "урок": ("lesson",)},
    "furniture": {},
}


@dataclass(frozen=True)
class Shop:
    catalogue: Catalogue
    statements: Statements


@cache
def shop(name: str) -> Shop:
    path = HERE / "shops" / f"{name}.yaml"
    sections = tuple(parse_file(path)) if path.exists() else load(HERE.parents[1] / "kb").sections
    return Shop(Catalogue.of(sections, TODAY, SYNONYMS[name]), Statements.of(sections, TODAY))
