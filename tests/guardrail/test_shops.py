"""Drafts about eight small shops, by all checks: what is honest passes, what turns a price, an hour or a side is refused."""

import asyncio
from functools import cache
from pathlib import Path

import pytest

from app.evaluation.guarding.drafts import JudgedDraft, read_drafts
from app.evaluation.guarding.judging import contexts
from app.guardrail import Context, check, explain
from app.knowledge.models import Models
from app.service.assembly import open_bots
from app.settings import load
from tests.thrift import parsed

HERE = Path(__file__).parent / "shops"
DRAFTS = [
    (shop, number)
    for shop in ("hire", "rink", "bikes", "pool", "atelier", "wash", "kennel", "cowork")
    for number in range(len(parsed((HERE / shop / "drafts.yaml").read_text("utf-8"))["drafts"]))
]


@cache
def judged(shop: str) -> tuple[tuple[JudgedDraft, Context], ...]:
    bot = open_bots(load(), HERE / shop / "kb", key=bytes(32), models=Models()).default
    cases = read_drafts([HERE / shop / "drafts.yaml"])
    return tuple(zip(cases, asyncio.run(contexts(cases, bot, load())), strict=True))


@pytest.mark.parametrize(("shop", "number"), DRAFTS)
def test_a_draft_is_true_or_refused(shop: str, number: int) -> None:
    case, context = judged(shop)[number]
    verdict = check(case.draft, context)
    assert verdict.ok is case.honest, explain(verdict, case.draft)
