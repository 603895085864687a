"""CSV of questions and answers or of prices, in Russian or English columns -> drafts."""

import csv
import re
from dataclasses import replace
from datetime import date
from typing import cast

from app.knowledge.drafts import ASKED, SectionDraft, questions_in, slug
from app.knowledge.figures import BARE, PERIODS, column_kind, facts_in, priced_line
from app.knowledge.owners import listed, meanings
from app.types import Period

_LANGUAGES = meanings("languages")  # by the first letters
_CHECKS = {
    "id": "up to 120 characters without spaces",
    "priority": "a number from 1 to 10",
    "language": "ru, kk or en",
    "valid_until": "a date such as 2027-12-31",
}


def csv_drafts(text: str, stem: str, problems: list[str]) -> list[SectionDraft]:
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.strip(" ;,\t") and not line.startswith("sep=")), 0)
    heads = {mark: next(csv.reader([lines[start]], delimiter=mark), []) for mark in ";,\t"}
    mark = max(heads, key=lambda m: (sum(map(bool, map(column_kind, heads[m]))), len(heads[m])))
    head, known = heads[mark], {column_kind(cell) for cell in heads[mark]}
    if not (known & {"question", "title"} and known & {"text", "price"}):
        problems.append(f"{start + 1}: the first row must name the columns, question and answer or name and price "
                        f"({', '.join(listed('column_hint'))}); it says {lines[start].strip()!r}")  # fmt: skip
        return []
    drafts, number = list[SectionDraft](), start + 2
    reader = csv.reader((line + "\n" for line in lines[start + 1 :]), delimiter=mark, strict=True)
    try:
        for row in reader:
            if len(row) > len(head):
                problems.append(f"{number}: {len(row)} cells for {len(head)} columns; quote a cell that holds {mark!r}")
            elif any(cell.strip() for cell in row):
                drafts.append(from_row(number, head, row, problems))
            number = start + 2 + reader.line_num
    except csv.Error as error:
        problems.append(f"{number}: {error}; put the cell in quotes and double each quote inside it")
    return [replace(draft, category=draft.category or stem) for draft in drafts]


def from_row(number: int, head: list[str], row: list[str], problems: list[str]) -> SectionDraft:
    got: dict[str, str] = {}
    heads: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for name, cell in zip(head, map(str.strip, row), strict=False):
        key = column_kind(name) or ""
        if cell and (not key or key in got):
            others.append((name, cell))
        elif cell:
            got[key], heads[key] = cell, name
    draft = SectionDraft(number, ASKED, got.pop("title", ""))
    for part in filter(str.strip, re.split(r"\n|\s/\s", got.pop("question", ""))):
        draft.questions += questions_in(part) or [part.strip()]
    draft.lines = [line.rstrip() for line in got.pop("text", "").split("\n")]
    draft.keywords = [word for part in re.split(r"[,;|\n]", got.pop("keywords", "")) if (word := part.strip())]
    draft.category = slug(got.pop("category")) if "category" in got else ""
    if "price" in got:
        _add_price(draft, got, heads["price"], problems)
    else:
        others += [(key, got[key]) for key in ("currency", "unit", "period") if key in got]
    draft.lines += [f"{name}: {cell}" for name, cell in others]
    if not draft.text:
        problems.append(f"{number}: {draft.name!r} has no answer and no price; write one or delete the row")
    draft.fields = {key: _checked(key, value, number, problems) for key, value in got.items() if key in _CHECKS}
    return draft


def _add_price(draft: SectionDraft, got: dict[str, str], head: str, problems: list[str]) -> None:
    cell, per = got["price"], [got[key] for key in ("unit", "period") if key in got]
    line, facts = priced_line(draft.title, [(f"price, {got['currency']}" if "currency" in got else head, cell)])
    if BARE.fullmatch(cell) and not facts:
        problems.append(
            f"{draft.line}: the price {cell!r} has no currency; call the column 'price, KZT' or add a column 'currency'"
        )
    line, unit = " / ".join([line, *per]), got.get("unit")
    period = cast(Period | None, PERIODS.get(got.get("period", "").lower().strip(". ")))
    said = {fact.amount for text in draft.lines for fact in facts_in(text, "")}
    if not draft.text or per or not {fact.amount for fact in facts} <= said or not facts:
        draft.lines = [*(text for text in [draft.text] if text), line]
    draft.facts[line] = [replace(fact, unit=unit or fact.unit, period=period or fact.period) for fact in facts]


def _checked(key: str, value: str, number: int, problems: list[str]) -> object:
    """A cell as the value of the section's field of that name."""
    try:
        if key == "valid_until":
            return date.fromisoformat("-".join(part.zfill(2) for part in reversed(value.split("."))))
        if key == "priority" and 1 <= int(value) <= 10:
            return int(value)
        if key == "language" and value.lower()[:2] in _LANGUAGES:
            return _LANGUAGES[value.lower()[:2]]
        if key == "id" and re.fullmatch(r"\S{1,120}", value):
            return value
    except ValueError:
        pass
    problems.append(f"{number}: {key} {value!r}; write {_CHECKS[key]}")
    return None
