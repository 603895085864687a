"""What a search in the sample knowledge base finds by words: in three languages, behind a message, without what is rejected."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.knowledge.retriever import Retriever
from app.knowledge.sections import load
from loadtests.service import ROOT
from tests.thrift import parsed

TODAY = date(2026, 6, 1)


@cache
def shop() -> Retriever:
    return Retriever(load(ROOT / "kb"), today=TODAY)


@pytest.mark.parametrize(
    "row", parsed(Path(__file__).with_name("found.yaml").read_text("utf-8")), ids=lambda row: row["asks"]
)
def test_what_is_found(row: dict[str, Any]) -> None:
    found = shop().search(row["asks"], top_k=2, today=TODAY, previous=row.get("before"), without=row.get("without", ()))
    assert [passage.section.id for passage in found] == row["found"]
