"""A section in the making, and what every reader of a file needs to make one."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from app.knowledge.owners import meanings
from app.types import Fact

_SLUG_CHARS = 50  # of a category and of a name: an id has at most 120
BOLD, ASKED = 7, 8  # levels below the headings' 1..6: a bold line as title; a question in any form but a heading
_QUOTED = re.compile(r'["«“„]([^"«»“”„]+)["»”]')
_LATIN = meanings("latin")


@dataclass(slots=True)
class SectionDraft:
    """A section in the making; `facts` are those of lines whose figures a column's head explains."""

    line: int
    level: int = 0
    title: str = ""
    questions: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    category: str = ""
    fields: dict[str, Any] = field(default_factory=dict)  # what only a CSV column sets
    answered: bool = False

    @property
    def text(self) -> str:
        return re.sub(r"\n\s*\n\s*\n", "\n\n", "\n".join(self.lines)).strip()

    @property
    def name(self) -> str:
        """What its figures are figures of, where no word beside them says so."""
        asked = self.questions[0] if self.questions else ""
        return self.title or asked.rstrip("?! ") or asked or self.text[:_SLUG_CHARS].strip()


def questions_in(title: str) -> list[str]:
    """The questions that a title asks, in words or as a customer's quoted words; none if it is a plain title."""
    parts = [part.strip() for part in re.split(r"\n|\s/\s", title) if part.strip()]
    parts = [q for p in parts for q in (re.split(r"(?<=\?)\s+", p) if p.endswith("?") else [p])]
    if not any(part.rstrip('"»” ').endswith("?") or _QUOTED.fullmatch(part) for part in parts):
        return []
    return [quoted[1] if (quoted := _QUOTED.fullmatch(part)) else part for part in parts]


def slug(text: str) -> str:
    """Latin snake_case, cut between words; a text without letters gets a name from its hash."""
    latin = "".join(_LATIN.get(char, char) for char in text.lower())
    slug = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")
    if len(slug) > _SLUG_CHARS:
        slug = slug[: _SLUG_CHARS + 1].rpartition("_")[0] or slug[:_SLUG_CHARS]
    return slug or hashlib.sha256(text.encode()).hexdigest()[:8]
