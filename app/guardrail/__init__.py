"""The guardrail: pure checks of a draft against the sections in use. `check` repairs what is harmless first."""

from app.guardrail.addresses import addresses_of, known_addresses
from app.guardrail.complete.adding import addable
from app.guardrail.judging import CUT, check, cut, explain, tidy
from app.guardrail.known import KnownWords, known_words
from app.guardrail.model import Context, Finding, Verdict
from app.guardrail.premises import asserted, lowest_share, premises
from app.guardrail.table import CHECKS

__all__ = [
    "CHECKS",
    "CUT",
    "Context",
    "Finding",
    "KnownWords",
    "Verdict",
    "addable",
    "addresses_of",
    "asserted",
    "check",
    "cut",
    "explain",
    "known_addresses",
    "known_words",
    "lowest_share",
    "premises",
    "tidy",
]
