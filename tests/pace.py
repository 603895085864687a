"""How fast the machine is just now: a bound in seconds is one for a core of a known pace.

The bounds were set where `_reference` takes NOMINAL_S of CPU time. A virtual machine whose neighbour works does half as much
in a second of its own clock: there the same work may take twice as long, and what is held is the work.
"""

import re
import sys
import time

NOMINAL_S = 0.0055
SLOW = 1.6
"""From here on the long tests take longer than CI has."""
_LOOKS = 5
_TEXT = "Сколько стоит тариф на 3 магазина, 2 сканера и доставка в Актау? " * 200
_WORD = re.compile(r"\w+")


def _reference() -> int:
    """Plain Python of the kind that is measured: patterns, words, dictionaries."""
    counted: dict[str, int] = {}
    for _ in range(4):
        for match in _WORD.finditer(_TEXT):
            word = match[0].lower()
            counted[word] = counted.get(word, 0) + len(word)
    return sum(counted.values())


def slowness() -> float:
    """Times the CPU seconds that the work takes here, at least 1."""
    best = float("inf")
    for _ in range(3):
        started = time.thread_time()
        _reference()
        best = min(best, time.thread_time() - started)
    return max(1.0, best / NOMINAL_S)


def main() -> int:
    """Prints the slowness; exits with 1 where the machine does less than SLOW allows."""
    found = max(slowness() for _ in range(_LOOKS))
    print(f"{found:.2f}")
    return int(found > SLOW)


def within(seconds: float, bound: float) -> bool:
    """Whether some work kept a bound, of CPU seconds where the bounds were set."""
    return seconds <= bound or seconds <= bound * slowness()


if __name__ == "__main__":
    sys.exit(main())
