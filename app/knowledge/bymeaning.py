"""The half of a search by meaning: several questions in one call of the embedder, a similarity for every section."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from app.deadline import Deadline
from app.knowledge.bywords import ByWords
from app.knowledge.dense import DenseIndex, Vectors, parts
from app.knowledge.models import EmbedderCalls
from app.types import Section

_BEFORE = 0.7  # of the similarity of a message that leans on the one before is with it; the rest is the message's alone


class MeaningSearch:
    """The sections' vectors and the model that made them. The construction blocks, and raises Unavailable.

    What the cache holds is not embedded again.
    """

    def __init__(self, sections: Sequence[Section], calls: EmbedderCalls) -> None:
        split = [parts(section) for section in sections]
        vectors = calls.vectors([part for each in split for part in each])
        self._index = DenseIndex(sections, vectors, [len(each) for each in split])
        self._calls = calls
        self.weight = calls.weight

    async def similarities(
        self, asked: Sequence[ByWords], today: date, deadline: Deadline | None = None
    ) -> list[Vectors]:
        """For each what DenseIndex.similarities gives, shape (sections,). Raises Degraded.

        A short message beside the long one before it is lost in one vector, and alone it says too little: a message
        that leans on the one before is compared both ways.
        """
        texts = list(dict.fromkeys(text for each in asked for text in (each.natural, each.alone) if text.strip()))

        def compared() -> dict[str, Vectors]:
            vectors = self._calls.embedder.queries(texts)
            return {text: self._index.similarities(row, today) for text, row in zip(texts, vectors, strict=True)}

        found = await self._calls.model.call(compared, deadline)
        return [self._together(found[each.natural], found.get(each.alone)) for each in asked]

    @staticmethod
    def _together(whole: Vectors, alone: Vectors | None) -> Vectors:
        if alone is None or alone is whole:
            return whole
        return np.asarray(_BEFORE * whole + (1 - _BEFORE) * alone, dtype=np.float32)
