"""Every word that a check looks for is found in a draft of its own: worded.yaml."""

from pathlib import Path
from typing import Any

import pytest

from app.guardrail import check
from app.types import Passage
from tests.guardrail.sample import in_shop
from tests.guardrail.test_said import base
from tests.thrift import parsed

GROUPS: dict[str, Any] = parsed((Path(__file__).parent / "worded.yaml").read_text("utf-8"))


@pytest.mark.parametrize("name", GROUPS)
def test_each_draft_is_refused_for_its_word(name: str) -> None:
    group = GROUPS[name]
    passages = tuple(Passage(base()[section], 1.0) for section in group.get("sections", ()))
    context = in_shop(passages, language=group.get("language", "ru"))
    drafts = group["drafts"].split("\n" if name == "remains" else "; ")
    assert len(drafts) > 1
    assert not [d for d in drafts if group["check"] not in {finding.check for finding in check(d, context).findings}]


@pytest.mark.parametrize(
    "maker", ["ChatGPT", "Chat GPT", "Chat-GPT", "ЧатGPT", "Чат GPT", "Чат-GPT", "GPT-4", "GPT 4", "GPT4"]
)
def test_a_maker_is_found_in_each_spelling(maker: str) -> None:
    assert "leak" in {finding.check for finding in check(f"Вам отвечает {maker}.", in_shop(())).findings}
