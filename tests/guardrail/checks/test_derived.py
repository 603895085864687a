"""Figures that follow from the prices pass, however they are said; those that do not are refused."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.guardrail import Verdict, check
from app.guardrail.known import known_words
from app.types import Fact, Passage, Section
from tests.guardrail.sample import in_shop
from tests.thrift import parsed

HERE = Path(__file__).parent
FILES = {name: parsed((HERE / f"{name}.yaml").read_text("utf-8")) for name in ("derived", "worded_honest")}


def sections_of(written: dict[str, Any]) -> dict[str, Section]:
    return {
        name: Section(
            id=name,
            category="trade",
            title=row["title"],
            text=row["text"],
            language=row.get("language", "ru"),
            keywords=tuple(row.get("keywords", ())),
            facts=tuple(Fact(**{**fact, "amount": Decimal(fact["amount"])}) for fact in row.get("facts", ())),
        )
        for name, row in written["sections"].items()
    }


def rows(kind: str) -> list[Any]:
    return [
        pytest.param(name, row, id=row["draft"]) for name, written in FILES.items() for row in written.get(kind, ())
    ]


def judged(name: str, row: dict[str, Any]) -> Verdict:
    sections = sections_of(FILES[name])
    context = in_shop(
        tuple(Passage(sections[used], 1.0) for used in row["sections"]),
        customer=tuple(row.get("customer", ())),
        earlier=tuple(row.get("earlier", ())),
        language=row.get("language", "ru"),
        known=known_words(tuple(sections.values())),
    )
    return check(row["draft"], context)


@pytest.mark.parametrize(("name", "row"), rows("honest"))
def test_what_follows_passes(name: str, row: dict[str, Any]) -> None:
    verdict = judged(name, row)
    assert verdict.ok, verdict.findings


@pytest.mark.parametrize(("name", "row"), rows("lies"))
def test_what_does_not_is_refused(name: str, row: dict[str, Any]) -> None:
    assert not judged(name, row).ok
