"""The sample shop, and what its drafts are judged against: as the service fills it in, so that both understand its words."""

from typing import Any

from app.guardrail import Context
from app.guardrail.text.lexicon import lexicon
from app.knowledge.sections import load
from app.types import Passage
from loadtests.service import ROOT

BASE = load(ROOT / "kb")
SHOP = BASE.shop
LEXICON = lexicon(SHOP)


def in_shop(passages: tuple[Passage, ...] = (), customer: tuple[str, ...] = (), **more: Any) -> Context:
    """The context of a draft of the sample shop."""
    return Context(passages, customer, **{"shop": SHOP, **more})
