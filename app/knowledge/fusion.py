"""Reciprocal rank fusion: several rankings into one, by places alone, because scores of different kinds do not add up.

Cormack, Clarke and Buettcher, SIGIR 2009.
"""

from collections.abc import Sequence

K = 60
"""How little the first places differ: rank 1 is worth 1/61, rank 2 is worth 1/62."""


def fuse(*rankings: Sequence[int], k: int = K) -> list[tuple[int, float]]:
    """(item, sum over the rankings of 1 / (k + place)), best first; places count from 1.

    An item missing from a ranking gets nothing from it. Of equals the one with the better single place comes first,
    then the one that an earlier ranking places better.
    """
    scores: dict[int, float] = {}
    places: dict[int, list[float]] = {}
    for number, ranking in enumerate(rankings):
        for place, item in enumerate(ranking, 1):
            scores[item] = scores.get(item, 0.0) + 1 / (k + place)
            places.setdefault(item, [float("inf")] * len(rankings))[number] = place
    return sorted(scores.items(), key=lambda pair: (-pair[1], min(places[pair[0]]), places[pair[0]]))
