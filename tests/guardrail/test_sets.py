"""300 drafts that were written before the checks: invented prices are stopped, honest answers are not."""

from pathlib import Path
from typing import Any

import pytest

from app.guardrail import Verdict, check
from app.knowledge.sections import load
from app.types import Language, Passage, Section
from loadtests.service import ROOT
from tests.guardrail.sample import in_shop
from tests.thrift import parsed

HERE = Path(__file__).parent
KAZAKH = frozenset("әғқңөұүһі")


@pytest.fixture(scope="module")
def sections() -> dict[str, Section]:
    return {section.id: section for section in load(ROOT / "kb").sections}


def language_of(text: str) -> Language:
    if KAZAKH & set(text.lower()):
        return "kk"
    letters = [letter for letter in text if letter.isalpha()]
    return "en" if sum(letter.isascii() for letter in letters) > len(letters) / 2 else "ru"


def judged(name: str, sections: dict[str, Section]) -> list[tuple[dict[str, Any], Verdict]]:
    cases = parsed((HERE / name).read_text("utf-8"))
    assert len(cases) == 150
    return [
        (
            case,
            check(
                case["draft"],
                in_shop(
                    tuple(Passage(sections[used], 1.0) for used in case["sections"]),
                    customer=(case["customer"],),
                    language=language_of(case["draft"]),
                ),
            ),
        )
        for case in cases
    ]


def test_at_most_one_in_a_hundred_wrong_drafts_passes(sections: dict[str, Section]) -> None:
    passed = [(case["id"], case["kind"], case["draft"]) for case, v in judged("adversarial.yaml", sections) if v.ok]
    assert len(passed) <= 1, passed


def test_at_most_two_in_a_hundred_honest_drafts_are_refused(sections: dict[str, Section]) -> None:
    refused = [
        (case["id"], case["draft"], [(finding.check, finding.detail) for finding in verdict.findings])
        for case, verdict in judged("honest.yaml", sections)
        if not verdict.ok
    ]
    assert len(refused) <= 3, refused
