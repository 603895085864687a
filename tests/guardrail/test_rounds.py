"""Drafts of rounds.yaml against the sample knowledge base, and of salon.yaml against a shop whose prices stand in texts alone."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.guardrail import Context, Verdict, check, explain
from app.knowledge.sections import load
from app.types import Passage, Section
from loadtests.service import ROOT
from tests.guardrail.sample import SHOP
from tests.thrift import parsed

HERE = Path(__file__).parent
ROUNDS = parsed((HERE / "rounds.yaml").read_text("utf-8"))
SALON = parsed((HERE / "salon.yaml").read_text("utf-8"))


@cache
def base() -> dict[str, Section]:
    return {section.id: section for section in load(ROOT / "kb").sections}


@cache
def salon() -> dict[str, Section]:
    return {name: Section(id=name, category="salon", **told) for name, told in SALON["sections"].items()}


def judge(case: dict[str, Any], sections: dict[str, Section], **more: Any) -> Verdict:
    passages = tuple(Passage(sections[name], 1.0) for name in case["sections"])
    said = {name: tuple(value) if isinstance(value, list) else value for name, value in case.items()}
    for name in ("sections", "draft", "honest"):
        said.pop(name, None)
    return check(case["draft"], Context(passages, **said, **more))


@pytest.mark.parametrize("case", ROUNDS["honest"], ids=range(len(ROUNDS["honest"])))
def test_an_honest_draft_passes(case: dict[str, Any]) -> None:
    verdict = judge(case, base(), shop=SHOP)
    assert verdict.ok, explain(verdict, case["draft"])


@pytest.mark.parametrize("case", ROUNDS["wrong"], ids=range(len(ROUNDS["wrong"])))
def test_a_wrong_draft_is_refused(case: dict[str, Any]) -> None:
    assert not judge(case, base(), shop=SHOP).fit, case["draft"]


@pytest.mark.parametrize("case", SALON["drafts"], ids=range(len(SALON["drafts"])))
def test_texts_without_facts_are_a_price_list_too(case: dict[str, Any]) -> None:
    verdict = judge(case, salon())
    assert verdict.fit == case["honest"], explain(verdict, case["draft"])
