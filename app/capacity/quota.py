"""Quota: something that may be done in so many turns of a hundred and no more, over any stretch of them."""

from collections import deque


class Quota:
    """At most one in `of` turns, over the last `window` of them and since the start. Not for several threads."""

    def __init__(self, of: int = 4, window: int = 40) -> None:
        self._of = of
        self._taken: deque[int] = deque(maxlen=window)

    def came(self) -> None:
        """One turn more."""
        self._taken.append(0)

    def take(self) -> bool:
        """Whether it may be done in a turn that has come; then it counts as done."""
        if (sum(self._taken) + 1) * self._of > len(self._taken):
            return False
        self._taken[-1] += 1
        return True
