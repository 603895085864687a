"""What is asked of a search, what it found, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.types import Passage


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing to search. `previous` is the customer's message before, for a text that leans on it.

    `without` are words that the customer rejected ("not the rent"): they count for nothing, and sections that are
    about them fall back.
    """

    text: str
    previous: str | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: `passages` best first, empty when nothing answers the question well enough."""

    passages: tuple[Passage, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Time per stage that ran: lexical, dense, rerank."""
    degraded: tuple[str, ...] = ()
    """Models that this search did without, as `part:reason`, such as `dense:timeout` (app/knowledge/models.py)."""
    version: str = ""
    """Of the knowledge base that was searched: a newer one may have been swapped in meanwhile."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a query was searched, stage by stage, for `machine kb explain`."""

    query: str
    in_context: str
    corrected: str
    coverage: float
    """How well (0..1) the lexically best sections cover what the query is about (app/knowledge/coverage.py)."""
    enough: bool
    """Whether that is enough to answer from: if not, the machine says that it does not know."""
    passages: tuple[Passage, ...]
    similarity: float | None = None
    """Cosine (-1..1) of the section nearest in meaning; None without an embedder."""
    relevance: float | None = None
    """The reranker's score (0..1) of the best passage; None without a reranker."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()
