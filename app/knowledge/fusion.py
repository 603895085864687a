"""Words and meaning in one score: what the words say, and beside it how far meaning lifts a section above the others.

Cosines of one model crowd into a few hundredths and those of another spread wide, so they count as standard scores;
what one of those is worth beside words belongs to the embedder and is measured (`machine kb calibrate`), never assumed.
Places alone (reciprocal rank fusion) spoil the better of two rankings where one is much better: docs/benchmarks.md.
"""

import numpy as np

from app.knowledge.dense import Vectors

_FLAT = 1e-6  # a spread below this is rounding


def combine(lexical: Vectors, similarities: Vectors, weight: float) -> Vectors:
    """`lexical / its best + weight * standard score of the cosine` for every section, shape (sections,).

    `similarities` is minus infinity for an expired section, and so is its score.
    """
    valid = np.isfinite(similarities)
    scores = np.full(len(similarities), -np.inf, dtype=np.float32)
    if not valid.any():
        return scores
    cosines = similarities[valid].astype(np.float64)
    spread = float(cosines.std())
    standard = (cosines - cosines.mean()) / spread if spread > _FLAT else np.zeros(len(cosines))
    best = float(lexical[valid].max())
    words = lexical[valid] / best if best > 0 else np.zeros(len(cosines))
    scores[valid] = words + weight * standard
    return scores
