"""An index of a knowledge base is made once a process, not for each of the hundred machines that search the same one.

Nothing of an index changes once it is made: what is published later is another. A run with `--typed` makes each anew.
"""

from datetime import date

from app.knowledge.models import Models
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase
from app.knowledge.shelf import build_retriever
from app.service import assembly
from app.settings import Settings

_made: dict[object, Retriever] = {}


def _once(base: KnowledgeBase, settings: Settings, models: Models, today: date) -> Retriever:
    if models.dense or models.rerank:
        return build_retriever(base, settings, models, today)
    flags = settings.flags
    limits = (settings.retriever.min_coverage, settings.retriever.min_similarity)
    key = (base.version, repr((base.shop, base.units)), *limits, flags.spelling, flags.query_context, today)
    if key not in _made:
        _made[key] = build_retriever(base, settings, models, today)
    return _made[key]


def index_once() -> None:
    """From now on a machine that is opened takes the index of one before it that searches the same in the same way."""
    assembly.build_retriever = _once
