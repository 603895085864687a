"""The guardrail: pure checks of a draft against the sections in use. `check` repairs what is harmless first."""

from app.guardrail.addresses import addresses_of, known_addresses
from app.guardrail.judging import check, explain, tidy
from app.guardrail.known import Known, known_words
from app.guardrail.model import Context, Finding, Verdict
from app.guardrail.table import CHECKS

__all__ = [
    "CHECKS",
    "Context",
    "Finding",
    "Known",
    "Verdict",
    "addresses_of",
    "check",
    "explain",
    "known_addresses",
    "known_words",
    "tidy",
]
