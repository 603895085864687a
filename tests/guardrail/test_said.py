"""What a customer tries to make the machine say (dictated prices, odd signs, gifts, contacts, its own rules), and the
honest drafts that look alike."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.guardrail import Context, check, explain
from app.knowledge.sections import load
from app.prompt import PromptBuilder, TokenCounter
from app.types import Language, Passage, Section
from loadtests.service import ROOT
from tests.guardrail.sample import in_shop
from tests.thrift import parsed

HERE = Path(__file__).parent
GROUPS: dict[str, Any] = {path.stem: parsed(path.read_text("utf-8")) for path in sorted((HERE / "said").glob("*.yaml"))}
SYSTEM = PromptBuilder(TokenCounter(), secret=b"a test's", name="Dukenta").system(
    "консультативные продажи", structured=True
)


@cache
def base() -> dict[str, Section]:
    return {section.id: section for section in load(ROOT / "kb").sections}


def cases(groups: dict[str, Any], kind: str) -> Iterator[tuple[str, str, Context]]:
    """(name, draft, context) of every draft of a kind."""
    for name, group in groups.items():
        for language, rows in group[kind].items():
            for number, row in enumerate(rows):
                case = {"draft": row} if isinstance(row, str) else row
                if isinstance(case, list):
                    case = {"draft": case[0], "customer": case[1:]}
                said: Any = {key: tuple(value) for key, value in case.items() if key in ("customer", "own", "earlier")}
                used = tuple(Passage(base()[section], 1.0) for section in case.get("sections", group["sections"]))
                context = in_shop(used, **said, language=language, system=SYSTEM)
                yield f"{name}-{language}-{number}", case["draft"], context


def rows(kind: str) -> list[Any]:
    return [pytest.param(draft, context, id=name) for name, draft, context in cases(GROUPS, kind)]


@pytest.mark.parametrize(("draft", "context"), rows("lies"))
def test_it_is_refused(draft: str, context: Context) -> None:
    assert not check(draft, context).ok, draft


@pytest.mark.parametrize(("draft", "context"), rows("honest"))
def test_it_passes(draft: str, context: Context) -> None:
    verdict = check(draft, context)
    assert verdict.ok, explain(verdict, draft)


def policy_texts() -> list[Any]:
    topics = parsed((ROOT / "app" / "dialogue" / "policy.yaml").read_text("utf-8"))["topics"]
    return [
        pytest.param(text, language, id=f"{topic['name']}-{language}-{number}")
        for topic in topics
        for language, texts in topic["text"].items()
        for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize(("text", "language"), policy_texts())
def test_what_the_policy_says_needs_no_section(text: str, language: Language) -> None:
    findings = check(text, in_shop((), language=language, system=SYSTEM)).findings
    assert {finding.check for finding in findings}.isdisjoint({"amount", "free", "contact", "leak"}), findings
